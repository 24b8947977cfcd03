"""What a simulation assumes beyond the problem and the placement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.errors import UsageError
from aisprint_cli.simulation.arrivals import ArrivalProcess
from aisprint_cli.simulation.facility import Discipline, Dispatch
from aisprint_cli.simulation.laws import Law, law_with
from aisprint_cli.simulation.routes import option_of

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Option, Placement, Problem, Resource

USUAL_REQUESTS = 10_000
"""How many requests one replication has when nobody says."""


@dataclass(frozen=True)
class Settings:
    """The assumptions; the defaults are those of the placement model.

    Attributes:
        arrivals: when requests come at each entry; None: a Poisson process at the problem's rate.
        service: how service times scatter around their demand; None: as each option says (`scv`).
        discipline: how an instance of an edge or cloud resource works; None: as each resource says.
        dispatch: how requests are spread over the instances of a resource.
        use_cores: whether an instance works on as many requests at once as its resource has cores also
            where it shares its processor; the placement model counts such an instance as one server.
        shared_bandwidth: whether concurrent flows share the bandwidth of every network domain, not only
            of those that are shared anyway.
        startup_s: how long a new instance takes until it serves.
        function_limit: how many instances a function may have for one piece; further requests wait.
        epoch_s: the time between two decisions of the policy.
    """

    arrivals: ArrivalProcess | None = None
    service: Law | None = None
    discipline: Discipline | None = None
    dispatch: Dispatch = Dispatch.RANDOM
    use_cores: bool = False
    shared_bandwidth: bool = False
    startup_s: float = 0.0
    function_limit: int = 1000
    epoch_s: float = 60.0

    def law_of(self, option: Option) -> Law:
        """How the service times of an option scatter."""
        return self.service or law_with(option.scv)

    def discipline_of(self, resource: Resource) -> Discipline:
        """How an instance of a resource works."""
        return self.discipline or (Discipline.FCFS if resource.queues else Discipline.SHARING)

    def cores_of(self, resource: Resource) -> int:
        """How many requests an instance of a resource works on at full speed."""
        if self.use_cores or (self.discipline is None and resource.queues):
            return max(1, int(resource.cores))
        return 1


@dataclass(frozen=True, slots=True)
class Horizon:
    """How long to simulate: a warm-up that does not count, then windows of equal length.

    Raises:
        UsageError: when a length or the number of windows is not positive.
    """

    window_s: float
    windows: int = 20
    warm_up_s: float = 0.0

    def __post_init__(self) -> None:
        if not (self.window_s > 0 and self.windows > 0 and self.warm_up_s >= 0):
            raise UsageError(
                "There is nothing to simulate: the measured time must be longer than zero.",
                mend="Give a positive number of hours or requests.",
            )

    @property
    def measured_s(self) -> float:
        """The time that counts."""
        return self.window_s * self.windows

    @property
    def end_s(self) -> float:
        """The whole simulated time."""
        return self.warm_up_s + self.measured_s


def horizon_for(
    problem: Problem,
    placement: Placement,
    arrivals: ArrivalProcess,
    *,
    requests: int | None = None,
    measured_s: float | None = None,
    warm_up_s: float | None = None,
    windows: int = 20,
) -> Horizon:
    """A horizon of a given length, with a warm-up that suits what is simulated.

    Args:
        problem: what is simulated.
        placement: where it runs.
        arrivals: when requests come.
        requests: the length, as how many requests are expected at one entry.
        measured_s: the length in seconds instead. Without both: once the whole pattern of arrivals;
            if there is none, 10,000 requests.
        warm_up_s: what does not count; None: nothing where the rate changes, since the start belongs
            to the pattern; else a tenth of the length, and time for queues and warm instances to settle.
        windows: into how many equal parts the measured time is cut.

    Raises:
        UsageError: so many requests never come.
    """
    if measured_s is None:
        if requests is None and not arrivals.constant:
            measured_s = arrivals.span_s
        else:
            measured_s = arrivals.time_of(USUAL_REQUESTS if requests is None else requests)
    if not math.isfinite(measured_s):
        raise UsageError(
            f"{requests or USUAL_REQUESTS:,} requests never come with these arrivals.",
            mend="Give a number of hours, or fewer requests.",
        )
    if warm_up_s is None:
        settling_s = max(0.1 * measured_s, _settling_s(problem, placement))
        warm_up_s = min(measured_s, settling_s) if arrivals.constant else 0.0
    return Horizon(measured_s / windows, windows, warm_up_s)


def _settling_s(problem: Problem, placement: Placement) -> float:
    """How long queues and warm instances need to forget how they began, roughly.

    A queue forgets within a few relaxation times, demand / (1 - sqrt(utilisation))^2 (J. W. Cohen, The
    Single Server Queue, 1982, III.7.3, for M/M/1); a function within a few idle times.
    """
    loads = [0.0] * len(problem.resources)
    demands = [0.0] * len(problem.resources)
    settling_s = 0.0
    for item, choice in zip(problem.components, placement.choices, strict=True):
        pieces = item.alternatives[choice.alternative].pieces
        for piece, resource in zip(pieces, choice.resources, strict=True):
            option = option_of(problem, item, piece, resource)
            loads[resource] += option.demand_s * item.rate_per_s * piece.reach
            demands[resource] = max(demands[resource], option.demand_s)
            settling_s = max(settling_s, 2 * problem.resources[resource].idle_before_kill_s)
    for bought, load, demand_s, count in zip(
        problem.resources, loads, demands, placement.instances, strict=True
    ):
        servers = count * bought.servers
        free = 1 - math.sqrt(load / servers) if 0 < load < servers else 0.0
        settling_s = max(settling_s, 3 * demand_s / free**2 if free else 0.0)
    return settling_s
