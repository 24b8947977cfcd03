"""What a policy sees: the difference between now and the last time it looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.simulation.arrivals import SECONDS_PER_HOUR
from aisprint_cli.simulation.state import Flow, FunctionState, ResourceState, State

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.simulation.agenda import Agenda
    from aisprint_cli.simulation.measures import Series
    from aisprint_cli.simulation.recorder import Recorder
    from aisprint_cli.simulation.routes import PoolKey
    from aisprint_cli.simulation.site import Site


class Watch:
    """Makes a `State` of a running simulation, and remembers where it looked last."""

    def __init__(self, problem: Problem, agenda: Agenda, site: Site, recorder: Recorder) -> None:
        self._problem = problem
        self._agenda = agenda
        self._site = site
        self._recorder = recorder
        self._looked_s = 0.0
        self._arrived = [0] * len(problem.components)
        self._bought: dict[int, tuple[float, float, float]] = {}
        self._pools: dict[PoolKey, tuple[float, float, float]] = {}
        self._spent = 0.0

    def look(self) -> State:
        """The state now; rates, times and utilisations are those since the last look."""
        elapsed_s = self._agenda.now_s - self._looked_s
        resources = self._resources()
        functions = self._functions()
        components = self._components(elapsed_s)
        paths = tuple(_flow(series, None, elapsed_s) for series in self._recorder.paths)
        before, self._spent = self._spent, self._cost()
        self._looked_s = self._agenda.now_s
        hours = elapsed_s / SECONDS_PER_HOUR
        return State(
            time_s=self._agenda.now_s,
            elapsed_s=elapsed_s,
            problem=self._problem,
            shares=tuple(self._site.shares),
            resources=resources,
            functions=functions,
            components=components,
            paths=paths,
            cost_per_h=(self._spent - before) / hours if hours else 0.0,
        )

    def _components(self, elapsed_s: float) -> tuple[Flow, ...]:
        arrived = self._recorder.arrived
        flows = tuple(
            _flow(series, now - before, elapsed_s)
            for series, now, before in zip(self._recorder.components, arrived, self._arrived, strict=True)
        )
        self._arrived = list(arrived)
        return flows

    def _resources(self) -> dict[int, ResourceState]:
        states = {}
        for resource, group in self._site.groups.items():
            totals = group.totals()
            busy_s, bought_s, _ = self._bought.get(resource, (0.0, 0.0, 0.0))
            self._bought[resource] = totals
            paid_s = (totals[1] - bought_s) * group.cores
            states[resource] = ResourceState(
                instances=group.instances,
                starting=group.starting,
                draining=group.draining,
                present=group.present,
                utilisation=(totals[0] - busy_s) / paid_s if paid_s else 0.0,
            )
        return states

    def _functions(self) -> tuple[FunctionState, ...]:
        states = []
        for key, pool in self._site.pools.items():
            pool.settle()
            requests, cold, _ = self._pools.get(key, (0.0, 0.0, 0.0))
            self._pools[key] = (pool.requests, pool.cold_starts, pool.busy_s)
            new = pool.requests - requests
            resource, component, alternative, place = key
            piece = self._problem.components[component].alternatives[alternative].pieces[place]
            states.append(
                FunctionState(
                    resource=resource,
                    component=component,
                    piece=piece.name,
                    instances=pool.alive,
                    present=pool.present,
                    cold_share=(pool.cold_starts - cold) / new if new else 0.0,
                )
            )
        return tuple(states)

    def _cost(self) -> float:
        resources = self._problem.resources
        bought = sum(resources[number].cost_per_hour * totals[1] for number, totals in self._bought.items())
        billed = sum(resources[key[0]].cost_per_hour * totals[2] for key, totals in self._pools.items())
        return (bought + billed) / SECONDS_PER_HOUR


def _flow(series: Series, arrived: int | None, elapsed_s: float) -> Flow:
    values = series.since_last()
    return Flow(
        arrived_per_s=(len(values) if arrived is None else arrived) / elapsed_s if elapsed_s else 0.0,
        ended=len(values),
        mean_s=float(values.mean()) if len(values) else 0.0,
        p95_s=float(np.quantile(values, 0.95)) if len(values) else 0.0,
        late_share=series.late_share(values),
    )
