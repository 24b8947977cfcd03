"""Time limits as limits on mean times: what a search can add up. See `percentile_bounds` for percentiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aisprint_cli.placement.percentile_bounds import largest_mean_s, least_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.piece_options import CompiledAlternative
    from aisprint_cli.placement.problem import Problem


class TimeLimit(NamedTuple):
    """The mean time along consecutive components may be `limit_s` at most."""

    components: tuple[int, ...]
    limit_s: float


def least_share(percentile: float) -> float:
    """What of its mean a percentile of a fitted time is at least, whatever is placed."""
    return least_factor(percentile, 0.0, float("inf"))


def mean_limit_s(limit_s: float, percentile: float | None) -> float:
    """The largest mean with which a limit could be kept, whatever is placed."""
    if percentile is None:
        return limit_s
    share = least_share(percentile)
    return limit_s / share if share > 0 else float("inf")


def local_limits_s(
    problem: Problem, alternatives: Sequence[Sequence[CompiledAlternative]]
) -> tuple[float, ...]:
    """By component the limit on its mean response, infinite where there is none."""
    found = [float("inf")] * len(problem.components)
    for limit in problem.local_limits:
        limit_s = largest_mean_s(problem, alternatives, (limit.component,), limit.limit_s, limit.percentile)
        found[limit.component] = min(found[limit.component], limit_s)
    return tuple(found)


def path_limits(
    problem: Problem, alternatives: Sequence[Sequence[CompiledAlternative]]
) -> tuple[TimeLimit, ...]:
    """The limits on mean times along paths."""
    found = []
    for limit in problem.path_limits:
        limit_s = largest_mean_s(problem, alternatives, limit.components, limit.limit_s, limit.percentile)
        if limit_s < float("inf"):
            found.append(TimeLimit(limit.components, limit_s))
    return tuple(found)


def with_percentile(problem: Problem) -> frozenset[int]:
    """The components with a part in a limit on a percentile."""
    found = {limit.component for limit in problem.local_limits if limit.percentile is not None}
    for limit in problem.path_limits:
        if limit.percentile is not None:
            found.update(limit.components)
    return frozenset(found)
