"""What a policy sees: the difference between now and the last time it looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.simulation.arrivals import SECONDS_PER_HOUR
from aisprint_cli.simulation.state import Flow, FunctionState, ResourceState, State

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def look(self) -> State:
        """The state now; rates, times and utilisations are those since the last look."""
        elapsed_s = self._agenda.now_s - self._looked_s
        bought, pools = dict(self._bought), dict(self._pools)
        resources = self._resources()
        functions = self._functions()
        components = self._components(elapsed_s)
        paths = tuple(_flow(series, None, elapsed_s) for series in self._recorder.paths)
        self._looked_s = self._agenda.now_s
        return State(
            time_s=self._agenda.now_s,
            elapsed_s=elapsed_s,
            problem=self._problem,
            shares=tuple(self._site.shares),
            resources=resources,
            functions=functions,
            components=components,
            paths=paths,
            cost_per_h=self._cost_per_h(bought, pools, elapsed_s) if elapsed_s else 0.0,
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

    def _cost_per_h(
        self,
        bought: Mapping[int, tuple[float, float, float]],
        pools: Mapping[PoolKey, tuple[float, float, float]],
        elapsed_s: float,
    ) -> float:
        """What was spent since the totals given, for an hour."""
        problem, cost = self._problem, 0.0
        nothing = (0.0, 0.0, 0.0)
        for number, totals in self._bought.items():
            instances = (totals[1] - bought.get(number, nothing)[1]) / elapsed_s
            cost += problem.resources[number].hourly_cost(instances)
        for key, totals in self._pools.items():
            resource, before = problem.resources[key[0]], pools.get(key, nothing)
            asked = resource.transition_cost + problem.layers[resource.layer].transition_cost
            cost += resource.cost_per_hour * (totals[2] - before[2]) / elapsed_s
            cost += asked * (totals[0] - before[0]) * SECONDS_PER_HOUR / elapsed_s
        return cost


def _flow(series: Series, arrived: int | None, elapsed_s: float) -> Flow:
    values = series.since_last()
    return Flow(
        arrived_per_s=(len(values) if arrived is None else arrived) / elapsed_s if elapsed_s else 0.0,
        ended=len(values),
        mean_s=float(values.mean()) if len(values) else 0.0,
        p95_s=float(np.quantile(values, 0.95)) if len(values) else 0.0,
        late_share=series.late_share(values),
    )
