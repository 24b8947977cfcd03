"""Where the values of secret references come from, outside the ledger: one function for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from aisprint_cli.generate.secret_references import document_place, outside_name


class UnknownSourceError(LookupError):
    """A reference of a kind that there is not."""


@dataclass(frozen=True, slots=True)
class SecretSources:
    """Looks names up. Paths are relative to the `application` directory."""

    application: Path
    environment: Mapping[str, str]

    def look_up(self, source: str, name: str) -> str:
        """The value of `secret://SOURCE/NAME`.

        Raises:
            LookupError: when there is none; its argument says why, and holds no value.
        """
        find = _SOURCES.get(source)
        if find is None or not name:
            raise UnknownSourceError(source)
        try:
            return find(self, name)
        except OSError as error:
            raise LookupError("there is no such file, or it cannot be read") from error

    def _variable(self, name: str) -> str:
        return _required(self.environment.get(outside_name(name)), "the environment variable is not set")

    def _file(self, name: str) -> str:
        try:
            path = self.application / Path(outside_name(name)).expanduser()
            return _required(path.read_text(encoding="utf-8").rstrip("\r\n"), "the file is empty")
        except (UnicodeDecodeError, RuntimeError, ValueError) as error:
            raise LookupError("the file is no text, or its path is none") from error

    def _document(self, name: str) -> str:
        """A value of a YAML document as it is written: `010` stays, whatever YAML takes it for."""
        import yaml

        path, keys = document_place(name)
        try:
            text = (self.application / path).read_text(encoding="utf-8")
            loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
            value = yaml.load(text, Loader=loader)  # noqa: S506  it makes nothing but texts
        except (UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
            raise LookupError("the file is not YAML") from error
        for key in keys:
            value = _below(value, key)
        return _required(value if isinstance(value, str) else None, "nothing stands there")

    def _keyring(self, name: str) -> str:
        service, _, user = outside_name(name).rpartition("/")
        if not service or not user:
            raise LookupError("it has to name a service and an entry, as in keyring:minio/edge")
        try:
            # It is no dependency of ours: only who keeps secrets in a keyring needs it.
            keyring, errors = import_module("keyring"), import_module("keyring.errors")
        except ImportError as error:
            raise LookupError("the package keyring is not installed") from error
        try:
            value: str | None = keyring.get_password(service, user)
        except errors.KeyringError as error:
            raise LookupError(f"the keyring does not answer ({type(error).__name__})") from error
        return _required(value, "the keyring has no such entry")


_SOURCES: Final = {
    "env": SecretSources._variable,
    "file": SecretSources._file,
    "yaml": SecretSources._document,
    "keyring": SecretSources._keyring,
}

MENDS: Final = {
    "": "Use secret://generated/NAME, secret://env/NAME, secret://file/PATH or secret://keyring/SERVICE/NAME.",
    "generated": "Give it a name: secret://generated/NAME.",
    "env": "Set the environment variable, then run this again.",
    "file": "Write the file, readable by you only, then run this again.",
    "yaml": "Write the value there, or env:NAME, file:PATH or keyring:SERVICE/NAME in its place.",
    "keyring": "Install the package keyring and store the value with `keyring set SERVICE NAME`.",
}
"""What to do about a reference without a value, by its kind."""


def _required(value: str | None, why: str) -> str:
    if not value:
        raise LookupError(why)
    return value


def _below(value: Any, key: str) -> Any:
    if isinstance(value, list):
        return value[int(key)] if key.isdigit() and int(key) < len(value) else None
    return value.get(key) if isinstance(value, dict) else None
