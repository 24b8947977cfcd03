"""What a simulation assumes beyond the problem and the placement."""

from __future__ import annotations

from dataclasses import dataclass, field

from aisprint_cli.errors import UsageError
from aisprint_cli.simulation.arrivals import ArrivalProcess
from aisprint_cli.simulation.facility import Discipline, Dispatch
from aisprint_cli.simulation.laws import Exponential, Law


@dataclass(frozen=True)
class Settings:
    """The assumptions; the defaults are those of the placement model.

    Attributes:
        arrivals: when requests come at each entry; None: a Poisson process at the problem's rate.
        service: how service times scatter around their demand.
        discipline: how an instance of an edge or cloud resource works.
        dispatch: how requests are spread over the instances of a resource.
        use_cores: whether an instance works on as many requests at once as its resource has cores;
            the placement model counts an instance as one server.
        shared_bandwidth: whether concurrent flows share the bandwidth of their network domain.
        startup_s: how long a new instance takes until it serves.
        function_limit: how many instances a function may have for one piece; further requests wait.
        epoch_s: the time between two decisions of the policy.
    """

    arrivals: ArrivalProcess | None = None
    service: Law = field(default_factory=Exponential)
    discipline: Discipline = Discipline.SHARING
    dispatch: Dispatch = Dispatch.RANDOM
    use_cores: bool = False
    shared_bandwidth: bool = False
    startup_s: float = 0.0
    function_limit: int = 1000
    epoch_s: float = 60.0


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
