"""The Dockerfile of an image, from `templates/images/`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.images.specification import Variant
from aisprint_cli.system.packaged import templates_directory


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a Dockerfile says.

    `system_packages` are Debian's. With `in_image` requirements are installed by a step inside the
    image, with `build_tools` at hand; else they lie ready in the context (`has_packages`).
    """

    part: str
    base: str
    variant: Variant = Variant.FUNCTION
    system_packages: tuple[str, ...] = ()
    has_packages: bool = False
    in_image: bool = False
    build_tools: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    port: int | None = None


def render(recipe: Recipe) -> str:
    """The Dockerfile: dependencies before code, so that a change of the code is one small layer."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701  a Dockerfile of quoted values, not HTML
        loader=FileSystemLoader(templates_directory() / "images"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template("function.Dockerfile.jinja")
    return template.render(
        part=recipe.part,
        base=recipe.base,
        system_packages=recipe.system_packages,
        has_packages=recipe.has_packages,
        in_image=recipe.in_image,
        build_tools=recipe.build_tools,
        variables={name: quoted(value) for name, value in recipe.variables.items()},
        port=recipe.port,
        is_lambda=recipe.variant is Variant.LAMBDA,
    )


def quoted(value: str) -> str:
    """A value as a Dockerfile takes it: nothing in it is expanded, and it stays on its line.

    Raises:
        InvalidInputError: when it holds a line break or another control character, which none can.
    """
    if any(not letter.isprintable() for letter in value):
        raise InvalidInputError(
            "A variable of env.yaml holds a line break or another control character.",
            why="A Dockerfile cannot carry it.",
            mend="Put such a value into a file beside the code.",
        )
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'
