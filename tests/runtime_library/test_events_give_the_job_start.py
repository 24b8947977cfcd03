from __future__ import annotations

import base64
import json

import pytest

from aisprint._event import job_start_s, parse_time_s

TIME = "2024-02-29T12:00:00.5Z"
SECONDS = 1709208000.5
MINIO = {
    "Key": "b/input/x",
    "EventName": "s3:ObjectCreated:Put",
    "Records": [{"eventSource": "minio:s3", "eventTime": TIME, "s3": {"object": {"key": "input/x"}}}],
}
DELEGATED = {"event": json.dumps(MINIO), "storage_provider": "minio.c"}


@pytest.mark.parametrize(
    "event",
    [
        json.dumps(MINIO),
        json.dumps(DELEGATED),
        json.dumps({"event": MINIO}),
        base64.b64encode(json.dumps(MINIO).encode()).decode(),
        json.dumps({"event": base64.b64encode(json.dumps(MINIO).encode()).decode()}),
    ],
)
def test_events_of_every_kind(event: str) -> None:
    assert job_start_s({"EVENT": event}) == SECONDS


@pytest.mark.parametrize(
    "event",
    ["", "{", "[]", "null", "7", "{}", '{"Records": []}', '{"Records": [{"eventTime": 5}]}', "bm90IGpzb24=",
     '{"Records": [{"eventTime": "yesterday"}]}', "[" * 100_000, '{"event": ' * 50 + "1" + "}" * 50],
)  # fmt: skip
def test_anything_else_says_nothing(event: str) -> None:
    assert job_start_s({"EVENT": event}) is None


def test_event_time_of_the_supervisor_is_the_second_source() -> None:
    assert job_start_s({"EVENT": "raw input", "EVENT_TIME": TIME}) == SECONDS
    assert job_start_s({}) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-02-29T12:00:00Z", 1709208000.0),
        ("2024-02-29T12:00:00.123Z", 1709208000.123),
        ("2024-02-29T12:00:00.123456789Z", 1709208000.123456),
        ("2024-02-29T13:00:00+01:00", 1709208000.0),
        ("2024-02-29T07:30:00-0430", 1709208000.0),
        ("2024-02-29 12:00:00", 1709208000.0),
        ("2024-02-30T12:00:00Z", None),
        ("2024-02-29T12:00:00+99:00", None),
    ],
)
def test_formats_of_time(text: str, seconds: float | None) -> None:
    assert parse_time_s(text) == seconds
