"""Time limits as limits on mean times: what a search can add up.

A limit on a percentile q(p) is kept only by times whose mean is not too large: for the fit of
`performance.percentiles` with squared coefficient of variation s, ``q(p) >= share(p) * mean`` where

- s > 1: the tail is ``f exp(-2 f t) + (1 - f) exp(-2 (1 - f) t) >= exp(-2 t)``, times in means and f
  between 1/2 and 1, so ``q(p) >= -ln(1 - p) / 2``; for s = 1 it is twice that;
- s < 1: a mixture of Erlang distributions of k - 1 and k phases of one rate has a log-concave density,
  so its mean is exceeded with probability 1/e at least (Gruenbaum 1960): ``q(p) >= 1`` from
  p = 1 - 1/e on; below, ``q(p) >= 1 - sqrt((1 - p) / p)`` (Cantelli's inequality with s <= 1);
- next to s = 0 a constant: ``q(p) = 1``.

The least of these is the share: 1 for every percentile from 0.865 on.
"""

from __future__ import annotations

from math import exp, log1p, sqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Problem


class TimeLimit(NamedTuple):
    """The mean time along consecutive components may be `limit_s` at most."""

    components: tuple[int, ...]
    limit_s: float


def least_share(percentile: float) -> float:
    """What of its mean a percentile of a fitted time is at least."""
    steep = 1.0 if percentile >= 1 - exp(-1) else max(0.0, 1 - sqrt((1 - percentile) / percentile))
    return min(1.0, -log1p(-percentile) / 2, steep)


def mean_limit_s(limit_s: float, percentile: float | None) -> float:
    """The largest mean with which a limit could be kept."""
    if percentile is None:
        return limit_s
    share = least_share(percentile) * (1 - 1e-9)
    return limit_s / share if share > 0 else float("inf")


def local_limits_s(problem: Problem) -> tuple[float, ...]:
    """By component the limit on its mean response, infinite where there is none."""
    found = [float("inf")] * len(problem.components)
    for limit in problem.local_limits:
        found[limit.component] = min(found[limit.component], mean_limit_s(limit.limit_s, limit.percentile))
    return tuple(found)


def path_limits(problem: Problem) -> tuple[TimeLimit, ...]:
    """The limits on mean times along paths."""
    return tuple(
        [
            TimeLimit(limit.components, limit_s)
            for limit in problem.path_limits
            if (limit_s := mean_limit_s(limit.limit_s, limit.percentile)) < float("inf")
        ]
    )


def with_percentile(problem: Problem) -> frozenset[int]:
    """The components with a part in a limit on a percentile."""
    found = {limit.component for limit in problem.local_limits if limit.percentile is not None}
    for limit in problem.path_limits:
        if limit.percentile is not None:
            found.update(limit.components)
    return frozenset(found)
