"""How a simulation is shown: tables with the reasons below them, or JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from aisprint_cli.cli.tables import plain_table, print_page
from aisprint_cli.placement.constraints import percentile_words
from aisprint_cli.simulation.comparison import Comparison, Figure, ResponseRow, Verdict
from aisprint_cli.simulation.estimates import CONFIDENCE, Estimate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from aisprint_cli.cli.session import Session
    from aisprint_cli.simulation.experiment import Experiment
    from aisprint_cli.simulation.settings import Horizon

SCHEMA = "aisprint.simulate/1"
_EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class Facts:
    """What was simulated, as it was asked for."""

    system: str
    placement: str | None
    rate_per_s: float
    arrivals: str
    service: str
    discipline: str
    dispatch: str
    semantics: str
    seed: int
    period_h: float


def show(
    session: Session, facts: Facts, horizon: Horizon, experiment: Experiment, comparison: Comparison
) -> None:
    """Print the result in the form that the session asks for."""
    data = {**asdict(facts), **_frame(horizon, experiment), **_figures(comparison)}
    session.emit(SCHEMA, data, lambda console: _print(console, facts, horizon, experiment, comparison))


def _frame(horizon: Horizon, experiment: Experiment) -> dict[str, Any]:
    return {
        "horizon": {
            "warm_up_s": horizon.warm_up_s,
            "measured_s": horizon.measured_s,
            "windows": horizon.windows,
        },
        "replications": len(experiment.runs),
        "events": sum(run.events for run in experiment.runs),
        "confidence": {
            "level": CONFIDENCE,
            "units": experiment.units,
            "from": "replications" if experiment.by_replication else "windows",
        },
    }


def _figures(comparison: Comparison) -> dict[str, Any]:
    pieces: dict[str, list[dict[str, Any]]] = {}
    for piece in comparison.pieces:
        entry = {"name": piece.name, "resource": piece.resource, "mean_s": _figure(piece.mean)}
        pieces.setdefault(piece.component, []).append(entry)
    return {
        "components": [_response(row) | {"pieces": pieces[row.name]} for row in comparison.components],
        "paths": [_response(row) for row in comparison.paths],
        "end_to_end": _response(comparison.whole),
        "resources": [
            {
                "name": row.name,
                "instances": row.instances,
                "utilisation": _figure(row.utilisation),
                "requests_present": row.present,
            }
            for row in comparison.resources
        ],
        "functions": [
            {
                "name": row.name,
                "component": row.component,
                "piece": row.piece,
                "cold_share": _figure(row.cold_share),
                "instances": row.instances,
                "busy_instances": row.busy,
            }
            for row in comparison.functions
        ],
        "cost": _figure(comparison.cost)
        | {"bought": _estimate(comparison.bought_cost), "functions": _estimate(comparison.function_cost)},
        "entered_per_s": _figure(comparison.entered),
        "ended_per_s": _estimate(comparison.ended),
        "more_requests": _finite(comparison.more_requests),
        "limits_passed": [row.name for row in comparison.late],
    }


def _response(row: ResponseRow) -> dict[str, Any]:
    data: dict[str, Any] = {"name": row.name, "mean_s": _figure(row.mean)}
    data |= {
        name: _estimate(value) for name, value in (("p50_s", row.p50), ("p95_s", row.p95), ("p99_s", row.p99))
    }
    if row.limit_s is not None and row.late is not None:
        data["limit_s"] = row.limit_s
        data["requests_above_limit"] = _estimate(row.late)
        data["windows_above_limit"] = row.windows_above
    if row.held is not None and row.percentile is not None:
        data["percentile"] = 100 * row.percentile
        data["percentile_s"] = _figure(row.held)
    return data


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "predicted": _finite(figure.predicted),
        "simulated": _estimate(figure.simulated),
        "verdict": figure.verdict.value,
        "why": list(figure.why),
    }


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {"mean": _finite(estimate.mean), "low": _finite(estimate.low), "high": _finite(estimate.high)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _print(
    console: Console, facts: Facts, horizon: Horizon, experiment: Experiment, comparison: Comparison
) -> None:
    functions: list[Table | str] = [_function_table(comparison), ""] if comparison.functions else []
    print_page(
        console,
        _headline(facts, horizon, experiment),
        "",
        _response_table(comparison),
        "",
        _resource_table(comparison),
        "",
        *functions,
        *_summary(facts, comparison),
    )


def _headline(facts: Facts, horizon: Horizon, experiment: Experiment) -> str:
    requests = sum(float(run.entered.sum()) for run in experiment.runs)
    count = len(experiment.runs)
    repetitions = f"{count} replications of" if count > 1 else "one run of"
    source = "replications" if experiment.by_replication else f"{experiment.units} windows"
    return (
        f"{facts.system}: {requests:,.0f} requests in {repetitions} {horizon.measured_s / 3600:.3g} h "
        f"after {horizon.warm_up_s:.0f} s of warm-up, seed {facts.seed}.\n"
        f"Times in seconds; ± is half of the {CONFIDENCE:.0%} confidence interval, from {source}."
    )


def _response_table(comparison: Comparison) -> Table:
    table = plain_table(
        "component or path",
        "runs on",
        "predicted",
        "simulated",
        "p95",
        "p99",
        "limit",
        "above it",
        "prediction",
        numbers={"predicted", "simulated", "p95", "p99", "limit", "above it"},
        whole={"predicted", "simulated"},
    )
    for row in (*comparison.components, *comparison.paths, comparison.whole):
        table.add_row(
            row.name,
            ", ".join(row.where),
            _value(row.mean.predicted),
            _spread(row.mean.simulated),
            _value(row.p95.mean),
            _value(row.p99.mean),
            _value(row.limit_s) if row.limit_s is not None else "",
            _share(row.late.mean) if row.late is not None else "",
            _verdict(row.mean),
        )
    return table


def _resource_table(comparison: Comparison) -> Table:
    numbers = {"instances", "predicted use", "simulated use", "requests there"}
    table = plain_table(
        "resource",
        "instances",
        "predicted use",
        "simulated use",
        "requests there",
        "prediction",
        numbers=numbers,
    )
    for row in comparison.resources:
        use = row.utilisation
        table.add_row(
            row.name,
            f"{row.instances:.4g}",
            _share(use.predicted),
            f"{_share(use.simulated.mean)} ± {_share(use.simulated.half_width)}",
            _value(row.present),
            _verdict(use),
        )
    return table


def _function_table(comparison: Comparison) -> Table:
    numbers = {"predicted cold", "simulated cold", "instances", "busy"}
    table = plain_table(
        "function",
        "runs",
        "predicted cold",
        "simulated cold",
        "instances",
        "busy",
        "prediction",
        numbers=numbers,
    )
    for row in comparison.functions:
        cold = row.cold_share
        table.add_row(
            row.name,
            f"{row.component} {row.piece}",
            _share(cold.predicted),
            f"{_share(cold.simulated.mean)} ± {_share(cold.simulated.half_width)}",
            _value(row.instances),
            _value(row.busy),
            _verdict(cold),
        )
    return table


def _summary(facts: Facts, comparison: Comparison) -> Iterator[str]:
    cost = comparison.cost
    yield (
        f"Cost for {facts.period_h:g} h: {_value(cost.predicted)} predicted, "
        f"{_spread(cost.simulated)} simulated ({_value(comparison.bought_cost.mean)} instances, "
        f"{_value(comparison.function_cost.mean)} functions)."
    )
    yield (
        f"Requests per second: {_spread(comparison.entered.simulated)} entered, "
        f"{_spread(comparison.ended)} ended."
    )
    late = list(comparison.late)
    for row in late:
        yield _late(row)
    for row in (*comparison.components, *comparison.paths):
        if row.held is not None:
            figures = f"{_value(row.held.predicted)} s predicted, {_spread(row.held.simulated)} s simulated"
            name = f"{percentile_words(row.percentile or 0.0)} of {row.name}"
            yield f"{name}: {figures} ({_verdict(row.held)})."
    if not late:
        yield "Every limit holds on average." if _limits(comparison) else "No limit is set."
    yield from _reasons(comparison)


def _late(row: ResponseRow) -> str:
    limit = f"its limit of {_value(row.limit_s or 0.0)} s"
    if row.percentile is not None:
        return f"{row.name} passes {limit} on its {percentile_words(row.percentile)}."
    above = f"in {_share(row.windows_above or 0.0)} of the windows"
    return f"{row.name} passes {limit} on average, and {above}."


def _limits(comparison: Comparison) -> bool:
    return any(row.limit_s is not None for row in (*comparison.components, *comparison.paths))


def _reasons(comparison: Comparison) -> Iterator[str]:
    """Each reason once, with everything it explains."""
    rows = (*comparison.components, *comparison.paths, comparison.whole)
    named = [(row.name, row.mean) for row in rows]
    named += [(row.name, row.held) for row in rows if row.held is not None]
    named += [(row.name, row.utilisation) for row in comparison.resources]
    named += [(f"{row.name} for {row.component}", row.cold_share) for row in comparison.functions]
    named += [("the cost", comparison.cost), ("the rate", comparison.entered)]
    subjects: dict[str, list[str]] = {}
    for name, figure in named:
        for reason in figure.why:
            subjects.setdefault(reason, []).append(name)
    if subjects:
        yield ""
        yield "Where the prediction is off or unclear:"
    for reason, names in subjects.items():
        yield f"  {', '.join(dict.fromkeys(names))}: {reason}."
    if comparison.more_requests > 1 and math.isfinite(comparison.more_requests):
        yield f"  About {math.ceil(comparison.more_requests):,} times as many requests would tell."


def _verdict(figure: Figure) -> str:
    if figure.verdict is not Verdict.OFF or not figure.simulated.mean:
        return "" if figure.verdict is Verdict.UNPREDICTED else figure.verdict.value
    return f"off by {figure.predicted / figure.simulated.mean - 1:+.1%}"


def _spread(estimate: Estimate) -> str:
    exact = estimate.half_width <= _EXACT * abs(estimate.mean)
    if exact or not math.isfinite(estimate.half_width):
        return _value(estimate.mean)
    return f"{_value(estimate.mean)} ± {estimate.half_width:.2g}"


def _value(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.4g}" if math.isfinite(value) else "∞"


def _share(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3g}" if not math.isfinite(value) else f"{100 * value:.3g} %"
