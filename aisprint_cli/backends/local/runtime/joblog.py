"""What a job writes, line by line with the time, within bounds."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

HEAD_BYTES: Final = 1024 * 1024
TAIL_BYTES: Final = 64 * 1024
_STAMP_LENGTH: Final = 31


class JobLog:
    """Writes the first `HEAD_BYTES` as they come and the last `TAIL_BYTES` at the end.

    Each line is preceded by a time stamp of fixed length, which `read_log` takes off again.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream: BinaryIO = path.open("wb", buffering=0)
        self._room = HEAD_BYTES
        self._partial = False
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._left_out = 0

    def write(self, data: bytes) -> None:
        """Take a piece of output, which may end within a line."""
        if not data:
            return
        head, rest = data[: self._room], data[self._room :]
        if head:
            self._room -= len(head)
            self._stream.write(self._stamped(head))
        if rest:
            self._keep(rest)

    def close(self) -> None:
        """Write the end of a long log and let go of the file."""
        if self._tail:
            if self._left_out:
                note = f"\n[{self._left_out} bytes left out]\n"
                self._stream.write(self._stamped(note.encode()))
            self._stream.write(self._stamped(b"".join(self._tail)))
            self._tail.clear()
        self._stream.close()

    def _keep(self, data: bytes) -> None:
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size - len(self._tail[0]) >= TAIL_BYTES:
            gone = self._tail.popleft()
            self._tail_size -= len(gone)
            self._left_out += len(gone)

    def _stamped(self, data: bytes) -> bytes:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z ").encode()
        text = stamp.join(_lines(data))
        first = b"" if self._partial else stamp
        self._partial = not data.endswith(b"\n")
        return first + text


def read_log(path: Path, *, timestamps: bool = False) -> str:
    """The text of a job's log, empty when there is none; bytes that are no UTF-8 are replaced."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ""
    if not timestamps:
        data = b"".join(line[_STAMP_LENGTH:] for line in _lines(data))
    return data.decode(errors="replace")


def _lines(data: bytes) -> list[bytes]:
    """Lines ended by a line feed only: a progress bar's carriage returns stay within theirs."""
    pieces = data.split(b"\n")
    last = pieces.pop()
    return [piece + b"\n" for piece in pieces] + ([last] if last else [])
