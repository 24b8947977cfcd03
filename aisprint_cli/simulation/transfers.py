"""Sending data between resources: a fixed delay, or a bandwidth that concurrent flows share."""

from __future__ import annotations

import math
from typing import Any

from aisprint_cli.errors import InfeasibleError
from aisprint_cli.placement.problem import Problem
from aisprint_cli.simulation.agenda import Action, Agenda
from aisprint_cli.simulation.servers import SharingServer


class Transfers:
    """The network between the layers of a problem.

    Args:
        problem: whose domains, data sizes and units count.
        agenda: the simulation's clock.
        shared: whether the flows that are in a domain at the same time share its bandwidth equally in
            every domain; otherwise only in those that the problem calls shared.
    """

    def __init__(self, problem: Problem, agenda: Agenda, *, shared: bool) -> None:
        self._problem = problem
        self._agenda = agenda
        self._lines: list[SharingServer] = []
        self._shares = [shared or domain.shared for domain in problem.domains]
        if any(self._shares):
            self._lines = [SharingServer(agenda, self._arrived) for _ in problem.domains]
        self._known: dict[tuple[int, int, float], tuple[float, int, float]] = {}

    @property
    def lines(self) -> tuple[SharingServer, ...]:
        """One line for each domain, idle where it is not shared; empty when none is."""
        return tuple(self._lines)

    def send(self, source: int, target: int, size: float, action: Action, argument: Any) -> None:
        """Let `action(argument)` happen when `size` has come from one resource to another."""
        if source == target:
            action(argument)
            return
        key = (source, target, size)
        delay_s, domain, transmission_s = self._known.get(key) or self._learn(key)
        now_s = self._agenda.now_s
        if self._lines and self._shares[domain]:
            first_s = delay_s - transmission_s
            self._agenda.at(now_s + first_s, self._transmit, (domain, transmission_s, action, argument))
        else:
            self._agenda.at(now_s + delay_s, action, argument)

    def check(self, source: int, target: int, size: float, what: str) -> None:
        """Make sure that data can go this way.

        Raises:
            InfeasibleError: no network domain joins the two.
        """
        if math.isinf(self._problem.delay_s(source, target, size)):
            names = self._problem.resources[source].name, self._problem.resources[target].name
            raise InfeasibleError(
                f"{what}: no network domain joins {names[0]} and {names[1]}.",
                mend="Place both where a network reaches, or add their layers to a network domain.",
            )

    def _learn(self, key: tuple[int, int, float]) -> tuple[float, int, float]:
        """The delay without contention, the domain it goes through, and the part that is bandwidth."""
        source, target, size = key
        problem = self._problem
        layers = {problem.resources[source].layer, problem.resources[target].layer}
        best = (math.inf, 0, 0.0)
        for number, domain in enumerate(problem.domains):
            if layers <= domain.layers:
                transmission_s = problem.semantics.bits_per_unit * size / domain.bandwidth
                best = min(best, (domain.access_delay_s + transmission_s, number, transmission_s))
        self._known[key] = best
        return best

    def _transmit(self, flow: tuple[int, float, Action, Any]) -> None:
        domain, transmission_s, action, argument = flow
        self._lines[domain].arrive((action, argument), transmission_s)

    def _arrived(self, job: tuple[Action, Any]) -> None:
        action, argument = job
        action(argument)
