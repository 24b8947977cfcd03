"""`secret://` references and their values, which exist in memory only from the moment of sending.

`secret://generated/NAME` is made once and kept in the ledger; `secret://env/NAME` is an environment
variable; `secret://file/PATH` is the content of a file, its path relative to the application directory;
`secret://keyring/SERVICE/NAME` is an entry of the system's keyring; `secret://yaml/FILE#KEYS` is a value
that stands in clear in a document of the application.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from aisprint_cli.backends.interface import Item
from aisprint_cli.backends.registry import DEFAULT as LOCAL
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.secret_sources import MENDS, SecretSources, UnknownSourceError
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.secret_references import SCHEME

_REFERENCE: Final = re.compile(r"secret://[A-Za-z0-9_./~+%#-]+")
_GENERATED_BYTES: Final = 24
_TELLING_LENGTH: Final = 16
_SHOWN_AS: Final = "***"


class SecretStore:
    """Turns references into values; what it has handed out it can also take out of a text.

    Args:
        ledger: where generated values are kept.
        application: the directory that paths in references are relative to.
        environment: the environment variables.
    """

    def __init__(self, ledger: Ledger, application: Path, environment: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._sources = SecretSources(application, environment)
        self._known: set[str] = set(ledger.secret_values())

    def __call__(self, reference: str) -> str:
        """The value of a reference.

        Raises:
            InvalidInputError: when it is malformed or missing; the message names the reference only.
        """
        source, _, name = reference.removeprefix(SCHEME).partition("/")
        if source == "generated" and name and reference.startswith(SCHEME):
            value = self._ledger.generated_secret(name, lambda: secrets.token_urlsafe(_GENERATED_BYTES))
        else:
            value = self._outside(reference, source if reference.startswith(SCHEME) else "", name)
        self._known.add(value)
        return value

    def _outside(self, reference: str, source: str, name: str) -> str:
        try:
            return self._sources.look_up(source, name)
        except LookupError as error:
            reason = self._reason(reference, error)
            raise InvalidInputError(reason, mend=MENDS.get(source, MENDS[""])) from error

    @staticmethod
    def _reason(reference: str, error: LookupError) -> str:
        if isinstance(error, UnknownSourceError):
            return f"{reference} is no secret reference that aisprint knows."
        return f"{reference} has no value: {error.args[0]}."

    def problem(self, reference: str) -> str:
        """Why a reference has no value, without making or showing one; empty when it has."""
        source, _, name = reference.removeprefix(SCHEME).partition("/")
        if source == "generated" and name and reference.startswith(SCHEME):
            return ""
        try:
            self._sources.look_up(source if reference.startswith(SCHEME) else "", name)
        except LookupError as error:
            return self._reason(reference, error)
        return ""

    def require(self, references: Iterable[str]) -> None:
        """Check all references at once, before anything is sent.

        Raises:
            InvalidInputError: naming each reference without a value.
        """
        problems = [found for found in map(self.problem, sorted(set(references))) if found]
        if problems:
            raise InvalidInputError(
                " ".join(problems),
                why="They are needed to deploy, and are looked up only then.",
                mend="Set each variable or write each file, then run this again.",
            )

    def redact(self, text: str) -> str:
        """A text without any value that was handed out, nor a line of one that has several."""
        hidden = {line for value in self._known for line in (value, *_lines(value)) if line}
        for value in sorted(hidden, key=len, reverse=True):
            text = text.replace(value, _SHOWN_AS)
        return text


def _lines(value: str) -> list[str]:
    """The lines of a value that tell something: not the frame around a key, nor short ones."""
    lines = [line.strip() for line in value.splitlines()]
    return [line for line in lines if len(line) >= _TELLING_LENGTH and not line.startswith("-----")]


def needed_references(item: Item) -> Iterator[str]:
    """The references that making an item turns into values.

    The local back end hosts every cluster itself: it needs no way to those that exist elsewhere, so what
    is planned for them can be tried out without their secrets.
    """
    spec = asdict(item.spec)
    if item.spec.backend == LOCAL:
        spec = {key: value for key, value in spec.items() if key not in {"access", "template"}}
        service = spec.get("service") or {}
        spec["service"] = {key: value for key, value in service.items() if key != "storage_providers"}
    yield from references_in(spec)


def references_in(value: Any) -> Iterator[str]:
    """Every secret reference inside a document."""
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from references_in(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from references_in(entry)
