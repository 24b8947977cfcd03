"""Prediction beside simulation: for each figure both, whether they agree, and if not, why."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from aisprint_cli.performance.functions import stationary_state
from aisprint_cli.placement.constraints import Assessment, assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.simulation import causes
from aisprint_cli.simulation.estimates import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aisprint_cli.placement.problem import LocalLimit, PathLimit, Placement, Problem
    from aisprint_cli.simulation.experiment import Experiment
    from aisprint_cli.simulation.measures import Observations
    from aisprint_cli.simulation.recorder import FunctionUse, Run
    from aisprint_cli.simulation.routes import PoolKey
    from aisprint_cli.simulation.settings import Settings

NEAR = 0.02
"""A prediction this close, relatively, is good enough even where the interval is narrower still."""
WIDE = 0.1
"""An interval wider than this share of its mean says little."""


class Verdict(StrEnum):
    """How a prediction stands to its simulation.

    `agrees`: it lies in the interval, or within two percent. `off`: it does not. `unclear`: it lies in
    the interval, but that is wide. `unstable`: the prediction is infinite. `unseen`: nothing happened.
    `unpredicted`: the placement model has no such figure.
    """

    AGREES = "agrees"
    OFF = "off"
    UNCLEAR = "unclear"
    UNSTABLE = "unstable"
    UNSEEN = "unseen"
    UNPREDICTED = "unpredicted"


@dataclass(frozen=True, slots=True)
class Figure:
    """One predicted and simulated value, and in words why they differ (empty: they agree)."""

    predicted: float
    simulated: Estimate
    why: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """How they stand to each other."""
        if math.isnan(self.simulated.mean):
            return Verdict.UNSEEN
        if math.isnan(self.predicted):
            return Verdict.UNPREDICTED
        if math.isinf(self.predicted):
            return Verdict.UNSTABLE
        near = abs(self.predicted - self.simulated.mean) <= NEAR * abs(self.simulated.mean)
        if not near and not self.simulated.holds(self.predicted):
            return Verdict.OFF
        wide = self.simulated.half_width > WIDE * abs(self.simulated.mean)
        return Verdict.UNCLEAR if wide else Verdict.AGREES


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """Response times of a component or a path.

    Attributes:
        name: of it.
        where: the resources it runs on, in the order of its pieces (paths: none).
        mean: its mean response time, s.
        p50, p95, p99: the times that these shares of the requests did not pass, s.
        limit_s: the limit on its mean or on a percentile of it, if there is one.
        late: the share of requests above the limit.
        windows_above: the share of windows whose mean is above the limit, where it is about the mean.
        percentile: the percentile (0 to 1) that the limit is about; None: the mean.
        held: that percentile, s; None for the mean.
    """

    name: str
    where: tuple[str, ...]
    mean: Figure
    p50: Estimate
    p95: Estimate
    p99: Estimate
    limit_s: float | None = None
    late: Estimate | None = None
    windows_above: float | None = None
    percentile: float | None = None
    held: Figure | None = None

    @property
    def limited(self) -> Figure:
        """What the limit is about."""
        return self.mean if self.held is None else self.held


@dataclass(frozen=True, slots=True)
class PieceRow:
    """The mean response time of a piece where it runs, without transfers, s."""

    component: str
    name: str
    resource: str
    mean: Figure


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A bought resource: mean instances, their utilisation, and mean requests present on them."""

    name: str
    instances: float
    utilisation: Figure
    present: float


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """The pool of one piece: share of cold starts, mean instances that exist, mean busy ones."""

    name: str
    component: str
    piece: str
    cold_share: Figure
    instances: float
    busy: float


@dataclass(frozen=True)
class Comparison:
    """Everything predicted and simulated of one placement.

    Costs are for the problem's period. `entered` and `ended` are requests per second; where requests
    split into copies, each copy that ends counts.
    """

    components: tuple[ResponseRow, ...]
    pieces: tuple[PieceRow, ...]
    paths: tuple[ResponseRow, ...]
    whole: ResponseRow
    resources: tuple[ResourceRow, ...]
    functions: tuple[FunctionRow, ...]
    cost: Figure
    bought_cost: Estimate
    function_cost: Estimate
    entered: Figure
    ended: Estimate

    @property
    def late(self) -> Iterator[ResponseRow]:
        """The limits that what they are about passes in the simulation, beyond chance."""
        for row in (*self.components, *self.paths):
            if row.limit_s is not None and row.limited.simulated.low > row.limit_s:
                yield row

    @property
    def more_requests(self) -> float:
        """How many times as many requests would make every unclear mean clear; one if none is unclear.

        An interval shrinks with the square root of the number of requests.
        """
        rows = (*self.components, *self.paths, self.whole)
        unclear = [row.mean.simulated for row in rows if row.mean.verdict is Verdict.UNCLEAR]
        ratios = [estimate.half_width / (WIDE * estimate.mean) for estimate in unclear]
        return max([1.0, *(ratio**2 for ratio in ratios)])


def compare(problem: Problem, placement: Placement, settings: Settings, experiment: Experiment) -> Comparison:
    """Set what the placement model predicts beside what the simulation saw.

    Raises:
        KeyError: a piece is placed where it may not run.
    """
    return _Comparer(problem, placement, settings, experiment).compare()


class _Comparer:
    def __init__(
        self, problem: Problem, placement: Placement, settings: Settings, experiment: Experiment
    ) -> None:
        self._problem = problem
        self._placement = placement
        self._experiment = experiment
        self._assessment: Assessment = assess(problem, placement)
        self._first: Run = experiment.runs[0]
        self._functions = dict(self._function_rows())
        self._causes = causes.Causes(
            problem,
            placement,
            settings,
            self._assessment,
            {
                key: (row.cold_share.predicted, row.cold_share.simulated.mean)
                for key, row in self._functions.items()
            },
        )

    def compare(self) -> Comparison:
        problem, experiment = self._problem, self._experiment
        entries = _entries(problem)
        entered = experiment.rate_per_s(lambda run: run.entered)
        price = problem.period_h * 3600
        return Comparison(
            components=tuple(self._component(number) for number in range(len(problem.components))),
            pieces=tuple(self._piece_rows()),
            paths=tuple(self._path(number) for number in range(len(problem.path_limits))),
            whole=self._whole(),
            resources=tuple(self._resource_rows()),
            functions=tuple(self._functions.values()),
            cost=self._figure(
                self._assessment.cost,
                _scaled(experiment.rate_per_s(lambda run: run.cost(problem)), price),
                self._causes.of_cost(),
            ),
            bought_cost=_scaled(experiment.rate_per_s(lambda run: run.bought_cost(problem)), price),
            function_cost=_scaled(experiment.rate_per_s(lambda run: run.function_cost(problem)), price),
            entered=self._figure(problem.entry_rate_per_s * entries, entered, self._causes.of_rate()),
            ended=experiment.rate_per_s(lambda run: run.ended.counts),
        )

    def _component(self, number: int) -> ResponseRow:
        problem = self._problem
        limits = {limit.component: index for index, limit in enumerate(problem.local_limits)}
        limit = limits.get(number)
        names = [problem.resources[resource].name for resource in self._placement.choices[number].resources]
        return self._row(
            problem.components[number].name,
            tuple(names),
            None if limit is None else problem.local_limits[limit],
            lambda run: run.components[number],
            self._assessment.component_s[number],
            lambda difference_s: self._causes.of_component(number, difference_s),
            0.0 if limit is None else self._assessment.local_value_s[limit],
        )

    def _whole(self) -> ResponseRow:
        """From the entry to where nothing follows; predicted where requests never split into copies."""
        problem, assessment = self._problem, self._assessment
        entered_per_s = problem.entry_rate_per_s * _entries(problem)
        total_s = 0.0
        transfers_s = iter(Evaluator(problem).evaluate_all([self._placement]).edge_s[0])
        for number, item in enumerate(problem.components):
            total_s += item.rate_per_s * assessment.component_s[number]
            for probability in item.probabilities:
                total_s += item.rate_per_s * probability * float(next(transfers_s))
        split = any(self._causes.forks(number) for number in range(len(problem.components)))
        predicted_s = math.nan if split else total_s / entered_per_s
        everything = tuple(range(len(problem.components)))
        return self._row(
            "end to end",
            (),
            None,
            lambda run: run.ended,
            predicted_s,
            lambda difference_s: self._causes.of_path(everything, difference_s),
        )

    def _piece_rows(self) -> Iterator[PieceRow]:
        problem, experiment = self._problem, self._experiment
        for number, choice in enumerate(self._placement.choices):
            item = problem.components[number]
            pieces = item.alternatives[choice.alternative].pieces
            for place, (piece, resource) in enumerate(zip(pieces, choice.resources, strict=True)):
                key = (number, choice.alternative, place)
                simulated = experiment.mean_s(lambda run, k=key: run.pieces[k])  # type: ignore[misc]
                predicted = self._assessment.piece_s[number][place]
                difference_s = simulated.mean - predicted
                figure = self._figure(predicted, simulated, self._causes.of_component(number, difference_s))
                yield PieceRow(item.name, piece.name, problem.resources[resource].name, figure)

    def _path(self, number: int) -> ResponseRow:
        limit = self._problem.path_limits[number]
        return self._row(
            limit.name,
            (),
            limit,
            lambda run: run.paths[number],
            self._assessment.path_s[number],
            lambda difference_s: self._causes.of_path(limit.components, difference_s),
            self._assessment.path_value_s[number],
        )

    def _row(
        self,
        name: str,
        where: tuple[str, ...],
        limit: LocalLimit | PathLimit | None,
        observed: Callable[[Run], Observations],
        predicted_s: float,
        why: Callable[[float], tuple[str, ...]],
        held_s: float = 0.0,
    ) -> ResponseRow:
        experiment = self._experiment
        p50, p95, p99 = (experiment.quantile_s(observed, share) for share in (0.5, 0.95, 0.99))
        simulated = experiment.mean_s(observed)
        mean = self._figure(predicted_s, simulated, why(simulated.mean - predicted_s))
        row = ResponseRow(name, where, mean, p50, p95, p99)
        if limit is None:
            return row
        late = experiment.late_share(observed)
        if limit.percentile is None:
            above = experiment.windows_above(observed, limit.limit_s)
            return replace(row, limit_s=limit.limit_s, late=late, windows_above=above)
        seen = experiment.quantile_s(observed, limit.percentile)
        held = self._figure(held_s, seen, (*why(seen.mean - held_s), causes.TWO_MOMENTS))
        return replace(row, limit_s=limit.limit_s, late=late, percentile=limit.percentile, held=held)

    def _figure(self, predicted: float, simulated: Estimate, why: tuple[str, ...]) -> Figure:
        """Reasons are kept only where they are needed."""
        figure = Figure(predicted, simulated)
        if figure.verdict in {Verdict.AGREES, Verdict.UNSEEN, Verdict.UNPREDICTED}:
            return figure
        if figure.verdict is Verdict.UNCLEAR:
            return Figure(predicted, simulated, (causes.TOO_SHORT,))
        return Figure(predicted, simulated, why or (causes.UNKNOWN,))

    def _resource_rows(self) -> Iterator[ResourceRow]:
        experiment = self._experiment
        for number in sorted(self._first.resources):
            resource = self._problem.resources[number]
            cores = self._causes.cores(number)
            utilisation = experiment.ratio(
                lambda run, r=number: run.resources[r].busy_s,  # type: ignore[misc]
                lambda run, r=number, c=cores: run.resources[r].bought_s * c,  # type: ignore[misc]
            )
            present = experiment.rate_per_s(lambda run, r=number: run.resources[r].job_s)  # type: ignore[misc]
            bought = experiment.rate_per_s(lambda run, r=number: run.resources[r].bought_s)  # type: ignore[misc]
            predicted = self._assessment.utilisation[number]
            figure = self._figure(predicted, utilisation, self._causes.of_utilisation(number))
            yield ResourceRow(resource.name, bought.mean, figure, present.mean)

    def _function_rows(self) -> Iterator[tuple[PoolKey, FunctionRow]]:
        for key in sorted(self._first.functions):
            resource, component, alternative, place = key
            item = self._problem.components[component]
            piece = item.alternatives[alternative].pieces[place]
            yield key, self._function_row(key, self._problem.resources[resource].name, item.name, piece.name)

    def _function_row(self, key: PoolKey, name: str, component: str, piece: str) -> FunctionRow:
        def use(run: Run) -> FunctionUse:
            return run.functions[key]

        experiment = self._experiment
        cold = experiment.ratio(lambda run: use(run).cold_starts, lambda run: use(run).requests)
        alive = experiment.rate_per_s(lambda run: use(run).alive_s)
        busy = experiment.rate_per_s(lambda run: use(run).busy_s)
        figure = Figure(self._predicted_cold_share(key), cold)
        return FunctionRow(name, component, piece, figure, alive.mean, busy.mean)

    def _predicted_cold_share(self, key: PoolKey) -> float:
        resource, number, alternative, place = key
        item = self._problem.components[number]
        piece = item.alternatives[alternative].pieces[place]
        option = next(option for option in piece.options if option.resource == resource)
        rate_per_s = self._problem.function_rate_per_s(item, piece)
        idle_s = self._problem.resources[resource].idle_before_kill_s
        return stationary_state(rate_per_s, option.demand_s, option.cold_s, idle_s).cold_share


def _entries(problem: Problem) -> int:
    reached = {number for item in problem.components for number in item.successors}
    return len(problem.components) - len(reached)


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(estimate.mean * factor, estimate.half_width * factor, estimate.units)
