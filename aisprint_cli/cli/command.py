"""How help reads: flowing text, no types where nothing is to be given, the usage as it is typed."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from typer import BadParameter
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE_BREAK_WITHIN_A_PARAGRAPH = re.compile(r"(?<!\n)\n(?![\n ])")


class Command(TyperCommand):
    """A command whose help is written in its function's docstring and options."""

    def __init__(self, *args: Any, help: str | None = None, **kwargs: Any) -> None:  # noqa: A002  Typer's own name
        super().__init__(*args, help=_flowing(help), **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the command line; what is wrong with it is said without the checker's own words."""
        try:
            return super().make_context(*args, **kwargs)
        except BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise

    def get_params(self, ctx: Any) -> list[Any]:
        """The arguments and options, as help shows them."""
        return _without_types_of_flags(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line; an argument that is described in brackets stands there as that."""
        pieces = [str(self.options_metavar)]
        for parameter in self.get_params(ctx):
            metavar = parameter.metavar or ""
            if isinstance(parameter, TyperArgument) and (" " in metavar or metavar.startswith("[")):
                pieces.append(metavar)
            else:
                pieces += parameter.get_usage_pieces(ctx)
        return pieces


class Group(TyperGroup):
    """The command that holds the others."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The arguments and options, as help shows them."""
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(parameters: Iterable[Any]) -> list[Any]:
    found = list(parameters)
    for parameter in found:
        if isinstance(parameter, TyperOption) and (parameter.is_flag or parameter.count):
            parameter.metavar = ""  # takes no value, so no type of one is shown
            parameter.show_default = False
    return found


def _flowing(text: str | None) -> str | None:
    """A docstring whose paragraphs may be wrapped anew; indented lines stay lines."""
    return None if text is None else _LINE_BREAK_WITHIN_A_PARAGRAPH.sub(" ", inspect.cleandoc(text))
