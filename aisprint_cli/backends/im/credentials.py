r"""Credentials in the Infrastructure Manager's own format, `im/auth.dat`: read, checked, and sent.

One line for each account, `id = one; type = OSCAR; host = https://...; username = u; password = 'p;q'`.
Values may be quoted; `\n` in a value is a line break. A value `env:NAME`, `file:PATH` (also
`file(PATH)`), `keyring:SERVICE/NAME` or `secret://...` is a reference, looked up at the moment of sending.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aisprint_cli.backends.im.credential_kinds import KINDS, MANAGER, missing_keys
from aisprint_cli.backends.interface import SecretResolver
from aisprint_cli.diagnostics import Findings, Location
from aisprint_cli.errors import InvalidInputError

DEFAULT_PLACE: Final = "im/auth.dat"
_IDENTIFIER: Final = re.compile(r"[A-Za-z_.][\w.-]*")
_KEY: Final = re.compile(r"[A-Za-z_][\w-]*")
_REFERENCE: Final = re.compile(r"(env|file|keyring):(?!//)(.+)", re.DOTALL)
_CALL: Final = re.compile(r"(file|command)\((.*)\)", re.DOTALL)
_QUOTES: Final = "'\""


@dataclass(frozen=True, slots=True)
class Account:
    """One line: its keys and values, the values as they were written, without quotes.

    References are in the form `secret://...`; everything else may be a secret and is never shown.
    """

    values: Mapping[str, str] = field(repr=False)
    line: int = 0

    @property
    def kind(self) -> str:
        """What it is an account of, such as `OSCAR` or `InfrastructureManager`."""
        return self.values.get("type", "")

    @property
    def id(self) -> str:
        """By what a placement policy names it; empty where it has none."""
        return self.values.get("id", "")


@dataclass(frozen=True)
class Credentials:
    """All accounts of a file. `warning` is what to tell its owner, if anything."""

    accounts: tuple[Account, ...]
    path: Path
    warning: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The identifiers that placement policies may name."""
        return tuple(account.id for account in self.accounts if account.id)

    @property
    def manager_url(self) -> str:
        """Where the Infrastructure Manager is, if its line says so (`host`); else empty."""
        return next((one.values.get("host", "") for one in self.accounts if one.kind == MANAGER), "")

    def require(self, identifier: str) -> None:
        """See that a placement policy finds its account.

        Raises:
            InvalidInputError: when no line has that identifier.
        """
        if identifier in self.ids:
            return
        known = ", ".join(self.ids) or "none"
        raise InvalidInputError(
            f"{self.path} has no credentials with the id {identifier}.",
            why=f"The template places nodes on the account of that id. There are: {known}.",
            mend=f"Add `id = {identifier};` to the line of the account that is meant.",
        )

    def resolved(self, resolve: SecretResolver) -> tuple[dict[str, str], ...]:
        """The accounts with every reference replaced by its value.

        Raises:
            InvalidInputError: when a reference has no value.
        """
        return tuple(
            {key: _value(value, resolve) for key, value in account.values.items()}
            for account in self.accounts
        )


def _value(value: str, resolve: SecretResolver) -> str:
    return resolve(value) if value.startswith("secret://") else value


def header(accounts: tuple[dict[str, str], ...]) -> str:
    r"""The `Authorization` header of accounts.

    Lines are joined by the two characters `\n`, line breaks in a value are `\\n`. What cannot be
    written so (a value with both kinds of quotes, or with a backslash before an n) is sent as JSON,
    which newer servers take too; `\u` escapes keep it clear of both separators.
    """
    sent = [
        {key: value for key, value in one.items() if (one.get("type"), key) != (MANAGER, "host")}
        for one in accounts
    ]
    values = [value for one in sent for value in one.values()]
    if all(_fits_a_line(value) for value in values):
        return "\\n".join(
            "; ".join(f"{key} = {_quoted(value)}" for key, value in one.items()) for one in sent
        )
    text = json.dumps(sent)
    return text.replace("\\\\", "\\u005c").replace("\\n", "\\u000a").replace("\\r", "\\u000d")


def _fits_a_line(value: str) -> bool:
    plain = value.isascii() and all(char.isprintable() or char == "\n" for char in value)
    clear = "\\n" not in value and not value.endswith("\\") and value == value.strip()
    return plain and clear and not all(quote in value for quote in _QUOTES)


def _quoted(value: str) -> str:
    quote = '"' if "'" in value else "'"
    text = value.replace("\n", "\\\\n")
    return f"{quote}{text}{quote}"


def read_credentials(path: Path, application: Path) -> Credentials:
    """Read and check a file of credentials.

    Args:
        path: the file.
        application: what places in messages are relative to, where the file is inside.

    Raises:
        InvalidInputError: with every problem, each with its place; no value is ever shown.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InvalidInputError(
            f"The credentials {path} cannot be read: {reason}.",
            why="The Infrastructure Manager acts with the accounts that this file names.",
            mend=f"Write {DEFAULT_PLACE} in the application directory, or set AISPRINT_IM_AUTH to the file.",
        ) from error
    shown = path.relative_to(application) if path.is_relative_to(application) else path
    findings = Findings()
    accounts = _Reader(shown.as_posix(), findings).accounts(text)
    if findings.has_errors:
        raise InvalidInputError(
            f"The credentials {shown} cannot be used.", findings.sorted(), directory=application
        )
    return Credentials(accounts, path, _open_to_others(path))


def _open_to_others(path: Path) -> str:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ""
    return f"{path} can be read by other users of this machine; `chmod 600 {path}` keeps it to you"


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int


class _Reader:
    """Reads the lines of one file, noting every problem."""

    def __init__(self, shown: str, findings: Findings) -> None:
        self._shown = shown
        self._findings = findings

    def accounts(self, text: str) -> tuple[Account, ...]:
        """The accounts of a text: lines, or the same as a JSON list of objects."""
        found = self._json(text) if text.lstrip().startswith("[") else self._lines(text)
        for account in found:
            self._check(account)
        self._check_together(found)
        return tuple(found)

    def _lines(self, text: str) -> list[Account]:
        return [
            Account(self._values(line, number), number)
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.strip().startswith("#")
        ]

    def _json(self, text: str) -> list[Account]:
        try:
            entries = json.loads(text)
        except json.JSONDecodeError as error:
            self._error(
                *("syntax", error.lineno, error.colno),
                f"This is not JSON: {error.msg}.",
                why="A file that begins with `[` is read as a JSON list of accounts.",
                mend="Mend the JSON, or write a line for each account.",
            )
            return []
        found = []
        for entry in entries:
            if isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values()):
                found.append(Account({key: self._value(key, value, 1, 1) for key, value in entry.items()}, 1))
            else:
                self._error(
                    *("syntax", 1, 1),
                    "An entry of the list is no account.",
                    why="Each one is an object whose values are all texts.",
                    mend="Mend the JSON, or write a line for each account.",
                )
        return found

    def _error(self, code: str, line: int, column: int, message: str, *, why: str, mend: str) -> None:
        self._findings.error(
            f"im_auth.{code}", Location(self._shown, line, column), message, why=why, mend=mend
        )

    def _values(self, line: str, number: int) -> dict[str, str]:
        values: dict[str, str] = {}
        for token in self._tokens(line, number):
            key, equals, raw = token.text.partition("=")
            name, column = key.strip(), token.column + len(key) - len(key.lstrip())
            if not token.text.strip():
                continue
            if not equals or not _KEY.fullmatch(name):
                self._error(
                    *("syntax", number, column),
                    "This is not of the form `key = value`.",
                    why="The Infrastructure Manager leaves out the rest of a line that it cannot read.",
                    mend="Separate pairs by `;`, and put a value that holds `;` in quotes.",
                )
            elif name in values:
                self._error(
                    *("repeated_key", number, column),
                    f"`{name}` stands twice on this line.",
                    why="Only the last one would count.",
                    mend="Keep one; each account has a line of its own.",
                )
            else:
                start = token.column + len(key) + 1 + len(raw) - len(raw.lstrip())
                values[name] = self._value(name, raw.strip(), number, start)
        return values

    def _tokens(self, line: str, number: int) -> Iterator[_Token]:
        """The parts between semicolons; quotes protect them."""
        start, quote, opened = 0, "", 0
        for position, char in enumerate(line):
            if quote:
                quote = "" if char == quote else quote
            elif char in _QUOTES:
                quote, opened = char, position
            elif char == ";":
                yield _Token(line[start:position], start + 1)
                start = position + 1
        if quote:
            self._error(
                *("quote", number, opened + 1),
                "This quote is not closed.",
                why="Everything up to the end of the line would belong to the value.",
                mend="Close it, or put the value in quotes of the other kind.",
            )
            return
        yield _Token(line[start:], start + 1)

    def _value(self, name: str, raw: str, line: int, column: int) -> str:
        text = raw.replace("\\\\n", "\n").replace("\\n", "\n")
        if len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]:
            text = text[1:-1]
        if not text:
            self._error(
                *("empty", line, column),
                f"`{name}` has no value.",
                why="An account without it is refused only when something is deployed.",
                mend="Write the value, or env:NAME, file:PATH or keyring:SERVICE/NAME in its place.",
            )
        call = _CALL.fullmatch(text)
        if call and call[1] == "command":
            self._error(
                *("command", line, column),
                f"`{name}` is to be the output of a command, and aisprint runs none.",
                why="A file of credentials should not be able to run programs.",
                mend="Run the command yourself, export its output, and write env:NAME here.",
            )
        if call and call[1] == "file":
            text = f"file:{call[2].strip()}"
        reference = _REFERENCE.fullmatch(text)
        return f"secret://{reference[1]}/{quote(reference[2].strip(), safe='/~')}" if reference else text

    def _check(self, account: Account) -> None:
        kind, line = account.kind, account.line
        if not kind:
            self._error(
                *("type", line, 1),
                "This account has no `type`.",
                why="The type says which cloud or service it is for.",
                mend=f"Add `type = ...;`, one of {', '.join(KINDS)}.",
            )
        elif kind not in KINDS:
            near = next((one for one in KINDS if one.lower() == kind.lower()), "")
            self._error(
                *("type", line, 1),
                f"There is no account of the type {kind!r}.",
                why="The Infrastructure Manager compares types letter by letter.",
                mend=f"Write {near}." if near else f"Write one of {', '.join(KINDS)}.",
            )
        for missing in missing_keys(kind, account.values):
            self._error(
                *("missing", line, 1),
                f"This {kind} account has no {missing}.",
                why="It is refused only when something is deployed.",
                mend=f"Add {missing} to the line.",
            )
        if account.id and not _IDENTIFIER.fullmatch(account.id):
            self._error(
                *("id", line, 1),
                f"{account.id!r} is no identifier.",
                why="One begins with a letter, `_` or `.`; letters, digits, `_`, `.` and `-` follow.",
                mend="Give the account another id.",
            )

    def _check_together(self, accounts: list[Account]) -> None:
        first: dict[str, int] = {}
        for account in accounts:
            if account.id and account.id in first:
                self._error(
                    *("id", account.line, 1),
                    f"The id {account.id} is that of line {first[account.id]} too.",
                    why="A placement policy would find either of them.",
                    mend="Give each account an id of its own.",
                )
            first.setdefault(account.id, account.line)
        if all(account.kind != MANAGER for account in accounts):
            self._error(
                *("manager", 1, 1),
                f"No line has `type = {MANAGER}`.",
                why="It says who you are, and so which infrastructures are yours.",
                mend=f"Add a line `type = {MANAGER}; username = ...; password = ...`.",
            )
