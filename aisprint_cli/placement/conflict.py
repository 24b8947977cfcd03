"""Why there is no placement: a smallest set of conditions that conflict, and what would help.

A deletion filter goes over the conditions, kinds first, then halves of kinds down to single ones: what
stays impossible without a condition does not need it. What is left conflicts as a whole, and no part of it
does. The filter asks two quick judges: proven bounds on load and response times (impossible) and the search
for fast placements (possible); where neither can tell, the set counts as impossible for now. In the end the
exact solver is asked about what is left. If it finds a placement there after all, the filter is repeated
with the exact solver as a third judge. When the time is over, what was not tried yet stays in the conflict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aisprint_cli.placement.capacity import is_overloaded, least_utilisation
from aisprint_cli.placement.conditions import Condition, conditions, without
from aisprint_cli.placement.conflict_words import (
    SINGLE_VERBS,
    Change,
    capital,
    change_values,
    condition_words,
    rounded,
    seconds,
    summary,
)
from aisprint_cli.placement.constraints import Assessment, Kind, assess
from aisprint_cli.placement.exact import Status
from aisprint_cli.placement.explanation import Solve
from aisprint_cli.placement.fastest import FastSearch, lower_bound_s, shrink
from aisprint_cli.placement.problem import Placement, Problem, holds
from aisprint_cli.placement.time_limits import least_share, mean_limit_s

_CLOSE = 1e-3
_IDLE = 1e-9
_ROUNDS = 12
_GROUPS = (
    Kind.MEMORY,
    Kind.NETWORK,
    Kind.RANGE,
    Kind.BANDWIDTH,
    Kind.INSTANCES,
    Kind.QUOTA,
    Kind.LAYER,
    Kind.RETURN,
    Kind.APART,
    Kind.TOGETHER,
    Kind.RULE,
    Kind.LOCAL,
    Kind.PATH,
)
_TIMES = frozenset({Kind.LOCAL, Kind.PATH})
Expired = Callable[[], bool]
Judge = Callable[[Problem], bool | None]


@dataclass(frozen=True)
class Conflict:
    """Conditions that no placement can keep together, and the nearest changes after which one can.

    `proven` says whether that is certain, `minimal` whether every condition was tried; then each of the
    conflict is needed for it. `changes`
    each suffice alone; when none does, `together` holds changes that suffice together. `placement` is one
    that was found for an eased problem, if any. Below `largest_rate_per_s` (1/s) there is one without any
    change, where that is so at some rate.
    """

    problem: Problem
    members: tuple[Condition, ...]
    proven: bool
    fastest_s: float | None = None
    changes: tuple[Change, ...] = ()
    together: tuple[Change, ...] = ()
    placement: Placement | None = field(default=None, repr=False)
    largest_rate_per_s: float | None = None
    minimal: bool = True

    @property
    def sentence(self) -> str:
        """What conflicts, in words."""
        if not self.members:
            verb = "is" if self.proven else "may be"
            load = f"the load of {self.problem.entry_rate_per_s:.6g} requests/s"
            return f"No limit and no rule is the reason: {load} {verb} more than anything here carries."
        if not self.minimal:
            return f"The time was too short to tell which of these conflict: {summary(self.members)}."
        words = [condition_words(item) for item in self.members]
        if len(words) == 1 and self.fastest_s is not None:
            takes = f"no placement takes less than {seconds(self.fastest_s, down=True)}"
            return f"{capital(words[0])} cannot hold: {takes}."
        if len(words) == 1:
            verb = SINGLE_VERBS.get(self.members[0].kind, "are in the way")
            return f"{capital(words[0])} {verb}."
        return f"These cannot hold together: {'; '.join(words)}."

    @property
    def relaxation_sentence(self) -> str:
        """What would help, in words."""
        words = []
        if self.changes:
            words.append(", or ".join(item.sentence for item in self.changes))
        elif self.together:
            words.append(", and ".join(item.sentence for item in self.together))
        if self.largest_rate_per_s is not None:
            words.append(self.rate_sentence)
        return f"{capital(', or '.join(words))}." if words else "No change was found that helps."

    @property
    def rate_sentence(self) -> str:
        """Up to which load nothing has to change, in words."""
        return f"lower the load to {rounded(self.largest_rate_per_s or 0.0, up=False):.6g} requests/s"

    def to_json(self) -> dict[str, Any]:
        """The conflict as plain values."""
        return {
            "conditions": [
                {
                    "kind": item.kind.value,
                    "subject": item.subject,
                    "limit": item.limit,
                    **({} if item.percentile is None else {"percentile": 100 * item.percentile}),
                }
                for item in self.members
            ],
            "proven": self.proven,
            "minimal": self.minimal,
            "fastest_s": self.fastest_s,
            "relaxations": [change_values(item) for item in self.changes],
            "relaxations_together": [change_values(item) for item in self.together],
            "largest_rate_per_s": self.largest_rate_per_s,
            "sentence": self.sentence,
            "relaxation_sentence": self.relaxation_sentence,
        }


def find_conflict(
    problem: Problem, solve: Solve, expired: Expired, filtered: Expired | None = None
) -> Conflict:
    """A smallest conflict of a problem that seems to have no placement, and what would help.

    Args:
        problem: what could not be placed.
        solve: the exact solver, with a short time limit of its own.
        expired: true when it is time to answer with what is known.
        filtered: true when it is time to look for what would help, rather than for a smaller conflict.

    Returns:
        The conflict; one without members, but with a placement, when there is a placement after all.

    """
    filtered = filtered or expired
    oracle = _Oracle(solve, filtered)
    if oracle.quickly(problem) is True:
        return Conflict(problem, (), proven=False, placement=oracle.last)
    members, core = _core(problem, oracle.quickly, filtered)
    minimal = not filtered()
    oracle.expired = expired
    answer = oracle.possible(core)
    if answer is True and minimal:
        members, core = _core(problem, oracle.possible, filtered)
        minimal = not filtered()
        answer = oracle.possible(core)
    largest_rate_per_s = _largest_rate_per_s(problem, oracle)
    changes = [
        change
        for item in members
        if not expired() and (change := _nearest(problem, item, oracle)) is not None
    ]
    return Conflict(
        problem=problem,
        members=members,
        proven=answer is False,
        fastest_s=_fastest_s(core, members),
        changes=tuple(changes),
        together=() if changes else _together(problem, expired),
        placement=oracle.last,
        largest_rate_per_s=largest_rate_per_s,
        minimal=minimal,
    )


def _largest_rate_per_s(problem: Problem, oracle: _Oracle) -> float | None:
    """The largest rate (1/s) at which a placement is found, by halving; None if none is at a billionth.

    It begins where the load is no longer proven to be too large; without time it ends with the best so far.
    """
    most = problem.entry_rate_per_s / max(1.0, least_utilisation(problem))
    low, high = 0.0, most
    while high - low > _CLOSE * high and high > most * _IDLE and not oracle.expired():
        middle = (low + high) / 2 if low else high / 8
        if oracle.quickly(problem.at_rate(middle)) is True:
            low = middle
        else:
            high = middle
    return low or None


def _core(problem: Problem, judge: Judge, expired: Expired) -> tuple[tuple[Condition, ...], Problem]:
    """The conditions that a deletion filter leaves, and the problem with no others."""
    everything = tuple(conditions(problem))
    dropped: set[Condition] = set()

    def is_needed(trial: Sequence[Condition]) -> bool:
        if judge(without(problem, dropped.union(trial), counted=False)) is True or expired():
            return True
        dropped.update(trial)
        return False

    kinds = [[item for item in everything if item.kind is kind] for kind in _GROUPS]
    waiting = [half for items in kinds if items and is_needed(items) for half in _halves(items)]
    while waiting and not expired():
        trial = waiting.pop(0)
        if is_needed(trial):
            waiting[:0] = _halves(trial)
    members = tuple(item for item in everything if item not in dropped)
    return members, without(problem, dropped, counted=False)


def _halves(items: Sequence[Condition]) -> list[Sequence[Condition]]:
    """Both halves of several conditions; none of one."""
    middle = len(items) // 2
    return [items[:middle], items[middle:]] if middle else []


def _fastest_s(core: Problem, members: Sequence[Condition]) -> float | None:
    """For a conflict of one response-time limit alone: what no placement goes below."""
    if len(members) != 1 or members[0].kind not in _TIMES or members[0].percentile is not None:
        return None
    path = core.path_limits[0].components if core.path_limits else (core.local_limits[0].component,)
    bound = lower_bound_s(core, path)
    limit_s = members[0].limit or 0.0
    return bound if limit_s < bound < math.inf else None


@dataclass
class _Oracle:
    """Answers whether a problem has a placement; remembers the last one found."""

    solve: Solve
    expired: Expired
    last: Placement | None = None

    def quickly(self, problem: Problem) -> bool | None:
        """True, False, or None when only the exact solver could tell."""
        if is_overloaded(problem):
            return False
        for path, limit_s in _limits(problem):
            if self.expired():
                return None
            if lower_bound_s(problem, path) > limit_s * (1 + 1e-9):
                return False
        search = FastSearch(problem, expired=self.expired)
        if search.has_nowhere:
            return False
        attempt = search.run()
        if attempt is not None and attempt.feasible:
            self.last = attempt.placement
            return True
        return None

    def possible(self, problem: Problem) -> bool | None:
        """True, False, or None when it could not be told in time."""
        quick = self.quickly(problem)
        if quick is not None or self.expired():
            return quick
        result = self.solve(problem)
        if result.placement is not None:
            self.last = result.placement
            return True
        return False if result.status is Status.INFEASIBLE else None


def _limits(problem: Problem) -> Iterable[tuple[tuple[int, ...], float]]:
    """Paths and the mean times (s) that their limits allow at most."""
    for local in problem.local_limits:
        yield (local.component,), mean_limit_s(local.limit_s, local.percentile)
    for path in problem.path_limits:
        yield path.components, mean_limit_s(path.limit_s, path.percentile)


def _nearest(problem: Problem, condition: Condition, oracle: _Oracle) -> Change | None:
    """The least change of one condition after which there is a placement; None if there is none."""
    eased = without(problem, {condition})
    if condition.kind in _TIMES:
        return _nearest_time(problem, condition, oracle)
    if oracle.possible(eased) is not True or oracle.last is None:
        return None
    if condition.kind is Kind.INSTANCES:
        return Change(condition, _fewest(problem, eased, condition, oracle))
    if condition.kind is Kind.MEMORY:
        return Change(condition, _memory_mib(assess(eased, oracle.last), condition))
    if condition.kind is Kind.QUOTA:
        return Change(condition, _smallest_quota(problem, condition, oracle.last, oracle))
    if condition.kind is Kind.BANDWIDTH:
        return Change(condition, _least_bandwidth(problem, condition, oracle))
    return Change(condition, None)


def _smallest_quota(problem: Problem, condition: Condition, found: Placement, oracle: _Oracle) -> float:
    """The smallest quota for which a placement is found, from one without it, by halving."""
    quotas = problem.rules.quotas
    quota = quotas[condition.number]
    thrifty = shrink(without(problem, {condition}), found)
    low, high = quota.limit, sum(thrifty.instances[item] for item in quota.resources)
    while high - low > 1:
        middle = (low + high) // 2
        changed = [replace(item, limit=middle) if item is quota else item for item in quotas]
        if oracle.quickly(replace(problem, rules=replace(problem.rules, quotas=tuple(changed)))) is True:
            high = middle
        else:
            low = middle
    return high


def _least_bandwidth(problem: Problem, condition: Condition, oracle: _Oracle) -> float | None:
    """A bandwidth not much above the least for which a placement is found; None if none was tried out."""
    low = high = float(condition.limit or 0.0)
    for _ in range(_ROUNDS):
        high *= 2
        if oracle.possible(_with_bandwidth(problem, condition.number, high)) is True:
            break
    else:
        return None
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        if oracle.quickly(_with_bandwidth(problem, condition.number, middle)) is True:
            high = middle
        else:
            low = middle
    return high


def _with_bandwidth(problem: Problem, number: int, bandwidth: float) -> Problem:
    domains = list(problem.domains)
    domains[number] = replace(domains[number], bandwidth=bandwidth)
    return replace(problem, domains=tuple(domains))


def _memory_mib(found: Assessment, condition: Condition) -> float:
    """What a placement needs of a resource's memory, at least what there is."""
    used = (
        item.value
        for item in found.constraints
        if item.kind is Kind.MEMORY and item.subject == condition.subject
    )
    return max(condition.limit or 0.0, *used, 0.0)


def _fewest(problem: Problem, eased: Problem, condition: Condition, oracle: _Oracle) -> float:
    """The smallest limit on instances for which a placement is found, by halving."""
    low, high = int(condition.limit or 0), eased.resources[condition.number].limit
    while high - low > 1:
        middle = (low + high) // 2
        resources = list(problem.resources)
        resources[condition.number] = replace(resources[condition.number], limit=middle)
        if oracle.quickly(replace(problem, resources=tuple(resources))) is True:
            high = middle
        else:
            low = middle
    return high


def _nearest_time(problem: Problem, condition: Condition, oracle: _Oracle) -> Change | None:
    """The lowest limit (s) for which a placement is found, and what no placement goes below."""
    low = float(condition.limit or 0.0)
    bound = max(low, _least_s(problem, condition))
    best = _quickest_s(problem, condition, bound, oracle.expired)
    if best is None:
        if oracle.possible(without(problem, {condition})) is not True or oracle.last is None:
            return None
        best = _taken_s(assess(problem, oracle.last), condition)
    low = bound
    for _ in range(_ROUNDS):
        if best - low <= _CLOSE * best or oracle.expired():
            break
        middle = (low + best) / 2
        answer = oracle.possible(_with_limit(problem, condition, middle))
        if answer is True and oracle.last is not None:
            best = min(middle, _taken_s(assess(problem, oracle.last), condition))
        elif answer is False:
            low = middle
        else:
            break
    return Change(condition, best, low)


def _least_s(problem: Problem, condition: Condition) -> float:
    """What no placement goes below where the limit is, mean or percentile."""
    bound = lower_bound_s(problem, _path(problem, condition))
    return bound if condition.percentile is None else least_share(condition.percentile) * bound


def _path(problem: Problem, condition: Condition) -> tuple[int, ...]:
    if condition.kind is Kind.LOCAL:
        return (problem.local_limits[condition.number].component,)
    return problem.path_limits[condition.number].components


def _with_limit(problem: Problem, condition: Condition, limit_s: float) -> Problem:
    if condition.kind is Kind.LOCAL:
        local = list(problem.local_limits)
        local[condition.number] = replace(local[condition.number], limit_s=limit_s)
        return replace(problem, local_limits=tuple(local))
    paths = list(problem.path_limits)
    paths[condition.number] = replace(paths[condition.number], limit_s=limit_s)
    return replace(problem, path_limits=tuple(paths))


def _quickest_s(problem: Problem, condition: Condition, scale_s: float, expired: Expired) -> float | None:
    """The least time found on the path of a limit when all other conditions are kept; None if they cannot."""
    free = _with_limit(problem, condition, math.inf)
    number = condition.number
    if condition.kind is Kind.LOCAL:
        search = FastSearch(free, lambda figures: figures.local_value_s[:, number] / scale_s, expired)
    else:
        search = FastSearch(free, lambda figures: figures.path_value_s[:, number] / scale_s, expired)
    attempt = search.run()
    if attempt is None or not attempt.feasible:
        return None
    return _taken_s(assess(free, attempt.placement), condition)


def _taken_s(assessment: Assessment, condition: Condition) -> float:
    """The time a placement takes where the limit is."""
    values = assessment.local_value_s if condition.kind is Kind.LOCAL else assessment.path_value_s
    return values[condition.number]


def _together(problem: Problem, expired: Expired) -> tuple[Change, ...]:
    """Limits on times to raise together: those that the placement with the least excess goes beyond."""
    attempt = FastSearch(problem, expired=expired).run()
    if attempt is None:
        return ()
    found = assess(problem, attempt.placement)
    if any(item.kind not in _TIMES for item in found.violated):
        return ()
    return tuple(
        Change(item, taken_s)
        for item in conditions(problem)
        if item.kind in _TIMES and not holds(taken_s := _taken_s(found, item), item.limit or 0.0)
    )
