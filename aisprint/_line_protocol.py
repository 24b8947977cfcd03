"""Influx line protocol: one measurement as one line of text.

Format: https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGER_LIMIT = 2**63


def make_line(
    measurement: str, tags: Mapping[str, object], fields: Mapping[str, object], time_ns: int
) -> str | None:
    """One line without its line end, or None when no field has a value that the protocol can carry.

    Args:
        measurement: the name of the measurement.
        tags: sorted by name in the line, as the protocol recommends; empty ones are left out.
        fields: numbers, booleans or text; not-a-number and infinity are left out.
        time_ns: nanoseconds since the epoch.
    """
    values = [(_escape(name), _field(value)) for name, value in fields.items()]
    written = ",".join(f"{name}={value}" for name, value in values if name and value is not None)
    name = _escape(measurement, equals=False)
    if not written or not name:
        return None
    pairs = [(_escape(key), _escape(str(value))) for key, value in sorted(tags.items()) if value is not None]
    head = ",".join([name, *(f"{key}={value}" for key, value in pairs if key and value)])
    return f"{head} {written} {time_ns}"


def _escape(text: str, *, equals: bool = True) -> str:
    # A line break ends the line and a last backslash would escape the separator behind it:
    # the protocol has no way to write either.
    flat = " ".join(str(text).split("\n")).replace("\r", " ").rstrip("\\")
    escaped = flat.replace(",", "\\,").replace(" ", "\\ ")
    return escaped.replace("=", "\\=") if equals else escaped


def _field(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}i" if -_INTEGER_LIMIT <= value < _INTEGER_LIMIT else _number(float(value))
    if isinstance(value, str):
        flat = value.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
        return f'"{flat}"'
    return _number(value)


def _number(value: object) -> str | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return repr(number) if math.isfinite(number) else None
