"""Secrets that were looked up, so that they can be taken out of what a service says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aisprint_cli.backends.interface import SecretResolver

SCHEME: Final = "secret://"


class Revealed:
    """Looks references up and remembers the values.

    Args:
        resolve: gives the value of a reference.
    """

    def __init__(self, resolve: SecretResolver) -> None:
        self._resolve = resolve
        self._values: set[str] = set()

    def __call__(self, reference: str) -> str:
        """The value of a reference."""
        value = self._resolve(reference)
        self._values.add(value)
        return value

    def fill(self, value: Any) -> Any:
        """A document with values for its references."""
        if isinstance(value, Mapping):
            return {str(key): self.fill(entry) for key, entry in value.items()}
        if isinstance(value, list | tuple):
            return [self.fill(entry) for entry in value]
        return self(value) if is_reference(value) else value

    def fact(self, access: Mapping[str, str], key: str) -> str:
        """A fact of how to reach a cluster, a reference looked up; empty where it is not known."""
        return str(self.fill(access.get(key, "")))

    def redact(self, text: str) -> str:
        """A text without any of the values."""
        for value in sorted(self._values.copy(), key=len, reverse=True):
            text = text.replace(value, "***") if value else text
        return text


def is_reference(value: object) -> bool:
    """Whether a value stands for a secret."""
    return isinstance(value, str) and value.startswith(SCHEME)
