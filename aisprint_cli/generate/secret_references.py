"""References to secrets: where a value is to be taken from at the moment of sending, never the value.

A reference is `secret://KIND/NAME`. In a file that a person writes, the short forms `env:NAME`,
`file:PATH` and `keyring:SERVICE/NAME` stand for it. A secret that stands in clear in a document of the
application gets the reference `secret://yaml/FILE#KEYS`, which names its place: the file relative to the
application directory, then the keys down to the value, joined by dots.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote

SCHEME: Final = "secret://"
_SHORT: Final = re.compile(r"(env|file|keyring):(?!//)(.+)", re.DOTALL)


def generated(cluster: str, name: str) -> str:
    """The reference to a secret that is made when the cluster is first deployed."""
    return f"{SCHEME}generated/{cluster}/{name}"


def is_reference(value: object) -> bool:
    """Whether a value stands for a secret."""
    return isinstance(value, str) and value.startswith(SCHEME)


def in_document(path: str, keys: Iterable[str | int]) -> str:
    """The reference to the value under `keys` in a YAML document of the application."""
    return f"{SCHEME}yaml/{quote(path)}#{'.'.join(_quoted(key) for key in keys)}"


def document_place(name: str) -> tuple[str, tuple[str, ...]]:
    """The path and the keys that the name of a `secret://yaml/` reference holds."""
    path, _, keys = name.partition("#")
    return unquote(path), tuple(unquote(key) for key in keys.split(".")) if keys else ()


def outside_name(name: str) -> str:
    """The environment variable, the path or the keyring entry that the name of a reference holds."""
    return unquote(name)


def of_field(value: str, path: str, keys: Iterable[str | int]) -> str:
    """The reference for what a person wrote into a field that holds a secret.

    Args:
        value: the field's text: a reference in its long or short form, or the secret itself.
        path: the document, relative to the application directory.
        keys: where the field is in it.
    """
    return of_option(value) or in_document(path, keys)


def of_option(value: str) -> str | None:
    """The reference that a text is, in its long or short form; None for any other text."""
    if is_reference(value):
        return value
    short = _SHORT.fullmatch(value.strip())
    return f"{SCHEME}{short[1]}/{quote(short[2].strip(), safe='/~')}" if short else None


def _quoted(key: str | int) -> str:
    return quote(str(key), safe="").replace(".", "%2E")
