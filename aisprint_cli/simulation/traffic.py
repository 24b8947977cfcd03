"""The life of a request: from component to component, piece to piece, until nothing follows."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from aisprint_cli.simulation.arrivals import ConstantRate, Renewal
from aisprint_cli.simulation.routes import BranchStreams
from aisprint_cli.simulation.site import Site

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Component, Placement, Problem
    from aisprint_cli.simulation.agenda import Agenda
    from aisprint_cli.simulation.recorder import Recorder
    from aisprint_cli.simulation.routes import Route, Stop
    from aisprint_cli.simulation.settings import Settings
    from aisprint_cli.simulation.streams import Streams

_ROUNDING = 1e-9


class Visit:
    """A request at one component.

    Attributes:
        component: where it is.
        number: of the request; with `branch` it names the random numbers of this visit.
        entered_s: when the request entered the application.
        arrived_s: when it arrived at the component.
        began_s: when it arrived at the piece where it is.
        place: of that piece in the chain.
        route: the way through the component.
        previous: the visit it comes from.
    """

    __slots__ = (
        "arrived_s",
        "began_s",
        "branch",
        "component",
        "entered_s",
        "number",
        "place",
        "previous",
        "route",
    )

    route: Route

    def __init__(
        self, component: int, number: int, branch: str, entered_s: float, previous: Visit | None
    ) -> None:
        self.component = component
        self.number = number
        self.branch = branch
        self.entered_s = entered_s
        self.previous = previous
        self.arrived_s = 0.0
        self.began_s = 0.0
        self.place = 0

    def __deepcopy__(self, memo: dict[int, Any]) -> Visit:
        """A twin for a fork, whose route `mend_routes` sets afterwards.

        Without this, copying would go from visit to route to server to the next visit, as deep as the
        application is long.
        """
        chain: list[Visit] = []
        visit: Visit | None = self
        while visit is not None and id(visit) not in memo:
            chain.append(visit)
            visit = visit.previous
        for visit in reversed(chain):
            previous = None if visit.previous is None else memo[id(visit.previous)]
            twin = Visit(visit.component, visit.number, visit.branch, visit.entered_s, previous)
            twin.arrived_s, twin.began_s, twin.place = visit.arrived_s, visit.began_s, visit.place
            memo[id(visit)] = twin
            memo.setdefault(id(_COPIED), []).append((twin, visit.route))
        found: Visit = memo[id(self)]
        return found


_COPIED = object()
"""Its identity is the place in a copy's memo where twins wait for their routes."""


def mend_routes(memo: dict[int, Any]) -> None:
    """Give all visits that were copied the copies of their routes."""
    for twin, route in memo.get(id(_COPIED), ()):
        twin.route = memo[id(route)]


class _Moves:
    """Where requests go after one component.

    To one of the successors or none; or, where the probabilities sum to more than one, a copy to each
    of them, independently.
    """

    __slots__ = ("_branches", "_chances", "_ladder", "_successors")

    def __init__(self, item: Component, streams: Streams) -> None:
        self._successors = item.successors
        self._ladder = tuple(accumulate(item.probabilities))
        self._chances = [BranchStreams(streams, f"move/{item.name}")]
        self._branches = [""]
        if self._ladder and self._ladder[-1] > 1 + _ROUNDING:
            places = range(len(item.successors))
            self._ladder = item.probabilities
            self._chances = [BranchStreams(streams, f"copy/{item.name}/{place}") for place in places]
            self._branches = ["" if not place else f"{item.name}/{place};" for place in places]

    def next(self, number: int, branch: str) -> list[tuple[int, int, str]]:
        """The successors of one request: their places, components and branches."""
        successors = self._successors
        if len(self._branches) > 1:
            return [
                (place, successors[place], branch + added)
                for place, added in enumerate(self._branches)
                if self._chances[place][branch][number] < self._ladder[place]
            ]
        if not successors:
            return []
        if len(successors) == 1 and self._ladder[0] >= 1 - _ROUNDING:
            return [(0, successors[0], branch)]
        return self._draw(self._chances[0][branch][number], branch)

    def _draw(self, chance: float, branch: str) -> list[tuple[int, int, str]]:
        for place, until in enumerate(self._ladder):
            if chance < until:
                return [(place, self._successors[place], branch)]
        last = len(self._ladder) - 1
        return [(last, self._successors[last], branch)] if self._ladder[last] >= 1 - _ROUNDING else []


class Traffic:
    """All requests of one simulation.

    Args:
        problem: the application, its resources and networks.
        placement: where everything runs at the start.
        settings: what is assumed beyond that.
        agenda: the simulation's clock.
        streams: its random numbers.
        recorder: who keeps response times.

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
    ) -> None:
        self._agenda = agenda
        self._recorder = recorder
        self.site = Site(
            problem,
            placement,
            settings,
            agenda=agenda,
            streams=streams,
            recorder=recorder,
            deliver=self._end_piece,
        )
        self._transfers = self.site.transfers
        self._moves = [_Moves(item, streams) for item in problem.components]
        self._splits = [BranchStreams(streams, f"split/{item.name}") for item in problem.components]
        arrivals = settings.arrivals or Renewal(ConstantRate(problem.entry_rate_per_s))
        reached = {number for item in problem.components for number in item.successors}
        self._entries = [number for number in range(len(problem.components)) if number not in reached]
        names = [problem.components[entry].name for entry in self._entries]
        self._sources = [arrivals.source(streams, name) for name in names]
        for place in range(len(self._entries)):
            self._await_request(place, place)

    def _await_request(self, place: int, number: int) -> None:
        time_s = self._sources[place].next_s()
        if not math.isinf(time_s):
            self._agenda.at(time_s, self._enter, (place, number))

    def _enter(self, entry: tuple[int, int]) -> None:
        place, number = entry
        self._recorder.entered += 1
        visit = Visit(self._entries[place], number, "", self._agenda.now_s, None)
        visit.route = self._route(visit)
        self._arrive(visit)
        self._await_request(place, number + len(self._entries))

    def _arrive(self, visit: Visit) -> None:
        """A request comes to the resource where the first piece of a component runs."""
        visit.arrived_s = self._agenda.now_s
        self._recorder.arrived[visit.component] += 1
        self._begin_piece(visit)

    def _route(self, visit: Visit) -> Route:
        ways = self.site.ways[visit.component]
        if len(ways) == 1:
            return ways[0][1]
        chance = self._splits[visit.component][visit.branch][visit.number]
        return next((route for until, route in ways if chance < until), ways[-1][1])

    def _begin_piece(self, visit: Visit) -> None:
        visit.began_s = self._agenda.now_s
        stop = visit.route.stops[visit.place]
        factor = stop.work[visit.branch][visit.number]
        if stop.pool is not None:
            stop.pool.arrive(visit, stop.demand_s * factor, stop.cold_s * factor)
        elif stop.group is not None:
            stop.group.arrive(visit, stop.demand_s * factor, stop.spread[visit.branch], visit.number)

    def _end_piece(self, visit: Visit) -> None:
        stops = visit.route.stops
        stop = stops[visit.place]
        stop.series.values.append(self._agenda.now_s - visit.began_s)
        if visit.place + 1 == len(stops) or self._exits(visit, stop):
            self._leave(visit, stop.resource)
            return
        visit.place += 1
        target = stops[visit.place].resource
        self._transfers.send(stop.resource, target, stop.piece.data_size, self._begin_piece, visit)

    def _exits(self, visit: Visit, stop: Stop) -> bool:
        if stop.exits is None:
            return False
        return stop.exits[visit.branch][visit.number] < stop.piece.exit_probability

    def _leave(self, visit: Visit, resource: int) -> None:
        """A component is done with a request: write that down and send it on."""
        self._recorder.component_done(visit)
        moves = self._moves[visit.component].next(visit.number, visit.branch)
        if not moves:
            self._recorder.ended.values.append(self._agenda.now_s - visit.entered_s)
        for place, component, branch in moves:
            following = Visit(component, visit.number, branch, visit.entered_s, visit)
            following.route = self._route(following)
            target = following.route.stops[0].resource
            size = visit.route.sent_to(place)
            self._transfers.send(resource, target, size, self._arrive, following)
