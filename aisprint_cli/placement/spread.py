"""Variances of response times, and the figures that limits on percentiles are held against."""

from __future__ import annotations

import numpy as np

from aisprint_cli.performance.percentiles import percentile_of
from aisprint_cli.performance.queueing import queue_wait_variance_s2, sharing_variance_s2
from aisprint_cli.placement.arrays import Floats
from aisprint_cli.placement.batches import FINITE_S, View
from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.service_facts import Facts


class Spread:
    """How response times of one problem spread."""

    def __init__(self, problem: Problem, facts: Facts) -> None:
        self._problem = problem
        self._facts = facts
        self._servers = np.array([item.servers for item in problem.resources], dtype=np.float64)

    def piece_s2(self, view: View, utilisation: Floats, piece_s: Floats) -> Floats:
        """Variance of each piece's response (s²), by slot; of infinite times 0."""
        columns, facts = view.batch.columns, self._facts
        finite = piece_s < FINITE_S
        times = np.where(finite, piece_s, 0.0)
        busy = view.by_slot(utilisation, 0.0)
        spread = sharing_variance_s2(times, busy)
        queues = facts.queues[columns]
        if queues.any():
            demand_s = facts.demand_s[columns]
            servers = view.by_slot(np.broadcast_to(self._servers, utilisation.shape), 1.0)
            wait = queue_wait_variance_s2(np.maximum(times - demand_s, 0.0), busy * servers, servers)
            spread = np.where(queues, wait + facts.scv[columns] * demand_s**2, spread)
        measured = facts.curve[columns] > 0
        spread = np.where(measured, times**2, spread)
        spread = np.where(facts.is_function[columns] & ~measured, facts.spread_s2[columns], spread)
        return np.where(finite & (columns > 0), spread, 0.0)

    def component_s2(self, view: View, piece_s: Floats, inner_s: Floats, piece_s2: Floats) -> Floats:
        """Variance of each component's response (s²): pieces are independent, and may be the last.

        With `x` a piece's time and the transfer to it, reached with probability q, the mean square is the
        sum over pieces of `q * (variance + x² + 2 x * (sum of x before))`.
        """
        arrays = view.arrays
        own = np.where(piece_s < FINITE_S, piece_s, 0.0)
        own[:, arrays.inner_slots] += np.where(inner_s < FINITE_S, inner_s, 0.0)
        before = np.zeros_like(own)
        for slot in arrays.inner_slots:
            before[:, slot] = before[:, slot - 1] + own[:, slot - 1]
        reach = arrays.columns.reach[view.batch.columns]
        square = np.add.reduceat(reach * (piece_s2 + own**2 + 2 * own * before), arrays.first_slot, axis=1)
        mean = np.add.reduceat(reach * own, arrays.first_slot, axis=1)
        return np.asarray(np.maximum(square - mean**2, 0.0))

    def local_values_s(self, component_s: Floats, component_s2: Floats) -> Floats:
        """What each local limit is about: the mean, or the percentile, by limit."""
        values = np.empty((len(component_s), len(self._problem.local_limits)))
        for index, limit in enumerate(self._problem.local_limits):
            mean = component_s[:, limit.component]
            values[:, index] = _figure(mean, component_s2[:, limit.component], limit.percentile)
        return values

    def path_values_s(self, path_s: Floats, path_s2: Floats) -> Floats:
        """What each path limit is about: the mean, or the percentile, by limit."""
        values = path_s.copy()
        for index, limit in enumerate(self._problem.path_limits):
            values[:, index] = _figure(path_s[:, index], path_s2[:, index], limit.percentile)
        return values


def _figure(mean_s: Floats, variance_s2: Floats, percentile: float | None) -> Floats:
    if percentile is None:
        return mean_s
    finite = mean_s < FINITE_S
    return np.where(finite, percentile_of(np.where(finite, mean_s, 0.0), variance_s2, percentile), mean_s)
