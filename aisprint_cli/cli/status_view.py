"""The state of a deployment, as a person reads it and as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from aisprint_cli.backends.interface import JobState
from aisprint_cli.cli.kept_view import kept_document
from aisprint_cli.cli.tables import plain_table
from aisprint_cli.deploy.measures import Measure, Verdict
from aisprint_cli.deploy.status import Status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

SHOWN_OF_TRACE = 8  # enough to tell the recent ones apart; `logs --trace` takes what is shown
_VERDICTS = {Verdict.OK: "green", Verdict.VIOLATED: "bold red", Verdict.UNMEASURED: "dim"}


def status_document(status: Status, *, qos: bool) -> dict[str, Any]:
    """A status as plain values, `aisprint.status/1` without the schema's name."""
    deployment = status.deployment
    return {
        "application": deployment.application,
        "deployed": True,
        "deployment": {
            "name": deployment.name,
            "backend": deployment.backend,
            "state": deployment.state.value,
            "changed_s": deployment.changed_s,
        },
        "drifted": status.drifted,
        "unreachable": [{"backend": name, "error": error} for name, error in status.unreachable.items()],
        "items": [
            {
                "id": entry.item.id,
                "kind": entry.item.kind.value,
                "name": entry.item.name,
                "backend": entry.item.spec.backend,
                "recorded": entry.recorded.value,
                "live": entry.live.value if entry.live is not None else None,
                "drift": entry.drift or None,
            }
            for entry in status.items
        ],
        "functions": [
            {
                "component": entry.part,
                "cluster": entry.cluster,
                "service": entry.service,
                "jobs": _counts(entry.jobs),
            }
            for entry in status.functions
        ],
        "traces": [
            {
                "trace": entry.trace,
                "input": entry.input or None,
                "began_s": entry.began_s,
                "seconds": entry.seconds,
                "last_component": entry.last_part,
                "jobs": _counts(entry.jobs),
            }
            for entry in status.traces
        ],
        "qos": [_measure_document(entry) for entry in status.measures] if qos else None,
        "kept": [],
    }


def nothing_document(kept: Mapping[str, str]) -> dict[str, Any]:
    """The same where nothing is deployed; `kept` says where data is that outlived its cluster."""
    return {
        "application": None,
        "deployed": False,
        "deployment": None,
        "drifted": False,
        "unreachable": [],
        "items": [],
        "functions": [],
        "traces": [],
        "qos": None,
        "kept": kept_document(kept),
    }


def _counts(jobs: Any) -> dict[str, int]:
    return {state.value: jobs[state] for state in JobState}


def _measure_document(measure: Measure) -> dict[str, Any]:
    return {
        "kind": "global" if measure.constraint.is_global else "local",
        "path": list(measure.constraint.parts),
        "limit_s": measure.constraint.limit_s,
        "samples": measure.samples,
        "over": measure.over,
        "mean_s": measure.mean_s,
        "p95_s": measure.p95_s,
        "max_s": measure.max_s,
        "worst_minute_s": measure.worst_minute_s,
        "verdict": measure.verdict.value,
    }


def render(status: Status, *, qos: bool) -> Iterator[RenderableType]:
    """The parts of the page, top to bottom."""
    from rich.text import Text

    deployment = status.deployment
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(deployment.changed_s))
    yield Text(
        f"{deployment.application}: deployment {deployment.name} on {deployment.backend},"
        f" {deployment.state} since {since}",
        style="bold",
    )
    yield _items(status)
    for name, error in status.unreachable.items():
        yield Text(f"{name} did not answer: {error}", style="red")
    yield Text("")
    yield _functions(status)
    if status.traces:
        yield Text("")
        yield _traces(status)
    if qos:
        yield Text("")
        yield _measures(status) if status.measures else Text("The application sets no time limits.")


def _items(status: Status) -> Table:
    from rich.text import Text

    is_spread = len({entry.item.spec.backend for entry in status.items}) > 1
    table = plain_table("kind", "name", *(["on"] if is_spread else []), "recorded", "live", "drift")
    for entry in status.items:
        drift = Text(entry.drift or "none", style="red" if entry.drift else "dim")
        live = entry.live.value if entry.live is not None else "unknown"
        where = [entry.item.spec.backend] if is_spread else []
        table.add_row(entry.item.kind.value, entry.item.name, *where, entry.recorded.value, live, drift)
    return table


def _functions(status: Status) -> Table:
    states = tuple(state.value for state in JobState)
    table = plain_table("component", "cluster", *states, numbers=states)
    for entry in status.functions:
        table.add_row(entry.part, entry.cluster, *(str(entry.jobs[state]) for state in JobState))
    return table


def _traces(status: Status) -> Table:
    from rich.text import Text

    table = plain_table(
        *("recent input", "trace", "began", "seconds", "last at", "state"),
        numbers=("seconds",),
        whole=("trace", "began", "seconds", "state"),
    )
    for entry in status.traces:
        began = time.strftime("%H:%M:%S", time.localtime(entry.began_s))
        seconds = "" if entry.seconds is None else f"{entry.seconds:.2f}"
        state, style = "succeeded", "green"
        if entry.jobs[JobState.FAILED]:
            state, style = "failed", "red"
        elif entry.seconds is None:
            state, style = "running", "yellow"
        name = PurePath(entry.input).name or "unknown"
        trace = entry.trace[:SHOWN_OF_TRACE]
        table.add_row(Text(name), trace, began, seconds, entry.last_part, Text(state, style=style))
    return table


def _measures(status: Status) -> Table:
    from rich.text import Text

    numbers = ("mean s", "p95 s", "max s", "limit s", "n")
    table = plain_table("constraint", "of", *numbers, "verdict", numbers=numbers)
    for entry in status.measures:
        kind = "global" if entry.constraint.is_global else "local"
        figures = [
            "" if value is None else f"{value:.3f}" for value in (entry.mean_s, entry.p95_s, entry.max_s)
        ]
        verdict = Text(entry.verdict.value, style=_VERDICTS[entry.verdict])
        path = " -> ".join(entry.constraint.parts)
        table.add_row(kind, path, *figures, f"{entry.constraint.limit_s:g}", str(entry.samples), verdict)
    return table
