"""Several back ends as one: each item goes to its own, each call on data to that of its cluster."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from aisprint_cli.backends.interface import (
    Capability,
    FindsStrays,
    FunctionSpec,
    Item,
    ItemKind,
    Job,
    Observed,
    Place,
    Progress,
    Recorded,
    Site,
    TellsMessages,
    Trace,
)
from aisprint_cli.deploy.backend_choice import CLOUD
from aisprint_cli.deploy.topology import Folder, topology_of
from aisprint_cli.errors import StateError

_POLL_S: Final = 0.5
_TAKEN_UP_WITHIN_S: Final = 120.0
_Found = TypeVar("_Found")


class RoutedPlace:
    """All back ends of one deployment behind the contract of one.

    Args:
        site: what each back end is opened with.
        open_place: opens the back end of a name; called once for each that is needed.
        known: the names of the back ends where something of the application may be.
        clock: seconds since the epoch, as in `Job`.
    """

    name = CLOUD

    def __init__(
        self,
        site: Site,
        open_place: Callable[[str, Site], Place],
        known: Callable[[], Iterable[str]] = tuple,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._site = site
        self._open = open_place
        self._known = known
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}

    def close(self) -> None:
        """Close every back end, whatever becomes of the others."""
        with ExitStack() as stack:
            for place in self._places.values():
                stack.callback(place.close)

    def place(self, name: str) -> Place:
        """The back end of a name.

        Raises:
            UsageError: when there is none.
        """
        with self._lock:
            if name not in self._places:
                self._places[name] = self._open(name, self._site)
            return self._places[name]

    def place_of(self, item: Item) -> Place:
        """The back end that makes an item."""
        return self.place(item.spec.backend)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What all back ends that are in use can do."""
        found = frozenset(Capability)
        for place in self._in_use():
            found &= place.capabilities
        return found

    def _in_use(self, clusters: Collection[str] | None = None) -> list[Place]:
        items = [entry.item for entry in self._site.recorded().values()]
        names = {item.spec.backend for item in items if clusters is None or _cluster_of(item) in clusters}
        return [self.place(name) for name in sorted(names)]

    # -- items

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """Ask each back end for its own items, all back ends at the same time."""
        groups: defaultdict[str, list[Item]] = defaultdict(list)
        for item in items:
            groups[item.spec.backend].append(item)
        places = {name: self.place(name) for name in groups}
        found: dict[str, Observed] = {}
        for seen in _each(places, lambda name, place: place.observe(groups[name])):
            found |= seen
        return found

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Make an item where it belongs."""
        return self.place_of(item).apply(item, progress)

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        """Remove an item from where it is."""
        self.place_of(item).remove(item, keep_data=keep_data, progress=progress)

    def strays(self, application: str) -> tuple[Item, ...]:
        """What each back end finds of an application, each item marked with its back end."""
        found: list[Item] = []
        for name in sorted(set(self._known())):
            place = self.place(name)
            if isinstance(place, FindsStrays):
                found += [on_backend(item, name) for item in place.strays(application)]
        return tuple(found)

    def messages(self, item: Item) -> str:
        """What setting up an item wrote."""
        place = self.place_of(item)
        return place.messages(item) if isinstance(place, TellsMessages) else ""

    # -- data

    def _place_of_cluster(self, cluster: str) -> Place:
        """The back end of a recorded cluster.

        Raises:
            StateError: when the ledger knows none of that name.
        """
        found = self._site.recorded().get(f"{ItemKind.CLUSTER}/{cluster}")
        if found is None:
            raise StateError(
                f"The ledger knows no cluster {cluster}.", mend="`aisprint status` shows what is deployed."
            )
        return self.place_of(found.item)

    def put(self, cluster: str, path: str, source: Path) -> None:
        """Store a local file as an object of a cluster."""
        self._place_of_cluster(cluster).put(cluster, path, source)

    def fetch(self, cluster: str, path: str, target: Path) -> None:
        """Bring an object of a cluster back."""
        self._place_of_cluster(cluster).fetch(cluster, path, target)

    def log(self, job: Job) -> str:
        """What a run wrote."""
        return self._place_of_cluster(job.cluster).log(job)

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs of the functions hosted, oldest first, over all back ends."""
        if cluster is not None:
            return self._place_of_cluster(cluster).jobs(cluster, function)
        places = {str(number): place for number, place in enumerate(self._with_logs())}
        found = [job for jobs in _each(places, lambda _, place: place.jobs(None, function)) for job in jobs]
        return tuple(sorted(found, key=lambda job: job.created_s))

    def _with_logs(self, clusters: Collection[str] | None = None) -> list[Place]:
        """The back ends of those clusters, or all, that tell of runs."""
        return [place for place in self._in_use(clusters) if Capability.LOGS in place.capabilities]

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        """Everything one input set off, on whichever back end.

        It is complete when each back end says so and every file that went from one to another was taken
        up there, for which two minutes are given.
        """
        places = self._with_logs(clusters)
        if len(places) == 1:
            return places[0].trace(trace, wait_s=wait_s, clusters=clusters)
        deadline = time.monotonic() + wait_s
        first = found = self._trace(places, trace, clusters)
        while found == first and not found.complete and time.monotonic() < deadline:
            time.sleep(min(_POLL_S, max(0.0, deadline - time.monotonic())))
            found = self._trace(places, trace, clusters)
        return found

    def _trace(self, places: list[Place], trace: str, clusters: Collection[str] | None) -> Trace:
        numbered = {str(number): place for number, place in enumerate(places)}
        views = _each(numbered, lambda _, place: place.trace(trace, clusters=clusters))
        jobs = tuple(sorted((job for view in views for job in view.jobs), key=lambda job: job.created_s))
        done = all(view.complete for view in views)
        return Trace(trace, jobs, done and not any(self._under_way(jobs)))

    def _under_way(self, jobs: Iterable[Job]) -> Iterator[str]:
        """Objects that a run wrote to another back end and that no run there has taken up yet."""
        jobs, recorded = tuple(jobs), self._site.recorded()
        taken = {(job.cluster, job.input_path) for job in jobs}
        topology = topology_of(entry.item for entry in recorded.values())
        now = self._clock()
        for job in jobs:
            if job.finished_s is None or now - job.finished_s > _TAKEN_UP_WITHIN_S:
                continue
            for output in job.outputs:
                cluster, _, path = output.partition(":")
                folder, _, name = path.rpartition("/")
                readers = topology.readers(Folder(cluster, folder))
                is_read = any(source.accepts(name) for reader in readers for source in reader.inputs)
                moves = _backend(recorded, cluster) != _backend(recorded, job.cluster)
                if moves and is_read and (cluster, path) not in taken:
                    yield output


def on_backend(item: Item, name: str) -> Item:
    """The same item, made by the back end of that name."""
    return replace(item, spec=replace(item.spec, backend=name))


def _cluster_of(item: Item) -> str:
    return item.spec.cluster if isinstance(item.spec, FunctionSpec) else item.name


def _backend(recorded: Mapping[str, Recorded], cluster: str) -> str:
    found = recorded.get(f"{ItemKind.CLUSTER}/{cluster}")
    return found.item.spec.backend if found is not None else ""


def _each(places: Mapping[str, Place], ask: Callable[[str, Place], _Found]) -> list[_Found]:
    """The answers of several back ends, asked at the same time.

    Raises:
        AisprintError: the first of them that failed.
    """
    if len(places) <= 1:
        return [ask(name, place) for name, place in places.items()]
    with ThreadPoolExecutor(len(places), thread_name_prefix="back-end") as pool:
        return list(pool.map(ask, places.keys(), places.values()))
