"""How large a mean can be when a percentile is limited: what a search over means may take for granted.

With two moments fitted as in `performance.percentiles`, a percentile is ``q(p) = g(s) * mean`` where s is
the squared coefficient of variation. What is known of s before anything is placed:

- **A piece** has s = 1 to 3 under processor sharing, 1 where it was measured, at least half of what the
  service has (half of 1 at most) after a wait, and its own value on a function.
- **Along a path** with pieces reached with probability q and times t, the variance is at least
  ``sum q s t^2 >= s R^2 / sum q`` (Cauchy and Schwarz) with ``R = sum q t``; the mean is R and the transfers
  K, so the path has at least ``s / sum q * (R / (R + K))^2``, which rises with R and falls with K.
- A sum of independent times varies at most as much as the most varying one. Times m_k of the first k pieces,
  one of which a component stops at, have ``E[X^2] <= (1 + s) sum p_k m_k^2 <= (1 + s) m_K E[X]`` and
  ``E[X] >= q_K m_K``, so ``1 + s`` of the component is at most that of its pieces over q_K.

`least_factor` is the least g over that range, with each family's tail bounded from below on small intervals
of its parameter; so it is no estimate. A limit T on the percentile then needs a mean of ``T / g`` at most.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from math import ceil, inf, lgamma, log1p, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from aisprint_cli.performance.functions import response_variance_s2
from aisprint_cli.placement.piece_options import FUNCTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from aisprint_cli.placement.piece_options import CompiledAlternative, PieceOption
    from aisprint_cli.placement.problem import Option, Problem

_MOST_PHASES = 40
_PARTS = 16
_PHASE_PARTS = 256
_HALVINGS = 45
_SAFE = 1 - 1e-9


class Spread(NamedTuple):
    """What is known of a part of a path: bounds on its pieces' s, on sum q, R and K (seconds)."""

    least: float
    most: float
    pieces: float
    least_s: float
    transfers_s: float


def largest_mean_s(
    problem: Problem,
    alternatives: Sequence[Sequence[CompiledAlternative]],
    components: Sequence[int],
    limit_s: float,
    percentile: float | None,
) -> float:
    """The largest mean along consecutive components with which a limit could be kept.

    Args:
        problem: what is placed.
        alternatives: by component, with every option that is possible.
        components: those of the limit; one for a local limit.
        limit_s: the limit.
        percentile: what it is about; None for the mean.
    """
    if percentile is None or not all(alternatives[component] for component in components):
        return limit_s if percentile is None else inf
    parts = [_spread(problem, alternatives[item]) for item in components]
    transfers_s = sum(part.transfers_s for part in parts)
    transfers_s += _between_s(problem, components)
    least_s = sum(part.least_s for part in parts)
    steady = min(part.least for part in parts) / sum(part.pieces for part in parts)
    share = least_s / (least_s + transfers_s) if transfers_s < inf and least_s > 0 else 0.0
    factor = least_factor(percentile, steady * share**2, max(part.most for part in parts))
    return limit_s / factor if factor > 0 else inf


def _spread(problem: Problem, items: Sequence[CompiledAlternative]) -> Spread:
    parts = [_alternative_spread(problem, item) for item in items]
    return Spread(
        min(part.least for part in parts),
        max(part.most for part in parts),
        max(part.pieces for part in parts),
        min(part.least_s for part in parts),
        max(part.transfers_s for part in parts),
    )


def _alternative_spread(problem: Problem, item: CompiledAlternative) -> Spread:
    pieces = item.source.pieces
    ranges = list(_ranges(problem, item))
    most = max(high for _, high in ranges)
    last = pieces[-1].reach
    transfers_s = sum(
        after.reach * _longest_s(problem, before.data_size) for before, after in pairwise(pieces)
    )
    return Spread(
        min(low for low, _ in ranges),
        (1 + most) / last - 1 if last > 0 else inf,
        sum(piece.reach for piece in pieces),
        sum(min(option.least_s for option in options) for options in item.options),
        transfers_s,
    )


def _ranges(problem: Problem, item: CompiledAlternative) -> Iterator[tuple[float, float]]:
    """What s of each option is at least and at most."""
    for piece, options in zip(item.source.pieces, item.options, strict=True):
        for option in options:
            source = next(value for value in piece.options if value.resource == option.resource)
            yield _range(problem, piece.reach, option, source)


def _range(problem: Problem, reach: float, option: PieceOption, source: Option) -> tuple[float, float]:
    if source.curve:
        return 1.0, 1.0
    if option.column == FUNCTION:
        mean_s = option.time_s / reach if reach > 0 else 0.0
        if mean_s <= 0:
            return 0.0, inf
        value = response_variance_s2(mean_s, source.demand_s, source.cold_s, source.scv) / mean_s**2
        return value * _SAFE, value / _SAFE
    if problem.resources[option.resource].queues:
        return min(source.scv, 1.0) / 2, inf
    return 1.0, 3.0


def _longest_s(problem: Problem, size: float) -> float:
    """What sending `size` takes at most; infinite where what else is sent counts."""
    if any(domain.shared for domain in problem.domains):
        return inf
    bits = size * problem.semantics.bits_per_unit
    return max((item.access_delay_s + bits / item.bandwidth for item in problem.domains), default=0.0)


def _between_s(problem: Problem, components: Sequence[int]) -> float:
    """What the transfers between consecutive components take at most."""
    total_s = 0.0
    for source, target in pairwise(components):
        component = problem.components[source]
        place = component.successors.index(target)
        sizes = [alternative.sent[place] for alternative in component.alternatives]
        total_s += _longest_s(problem, max(sizes))
    return total_s


def least_factor(percentile: float, low: float, high: float) -> float:
    """The least ``q(percentile) / mean`` over squared coefficients of variation from `low` to `high`."""
    phases = min(ceil(1 / low - 1e-9), _MOST_PHASES + 1) if low > 0 else _MOST_PHASES + 1
    fullest = 0.5 if high <= 1 else 1.0 if high == inf else (1 + sqrt((high - 1) / (high + 1))) / 2
    return _least_factor(percentile, phases, min(1.0, ceil(fullest * 100) / 100))


@lru_cache(maxsize=256)
def _least_factor(percentile: float, phases: int, fullest: float) -> float:
    """The largest time (in means) that every member exceeds with the right probability."""
    few = inf
    if phases > _MOST_PHASES:
        phases, few = 1, _least_steady(percentile)
    beyond = -log1p(-percentile)
    low, high = 0.0, max(1.0, beyond)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _least_tail(middle, phases, fullest) >= 1 - percentile:
            low = middle
        else:
            high = middle
    return min(low, few) * _SAFE


def _least_steady(percentile: float) -> float:
    """The least factor for s up to 1, without a lower bound on s.

    The density of a mixture of Erlang distributions of k - 1 and k phases of one rate is log-concave, so
    the mean is exceeded with probability 1/e at least (Gruenbaum 1960): 1 from ``p = 1 - 1/e`` on. Below,
    Cantelli's inequality gives ``1 - sqrt((1 - p) / p)``. A constant has 1.
    """
    if percentile >= 1 - np.exp(-1):
        return 1.0
    return max(0.0, 1 - sqrt((1 - percentile) / percentile))


def _least_tail(time: float, phases: int, fullest: float) -> float:
    """A lower bound on the probability to exceed `time` over all members of both families."""
    edges = np.linspace(0.5, fullest, _PHASE_PARTS + 1)
    low, high = edges[:-1], edges[1:]
    tails = low * np.exp(-2 * high * time) + (1 - high) * np.exp(-2 * (1 - low) * time)
    least = float(tails.min())
    edges = np.linspace(0.0, 1.0, _PARTS + 1)
    low, high = edges[:-1], edges[1:]
    for count in range(2, phases + 1):
        rates = (count - low) * time
        shorter, longer = _erlang_tail(count - 1, rates), _erlang_tail(count, rates)
        least = min(least, float((high * shorter + (1 - high) * longer).min()))
    return least


def _erlang_tail(phases: int, rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability that so many phases of rate 1 take longer."""
    stages = np.arange(phases)
    logs = np.array([lgamma(stage + 1) for stage in range(phases)])
    passed = np.maximum(rates, 1e-300)[:, None]
    tails: NDArray[np.float64] = np.exp(stages * np.log(passed) - passed - logs).sum(axis=1)
    return tails
