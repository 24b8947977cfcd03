"""The event that started a job: what the storage or the platform put into the environment."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIME = re.compile(
    r"(?P<whole>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d+))?"
    r"\s*(?P<zone>[Zz]|[+-]\d\d:?\d\d)?"
)
_NESTING_LIMIT = 4
_FRACTION_DIGITS = 6


def job_start_s(environment: Mapping[str, str]) -> float | None:
    """When the job's input arrived, in seconds since the epoch; None when nothing readable says so.

    `EVENT` may hold a MinIO or S3 notification, one wrapped by a delegating cluster
    (`{"event": "<json>", ...}`), or either of them in base64. `EVENT_TIME` is the second source.
    """
    text = _event_time(environment.get("EVENT", ""), _NESTING_LIMIT) or environment.get("EVENT_TIME", "")
    return parse_time_s(text)


def parse_time_s(text: str) -> float | None:
    """An ISO 8601 time (any number of decimals, `Z`, an offset or none: UTC) in seconds since the epoch."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    try:
        moment = datetime.strptime(match["whole"].replace(" ", "T"), "%Y-%m-%dT%H:%M:%S")
        moment = moment.replace(tzinfo=_zone(match["zone"]))
    except ValueError:
        return None
    fraction: str = (match["fraction"] or "0")[:_FRACTION_DIGITS].ljust(_FRACTION_DIGITS, "0")
    return float(moment.timestamp() + int(fraction) / 1_000_000)


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return timezone(timedelta(0))
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _event_time(event: object, depth: int) -> str:
    document = _decode(event) if isinstance(event, str) else event
    if not isinstance(document, dict) or depth == 0:
        return ""
    records = document.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        found = records[0].get("eventTime")
        if isinstance(found, str):
            return found
    return _event_time(document.get("event"), depth - 1) if "event" in document else ""


def _decode(text: str) -> object:
    found = _json(text)
    if found is not None:
        return found
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return _json(decoded)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
