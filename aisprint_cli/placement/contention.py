"""Response times of pieces where instances have queues, or where contention was measured.

Only problems with such resources or pieces need this; others have processor sharing alone (`View.piece_s`).
The formulas are in `performance.queueing` and `Option.curve`.
"""

from __future__ import annotations

import numpy as np

from aisprint_cli.performance.queueing import queue_wait_s
from aisprint_cli.placement.arrays import Floats, Integers
from aisprint_cli.placement.batches import FINITE_S, OVERLOADED, View, stretch_of
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Problem
from aisprint_cli.placement.service_facts import Curves, Facts


class Contention:
    """How pieces on the same resource slow one another down, beyond processor sharing."""

    def __init__(self, problem: Problem, facts: Facts, curves: Curves) -> None:
        self._servers = np.array([item.servers for item in problem.resources], dtype=np.float64)
        self._facts = facts
        self._curves = curves

    def measured_rates(self, view: View) -> Floats | None:
        """Rates (1/s and instance) at which curves are read, by slot; None where there is no curve."""
        if not len(self._curves):
            return None
        columns = view.batch.columns
        measured = self._facts.curve[columns] > 0
        return np.where(measured, self._facts.rate[columns] / view.counts(), 0.0)

    def unmeasured(self, view: View, rates: Floats) -> Integers:
        """How many pieces get more requests than were measured."""
        last = self._curves.last_rate[self._facts.curve[view.batch.columns]]
        return np.asarray((rates > last * (1 + RELATIVE_TOLERANCE)).sum(axis=1))

    def wait_s(self, view: View, utilisation: Floats) -> Floats:
        """Mean time in the queue (s), by resource."""
        square = view.per_instance(self._facts.square[view.batch.columns])
        wait = queue_wait_s(utilisation * self._servers, square, self._servers)
        stable = utilisation < 1 - RELATIVE_TOLERANCE
        return np.where(stable, np.minimum(wait, OVERLOADED), OVERLOADED)

    def piece_s(self, view: View, utilisation: Floats, rates: Floats | None) -> Floats:
        """Mean response (s) by slot."""
        columns, facts = view.batch.columns, self._facts
        stretch = view.by_slot(stretch_of(utilisation), 1.0)
        own = view.arrays.columns.response_s[columns]
        times = own * stretch
        if facts.queues.any():
            wait = view.by_slot(self.wait_s(view, utilisation), 0.0)
            times = np.where(facts.queues[columns], own + wait, times)
        if rates is not None:
            numbers = facts.curve[columns]
            share = view.arrays.columns.load[columns] / view.counts()
            servers = view.by_slot(np.broadcast_to(self._servers, utilisation.shape), 1.0)
            alone = np.maximum(1 - share / servers, 0.0)
            stable = stretch < FINITE_S
            known = self._curves.read(numbers, rates) * alone * np.where(stable, stretch, 1.0)
            known = np.where(stable, np.minimum(known, OVERLOADED), OVERLOADED)
            times = np.where((numbers > 0) & ~facts.is_function[columns], known, times)
        return np.asarray(times)
