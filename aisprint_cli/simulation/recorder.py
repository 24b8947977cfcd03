"""Who writes down what happens: response times as requests end, and totals at the edges of windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.simulation.arrivals import SECONDS_PER_HOUR
from aisprint_cli.simulation.measures import Observations, Series, increments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.simulation.agenda import Agenda
    from aisprint_cli.simulation.routes import PieceKey, PoolKey
    from aisprint_cli.simulation.site import Site
    from aisprint_cli.simulation.traffic import Visit


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """A bought resource, by window.

    Attributes:
        busy_s: core-seconds worked.
        bought_s: instance-seconds paid.
        job_s: the integral over time of the number of requests present.
    """

    busy_s: NDArray[np.float64]
    bought_s: NDArray[np.float64]
    job_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FunctionUse:
    """One pool of function instances, by window.

    Attributes:
        requests: how many began their service.
        cold_starts: how many of them had to start an instance.
        busy_s: instance-seconds of service, cold ones included; what is billed.
        alive_s: instance-seconds, idle ones included.
        job_s: the integral over time of the number of requests present.
    """

    requests: NDArray[np.float64]
    cold_starts: NDArray[np.float64]
    busy_s: NDArray[np.float64]
    alive_s: NDArray[np.float64]
    job_s: NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """What one simulation saw after its warm-up, everything by window.

    Attributes:
        window_s: the length of a window.
        windows: how many there are.
        entered: how many requests entered the application.
        ended: end-to-end times of requests (of each copy where a request splits).
        components: response times of each component.
        paths: the times along each path limit, of the requests that went that way.
        pieces: response times of the pieces that ran, without transfers.
        resources: the use of each bought resource.
        functions: the use of each pool.
        lines: the use of each network domain's line, where bandwidth is shared.
        events: how many events happened, warm-up included.
    """

    window_s: float
    windows: int
    entered: NDArray[np.float64]
    ended: Observations
    components: tuple[Observations, ...]
    paths: tuple[Observations, ...]
    pieces: dict[PieceKey, Observations]
    resources: dict[int, ResourceUse]
    functions: dict[PoolKey, FunctionUse]
    lines: tuple[ResourceUse, ...]
    events: int

    def cost(self, problem: Problem) -> NDArray[np.float64]:
        """What was spent in each window."""
        return self.bought_cost(problem) + self.function_cost(problem)

    def bought_cost(self, problem: Problem) -> NDArray[np.float64]:
        """What instances cost in each window: from when they are started until they are gone."""
        spent = np.zeros(self.windows)
        for resource, use in self.resources.items():
            hourly = [
                problem.resources[resource].hourly_cost(count) for count in use.bought_s / self.window_s
            ]
            spent += np.array(hourly) * self.window_s / SECONDS_PER_HOUR
        return spent

    def function_cost(self, problem: Problem) -> NDArray[np.float64]:
        """What functions cost in each window: while they are busy, cold starts included, and by request."""
        spent = np.zeros(self.windows)
        for key, use in self.functions.items():
            resource = problem.resources[key[0]]
            asked = resource.transition_cost + problem.layers[resource.layer].transition_cost
            spent += resource.cost_per_hour / SECONDS_PER_HOUR * use.busy_s + asked * use.requests
        return spent


class _Path:
    """One path limit: the components before its last one, backwards, and the times seen."""

    __slots__ = ("before", "series")

    def __init__(self, components: tuple[int, ...], series: Series) -> None:
        self.before = components[-2::-1]
        self.series = series

    def first(self, visit: Visit) -> Visit | None:
        """The visit with which the path began, if this one ends it."""
        for component in self.before:
            earlier = visit.previous
            if earlier is None or earlier.component != component:
                return None
            visit = earlier
        return visit


class Recorder:
    """Keeps the response times of one simulation.

    Args:
        problem: whose components and limits are observed.
        agenda: the simulation's clock.
        watched: whether a policy looks at what happens, too.

    Attributes:
        entered: how many requests entered so far.
        arrived: how many arrived at each component so far.
        ended: end-to-end times.
    """

    def __init__(self, problem: Problem, agenda: Agenda, *, watched: bool) -> None:
        limits = {limit.component: limit.limit_s for limit in problem.local_limits}
        self.entered = 0
        self.arrived = [0] * len(problem.components)
        self.ended = Series(watched=watched)
        self.components = [
            Series(limits.get(number, float("inf")), watched=watched)
            for number in range(len(problem.components))
        ]
        self.paths = [Series(limit.limit_s, watched=watched) for limit in problem.path_limits]
        self._pieces: dict[PieceKey, Series] = {}
        self._agenda = agenda
        self._ending: list[list[_Path]] = [[] for _ in problem.components]
        for limit, series in zip(problem.path_limits, self.paths, strict=True):
            self._ending[limit.components[-1]].append(_Path(limit.components, series))
        self._entered_at: list[tuple[float, ...]] = []
        self._groups: dict[int, list[tuple[float, ...]]] = {}
        self._pools: dict[PoolKey, list[tuple[float, ...]]] = {}
        self._lines: dict[int, list[tuple[float, ...]]] = {}

    def piece(self, key: PieceKey) -> Series:
        """The series of a piece."""
        return self._pieces.setdefault(key, Series())

    def component_done(self, visit: Visit) -> None:
        """A component has answered a request."""
        now_s = self._agenda.now_s
        component = visit.component
        self.components[component].values.append(now_s - visit.arrived_s)
        for path in self._ending[component]:
            first = path.first(visit)
            if first is not None:
                path.series.values.append(now_s - first.arrived_s)

    def close_window(self, site: Site, *, keep: bool = True) -> None:
        """End a window, or, without `keep`, the warm-up."""
        for series in (self.ended, *self.components, *self.paths, *self._pieces.values()):
            series.close_window(keep=keep)
        self._entered_at.append((self.entered,))
        for resource, group in site.groups.items():
            self._groups.setdefault(resource, []).append(group.totals())
        for key, pool in site.pools.items():
            pool.settle()
            totals = (pool.requests, pool.cold_starts, pool.busy_s, pool.alive_s, pool.job_s)
            self._pools.setdefault(key, []).append(totals)
        for number, line in enumerate(site.transfers.lines):
            line.settle()
            self._lines.setdefault(number, []).append((line.busy_s, self._agenda.now_s, line.job_s))

    def run(self, window_s: float) -> Run:
        """Everything seen so far; the windows were all this long."""
        windows = len(self._entered_at) - 1
        return Run(
            window_s=window_s,
            windows=windows,
            entered=increments(self._entered_at, windows)[0],
            ended=self.ended.observations(windows),
            components=tuple(series.observations(windows) for series in self.components),
            paths=tuple(series.observations(windows) for series in self.paths),
            pieces={key: series.observations(windows) for key, series in self._pieces.items()},
            resources={
                resource: ResourceUse(*increments(totals, windows))
                for resource, totals in self._groups.items()
            },
            functions={key: FunctionUse(*increments(totals, windows)) for key, totals in self._pools.items()},
            lines=tuple(ResourceUse(*increments(totals, windows)) for totals in self._lines.values()),
            events=self._agenda.happened,
        )
