"""How what-if, load and fronts look to a person on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aisprint_cli.cli.placement_view import money
from aisprint_cli.cli.tables import plain_table, print_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from aisprint_cli.placement.comparison import Comparison
    from aisprint_cli.placement.constraints import Assessment, Constraint
    from aisprint_cli.placement.load_range import LoadRange
    from aisprint_cli.placement.load_sensitivity import LoadSensitivity, Stretch
    from aisprint_cli.placement.pareto import Front
    from aisprint_cli.placement.problem import Placement
    from aisprint_cli.placement.surface import Surface

_PLOT_WIDTH: Final = 60
_PLOT_HEIGHT: Final = 10


def print_comparison(console: Console, changes: Sequence[str], comparison: Comparison | None) -> None:
    """Print what changes lead to."""
    from rich.markup import escape

    words = ", ".join(changes)
    if comparison is None:
        console.print(f"\nWithout {words} no placement is known.", markup=False)
        return
    relative = comparison.relative_change
    share = "" if relative is None else f" ({100 * relative:+.1f} %)"
    before, after = money(comparison.before.cost), money(comparison.after.cost)
    console.print(f"\nWith {words}: cost {after} instead of {before}{share}.", markup=False)
    if not comparison.moves and not comparison.purchases:
        console.print("Nothing moves.", markup=False)
        return
    table = plain_table("what", "before", "after")
    for move in comparison.moves:
        table.add_row(escape(move.component), escape(move.before), escape(move.after))
    for item in comparison.purchases:
        table.add_row(
            escape(item.resource),
            _bought(item.instances_before, item.cost_before),
            _bought(item.instances_after, item.cost_after),
        )
    print_page(console, table)


def print_changes_without_placement(
    console: Console, changes: Sequence[str], before: Assessment | None
) -> None:
    """Print that changes leave no placement, and what it cost without them."""
    if not changes:
        return
    words = ", ".join(changes)
    if before is None:
        console.print(f"\nThat is with {words}; without, no placement is known either.", markup=False)
    else:
        cost = money(before.cost)
        console.print(f"\nThat is with {words}; without, the cheapest costs {cost}.", markup=False)


def _bought(instances: int | None, cost: float) -> str:
    if instances is None:
        return f"costs {money(cost)}" if cost else "not used"
    return f"{instances}, costs {money(cost)}" if instances else "not used"


def print_load(
    console: Console, assessment: Assessment, span: LoadRange, sensitivity: LoadSensitivity | None
) -> None:
    """Print how much load the placement carries, and which others take over at which rate."""
    if span.high_constraint is None:
        words = f"This placement carries every load tried, up to {span.high:g} requests/s."
    else:
        words = (
            f"This placement carries up to {span.high:.7g} requests/s; "
            f"then {_constraint_words(span.high_constraint)} is passed."
        )
    console.print(f"\n{words}", markup=False)
    if span.low_constraint is not None:
        low = _constraint_words(span.low_constraint)
        console.print(f"Below {span.low:.7g} requests/s {low} is passed (cold starts).", markup=False)
    if sensitivity is not None:
        print_page(console, "", _stretches(assessment, sensitivity))
        console.print("")
        for line in cost_plot(sensitivity, assessment.problem.entry_rate_per_s):
            console.print(line, markup=False, no_wrap=True)


def _constraint_words(constraint: Constraint) -> str:
    return f"the {constraint.title} limit of {constraint.subject}"


def _stretches(assessment: Assessment, sensitivity: LoadSensitivity) -> Table:
    from rich.markup import escape

    numbers = ("from", "to", "cost")
    table = plain_table(*numbers, "buys", "ends by", "proof", numbers=numbers)
    for item in sensitivity.stretches:
        span = (f"{item.low:.6g}", f"{item.high:.6g}")
        if item.line is None:
            words = "no placement keeps every limit" if item.gap == 0 else "none known"
            table.add_row(*span, "", words, "", _proof(item))
            continue
        costs = (money(item.line.at(item.low)), money(item.line.at(item.high)))
        table.add_row(
            *span,
            costs[0] if costs[0] == costs[1] else " to ".join(costs),
            escape(_instances(assessment, item)),
            escape(_constraint_words(item.ends_by)) if item.ends_by is not None else "",
            _proof(item),
        )
    return table


def _instances(assessment: Assessment, item: Stretch) -> str:
    if item.placement is None:
        return ""
    bought = zip(assessment.problem.resources, item.placement.instances, strict=True)
    return ", ".join(f"{count} {resource.name}" for resource, count in bought if count) or "functions only"


def _proof(item: Stretch) -> str:
    if item.gap <= 0:
        return "proven"
    return f"within {100 * item.gap:.2g} %" if item.gap < float("inf") else "not settled"


def cost_plot(sensitivity: LoadSensitivity, rate_per_s: float) -> list[str]:
    """The least cost over the rate as lines of plain characters; `x` where nothing works."""
    stretches = sensitivity.stretches
    low, high = stretches[0].low, stretches[-1].high
    rates = [low + (high - low) * (place + 0.5) / _PLOT_WIDTH for place in range(_PLOT_WIDTH)]
    costs = [_cost_at(stretches, rate) for rate in rates]
    known = [cost for cost in costs if cost is not None]
    if not known:
        return []
    bottom, top = min(known), max(known)
    step = (top - bottom) / (_PLOT_HEIGHT - 1) or 1.0
    rows = [None if cost is None else round((cost - bottom) / step) for cost in costs]
    lines = []
    for row in range(max(item or 0 for item in rows), -1, -1):
        marks = "".join(_mark(item, row) for item in rows)
        lines.append(f"{money(bottom + row * step):>10} |{marks.rstrip()}")
    now = min(range(_PLOT_WIDTH), key=lambda place: abs(rates[place] - rate_per_s))
    axis = "".join("^" if place == now and low <= rate_per_s <= high else "-" for place in range(_PLOT_WIDTH))
    ends = f"{low:.4g}".ljust(_PLOT_WIDTH - 8) + f"{high:.4g}".rjust(8)
    return [*lines, f"{'cost':>10} +{axis}", f"{'':>12}{ends} requests/s (^ now)"]


def _mark(row: int | None, wanted: int) -> str:
    if row is None:
        return "x" if wanted == 0 else " "
    return "=" if row == wanted else " "


def _cost_at(stretches: Sequence[Stretch], rate_per_s: float) -> float | None:
    for item in stretches:
        if item.low <= rate_per_s <= item.high:
            return None if item.line is None else item.line.at(rate_per_s)
    return None


def print_front(console: Console, assessment: Assessment, front: Front) -> None:
    """Print the front of cost against another figure."""
    from rich.markup import escape

    words = "complete" if front.complete else f"{len(front.open_gaps)} gaps not searched to the end"
    console.print(f"\nCost against {front.objective.name} ({words}):", markup=False)
    unit = front.objective.unit
    table = plain_table(unit, "cost", "more", "different", numbers=(unit, "cost", "more"))
    cheapest = min((point.cost for point in front.points), default=0.0)
    for point in front.points:
        more = 100 * (point.cost / cheapest - 1) if cheapest else 0.0
        table.add_row(
            f"{point.value:.5g}",
            money(point.cost),
            f"{more:.2f} %",
            escape(_difference(assessment, point.placement)),
        )
    print_page(console, table)


def print_surface(console: Console, assessment: Assessment, found: Surface) -> None:
    """Print the front of cost and two other figures."""
    from rich.markup import escape

    one, other = found.objectives
    words = "complete" if found.complete else f"complete up to a cost of {money(found.complete_up_to)}"
    console.print(f"\nCost, {one.name} and {other.name} ({words}):", markup=False)
    names = tuple(f"{item.unit} {mark}" for item, mark in zip((one, other), ("(1)", "(2)"), strict=True))
    table = plain_table("cost", "more", *names, "different", numbers=("cost", "more", *names))
    cheapest = min((point.cost for point in found.points), default=0.0)
    for point in found.points:
        more = 100 * (point.cost / cheapest - 1) if cheapest else 0.0
        table.add_row(
            money(point.cost),
            f"{more:.2f} %",
            f"{point.values[0]:.5g}",
            f"{point.values[1]:.5g}",
            escape(_difference(assessment, point.placement)),
        )
    print_page(console, table)
    console.print(f"(1) {one.name}, (2) {other.name}", markup=False)


def _difference(assessment: Assessment, placement: Placement) -> str:
    """What is otherwise in another placement of the same problem."""
    from aisprint_cli.placement.comparison import compare
    from aisprint_cli.placement.constraints import assess

    moves = compare(assessment, assess(assessment.problem, placement)).moves
    return "; ".join(f"{move.component}: {move.after}" for move in moves) or "this placement"
