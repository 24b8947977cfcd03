"""The placed application: which instances there are, and which way each component's requests go."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from aisprint_cli.errors import InfeasibleError
from aisprint_cli.simulation.facility import InstanceGroup
from aisprint_cli.simulation.functions import FunctionPool
from aisprint_cli.simulation.routes import BranchStreams, PieceKey, PoolKey, Route, Stop, option_of
from aisprint_cli.simulation.state import SetInstances, Share
from aisprint_cli.simulation.transfers import Transfers

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Choice, Placement, Problem
    from aisprint_cli.simulation.agenda import Agenda
    from aisprint_cli.simulation.recorder import Recorder
    from aisprint_cli.simulation.servers import Deliver
    from aisprint_cli.simulation.settings import Settings
    from aisprint_cli.simulation.streams import Streams

Way = tuple[float, Route]
"""A route and the accumulated weight up to it."""


class Site:
    """Everything requests meet. Built from a placement, changed by actions.

    Args:
        problem: the application, its resources and networks.
        placement: where everything runs at the start.
        settings: what is assumed beyond that.
        agenda: the simulation's clock.
        streams: its random numbers.
        recorder: who keeps response times.
        deliver: what to call when a piece is done with a request.

    Raises:
        InfeasibleError: the placement cannot run.
    """

    def __init__(
        self,
        problem: Problem,
        placement: Placement,
        settings: Settings,
        *,
        agenda: Agenda,
        streams: Streams,
        recorder: Recorder,
        deliver: Deliver,
    ) -> None:
        self.problem = problem
        self.groups: dict[int, InstanceGroup] = {}
        self.pools: dict[PoolKey, FunctionPool] = {}
        self.transfers = Transfers(problem, agenda, shared=settings.shared_bandwidth)
        self.ways: list[tuple[Way, ...]] = [() for _ in problem.components]
        self.shares: list[tuple[Share, ...]] = [() for _ in problem.components]
        self._settings = settings
        self._agenda = agenda
        self._streams = streams
        self._recorder = recorder
        self._deliver = deliver
        self._routes: dict[tuple[int, Choice], Route] = {}
        for resource, count in enumerate(placement.instances):
            if count and not problem.is_function(resource):
                self._group(resource).set_instances(count, at_once=True)
        for component, choice in enumerate(placement.choices):
            self.ways[component], self.shares[component] = self._plan(component, (Share(choice),))
        self._check_network(self.ways)

    def serve(self, component: int, shares: tuple[Share, ...]) -> None:
        """Let a component's new requests be served by these choices.

        Raises:
            InfeasibleError: a choice cannot run; nothing is changed.
        """
        ways, planned = self._plan(component, shares)
        self._check_network([*self.ways[:component], ways, *self.ways[component + 1 :]])
        self.ways[component] = ways
        self.shares[component] = planned

    def set_instances(self, action: SetInstances) -> None:
        """Have so many instances of a resource.

        Raises:
            InfeasibleError: it has no instances, not as many, or is still needed; nothing is changed.
        """
        resource = self.problem.resources[action.resource]
        if self.problem.is_function(action.resource):
            raise InfeasibleError(f"{resource.name} is a function: its instances come and go by themselves.")
        if not 0 <= action.instances <= resource.limit:
            raise InfeasibleError(
                f"{resource.name} cannot have {action.instances} instances: there are {resource.limit}."
            )
        if not action.instances and action.resource in self._in_use():
            raise InfeasibleError(
                f"{resource.name} cannot go: components still run on it.", mend="Move them away first."
            )
        self._group(action.resource).set_instances(action.instances)

    def _in_use(self) -> set[int]:
        return {stop.resource for ways in self.ways for _, route in ways for stop in route.stops}

    def _group(self, resource: int) -> InstanceGroup:
        group = self.groups.get(resource)
        if group is None:
            settings, bought = self._settings, self.problem.resources[resource]
            group = self.groups[resource] = InstanceGroup(
                self._agenda,
                self._deliver,
                discipline=settings.discipline_of(bought),
                dispatch=settings.dispatch,
                cores=settings.cores_of(bought),
                startup_s=settings.startup_s,
            )
        return group

    def _pool(self, key: PoolKey) -> FunctionPool:
        pool = self.pools.get(key)
        if pool is None:
            idle_s = self.problem.resources[key[0]].idle_before_kill_s
            limit = self._settings.function_limit
            pool = self.pools[key] = FunctionPool(self._agenda, self._deliver, idle_s, limit)
        return pool

    def _plan(self, component: int, shares: tuple[Share, ...]) -> tuple[tuple[Way, ...], tuple[Share, ...]]:
        """Routes with accumulated weights, and the shares with weights that sum to one."""
        total = sum(share.weight for share in shares)
        if not total > 0 or min(share.weight for share in shares) < 0:
            name = self.problem.components[component].name
            raise InfeasibleError(f"{name}: the weights of its choices are not shares of its requests.")
        planned = tuple(Share(share.choice, share.weight / total) for share in shares)
        routes = [self._route(component, share.choice) for share in planned]
        for route in routes:
            self._require_instances(component, route)
        return tuple(zip(accumulate(share.weight for share in planned), routes, strict=True)), planned

    def _route(self, component: int, choice: Choice) -> Route:
        route = self._routes.get((component, choice))
        if route is None:
            item = self.problem.components[component]
            alternative = item.alternatives[choice.alternative]
            stops = tuple(self._stop(component, choice, place) for place in range(len(alternative.pieces)))
            for before, after in pairwise(stops):
                what = f"{item.name}: {before.piece.name} to {after.piece.name}"
                self.transfers.check(before.resource, after.resource, before.piece.data_size, what)
            route = self._routes[component, choice] = Route(choice, stops, alternative.sent)
        return route

    def _stop(self, component: int, choice: Choice, place: int) -> Stop:
        item = self.problem.components[component]
        piece = item.alternatives[choice.alternative].pieces[place]
        resource = choice.resources[place]
        option = option_of(self.problem, item, piece, resource)
        key: PieceKey = (component, choice.alternative, place)
        function = self.problem.is_function(resource)
        name = f"{item.name}/{place}"
        return Stop(
            piece=piece,
            resource=resource,
            demand_s=option.demand_s,
            cold_s=option.cold_s,
            group=None if function else self._group(resource),
            pool=self._pool((resource, *key)) if function else None,
            series=self._recorder.piece(key),
            work=BranchStreams(self._streams, f"work/{name}", self._settings.law_of(option).draw),
            spread=BranchStreams(self._streams, f"spread/{name}"),
            exits=BranchStreams(self._streams, f"exit/{name}") if piece.exit_probability else None,
        )

    def _require_instances(self, component: int, route: Route) -> None:
        for stop in route.stops:
            if stop.group is not None and not stop.group.instances + stop.group.starting:
                name = self.problem.components[component].name
                resource = self.problem.resources[stop.resource].name
                raise InfeasibleError(
                    f"{name}: {stop.piece.name} runs on {resource}, of which no instance is bought.",
                    mend=f"Buy at least one instance of {resource}.",
                )

    def _check_network(self, ways: list[tuple[Way, ...]]) -> None:
        """Whether every component reaches its successors, from wherever its requests may leave it."""
        for component, item in enumerate(self.problem.components):
            for place, successor in enumerate(item.successors):
                what = f"{item.name} to {self.problem.components[successor].name}"
                firsts = {route.stops[0].resource for _, route in ways[successor]}
                for _, route in ways[component]:
                    for last in route.leaving():
                        for first in firsts:
                            self.transfers.check(last, first, route.sent_to(place), what)
