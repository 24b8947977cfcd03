"""How the placement that `aisprint design` chose looks to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisprint_cli.design.placing import Placing, PlacingStatus
from aisprint_cli.errors import InfeasibleError

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.design.placing import Solution


def print_placing(console: Console, placing: Placing) -> None:
    """Print where everything runs with the proof, or why there is no placement."""
    if placing.solution is not None:
        _print_solution(console, placing.solution)
    elif placing.conflict is not None:
        from aisprint_cli.cli.placement_view import print_conflict

        console.print()
        print_conflict(console, placing.conflict, proven=placing.status is PlacingStatus.INFEASIBLE)
        console.print("So there is no optimal deployment.", markup=False)
    elif placing.status is not PlacingStatus.KEPT:  # what is kept is said among the notes
        reason = f"{placing.reason[:1].upper()}{placing.reason[1:]}"
        console.print(f"Not placed, so the optimal deployment is base. {reason}.", markup=False)


def _print_solution(console: Console, solution: Solution) -> None:
    from rich.text import Text

    from aisprint_cli.cli.placement_view import print_alternatives, print_placement, proof_words

    console.print("")
    console.print(Text(f"optimal deployment: {solution.deployment}", style="bold"))
    print_placement(console, solution.assessment)
    if solution.record.next_best:
        print_alternatives(console, solution.record.next_best)
    words = proof_words(
        solution.assessment.cost, None if solution.record.proven else solution.record.lower_bound
    )
    took = "as found before" if solution.cpu_s is None else f"in {solution.cpu_s:.2g} s of CPU"
    console.print(f"\n{words}, {took}.", markup=False)


def not_placed(placing: Placing) -> InfeasibleError:
    """The error of a design that has no placement; the reasons are in the result."""
    if placing.status is PlacingStatus.INFEASIBLE:
        return InfeasibleError(
            "No placement keeps every limit.",
            why="The design and its deployments are valid; only the optimal deployment is missing.",
            mend="Ease a limit or add resources as said above, or design without placement: --no-place.",
        )
    return InfeasibleError(
        "No placement was found in time; whether there is one is not known.",
        mend="Give a longer --place-time-limit, or ease a limit.",
    )
