"""What a component tells the monitoring: times, metrics and logs.

Measures go as Influx line protocol over UDP to `MONIT_HOST:MONIT_PORT` (a Telegraf), logs to the
Fluentd at `MONIT_LOG_HOST:MONIT_LOG_PORT`. Nothing here raises, and nothing waits for a network:
what cannot be sent is dropped and counted. Where `AISPRINT_REPORT_FILE` names a file, each measure is
also appended to it, one write a line.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aisprint._background import BackgroundSender
from aisprint._line_protocol import make_line

if TYPE_CHECKING:
    from aisprint._fluent import FluentHandler

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8094
DEFAULT_LOG_PORT = 24224
DATAGRAM_BYTES = 1400  # below the usual MTU, so that one lost fragment does not cost many lines
_LARGEST_DATAGRAM = 65_507
_LOG_FLUSH_S = 1.0


class Monitor:
    """Reports of one process.

    Args:
        host: where the Telegraf listens; resolved in the background.
        port: its UDP port.
        report_file: a file to append the lines to as well; None for none.
        tags: what every custom metric carries.
    """

    def __init__(
        self,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        *,
        report_file: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self._address = (host, port)
        self._report_file = report_file
        self._tags = dict(tags or {})
        self._socket: socket.socket | None = None
        self._lost = 0
        self._sender = BackgroundSender(self._deliver)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Monitor:
        """The monitor that the container's environment describes."""
        return cls(
            environment.get("MONIT_HOST") or DEFAULT_HOST,
            _port(environment.get("MONIT_PORT"), DEFAULT_PORT),
            report_file=environment.get("AISPRINT_REPORT_FILE") or None,
            tags=_identity(environment),
        )

    @property
    def dropped(self) -> int:
        """How many lines were lost on the way to the network or to the file."""
        return self._sender.dropped + self._lost

    def send(self, measurement: str, tags: Mapping[str, object], fields: Mapping[str, object]) -> None:
        """Report one line of a measurement, stamped with the present time; never raises."""
        try:
            line = make_line(measurement, tags, fields, time.time_ns())
            if line is None:
                self._lost += 1
                return
            data = line.encode("utf-8", "replace") + b"\n"
            self._append(data)
            self._sender.put(data)
        except Exception:  # noqa: BLE001  a report must never take the component with it
            self._lost += 1

    def send_metric(self, name: str, values: object, tags: Mapping[str, object] | None = None) -> None:
        """Report a metric of the component: a number, or a map of field names to values."""
        try:
            fields = values if isinstance(values, Mapping) else {"value": values}
            own: dict[str, object] = {**self._tags, **(tags or {})}
            plain = {str(key): _plain(value) for key, value in fields.items()}
        except Exception:  # noqa: BLE001  whatever was passed, the component goes on
            self._lost += 1
        else:
            self.send(name, own, plain)

    def flush(self, timeout_s: float = 1.0) -> bool:
        """Wait until all lines are sent or dropped, for `timeout_s` seconds at most; whether none is left."""
        return self._sender.flush(timeout_s)

    def _append(self, data: bytes) -> None:
        if self._report_file is None:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        try:
            handle = os.open(self._report_file, flags, 0o644)
            try:
                os.write(handle, data)
            finally:
                os.close(handle)
        except OSError:
            self._lost += 1

    def _deliver(self, batch: list[bytes]) -> int:
        if self._socket is None:
            family, kind, protocol, _, address = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0]
            created = socket.socket(family, kind, protocol)
            created.connect(address)
            self._socket = created
        return sum(self._datagram(lines) for lines in _datagrams(batch))

    def _datagram(self, lines: list[bytes]) -> int:
        data = b"".join(lines)
        if self._socket is None or len(data) > _LARGEST_DATAGRAM:
            return len(lines)
        try:
            self._socket.send(data)
        except ConnectionRefusedError:
            # The answer to an earlier datagram: nobody listens (yet). This one was not sent.
            return len(lines)
        return 0


def _datagrams(batch: list[bytes]) -> list[list[bytes]]:
    groups: list[list[bytes]] = [[]]
    size = 0
    for line in batch:
        if groups[-1] and size + len(line) > DATAGRAM_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(line)
        size += len(line)
    return groups


def _plain(value: object) -> object:
    # Scalars and one-element arrays of numpy, without importing it.
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "size", 0) == 1 else value


def _port(text: str | None, default: int) -> int:
    try:
        port = int(text or default)
    except ValueError:
        return default
    return port if 0 < port < 2**16 else default


def _identity(environment: Mapping[str, str]) -> dict[str, str]:
    names = {
        "session_id": "UUID",
        "kubernetes_cluster_id": "KCI",
        "resource_id": "RESOURCE_ID",
        "component_name": "COMPONENT_NAME",
    }
    return {tag: environment.get(name, "") for tag, name in names.items()}


class _Process:
    """The monitor of this process, made when it is first needed, so that importing costs nothing."""

    monitor: Monitor | None = None

    @classmethod
    def get(cls) -> Monitor:
        if cls.monitor is None:
            cls.monitor = Monitor.from_environment(os.environ)
        return cls.monitor


def report_execution_time(
    session_id: str | None,
    kubernetes_cluster_id: str | None,
    resource_id: str | None,
    component_name: str | None,
    job_start_time: float,
    function_start_time: float,
    job_end_time: float,
) -> None:
    """Report how long one job took; never raises and never waits for a network.

    Args:
        session_id: identifies the trace the job belongs to (env `UUID`).
        kubernetes_cluster_id: env `KCI`.
        resource_id: env `RESOURCE_ID`.
        component_name: the part that ran (env `COMPONENT_NAME`).
        job_start_time: when the job's input arrived, seconds since the epoch.
        function_start_time: when `main` was entered, seconds since the epoch.
        job_end_time: when `main` ended, seconds since the epoch.
    """
    tags = {
        "session_id": session_id,
        "kubernetes_cluster_id": kubernetes_cluster_id,
        "resource_id": resource_id,
        "component_name": component_name,
    }
    fields = {
        "job_start_time": job_start_time,
        "function_start_time": function_start_time,
        "job_end_time": job_end_time,
        "function_duration": job_end_time - function_start_time,
        "job_duration": job_end_time - job_start_time,
        "job_overhead": function_start_time - job_start_time,
    }
    _Process.get().send("execution_time", tags, fields)


def report_metric(name: str, values: object, tags: Mapping[str, object] | None = None) -> None:
    """Report a metric of the component's own; never raises and never waits for a network.

    Args:
        name: the measurement's name.
        values: a number, a boolean or text (becomes the field `value`), or a map of fields.
        tags: added to the tags that say which part, resource, cluster and trace it comes from.
    """
    _Process.get().send_metric(name, values, tags)


def flush(timeout_s: float = 1.0) -> bool:
    """Wait until all reports are sent or dropped, for `timeout_s` seconds at most; whether none is left."""
    return _Process.get().flush(timeout_s)


def dropped() -> int:
    """How many reports of this process were lost."""
    return _Process.get().dropped


def initialise_logging(
    name: str | None = None,
    host: str | None = None,
    port: int | None = None,
    fmt: str | None = None,
    root_logger: logging.Logger | None = None,
) -> tuple[logging.Logger, FluentHandler]:
    """Send what the program logs to the application's log collector, in the background.

    Args:
        name: the component's name, the tag of its records; default env `COMPONENT_NAME`.
        host: the collector; default env `MONIT_LOG_HOST`, else this machine.
        port: its TCP port; default env `MONIT_LOG_PORT`, else 24224.
        fmt: a format of `logging.Formatter` for the message.
        root_logger: the logger to listen to; default the root logger.

    Returns:
        What `tear_down_logging` wants.
    """
    from aisprint._fluent import FluentHandler

    environment = os.environ
    logger = root_logger if root_logger is not None else logging.getLogger()
    handler = FluentHandler(
        name or environment.get("COMPONENT_NAME") or "component",
        host or environment.get("MONIT_LOG_HOST") or DEFAULT_HOST,
        port or _port(environment.get("MONIT_LOG_PORT"), DEFAULT_LOG_PORT),
    )
    handler.setFormatter(logging.Formatter(fmt))
    logger.addHandler(handler)
    return logger, handler


def tear_down_logging(ctx: tuple[logging.Logger, FluentHandler]) -> None:
    """Undo `initialise_logging`; what is queued gets one second to leave."""
    logger, handler = ctx
    logger.removeHandler(handler)
    handler.flush_within(_LOG_FLUSH_S)
    handler.close()
