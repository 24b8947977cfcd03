"""BuildKit's packed news of a build: which steps began, and what they wrote.

They are Protocol Buffers of BuildKit's `control.StatusResponse`: field 1 holds steps (3 its name, 5 when it
began, 6 when it ended), field 3 what was written (4 the bytes). Only these are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_STEPS, _LOGS = 1, 3
_NAME, _COMPLETED, _MESSAGE = 3, 6, 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class News:
    """Steps that are at work, and whole or broken lines that steps wrote."""

    steps: tuple[str, ...]
    lines: tuple[str, ...]


def read_news(packed: bytes) -> News:
    """The news in a message; what does not read as one holds none."""
    steps: list[str] = []
    text = b""
    try:
        for field, value in _fields(packed):
            if field == _STEPS and isinstance(value, bytes):
                step = dict(_fields(value))
                if _COMPLETED not in step and isinstance(step.get(_NAME), bytes):
                    steps.append(bytes(step[_NAME]).decode(errors="replace"))
            elif field == _LOGS and isinstance(value, bytes):
                message = dict(_fields(value)).get(_MESSAGE)
                text += message if isinstance(message, bytes) else b""
    except (IndexError, ValueError):
        return News((), ())
    return News(tuple(dict.fromkeys(steps)), tuple(text.decode(errors="replace").splitlines()))


def _fields(packed: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The numbered fields of a message: bytes, or a number."""
    at = 0
    while at < len(packed):
        key, at = _varint(packed, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(packed, at)
            yield key >> 3, value
        elif kind == _BYTES:
            size, at = _varint(packed, at)
            if at + size > len(packed):
                raise ValueError("cut off")
            yield key >> 3, packed[at : at + size]
            at += size
        elif kind in {_FIXED64, _FIXED32}:
            at += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("no such kind of field")


def _varint(packed: bytes, at: int) -> tuple[int, int]:
    """A number of 7 bits a byte, lowest first, and the place after it."""
    value = shift = 0
    while True:
        byte = packed[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if not byte & 0x80:
            return value, at
        shift += 7
