"""The runs of functions, as CloudWatch keeps what they wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aisprint_cli.backends.aws.account import Account, tags
from aisprint_cli.backends.objects.failures import code_of, is_missing

_START: Final = re.compile(r"START RequestId: (?P<id>[0-9a-f-]{36})")
_REPORT: Final = re.compile(r"REPORT RequestId: (?P<id>[0-9a-f-]{36})\s+Duration: (?P<ms>[0-9.]+) ms")
_STATUS: Final = re.compile(r"Status: (?P<status>timeout|error)")
_TIMED_OUT: Final = re.compile(r"(?P<id>[0-9a-f-]{36}) Task timed out after (?P<s>[0-9.]+) seconds")
_BROKEN: Final = ("Runtime exited", "Runtime.ExitError", "[ERROR]", "Creating error response")


@dataclass(slots=True)
class RunRecord:
    """What is known of one run; times in seconds since the epoch, `finished_s` None while it runs."""

    id: str
    started_s: float
    finished_s: float | None = None
    failure: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it wrote."""
        return "".join(f"{line}\n" for line in self.lines)


def make_group(account: Account, name: str, days: int, item: str) -> None:
    """Make a log group that forgets after some days, or set the days of one that is there."""
    from botocore.exceptions import ClientError

    logs = account.client("logs")
    with account.asking(f"make the log group {name}"):
        try:
            logs.create_log_group(logGroupName=name, tags=tags(item=item))
        except ClientError as error:
            if code_of(error) != "ResourceAlreadyExistsException":
                raise
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)


def group_days(account: Account, name: str) -> int | None:
    """After how many days a log group forgets; None where there is no such group or it never does."""
    with account.asking(f"show the log group {name}"):
        found = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    days = (group.get("retentionInDays") for group in found if group["logGroupName"] == name)
    return next(days, None)


def remove_group(account: Account, name: str) -> None:
    """Remove a log group; one that is gone is left at that."""
    from botocore.exceptions import ClientError

    with account.asking(f"remove the log group {name}"):
        try:
            account.client("logs").delete_log_group(logGroupName=name)
        except ClientError as error:
            if not is_missing(error):
                raise


def read_runs(account: Account, group: str, since_s: float = 0.0) -> list[RunRecord]:
    """The runs of a log group that began since then, in seconds since the epoch.

    Args:
        account: whose logs.
        group: the log group.
        since_s: no run that began earlier.
    """
    from botocore.exceptions import ClientError

    options: dict[str, Any] = {"logGroupName": group, "startTime": max(0, int(since_s * 1000))}
    found: list[Mapping[str, Any]] = []
    with account.asking(f"read the log group {group}"):
        try:
            for page in account.client("logs").get_paginator("filter_log_events").paginate(**options):
                found.extend(page["events"])
        except ClientError as error:
            if is_missing(error):
                return []
            raise
    return runs_in(found)


def runs_in(events: Iterable[Mapping[str, Any]]) -> list[RunRecord]:
    """The runs among log events. A stream holds one run after the other; a repeated run counts once."""
    runs: dict[str, RunRecord] = {}
    present: dict[str, RunRecord] = {}
    for event in sorted(events, key=lambda event: (event["timestamp"], event.get("eventId", ""))):
        stream, at = str(event["logStreamName"]), event["timestamp"] / 1000
        for line in str(event["message"]).rstrip("\n").splitlines():
            if begun := _START.match(line):
                known = runs.get(begun["id"])
                present[stream] = RunRecord(begun["id"], known.started_s if known else at)
                runs[begun["id"]] = present[stream]
            elif stream in present:
                _take(present[stream], line, at)
    return sorted(runs.values(), key=lambda run: (run.started_s, run.id))


def _take(run: RunRecord, line: str, at: float) -> None:
    """Add a line to a run."""
    if timed_out := _TIMED_OUT.search(line):
        run.failure, run.finished_s = f"timed out after {timed_out['s']} s", at
    elif _REPORT.match(line):
        run.finished_s = at
        status = _STATUS.search(line)
        if status and not run.failure:
            run.failure = f"Lambda reports {status['status']}"
    elif line.startswith("END RequestId:"):
        return
    else:
        if any(word in line for word in _BROKEN) and not run.failure:
            run.failure = line.strip()[:200]
        run.lines.append(line)
