"""What goes through the functions of AWS Lambda: objects in S3, runs and logs in CloudWatch."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aisprint_cli.backends.aws import run_records
from aisprint_cli.backends.aws.account import Account, Accounts
from aisprint_cli.backends.aws.run_records import RunRecord
from aisprint_cli.backends.aws.specification import function_name
from aisprint_cli.backends.folders import Folder, Routes, routes_of, trace_in
from aisprint_cli.backends.holdings import Holdings
from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, ItemKind, Job, JobState, Trace
from aisprint_cli.backends.objects.store import StoredObject
from aisprint_cli.backends.run_log import read_run_log
from aisprint_cli.backends.tracing import Specified, follow
from aisprint_cli.errors import UsageError

_LOOK_BACK_S: Final = 7 * 24 * 3600.0  # a log group may hold years, and is read from its beginning


class LambdaPlane:
    """The data plane of functions on AWS Lambda, whoever made them. Used by several threads at once.

    Args:
        holdings: the clusters and functions there are.
        accounts: how to reach them.
    """

    def __init__(self, holdings: Holdings, accounts: Accounts) -> None:
        self._holdings = holdings
        self._accounts = accounts
        self._seen: dict[str, Trace] = {}

    def put(self, cluster: str, path: str, source: Path) -> None:
        """Store a local file as an object, in one step.

        Raises:
            InvalidInputError: when the file cannot be read or the path names no object.
            ExternalError: when S3 refuses or cannot be reached.
        """
        self._account(cluster).store.put(path, source)

    def fetch(self, cluster: str, path: str, target: Path) -> None:
        """Bring an object back as a local file, which appears whole.

        Raises:
            InvalidInputError: when the path names no object.
            ExternalError: when there is none, or S3 refuses or cannot be reached.
            OSError: when the target cannot be written.
        """
        self._account(cluster).store.fetch(path, target)

    def _account(self, cluster: str) -> Account:
        return self._accounts.of(cluster, self._access(cluster))

    def _access(self, cluster: str) -> Mapping[str, str]:
        items = self._holdings.items()
        item = items.get(f"{ItemKind.CLUSTER}/{cluster}")
        if item is not None and isinstance(item.spec, ClusterSpec):
            return item.spec.access
        for function in self._holdings.functions(cluster):
            if isinstance(function.spec, FunctionSpec):
                return function.spec.access
        raise UsageError(f"No cluster {cluster} is in use.", mend="Deploy first.")

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        """Everything one input set off; with `wait_s`, wait that long for a change since the last answer.

        With `clusters`, only those are asked.
        """
        before = self._seen.get(trace)
        self._seen[trace] = follow(self._functions, trace, before=before, wait_s=wait_s, clusters=clusters)
        return self._seen[trace]

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs of the functions hosted in the last seven days, oldest first."""
        since = time.time() - _LOOK_BACK_S
        found = [
            job
            for watched in self._functions()
            if cluster in {None, watched.cluster} and function in {None, watched.name}
            for job in watched.runs(since)
        ]
        return tuple(sorted(found, key=lambda job: (job.created_s, job.id)))

    def log(self, job: Job) -> str:
        """What a run wrote; empty where its log group forgot it.

        Raises:
            ExternalError: when CloudWatch cannot be asked.
        """
        for function in self._functions():
            if (function.cluster, function.name) == (job.cluster, job.function):
                for record in function.records(job.created_s - 1):
                    if record.id == job.id:
                        return record.text
        return ""

    def _functions(self) -> Iterable[_Function]:
        for item in self._holdings.functions():
            if isinstance(item.spec, FunctionSpec):
                account = self._accounts.of(item.spec.cluster, item.spec.access)
                yield _Function(item.spec, routes_of(item.spec), account)


@dataclass(frozen=True, slots=True)
class _Function(Specified):
    """A function as `tracing` watches it."""

    account: Account

    def objects(self, prefix: str) -> Iterable[StoredObject]:
        return self.account.store.objects(prefix)

    def records(self, since_s: float) -> list[RunRecord]:
        """What CloudWatch knows of its runs."""
        return run_records.read_runs(self.account, f"/aws/lambda/{function_name(self.spec)}", since_s)

    def runs(self, since_s: float) -> Iterable[Job]:
        return [_job(self.spec, self.routes, record) for record in self.records(since_s)]


def _job(spec: FunctionSpec, routes: Routes, record: RunRecord) -> Job:
    """A run as a job; a run that S3 set off does not wait, so it is created when it starts."""
    facts = read_run_log(record.text, spec.cluster, routes.outputs)
    failure = f"exit code {facts.exit_code}" if facts.exit_code else record.failure
    if record.finished_s is None:
        state = JobState.RUNNING
    else:
        state = JobState.FAILED if failure else JobState.SUCCEEDED
    return Job(
        record.id,
        spec.cluster,
        str(spec.service["name"]),
        trace_in(facts.input_path),
        state,
        facts.input_path,
        record.started_s,
        record.started_s,
        record.finished_s,
        facts.exit_code if state is not JobState.SUCCEEDED else 0,
        failure if state is JobState.FAILED else "",
        tuple(_placed(facts.outputs, routes.outputs)) if state is JobState.SUCCEEDED else (),
    )


def _placed(outputs: Iterable[str], folders: Iterable[Folder]) -> Iterable[str]:
    """Outputs with the cluster that their folder is on: the supervisor knows it by its keys only."""
    known = tuple(folders)
    for output in outputs:
        _, _, path = output.partition(":")
        owner = next((folder.cluster for folder in known if folder.covers(path)), None)
        yield f"{owner}:{path}" if owner else output
