"""How the result of `aisprint place` looks to a person."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aisprint_cli.cli.tables import plain_table, print_page
from aisprint_cli.placement.constraints import Kind
from aisprint_cli.placement.exact import Status

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from aisprint_cli.placement.conflict import Conflict
    from aisprint_cli.placement.constraints import Assessment, Constraint, Purchase
    from aisprint_cli.placement.exact import Result
    from aisprint_cli.placement.output_file import Difference


def print_placement(console: Console, assessment: Assessment) -> None:
    """Print where each component runs, what is bought, and the limits that are used up or broken."""
    print_page(console, _components(assessment), "", _purchases(assessment))
    shown = [item for item in assessment.constraints if _is_told(item)]
    if shown:
        print_page(console, "", _constraints(shown))
    violated = assessment.violated
    if violated:
        count = len(violated)
        words = "1 constraint does not hold" if count == 1 else f"{count} constraints do not hold"
        console.print(f"\n{words}.", markup=False)


def _is_told(constraint: Constraint) -> bool:
    """Response times always, the rest only where it is used up."""
    return constraint.kind in {Kind.LOCAL, Kind.PATH} or constraint.is_binding or not constraint.holds


def _components(assessment: Assessment) -> Table:
    from rich.markup import escape

    problem = assessment.problem
    table = plain_table("component", "runs as", "on", "layer", "response", numbers=("response",))
    for number, (component, choice) in enumerate(
        zip(problem.components, assessment.placement.choices, strict=True)
    ):
        alternative = component.alternatives[choice.alternative]
        alone = len(choice.resources) == 1
        for place, (piece, resource) in enumerate(zip(alternative.pieces, choice.resources, strict=True)):
            times = assessment.component_s[number] if alone else assessment.piece_s[number][place]
            table.add_row(
                escape(component.name) if not place else "",
                escape(_piece_words(component.name, alternative.name, piece.name)),
                escape(problem.resources[resource].name),
                escape(problem.layers[problem.resources[resource].layer].name),
                seconds(times),
            )
        if not alone:
            table.add_row("", "together", "", "", seconds(assessment.component_s[number]))
    return table


def _piece_words(component: str, alternative: str, piece: str) -> str:
    """A piece; with its alternative where its name does not say which that is, as `h1` does not."""
    return piece if piece.startswith(component) or alternative == piece else f"{alternative}: {piece}"


def _purchases(assessment: Assessment) -> Table:
    from rich.markup import escape

    problem = assessment.problem
    numbers = ("instances", "busy", "cost", "share")
    table = plain_table("bought", *numbers, numbers=numbers)
    for purchase in assessment.purchases:
        resource = problem.resources[purchase.resource]
        bought = purchase.instances is not None
        share = purchase.cost / assessment.cost if assessment.cost else 0.0
        table.add_row(
            escape(resource.name),
            f"{purchase.instances} of {resource.limit}" if bought else "as needed",
            f"{100 * assessment.utilisation[purchase.resource]:.0f} %" if bought else "",
            money(purchase.cost),
            f"{100 * share:.0f} %",
        )
        for words, count, cost in _prices(purchase):
            table.add_row(escape(f"  {words}"), count, "", money(cost), "")
    period = f"{problem.period_h:g} h, {problem.entry_rate_per_s:g} requests/s"
    table.add_row(f"together ({period})", "", "", money(assessment.cost), "")
    return table


def _prices(purchase: Purchase) -> Iterator[tuple[str, str, float]]:
    """What a cost is made of, where there is more than one price: words, instances and cost."""
    for item in purchase.portions:
        yield item.name or "at its own price", str(item.instances), item.cost
    if purchase.transition_cost:
        yield "of it for transitions", "", purchase.transition_cost


def _constraints(shown: Sequence[Constraint]) -> Table:
    from rich.markup import escape

    table = plain_table("constraint", "of", "is", "at most", "left", "", numbers=("is", "at most", "left"))
    for item in shown:
        table.add_row(
            item.title,
            escape(item.subject),
            _figure(item.value, item.unit),
            _figure(item.limit, item.unit),
            _figure(item.slack, item.unit),
            "broken" if not item.holds else "used up" if item.is_binding else "",
        )
    return table


def _figure(value: float, unit: str) -> str:
    if unit == "s":
        return seconds(value)
    return f"{100 * value:.1f} %" if unit == "busy share" else f"{value:.6g}"


def seconds(value: float) -> str:
    """A time for people."""
    return f"{value:.4g} s" if math.isfinite(value) else "without end"


def money(value: float) -> str:
    """A cost for people: enough digits to tell two placements apart."""
    return f"{value:.6g}"


def print_proof(console: Console, result: Result, cpu_s: float) -> None:
    """Print what is proven of the cost."""
    proven = result.status is Status.OPTIMAL
    words = proof_words(result.cost, None if proven else result.lower_bound)
    console.print(f"\n{words}, in {cpu_s:.2g} s of CPU.", markup=False)


def proof_words(cost: float, lower_bound: float | None) -> str:
    """What is proven of a cost: that it is optimal (no bound given), or how far from it at most."""
    if lower_bound is None:
        return f"Cost {money(cost)}, proven optimal: no placement that keeps the limits costs less"
    gap = max(0.0, (cost - lower_bound) / cost) if cost else 0.0
    return f"Cost {money(cost)}; no placement costs less than {money(lower_bound)} (gap {100 * gap:.2g} %)"


def print_alternatives(console: Console, alternatives: Iterable[Mapping[str, Any]]) -> None:
    """Print what each component would do instead and what that would cost, from `NextBest.to_json`."""
    from rich.markup import escape

    table = plain_table("instead", "would run as", "on", "and cost", numbers=("and cost",))
    for item in alternatives:
        pieces, extra_cost = item["pieces"], item["extra_cost"]
        if pieces is None or extra_cost is None:
            words = "nothing else keeps the limits" if item["proven"] else "nothing found in time"
            table.add_row(escape(item["component"]), words, "", "")
            continue
        more = f"{'' if item['proven'] else 'at most '}{money(extra_cost)} more"
        words = ", ".join(_piece_words(item["component"], item["deployment"], piece) for piece in pieces)
        table.add_row(escape(item["component"]), escape(words), escape(", ".join(pieces.values())), more)
    print_page(console, "", table)


def print_conflict(console: Console, conflict: Conflict, *, proven: bool) -> None:
    """Print which conditions conflict and what would help; `proven`: there surely is no placement."""
    rate = conflict.problem.entry_rate_per_s
    verb = "keeps" if proven else "was found that keeps"
    console.print(f"No placement {verb} every limit at {rate:g} requests/s.", markup=False)
    if conflict.members or proven:
        console.print(conflict.sentence, markup=False)
    if conflict.members and not conflict.proven:
        console.print("That these are the reason is likely, but not proven.", markup=False)
    ways = [change.sentence for change in conflict.changes]
    if conflict.together:
        ways.append(", and ".join(change.sentence for change in conflict.together))
    if conflict.largest_rate_per_s is not None:
        ways.append(conflict.rate_sentence)
    if ways:
        console.print("What would help:" if len(ways) == 1 else "Any of these would help:", markup=False)
        for way in ways:
            console.print(f"  - {way}", markup=False)


def print_stated(console: Console, compared: Sequence[Difference]) -> None:
    """Print how the figures that a file states compare with those computed."""
    if not compared:
        return
    wrong = [item for item in compared if not item.agrees]
    if not wrong:
        console.print(f"\nAll {len(compared)} figures that the file states are right.", markup=False)
        return
    table = plain_table("stated otherwise", "file", "computed", numbers=("file", "computed"))
    for item in wrong:
        table.add_row(item.what, f"{item.stated:.6g}", f"{item.computed:.6g}")
    print_page(console, "", table)
