"""The simulation as its drivers see it: run, look, act, fork."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from aisprint_cli.errors import UsageError
from aisprint_cli.simulation.agenda import Agenda
from aisprint_cli.simulation.recorder import Recorder
from aisprint_cli.simulation.settings import Settings
from aisprint_cli.simulation.state import Action, Move, SetInstances, Share
from aisprint_cli.simulation.streams import Streams
from aisprint_cli.simulation.traffic import Traffic, mend_routes
from aisprint_cli.simulation.watch import Watch

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Placement, Problem
    from aisprint_cli.simulation.recorder import Run
    from aisprint_cli.simulation.settings import Horizon
    from aisprint_cli.simulation.state import Policy, State


class Simulation:
    """One run of a placed application. Nothing happens until it is told to.

    Args:
        problem: the application, its resources and networks.
        placement: where everything runs at the start, and the instances bought.
        settings: what is assumed beyond that; None: what the placement model assumes.
        seed: of all random numbers; with the same seed two simulations see the same requests.
        replication: which repetition with this seed this is.
        policy: what steers the application; None: nothing does.

    Raises:
        InfeasibleError: the placement cannot run: a piece on a resource it may not use, no instance of
            a resource that is used, or no network between two resources.
    """

    def __init__(
        self,
        problem: Problem,
        placement: Placement,
        settings: Settings | None = None,
        *,
        seed: int = 0,
        replication: int = 0,
        policy: Policy | None = None,
    ) -> None:
        self.problem = problem
        self.settings = settings or Settings()
        self._policy = policy
        self._agenda = Agenda()
        self._recorder = Recorder(problem, self._agenda, watched=policy is not None)
        traffic = Traffic(
            problem,
            placement,
            self.settings,
            agenda=self._agenda,
            streams=Streams(seed, replication),
            recorder=self._recorder,
        )
        self._site = traffic.site
        self._watch = Watch(problem, self._agenda, self._site, self._recorder)
        if policy is not None:
            self._agenda.at(self.settings.epoch_s, self._decide, policy)

    @property
    def now_s(self) -> float:
        """The simulated time."""
        return self._agenda.now_s

    def run_until(self, time_s: float) -> None:
        """Go on to a point in time."""
        self._agenda.run_until(time_s)

    def state(self) -> State:
        """What a policy would see now. Looking starts a new interval, for a policy as well.

        Without a policy the response times are those of the present window.
        """
        return self._watch.look()

    def apply(self, action: Action) -> None:
        """Change the running application now.

        Raises:
            InfeasibleError: what the action asks for cannot be; nothing is changed.
        """
        if isinstance(action, SetInstances):
            self._site.set_instances(action)
        elif isinstance(action, Move):
            self._site.serve(action.component, (Share(action.choice),))
        else:
            self._site.serve(action.component, action.shares)

    def fork(self) -> Simulation:
        """A twin that goes on by itself from here: the same requests and demands lie ahead of both.

        The policy is copied too, so that each twin may be steered on its own.
        """
        memo: dict[int, Any] = {id(self.problem): self.problem, id(self.settings): self.settings}
        twin = copy.deepcopy(self, memo)
        mend_routes(memo)
        return twin

    def run(self, horizon: Horizon) -> Run:
        """Run from the start to the end of the horizon.

        Raises:
            UsageError: the simulation has run before.
        """
        if self._agenda.now_s:
            raise UsageError("This simulation has run already.", mend="Make a new one.")
        if horizon.warm_up_s:
            self.run_until(horizon.warm_up_s)
        self._recorder.close_window(self._site, keep=False)
        for window in range(1, horizon.windows + 1):
            self.run_until(horizon.warm_up_s + window * horizon.window_s)
            self._recorder.close_window(self._site)
        return self._recorder.run(horizon.window_s)

    def _decide(self, policy: Policy) -> None:
        for action in policy.decide(self.state()):
            self.apply(action)
        self._agenda.at(self._agenda.now_s + self.settings.epoch_s, self._decide, policy)
