"""Which models fit a table, chosen on its rows alone. One frozen recipe; docs/profiling.md gives its reasons.

Every candidate is fitted on all configurations, and again with some of them held out: levels inside the
range one at a time, the last levels of cores, the last loads. For questions inside the range and beyond
the measured loads the best candidate of each family counts by its error on what was held out. Beyond
the measured cores, and inside of a few levels when the number of jobs is not known, too few can be held
out to tell a staircase from a slope: there candidates count by their evidence, the likelihood of what
they leave over, less for every coefficient (G. Schwarz, Annals of Statistics 6(2), 1978) and for every
setting of the family that could have been chosen instead.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.profiling.families import Candidate, Facts, candidates
from aisprint_cli.profiling.folds import Fold, folds_for
from aisprint_cli.profiling.interpolation import grid_of
from aisprint_cli.profiling.least_squares import fit_relative
from aisprint_cli.profiling.measurements import Point, Run, points_of, repetition_spread
from aisprint_cli.profiling.model import SMALLEST_S, Ensemble, Member, PerformanceModel, Question
from aisprint_cli.profiling.terms import Term

Floats = NDArray[np.float64]
FEWEST_LEVELS = 3
"""Fewer levels of cores than this show no curve."""
_MEMBERS = 8
_FLOOR = 0.01
_MODEL_SPREAD = 0.05
"""How far (of the logarithm) a true model is expected to be from a measured mean."""
_NEGLIGIBLE = 1e-3
_ENOUGH_HELD_OUT = 3
_STUDENT_95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812)
_NORMAL_95 = 1.6449


def fit(runs: Iterable[Run], facts: Facts | None = None) -> PerformanceModel:
    """The model of a table of runs. Equal runs in any order give the same model.

    Args:
        runs: what was measured: at least three levels of cores.
        facts: what else is known of the campaign.

    Raises:
        ValueError: when there are fewer than three levels of cores.

    """
    known = facts or Facts()
    measured = sorted(runs, key=lambda run: (run.cores, run.load, run.runtime_s))
    points = points_of(measured)
    if len({point.cores for point in points}) < FEWEST_LEVELS:
        raise ValueError(f"at least {FEWEST_LEVELS} levels of cores are needed")
    varied = len({point.load for point in points}) > 1
    spread = repetition_spread(measured)
    ensembles = _Fit(points, varied, known, spread).ensembles()
    places = tuple((point.cores, point.load if varied else 1.0) for point in points)
    return PerformanceModel(places, varied, ensembles, known.jobs, known.per_node, len(measured))


@dataclass(frozen=True)
class _Fit:
    """All candidates of a table, fitted on all of it and on each fold; arrays are candidates first."""

    points: tuple[Point, ...]
    varied: bool
    facts: Facts
    spread: float

    @cached_property
    def places(self) -> list[tuple[float, float]]:
        return [(point.cores, point.load if self.varied else 1.0) for point in self.points]

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        levels = [cores for cores, _ in self.places]
        return candidates(levels, varied_load=self.varied, facts=self.facts)

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        return folds_for(self.places, varied_load=self.varied)

    @cached_property
    def _fitted(self) -> tuple[list[Floats], Floats]:
        """Coefficients on all points; log of fitted over measured, candidates x (folds, all) x points."""
        rows = len(self.points)
        weights = np.ones((len(self.folds) + 1, rows))
        for number, fold in enumerate(self.folds):
            weights[number, list(fold.held_out)] = 0.0
        half = len(self.candidates) // 2  # the other half are the same ones, corrected
        logs = np.zeros((half, len(self.folds) + 1, rows))
        coefficients: list[Floats] = [np.zeros(0)] * half
        for size in sorted({len(item.terms) for item in self.candidates}):
            group = [i for i in range(half) if len(self.candidates[i].terms) == size]
            design = self._design([self.candidates[i].terms for i in group])
            solved = fit_relative(design, weights)
            times = np.matmul(solved, design.transpose(0, 2, 1))
            logs[group] = np.log(np.maximum(times, SMALLEST_S / self._times))
            for place, index in enumerate(group):
                coefficients[index] = solved[place, -1]
        return [*coefficients, *coefficients], logs

    @cached_property
    def _times(self) -> Floats:
        return np.array([point.runtime_s for point in self.points])

    def _design(self, terms: Sequence[tuple[Term, ...]]) -> Floats:
        """Terms over measured times: candidates x points x terms."""
        distinct = list(dict.fromkeys(term for each in terms for term in each))
        place = {term: index for index, term in enumerate(distinct)}
        values = np.array([[term.value(*where) for where in self.places] for term in distinct])
        chosen = np.array([[place[term] for term in each] for each in terms])
        return np.ascontiguousarray((values / self._times)[chosen].transpose(0, 2, 1))

    @cached_property
    def _held(self) -> list[Floats]:
        """For each fold the logarithmic errors on what it held out: candidates x points held out."""
        _, logs = self._fitted
        found = []
        for number, fold in enumerate(self.folds):
            errors = logs[:, number][:, list(fold.held_out)]
            bridge = self._bridge(fold)
            corrected = errors - np.matmul(logs[:, number], bridge)
            found.append(np.concatenate([errors, corrected]))
        return found

    def _bridge(self, fold: Fold) -> Floats:
        """Weights of the points a fold keeps for interpolating at those it holds out: points x held out."""
        held = set(fold.held_out)
        kept = grid_of(self.places, [i for i in range(len(self.places)) if i not in held])
        weights = np.zeros((len(self.places), len(fold.held_out)))
        for column, index in enumerate(fold.held_out):
            for row, weight in kept.weights(*self.places[index]):
                weights[row, column] = weight
        return weights

    def ensembles(self) -> tuple[tuple[Question, Ensemble], ...]:
        asked = [Question.INSIDE, Question.BEYOND_CORES]
        if self.varied:
            asked.append(Question.BEYOND_LOAD)
        return tuple((question, self._ensemble(question)) for question in asked)

    def _ensemble(self, question: Question) -> Ensemble:
        numbers = [i for i, fold in enumerate(self.folds) if fold.question is question]
        by_fold = np.array([np.abs(self._held[i]).mean(axis=1) for i in numbers])
        errors = by_fold.mean(axis=0)
        chosen, weights = self._chosen(question, errors)
        members = tuple(
            self._member(index, weight, errors) for index, weight in zip(chosen, weights, strict=True)
        )
        together = [self._unseen(question, by_fold, place) @ self._held[i] for place, i in enumerate(numbers)]
        residuals = np.concatenate(together)
        distances = [self.folds[i].distance for i in numbers]
        return Ensemble(
            members,
            self._leftover(chosen, weights),
            self._half_width(residuals),
            float(np.mean(distances)),
            float(np.mean([np.abs(each).mean() for each in together])),
            len(residuals),
        )

    def _unseen(self, question: Question, by_fold: Floats, place: int) -> Floats:
        """The weights of all candidates as chosen without one of the folds, so that it judges them fairly."""
        others = np.delete(by_fold, place, axis=0)
        chosen, weights = self._chosen(question, (others if len(others) else by_fold).mean(axis=0))
        found = np.zeros(len(self.candidates))
        found[chosen] = weights
        return found

    def _chosen(self, question: Question, errors: Floats) -> tuple[list[int], list[float]]:
        """The candidates that count for a question, with weights that sum to 1."""
        if self._by_evidence(question):
            evidence = self._evidence()
            order = [int(i) for i in np.argsort(-evidence, kind="stable")[:_MEMBERS]]
            raw = [math.exp(evidence[i] - evidence[order[0]]) for i in order]
        else:
            best: dict[tuple[str, bool], int] = {}
            for i in np.argsort(errors, kind="stable"):
                item = self.candidates[int(i)]
                best.setdefault((item.family, item.corrected), int(i))
            order = list(best.values())[:_MEMBERS]
            raw = [1.0 / (float(errors[i]) + _FLOOR) ** 2 for i in order]
        kept = [(i, weight) for i, weight in zip(order, raw, strict=True) if weight > _NEGLIGIBLE * max(raw)]
        total = sum(weight for _, weight in kept)
        return [i for i, _ in kept], [weight / total for _, weight in kept]

    def _by_evidence(self, question: Question) -> bool:
        """Whether too few levels can be held out to choose, among many settings, by their errors."""
        if question is Question.INSIDE:
            held = sum(fold.question is question for fold in self.folds)
            return held < _ENOUGH_HELD_OUT and self.facts.jobs is None
        return question is Question.BEYOND_CORES

    def _evidence(self) -> Floats:
        """Logarithm of the evidence of each candidate; corrected ones only: they meet the last level."""
        _, logs = self._fitted
        half = len(self.candidates) // 2
        plain = self.candidates[:half]
        settings = Counter(item.family for item in plain)
        squares = (logs[:, -1] ** 2).sum(axis=1)
        sizes = np.array([len(item.terms) for item in plain])
        alike = np.log([settings[item.family] for item in plain])
        value = -squares / (2 * _MODEL_SPREAD**2) - sizes / 2 * math.log(len(self.points)) - alike
        return np.concatenate([np.full(half, -np.inf), value])

    def _member(self, index: int, weight: float, errors: Floats) -> Member:
        item = self.candidates[index]
        coefficients, _ = self._fitted
        # Terms that the fit left at 0 would only cost time in each prediction.
        kept = [i for i, value in enumerate(coefficients[index]) if value > 0] or [0]
        terms = tuple(item.terms[i] for i in kept)
        values = tuple(float(coefficients[index][i]) for i in kept)
        return Member(item.family, terms, values, item.corrected, weight, float(errors[index]))

    def _leftover(self, chosen: Sequence[int], weights: Sequence[float]) -> tuple[float, ...]:
        _, logs = self._fitted
        half = len(self.candidates) // 2
        total = np.zeros(len(self.points))
        for index, weight in zip(chosen, weights, strict=True):
            if self.candidates[index].corrected:
                total -= weight * logs[index - half, -1]
        return tuple(float(value) for value in total)

    def _half_width(self, residuals: Floats) -> float:
        """Half of the 90 % interval of the logarithm: Student's, for a new point beside the held-out ones."""
        count = len(residuals)
        variance = max(float(np.mean(residuals**2)), _FLOOR**2) + self.spread**2
        return _student_95(count) * math.sqrt(variance * (1 + 1 / count))


def _student_95(freedom: int) -> float:
    """The 95th percentile of Student's distribution; beyond the table by its first expansion term."""
    if freedom <= len(_STUDENT_95):
        return _STUDENT_95[freedom - 1]
    return _NORMAL_95 + (_NORMAL_95**3 + _NORMAL_95) / (4 * freedom)
