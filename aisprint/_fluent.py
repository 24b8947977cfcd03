"""A logging handler that speaks Fluentd's forward protocol, message mode, over TCP.

Protocol: https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
Encoding: https://github.com/msgpack/msgpack/blob/master/spec.md (strings, integers, arrays and maps only)
"""

from __future__ import annotations

import logging
import socket
import struct

from aisprint._background import BackgroundSender

_CONNECT_S = 3.0


class FluentHandler(logging.Handler):
    """Sends each record as `[tag, time, {"message", "level", "logger"}]`, in the background."""

    def __init__(self, tag: str, host: str, port: int) -> None:
        super().__init__()
        self._tag = tag
        self._address = (host, port)
        self._connection: socket.socket | None = None
        self._sender = BackgroundSender(self._deliver)

    @property
    def dropped(self) -> int:
        """How many records could not be sent."""
        return self._sender.dropped

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record; a record that cannot be formatted is reported the way `logging` does."""
        try:
            content = {"message": self.format(record), "level": record.levelname, "logger": record.name}
            self._sender.put(pack([self._tag, int(record.created), content]))
        except Exception:  # noqa: BLE001  as in every handler of the standard library
            self.handleError(record)

    def flush_within(self, timeout_s: float) -> bool:
        """Wait for what is queued, for `timeout_s` seconds at most; whether nothing is left."""
        return self._sender.flush(timeout_s)

    def _deliver(self, batch: list[bytes]) -> int:
        # One reconnection for a batch: the peer may have closed an idle connection.
        for last in (False, True):
            try:
                if self._connection is None:
                    self._connection = socket.create_connection(self._address, _CONNECT_S)
                self._connection.sendall(b"".join(batch))
            except OSError:
                self._disconnect()
                if last:
                    raise
            else:
                break
        return 0

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Give up the connection; what is still queued is lost."""
        self._disconnect()
        super().close()


def pack(value: object) -> bytes:
    """MessagePack of text, non-negative integers, lists and maps.

    Raises:
        TypeError: for any other type.
    """
    if isinstance(value, str):
        data = value.encode("utf-8", "replace")
        return b"\xdb" + struct.pack(">I", len(data)) + data
    if isinstance(value, int):
        return b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(pack(item) for item in value)
    if isinstance(value, dict):
        items = b"".join(pack(key) + pack(item) for key, item in value.items())
        return b"\xdf" + struct.pack(">I", len(value)) + items
    raise TypeError(f"cannot pack a {type(value).__name__}")
