"""A fitted performance model: a weighted geometric mean of a few physical ones, with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from aisprint_cli.profiling.interpolation import Grid, grid_of
from aisprint_cli.profiling.terms import Term

_Law = tuple[float, tuple[tuple[float, Callable[[float, float], float]], ...]]
SMALLEST_S = 1e-6
"""Below this no time is predicted (s); it keeps the logarithm of an empty model finite."""
WIDEST = math.log(1000)
"""Half of an interval (of the logarithm) that says nothing more: a thousandth to a thousandfold."""


class Question(StrEnum):
    """What a prediction is asked for: each is answered by its own choice of members."""

    INSIDE = "inside"
    BEYOND_CORES = "beyond_cores"
    BEYOND_LOAD = "beyond_load"


@dataclass(frozen=True, slots=True)
class Member:
    """One physical model of an ensemble.

    `coefficients` are of its terms (s), `weight` its share, `error` its mean absolute logarithmic error
    on what was held out, `corrected` whether what it leaves over is interpolated.
    """

    family: str
    terms: tuple[Term, ...]
    coefficients: tuple[float, ...]
    corrected: bool
    weight: float
    error: float


@dataclass(frozen=True)
class Ensemble:
    """The members that answer one question.

    `leftover` is for each configuration of the model the weighted logarithm of measured over fitted of
    its corrected members; `half_width` the half of the 90 % interval (of the logarithm) at the
    `distance` (of logarithms) that held-out points had; `error` the mean absolute logarithmic error of
    the ensemble on what was held out, `held_out` how many points that were.
    """

    members: tuple[Member, ...]
    leftover: tuple[float, ...]
    half_width: float
    distance: float
    error: float
    held_out: int

    @cached_property
    def laws(self) -> tuple[_Law, ...]:
        """What is to be computed: each different law once, with the weight of all members that have it."""
        weights: dict[tuple[tuple[Term, ...], tuple[float, ...]], float] = {}
        for member in self.members:
            law = member.terms, member.coefficients
            weights[law] = weights.get(law, 0.0) + member.weight
        return tuple(
            (weight, tuple((value, term.value) for term, value in zip(*law, strict=True)))
            for law, weight in weights.items()
        )


@dataclass(frozen=True, slots=True)
class Prediction:
    """A time (s) with its 90 % interval; `outside` names what lies outside the measured range."""

    value_s: float
    low_s: float
    high_s: float
    outside: tuple[str, ...] = ()

    @property
    def is_extrapolation(self) -> bool:
        """Whether it lies outside of what was measured."""
        return bool(self.outside)


@dataclass(frozen=True)
class PerformanceModel:
    """How long a run takes, by cores and load.

    `places` are the measured configurations `(cores, load)`; `varied_load` says whether the load was
    varied: where it was not, it does not count. `jobs` and `per_node` are what was known of the
    campaign, `rows` how many runs it had.
    """

    places: tuple[tuple[float, float], ...]
    varied_load: bool
    ensembles: tuple[tuple[Question, Ensemble], ...]
    jobs: float | None = None
    per_node: int | None = None
    rows: int = 0

    @cached_property
    def cores_range(self) -> tuple[float, float]:
        """The least and the most cores measured."""
        return _range([cores for cores, _ in self.places])

    @cached_property
    def load_range(self) -> tuple[float, float]:
        """The least and the greatest load measured."""
        return _range([load for _, load in self.places])

    @cached_property
    def _grid(self) -> Grid:
        return grid_of(self.places, range(len(self.places)))

    @cached_property
    def _by_question(self) -> dict[Question, Ensemble]:
        return dict(self.ensembles)

    def ensemble(self, question: Question) -> Ensemble:
        """The ensemble that answers a question; the one for cores where the load was not varied."""
        known = self._by_question
        return known.get(question) or known[Question.BEYOND_CORES]

    def predict(self, cores: float, load: float | None = None) -> Prediction:
        """The time of a run.

        Args:
            cores: cores in all, above 0.
            load: units of work (such as files), above 0; needed where it was varied.

        Raises:
            ValueError: when a number is not above 0, or the load is missing.

        """
        load = self._checked(cores, load)
        outside, question, distance = self._question(cores, load)
        ensemble = self.ensemble(question)
        log_time = 0.0
        for weight, terms in ensemble.laws:
            time_s = 0.0
            for coefficient, value in terms:
                time_s += coefficient * value(cores, load)
            log_time += weight * math.log(time_s if time_s > SMALLEST_S else SMALLEST_S)
        for index, weight in self._grid.weights(cores, load):
            log_time += weight * ensemble.leftover[index]
        half = ensemble.half_width
        if distance > ensemble.distance > 0:
            # Errors that add up along the way grow with its root, as in a random walk.
            half *= math.sqrt(distance / ensemble.distance)
        half = min(half, WIDEST)
        return Prediction(math.exp(log_time), math.exp(log_time - half), math.exp(log_time + half), outside)

    def _checked(self, cores: float, load: float | None) -> float:
        if not (cores > 0 and math.isfinite(cores)):
            raise ValueError(f"cores have to be above 0, not {cores}")
        if not self.varied_load:
            return 1.0
        if load is None:
            raise ValueError("this model was fitted for several loads: a load is needed")
        if not (load > 0 and math.isfinite(load)):
            raise ValueError(f"the load has to be above 0, not {load}")
        return load

    def _question(self, cores: float, load: float) -> tuple[tuple[str, ...], Question, float]:
        by_cores = _beyond(self.cores_range, cores)
        by_load = _beyond(self.load_range, load) if self.varied_load else 0.0
        if not by_cores and not by_load:
            return (), Question.INSIDE, 0.0
        outside = tuple(name for name, far in (("cores", by_cores), ("load", by_load)) if far)
        question = Question.BEYOND_LOAD if by_load else Question.BEYOND_CORES
        return outside, question, max(by_cores, by_load)


def _range(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _beyond(known: tuple[float, float], value: float) -> float:
    """How far outside a range a value is, as the logarithm of a ratio; 0 inside."""
    low, high = known
    return math.log(value / high) if value > high else math.log(low / value) if value < low else 0.0
