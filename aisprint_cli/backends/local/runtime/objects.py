"""Buckets as directories: objects appear whole, and each sets off what it has to exactly once."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.backends.local.layout import Home
from aisprint_cli.backends.local.runtime.records import Arrival, Identity, JobRecord, NewJob, Stage
from aisprint_cli.backends.local.runtime.store import Store

_TRACED = re.compile(r"aisprint-(?P<trace>[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")

Triggers = Callable[[str, str, str], Sequence[NewJob]]
"""The runs that an object (cluster, path, trace) sets off."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file a job made, and the object it becomes."""

    cluster: str
    path: str
    file: Path


def identify(file: Path) -> Identity:
    """What a file's content is recognised by.

    Raises:
        OSError: when there is no such file.
    """
    status = file.stat()
    return Identity(status.st_size, status.st_mtime_ns, status.st_ino)


def entry_trace(path: str) -> str:
    """The trace of an object that no job made: the one in its name, else a new one."""
    match = _TRACED.match(path.rpartition("/")[2])
    return match["trace"].lower() if match else str(uuid.uuid4())


class Objects:
    """Puts objects into buckets and queues the runs they set off.

    Each is written down first, then moved into place, then struck off in the same transaction that
    queues its runs: after a crash the rest is done once, and nothing twice.
    """

    def __init__(self, home: Home, store: Store, triggers: Triggers, on_queued: Callable[[], None]) -> None:
        self._home = home
        self._store = store
        self._triggers = triggers
        self._on_queued = on_queued

    def file(self, cluster: str, path: str) -> Path:
        """Where an object's content is."""
        return self._home.buckets(cluster) / path

    def new_staging_file(self) -> Path:
        """A fresh path on the buckets' file system."""
        return self._home.staging / uuid.uuid4().hex

    def put(self, cluster: str, path: str, staged: Path, *, key: str = "") -> str:
        """Move a staged file to an object; its trace. Repeating a `key` changes nothing.

        Raises:
            OSError: when it cannot be moved there.
        """
        known = self._store.known(cluster, path)
        if key and known is not None and known[1] == key:
            staged.unlink()
            return self._store.object_trace(cluster, path) or ""
        trace = entry_trace(path)
        arrival = Arrival(uuid.uuid4().hex, cluster, path, str(staged), identify(staged), trace, key=key)
        self._store.announce([arrival])
        try:
            self._move(arrival)
        except OSError:
            self._give_up([arrival])
            raise
        self._settle([arrival])
        return trace

    def publish(self, job: JobRecord, outputs: Sequence[Output]) -> None:
        """Move a job's outputs into their buckets and note its success.

        Raises:
            OSError: when one cannot be moved; then none of them sets anything off.
        """
        arrivals = [
            Arrival(
                uuid.uuid4().hex,
                output.cluster,
                output.path,
                str(output.file),
                identify(output.file),
                job.trace,
                job=job.id,
            )
            for output in outputs
        ]
        if arrivals:
            names = [f"{output.cluster}:{output.path}" for output in outputs]
            with self._store.transaction():
                self._store.announce(arrivals)
                self._store.update_job(job.id, stage=Stage.PUBLISHING.value, outputs=names)
            try:
                for arrival in arrivals:
                    self._move(arrival)
            except OSError:
                self._give_up(arrivals)
                raise
        self._settle(arrivals, finished=[job.id])

    def take_in(self, cluster: str, path: str, identity: Identity) -> bool:
        """Accept a file that a person dropped in; False when it is known already or being replaced."""
        with self._store.transaction():
            known = self._store.known(cluster, path)
            if (known is not None and known[0] == identity) or self._store.arrivals(path=(cluster, path)):
                return False
            trace = entry_trace(path)
            self._store.save_object(cluster, path, identity, trace=trace)
            self._store.queue(self._triggers(cluster, path, trace))
        self._on_queued()
        return True

    def recognise(self, cluster: str, directory: Path) -> int:
        """Remember the files of a directory as the objects of a bucket of its name; how many.

        For objects that were here before: they set nothing off.
        """
        files = [file for file in directory.rglob("*") if file.is_file()]
        with self._store.transaction():
            for file in files:
                path = file.relative_to(directory.parent).as_posix()
                self._store.save_object(cluster, path, identify(file), trace=entry_trace(path))
        return len(files)

    def recover(self) -> None:
        """Finish what an earlier process had announced."""
        arrivals = self._store.arrivals()
        for arrival in arrivals:
            if Path(arrival.staged).exists():
                with suppress(OSError):  # its place is taken or gone: that it had been announced stays
                    self._move(arrival)
        publishing = [job.id for job in self._store.open_jobs() if job.stage is Stage.PUBLISHING]
        self._settle(arrivals, finished=publishing)

    def delete(self, cluster: str, path: str) -> bool:
        """Delete an object; False when there is none."""
        try:
            self.file(cluster, path).unlink()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return False
        self._store.forget_object(cluster, path)
        return True

    def names(self, cluster: str, prefix: str = "") -> Iterator[tuple[str, Identity]]:
        """Objects of a cluster whose path begins with `prefix`, by path."""
        root = self._home.buckets(cluster)
        for directory, folders, files in os.walk(root):
            folders.sort()
            for name in sorted(files):
                file = Path(directory, name)
                path = file.relative_to(root).as_posix()
                with suppress(FileNotFoundError):  # removed since it was listed
                    if path.startswith(prefix):
                        yield path, identify(file)

    def make_bucket(self, cluster: str, path: str) -> None:
        """Make the directory of `bucket` or `bucket/folder`."""
        self.file(cluster, path).mkdir(parents=True, exist_ok=True)

    def remove_bucket(self, cluster: str, bucket: str) -> None:
        """Delete a bucket with its objects."""
        shutil.rmtree(self.file(cluster, bucket), ignore_errors=True)
        self._store.forget_bucket(cluster, bucket)

    def _move(self, arrival: Arrival) -> None:
        """Move an object into place, below buckets that are there: a removed cluster does not come back."""
        folder = self._home.buckets(arrival.cluster)
        for name in arrival.path.split("/")[:-1]:
            folder /= name
            folder.mkdir(exist_ok=True)
        Path(arrival.staged).rename(self.file(arrival.cluster, arrival.path))

    def _settle(self, arrivals: Iterable[Arrival], finished: Iterable[str] = ()) -> None:
        arrivals = list(arrivals)
        with self._store.transaction():
            self._store.arrived(arrivals)
            for arrival in arrivals:
                self._store.queue(self._triggers(arrival.cluster, arrival.path, arrival.trace))
            for job in finished:
                self._store.finish(job, Stage.SUCCEEDED, exit_code=0)
        self._on_queued()

    def _give_up(self, arrivals: Sequence[Arrival]) -> None:
        self._store.arrived(arrivals)
        for arrival in arrivals:
            Path(arrival.staged).unlink(missing_ok=True)
