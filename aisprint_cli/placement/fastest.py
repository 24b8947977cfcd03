"""How fast requests can be at best, whatever it costs: bounds that are proven, and placements that show it.

The bound on a path leaves out that components share resources: each piece alone has all instances of
its resource. What is then the fastest way along the path is found exactly, transfers and the rule of
no return to the edge included. No placement is faster.

The search for placements buys all instances there are and moves one component after the other to
where the limits are exceeded least. It proves nothing, but what it finds is feasible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.batches import Batch
from aisprint_cli.placement.evaluation import Evaluator, Scores
from aisprint_cli.placement.piece_options import piece_options
from aisprint_cli.placement.problem import Alternative, Choice, Piece, Placement, Problem, Tier
from aisprint_cli.placement.rules import Quota

Floats = NDArray[np.float64]
_MOST_OPTIONS = 400
_SWEEPS = 12
_STARTS = 6
_STARTED_COMPONENTS = 120
"""A search begins up to `_STARTS` times, with fewer where that takes long: this many components in all."""
_CAP = 10.0
_STRUCTURE = 1e4
_EXCESS_FIRST = 1e6


def lower_bound_s(problem: Problem, path: Sequence[int]) -> float:
    """The time (s) that no placement can go below on a path of components.

    Args:
        problem: what is placed.
        path: numbers of consecutive components; one alone stands for its response time.

    """
    alone = _Alone(problem)
    arrivals: list[tuple[Alternative, int, Floats]] = []
    for place, number in enumerate(path):
        component = problem.components[number]
        following = path[place + 1] if place + 1 < len(path) else None
        position = component.successors.index(following) if following is not None else 0
        reached: list[tuple[Alternative, int, Floats]] = []
        for alternative in component.alternatives:
            entry = _entry_s(problem, alternative.pieces[0], arrivals) if place else None
            times = _through(alone, number, alternative, entry)
            reached.append((alternative, position, times))
        arrivals = reached
    return min((float(times.min(initial=np.inf)) for _, _, times in arrivals), default=np.inf)


def _entry_s(problem: Problem, piece: Piece, arrivals: Sequence[tuple[Alternative, int, Floats]]) -> Floats:
    """The earliest time at which each option of a component's first piece can begin."""
    best = np.full(len(piece.options), np.inf)
    for alternative, position, times in arrivals:
        size = alternative.sent[position] if alternative.sent else 0.0
        moves = _moves_s(problem, alternative.pieces[-1], piece, size)
        best = np.minimum(best, (times[:, None] + moves).min(axis=0, initial=np.inf))
    return best


def _through(alone: _Alone, component: int, alternative: Alternative, entry: Floats | None) -> Floats:
    """The earliest time at which each option of the last piece can end."""
    times = alone.times_s(component, alternative, 0)
    if entry is not None:
        times = times + entry
    for place, (before, piece) in enumerate(pairwise(alternative.pieces), start=1):
        moves = _moves_s(alone.problem, before, piece, before.data_size)
        # A transfer that is never made (reach 0) takes no time, but is still impossible without a network.
        weighted = np.where(np.isfinite(moves), piece.reach * np.where(np.isfinite(moves), moves, 0), np.inf)
        own = alone.times_s(component, alternative, place)
        times = (times[:, None] + weighted).min(axis=0, initial=np.inf) + own
    return times


class _Alone:
    """What pieces take at least: each alone on as many instances as suit it best."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        numbers = range(len(problem.resources))
        bought = [number for number in numbers if not problem.is_function(number)]
        self._places = {number: place for place, number in enumerate(bought)}
        self._limits = [problem.resources[number].limit for number in bought]

    def times_s(self, component: int, alternative: Alternative, place: int) -> Floats:
        """The share of a piece in its component's response by option; infinite where it may not run."""
        problem, piece = self.problem, alternative.pieces[place]
        value = problem.components[component]
        possible = piece_options(problem, self._places, self._limits, frozenset(), value, piece)
        least = {option.resource: option.least_s for option in possible}
        return np.array(
            [
                least.get(option.resource, np.inf)
                if problem.rules.allows(component, place, option.resource)
                else np.inf
                for option in piece.options
            ]
        )


def _moves_s(problem: Problem, source: Piece, target: Piece, size: float) -> Floats:
    """Transfer times between the options of two pieces; infinite where it is not allowed."""
    table = np.empty((len(source.options), len(target.options)))
    for row, one in enumerate(source.options):
        for column, other in enumerate(target.options):
            back = problem.tier(one.resource) is not Tier.EDGE and problem.tier(other.resource) is Tier.EDGE
            delay = np.inf if back else problem.delay_s(one.resource, other.resource, size)
            table[row, column] = delay
    return table


@dataclass(frozen=True, slots=True)
class Attempt:
    """A placement with all instances bought, and by how much it exceeds limits (relative, summed)."""

    placement: Placement
    excess: float

    @property
    def feasible(self) -> bool:
        """Whether it keeps every limit."""
        return self.excess <= 0


Measure = Callable[[Scores], Floats]
"""A figure of each placement that is to be small, about 1 in size."""


class FastSearch:
    """Looks for placements that keep every limit, whatever they cost."""

    def __init__(
        self, problem: Problem, measure: Measure | None = None, expired: Callable[[], bool] = lambda: False
    ) -> None:
        """Prepare the options of every component.

        Args:
            problem: what is placed.
            measure: ranks the placements that keep every limit.
            expired: asked now and then; true ends the search with the best so far.

        """
        self._problem = problem
        self._measure = measure
        self._expired = expired
        self._evaluator = Evaluator(problem)
        self._options = [_options(problem, number) for number in range(len(problem.components))]
        self._functions = np.array([problem.is_function(i) for i in range(len(problem.resources))])
        limits = np.array([item.limit for item in problem.resources])
        self._available = np.where(self._functions, 0, limits)
        self._in_layer = np.array([item.layer for item in problem.resources])
        self._segments: list[dict[Choice, tuple[int, ...]]] = [{} for _ in problem.components]

    @property
    def has_nowhere(self) -> bool:
        """Whether some component surely has nowhere to run, even alone."""
        return not all(self._options)

    def run(self) -> Attempt | None:
        """The best attempt; None when some component has nowhere to run."""
        if not all(self._options):
            return None
        starts = min(_STARTS, 1 + _STARTED_COMPONENTS // len(self._options))
        best: tuple[float, list[Choice]] | None = None
        for number in range(starts):
            choices = self._start(number)
            score = self._descend(choices)
            if best is None or score < best[0]:
                best = (score, choices)
            if self._is_enough(best[0]) or self._expired():
                break
        if best is None:
            return None
        return Attempt(self._placement(best[1]), float(self._excesses(self._evaluate([best[1]]))[0]))

    def _is_enough(self, score: float) -> bool:
        return self._measure is None and score <= 0

    def _start(self, number: int) -> list[Choice]:
        """A placement to begin with: everything on one resource of each layer, another each time."""
        allowed: set[int] = set()
        for layer in range(len(self._problem.layers)):
            members = [int(item) for item in np.flatnonzero(self._in_layer == layer)]
            if members and self._functions[members[0]]:
                allowed.update(members)
            elif members:
                allowed.add(members[number % len(members)])
        chosen = []
        for options in self._options:
            fitting = [item for item in options if allowed.issuperset(item.resources)]
            chosen.append((fitting or options)[0])
        return chosen

    def _descend(self, choices: list[Choice]) -> float:
        """Improve in place, component by component and layer by layer; gives the score reached."""
        score = float(self._scores([choices])[0])
        for _ in range(_SWEEPS):
            before = score
            for number, options in enumerate(self._options):
                if self._expired():
                    return score
                rows = [[*choices[:number], option, *choices[number + 1 :]] for option in options]
                score = self._take(choices, rows, score)
            score = self._take(choices, self._swaps(choices), score)
            if score >= before or self._is_enough(score):
                break
        return score

    def _take(self, choices: list[Choice], rows: list[list[Choice]], score: float) -> float:
        if not rows:
            return score
        scores = self._scores(rows)
        place = int(scores.argmin())
        if scores[place] >= score:
            return score
        choices[:] = rows[place]
        return float(scores[place])

    def _swaps(self, choices: list[Choice]) -> list[list[Choice]]:
        """The placements in which all that runs on one resource moves to another one of its layer."""
        rows = []
        for source in sorted({resource for choice in choices for resource in choice.resources}):
            if self._functions[source]:
                continue
            for target in map(int, np.flatnonzero(self._in_layer == self._in_layer[source])):
                moved = [_moved(choice, source, target) for choice in choices]
                if target != source and all(self._may(number, item) for number, item in enumerate(moved)):
                    rows.append(moved)
        return rows

    def _may(self, component: int, choice: Choice) -> bool:
        numbers = self._evaluator.arrays.numbers
        return all(
            (component, choice.alternative, place, resource) in numbers
            for place, resource in enumerate(choice.resources)
        )

    def _placement(self, choices: Sequence[Choice]) -> Placement:
        used = {resource for choice in choices for resource in choice.resources}
        counts = [int(count) if i in used else 0 for i, count in enumerate(self._available)]
        for quota in self._problem.rules.quotas:
            _keep_quota(counts, quota)
        return Placement(tuple(choices), tuple(counts))

    def _evaluate(self, rows: Sequence[Sequence[Choice]]) -> Scores:
        """The figures of choices with all instances bought, without making placements of them first."""
        segments = [
            [self._segment(number, choice) for number, choice in enumerate(choices)] for choices in rows
        ]
        columns = np.array([sum(row, ()) for row in segments], dtype=np.int64)
        resource = self._evaluator.arrays.columns.resource[columns]
        used = np.zeros((len(rows), len(self._available) + 1), dtype=np.bool_)
        used[np.arange(len(rows))[:, None], resource] = True
        instances = np.where(used[:, :-1], self._available, 0)
        for quota in self._problem.rules.quotas:
            for row, counts in enumerate(instances.tolist()):
                _keep_quota(counts, quota)
                instances[row] = counts
        return self._evaluator.evaluate(Batch(columns, instances))

    def _segment(self, component: int, choice: Choice) -> tuple[int, ...]:
        """The columns of a component's slots under a choice."""
        known = self._segments[component].get(choice)
        if known is None:
            pieces = range(len(choice.resources))
            numbers = [
                self._evaluator.column(component, choice.alternative, place, choice.resources[place])
                for place in pieces
            ]
            longest = max(len(item.pieces) for item in self._problem.components[component].alternatives)
            known = self._segments[component][choice] = (*numbers, *(0,) * (longest - len(numbers)))
        return known

    def _scores(self, rows: Sequence[Sequence[Choice]]) -> Floats:
        """What is to be made small: first the excess, then the measure."""
        figures = self._evaluate(rows)
        scores = self._excesses(figures)
        if self._measure is not None:
            scores = _EXCESS_FIRST * scores + np.minimum(self._measure(figures), _EXCESS_FIRST)
        return scores

    def _excesses(self, figures: Scores) -> Floats:
        """By how much each placement exceeds limits; 0 exactly where it is feasible."""
        problem = self._problem
        structure = figures.returns + figures.cut_off + np.maximum(figures.layer_resources - 1, 0).sum(axis=1)
        structure = structure + figures.rule_violations.sum(axis=1) + figures.unmeasured
        missing = (figures.used & ~self._functions & (self._available < 1)).sum(axis=1)
        unstable = np.maximum(figures.utilisation - 1 + 1e-9, 0).sum(axis=1)
        if figures.bandwidth is not None:
            unstable += np.maximum(figures.bandwidth - 1 + 1e-9, 0).sum(axis=1)
        memory = np.maximum(figures.memory_mib / np.maximum(figures.memory_limit_mib, 1e-9) - 1, 0).sum(
            axis=1
        )
        total = _STRUCTURE * (structure + missing) + 100 * unstable + memory
        for number, limit in enumerate(problem.local_limits):
            total += _over(figures.local_value_s[:, number], limit.limit_s)
        for number, path in enumerate(problem.path_limits):
            total += _over(figures.path_value_s[:, number], path.limit_s)
        return np.where(figures.feasible, 0.0, np.maximum(total, 1e-12))


def shrink(problem: Problem, placement: Placement) -> Placement:
    """The same placement with as few instances as its limits allow, the dearest resources first."""
    evaluator = Evaluator(problem)
    counts = list(placement.instances)
    order = sorted(range(len(counts)), key=lambda i: (-problem.resources[i].cost_per_hour, i))
    for resource in order:
        fewer = [
            Placement(placement.choices, (*counts[:resource], count, *counts[resource + 1 :]))
            for count in range(1, counts[resource])
        ]
        if fewer:
            feasible = evaluator.evaluate_all(fewer).feasible
            counts[resource] = int(feasible.argmax()) + 1 if feasible.any() else counts[resource]
    return Placement(placement.choices, tuple(counts))


def _keep_quota(counts: list[int], quota: Quota) -> None:
    """Buy less where most is bought, until a quota is kept or one instance of each is left."""
    members = sorted(quota.resources)
    while sum(counts[member] for member in members) > quota.limit:
        most = max(members, key=lambda member: counts[member])
        if counts[most] <= 1:
            return
        counts[most] -= 1


def _moved(choice: Choice, source: int, target: int) -> Choice:
    resources = tuple(target if item == source else item for item in choice.resources)
    return Choice(choice.alternative, resources)


def _over(time_s: Floats, limit_s: float) -> Floats:
    return (
        np.asarray(np.minimum(np.maximum(time_s / limit_s - 1, 0), _CAP))
        if np.isfinite(limit_s)
        else np.zeros_like(time_s)
    )


def _options(problem: Problem, component: int) -> list[Choice]:
    """The choices of a component, the fastest pieces first; not all where there are too many."""
    value, alone = problem.components[component], _Alone(problem)
    found: list[tuple[float, Choice]] = []
    for number, alternative in enumerate(value.alternatives):
        ranked = []
        for place, piece in enumerate(alternative.pieces):
            times = alone.times_s(component, alternative, place)
            order = np.argsort(times, kind="stable")
            ranked.append([(float(times[i]), piece.options[i].resource) for i in order if times[i] < np.inf])
        share = max(1, int((_MOST_OPTIONS / len(value.alternatives)) ** (1 / max(len(ranked), 1))))
        if len(ranked) > 1:
            ranked = [items[: max(share, 3)] for items in ranked]
        for combined in product(*ranked):
            resources = tuple(resource for _, resource in combined)
            found.append((sum(time for time, _ in combined), Choice(number, resources)))
    found.sort(key=lambda item: (item[0], item[1].alternative, item[1].resources))
    return [choice for _, choice in found]
