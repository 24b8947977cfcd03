"""What formulas of service need of each column: rates, moments of service times, measured curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from aisprint_cli.performance.functions import response_variance_s2
from aisprint_cli.placement.arrays import Booleans, Floats, Integers, places
from aisprint_cli.placement.batches import OVERLOADED
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Component, Option, Piece, Problem


@dataclass(frozen=True, slots=True)
class Facts:
    """What the formulas need of each column besides `arrays.Columns`; index 0 is neutral.

    `rate` is what arrives (1/s; availability counted), `square` the sum of squared service times that
    arrive (s), `demand_s` and `scv` as in the option, `is_function` and `queues` say how it is served,
    `curve` is the number of its curve (0: none), `spread_s2` the variance of a function's response.
    """

    rate: Floats
    square: Floats
    demand_s: Floats
    scv: Floats
    is_function: Booleans
    queues: Booleans
    curve: Integers
    spread_s2: Floats


class Curves:
    """The measured curves of a problem as rows of one table; number 0 is none."""

    def __init__(self, options: list[Option]) -> None:
        longest = max((len(item.curve) for item in options), default=0)
        self._rates = np.full((len(options) + 1, longest + 1), np.inf)
        self._times = np.zeros((len(options) + 1, longest + 1))
        self.last_rate = np.full(len(options) + 1, np.inf)
        self.last_rate[0] = np.inf
        for row, option in enumerate(options, start=1):
            points = ((0.0, option.curve[0][1]), *option.curve)
            self._rates[row, : len(points)] = [rate for rate, _ in points]
            self._times[row, : len(points)] = [time_s for _, time_s in points]
            self._times[row, len(points) :] = points[-1][1]
            self.last_rate[row] = option.curve[-1][0]

    def __len__(self) -> int:
        return len(self.last_rate) - 1

    def read(self, numbers: Integers, rates: Floats) -> Floats:
        """The measured times (s) of these curves at these rates; overloaded beyond the last one."""
        result = np.zeros(rates.shape)
        where = np.nonzero(numbers)
        curve, rate = numbers[where], rates[where]
        known = self._rates[curve]
        place = np.clip((known < rate[:, None]).sum(axis=1), 1, known.shape[1] - 1)
        rows = np.arange(len(curve))
        before, after = known[rows, place - 1], known[rows, place]
        times = self._times[curve]
        span = np.where(np.isfinite(after), after - before, np.inf)
        share = np.where(span > 0, (rate - before) / np.where(span > 0, span, 1.0), 1.0)
        value = times[rows, place - 1] + share * (times[rows, place] - times[rows, place - 1])
        result[where] = np.where(rate > self.last_rate[curve] * (1 + RELATIVE_TOLERANCE), OVERLOADED, value)
        return result


def function_variance_s2(problem: Problem, component: Component, piece: Piece, option: Option) -> float:
    """Variance of a function's response (s²) when it runs this piece; that of measured ones is assumed.

    Where the response was measured, its spread was not: it counts as exponential.
    """
    mean_s = problem.function_response_s(component, piece, option)
    if option.curve:
        return mean_s**2
    return response_variance_s2(mean_s, option.demand_s, option.cold_s, option.scv)


def build_facts(problem: Problem) -> tuple[Facts, Curves]:
    """What is known of each column, and the curves by number."""
    rows: list[tuple[float, ...]] = [(0.0, 0.0, 0.0, 0.0, False, False, 0, 0.0)]
    measured: list[Option] = []
    for _, component, piece, option in places(problem):
        resource = problem.resources[option.resource]
        is_function = problem.is_function(option.resource)
        if option.curve:
            measured.append(option)
        if is_function:
            rate = problem.function_rate_per_s(component, piece)
        else:
            rate = component.rate_per_s * piece.reach / resource.availability
        rows.append(
            (
                rate,
                0.0 if is_function else rate * (1 + option.scv) * option.demand_s**2,
                option.demand_s,
                option.scv,
                is_function,
                not is_function and resource.queues and not option.curve,
                len(measured) if option.curve else 0,
                function_variance_s2(problem, component, piece, option) if is_function else 0.0,
            )
        )
    kinds = (float, float, float, float, bool, bool, int, float)
    arrays: list[Any] = [
        np.array(values, dtype=kind) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)
    ]
    return Facts(*arrays), Curves(measured)
