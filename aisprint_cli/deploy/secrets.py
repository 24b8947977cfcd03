"""`secret://` references and their values, which exist in memory only from the moment of sending.

`secret://generated/NAME` is made once and kept in the ledger; `secret://env/NAME` is an environment
variable; `secret://file/PATH` is the content of a file, its path relative to the application directory.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.errors import InvalidInputError

SCHEME: Final = "secret://"
_REFERENCE: Final = re.compile(r"secret://[A-Za-z0-9_./~+-]+")
_GENERATED_BYTES: Final = 24
_SHOWN_AS: Final = "***"


class SecretStore:
    """Turns references into values; what it has handed out it can also take out of a text.

    Args:
        ledger: where generated values are kept.
        application: the directory that `secret://file/` paths are relative to.
        environment: the environment variables.
    """

    def __init__(self, ledger: Ledger, application: Path, environment: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._application = application
        self._environment = environment
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
            value = self._outside(reference, source, name)
        self._known.add(value)
        return value

    def _outside(self, reference: str, source: str, name: str) -> str:
        problem = self.problem(reference)
        if problem:
            raise InvalidInputError(problem, mend=_MENDS.get(source, _MENDS[""]))
        if source == "env":
            return self._environment[name]
        try:
            return (self._application / name).read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"{reference} cannot be read.", mend=_MENDS["file"]) from error

    def problem(self, reference: str) -> str:
        """Why a reference has no value, without making or showing one; empty when it has."""
        source, _, name = reference.removeprefix(SCHEME).partition("/")
        if not reference.startswith(SCHEME) or not name or source not in _MENDS:
            return f"{reference} is no secret reference that aisprint knows."
        if source == "env" and not self._environment.get(name):
            return f"{reference} has no value: the environment variable is not set."
        if source == "file" and not (self._application / name).is_file():
            return f"{reference} has no value: there is no such file."
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
        """A text without any value that was handed out."""
        for value in sorted(self._known, key=len, reverse=True):
            if value:
                text = text.replace(value, _SHOWN_AS)
        return text


_MENDS: Final = {
    "": "Use secret://generated/NAME, secret://env/NAME or secret://file/PATH.",
    "generated": "Give it a name: secret://generated/NAME.",
    "env": "Set the environment variable, then run this again.",
    "file": "Write the file, readable by you only, then run this again.",
}


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
