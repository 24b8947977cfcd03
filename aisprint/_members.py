"""What every kind of carried value shares: members of the archive, and the refusal of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from aisprint.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO


class Member(NamedTuple):
    """An archive member to write: its size, about, and what writes it."""

    size_bytes: int
    write: Callable[[IO[bytes]], Any]


def unsupported(value: object, where: str, mend: str = "") -> WireError:
    """The error for a value that cannot be carried."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return WireError(
        f"`{where}` is of type {name}, which cannot be carried from one part of a split component to the "
        "next. " + (mend or _mend(value))
    )


def _mend(value: object) -> str:
    if isinstance(value, tuple):
        return "Turn it into a plain tuple: tuple(...)."
    if isinstance(value, dict):
        return "Turn it into a plain dictionary: dict(...)."
    if hasattr(value, "read") or hasattr(value, "write"):
        return "Read the file before the inference and carry its content, or open it after the inference."
    if hasattr(value, "__array__"):
        return "Turn it into an array: numpy.asarray(...)."
    if callable(value):
        return "Define it at module level, or make it again after the inference."
    return "Make it after the inference, or carry its content as arrays and plain values."
