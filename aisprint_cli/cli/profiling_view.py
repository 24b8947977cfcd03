"""Fitted models and their errors, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.profiling.accuracy import Accuracy, Tested
    from aisprint_cli.profiling.model import Ensemble, Member, PerformanceModel

_WORDS = {
    "inside": "inside the measured range",
    "beyond_cores": "beyond the measured cores",
    "beyond_load": "beyond the measured load",
}


def fit_document(
    model: PerformanceModel, accuracy: Accuracy | None, *, cpu_s: float, rows: int, written: dict[str, object]
) -> dict[str, Any]:
    """A fit as JSON values; `cpu_s` are the CPU seconds of fitting and selection."""
    return {
        "rows": rows,
        "cores": list(model.cores_range),
        "load": list(model.load_range) if model.varied_load else None,
        "jobs": model.jobs,
        "pods_per_node": model.per_node,
        "chosen": {question.value: _ensemble(each) for question, each in model.ensembles},
        "test": None if accuracy is None else _test(accuracy),
        "cpu_s": cpu_s,
        "written": written,
    }


def _ensemble(ensemble: Ensemble) -> dict[str, Any]:
    return {
        "families": [_member(member) for member in ensemble.members],
        "held_out_error_percent": 100 * ensemble.error,
        "held_out": ensemble.held_out,
    }


def _member(member: Member) -> dict[str, Any]:
    jobs = next((term.jobs or term.fan_out for term in member.terms if term.jobs or term.fan_out), None)
    pods = next((term.per_node for term in member.terms if term.per_node), None)
    return {
        "family": member.family,
        "weight": member.weight,
        "corrected": member.corrected,
        "jobs": jobs,
        "pods_per_node": pods,
        "held_out_error_percent": 100 * member.error,
    }


def _test(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "trained_on_rows": accuracy.trained_on,
        "mape_percent": 100 * accuracy.mape,
        "interval": 0.9,
        "interval_coverage": accuracy.coverage,
        "points": [_tested(item) for item in accuracy.tested],
    }


def _tested(item: Tested) -> dict[str, Any]:
    return {
        "cores": item.point.cores,
        "load": item.point.load,
        "measured_s": item.point.runtime_s,
        "predicted_s": item.prediction.value_s,
        "low_s": item.prediction.low_s,
        "high_s": item.prediction.high_s,
        "error_percent": 100 * item.error,
        "covered": item.covered,
        "outside": list(item.prediction.outside),
    }


def print_fit(console: Console, document: dict[str, Any]) -> None:
    """Print the document of a fit as tables."""
    from aisprint_cli.cli.tables import plain_table, print_page

    for question, chosen in document["chosen"].items():
        error = chosen["held_out_error_percent"]
        console.print(
            f"{_WORDS[question]}: {error:.1f} % off on {chosen['held_out']} held-out points", style="bold"
        )
        table = plain_table(
            "family", "weight", "jobs", "pods/node", "corrected", "error %", numbers=("weight", "error %")
        )
        for member in chosen["families"]:
            table.add_row(
                member["family"],
                f"{member['weight']:.2f}",
                _cell(member["jobs"]),
                _cell(member["pods_per_node"]),
                "yes" if member["corrected"] else "",
                f"{member['held_out_error_percent']:.1f}",
            )
        print_page(console, table)
        console.print("")
    if document["test"] is not None:
        _print_test(console, document["test"])
    console.print(f"CPU {1000 * document['cpu_s']:.0f} ms", style="dim")
    for name, value in document["written"].items():
        console.print(
            f"{name}: {value:.6g}" if isinstance(value, float) else f"{name}: {value}", markup=False
        )


def _print_test(console: Console, test: dict[str, Any]) -> None:
    from aisprint_cli.cli.tables import plain_table, print_page

    names = ("cores", "load", "measured s", "predicted s", "90 % interval", "error %")
    table = plain_table(*names, numbers=names)
    for item in test["points"]:
        table.add_row(
            _cell(item["cores"]),
            _cell(item["load"]),
            f"{item['measured_s']:.1f}",
            f"{item['predicted_s']:.1f}",
            f"{item['low_s']:.1f} to {item['high_s']:.1f}",
            f"{item['error_percent']:+.1f}",
        )
    print_page(console, table)
    console.print(
        f"MAPE {test['mape_percent']:.2f} % over {len(test['points'])} test points that no fit has seen; "
        f"{100 * test['interval_coverage']:.0f} % of them in the 90 % interval"
    )


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
