"""The honest error of the recipe on levels that it does not see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aisprint_cli.profiling.families import Facts
from aisprint_cli.profiling.measurements import Point, Run, points_of
from aisprint_cli.profiling.model import PerformanceModel, Prediction
from aisprint_cli.profiling.selection import fit


@dataclass(frozen=True, slots=True)
class Tested:
    """One averaged configuration of the test set, and what was predicted for it."""

    point: Point
    prediction: Prediction

    @property
    def error(self) -> float:
        """Relative error, predicted over measured minus 1."""
        return self.prediction.value_s / self.point.runtime_s - 1

    @property
    def covered(self) -> bool:
        """Whether the measured mean lies in the interval."""
        return self.prediction.low_s <= self.point.runtime_s <= self.prediction.high_s


@dataclass(frozen=True)
class Accuracy:
    """The result on a test set; `model` was fitted on the `trained_on` runs that are not in it."""

    model: PerformanceModel
    tested: tuple[Tested, ...]
    trained_on: int

    @property
    def mape(self) -> float:
        """Mean absolute relative error over the test levels."""
        return sum(abs(item.error) for item in self.tested) / len(self.tested)

    @property
    def coverage(self) -> float:
        """Share of the test levels whose mean lies in its interval."""
        return sum(item.covered for item in self.tested) / len(self.tested)


def split_by_cores(runs: Sequence[Run], levels: Collection[float]) -> tuple[list[Run], list[Run]]:
    """Training and test runs: those at other levels of cores, and those at these."""
    held = set(levels)
    return [run for run in runs if run.cores not in held], [run for run in runs if run.cores in held]


def split_by_load(runs: Sequence[Run], loads: Collection[float]) -> tuple[list[Run], list[Run]]:
    """Training and test runs: those with less load than any of these, and those with these.

    What has more load is left out: a model that is asked to go beyond must not have been there.
    """
    held = set(loads)
    return [run for run in runs if run.load < min(held)], [run for run in runs if run.load in held]


def measure_accuracy(training: Sequence[Run], test: Sequence[Run], facts: Facts) -> Accuracy:
    """Fit on the training runs, and predict the averages of the test runs.

    Raises:
        ValueError: when the training runs have too few levels.

    """
    model = fit(training, facts)
    tested = tuple(Tested(point, model.predict(point.cores, point.load)) for point in points_of(test))
    return Accuracy(model, tested, len(training))
