"""`aisprint inspect`: where a model can be cut, what each cut carries, and where it could be left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.cli.session import NoColor, Output, OutputFormat, Quiet, Verbose, open_session
from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from aisprint_cli.cli.session import Session
    from aisprint_cli.partition.inspection import Candidate, Inspection
    from aisprint_cli.partition.verify import Verdict

_FAILED = 7
_PLOTS = (".svg", ".html")

_Tensors = Annotated[
    int,
    typer.Option("--tensors", metavar="N", min=1, max=6, help="Cuts may carry that many tensors."),
]
_Segments = Annotated[
    int,
    typer.Option("--segments", metavar="K", min=2, max=12, help="Also chains of that many segments."),
]
_MaxBytes = Annotated[
    int | None, typer.Option("--max-bytes", metavar="BYTES", min=0, help="Only cuts that carry no more.")
]
_MinShare = Annotated[
    float,
    typer.Option(
        "--min-share", metavar="SHARE", min=0, max=0.5, help="Each segment does this part of the work."
    ),
]
_Front = Annotated[bool, typer.Option("--front", help="List only the front.")]
_Verify = Annotated[
    bool,
    typer.Option("--verify", help="Run the segments of the front, or of the chains, beside the whole."),
]
_Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Write a plot: an .svg, or an .html page.")
]


@dataclass(frozen=True, slots=True)
class _Checked:
    """What was verified: the verdicts on the cuts of the front or on the chains, in their order."""

    found: Inspection
    verdicts: tuple[Verdict, ...]

    @property
    def of_cuts(self) -> dict[tuple[str, ...], Verdict]:
        """The verdict on each cut; empty when chains were verified, or nothing."""
        if self.found.chains or not self.verdicts:
            return {}
        return {cut.tensors: v for cut, v in zip(self.found.front, self.verdicts, strict=True)}

    @property
    def of_chains(self) -> tuple[Verdict | None, ...]:
        """The verdict on each chain; None where it was not asked for."""
        return self.verdicts if self.verdicts and self.found.chains else (None,) * len(self.found.chains)


def inspect(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="An ONNX file.", show_default=False)],
    tensors: _Tensors = 1,
    segments: _Segments = 2,
    max_bytes: _MaxBytes = None,
    min_share: _MinShare = 0.0,
    front: _Front = False,
    verify: _Verify = False,
    plot: _Plot = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show where a model can be cut: bytes, work and parameters of either side, early outputs.

    A cut is on the front when no other divides the work alike with fewer bytes, and `even` when none is
    both smaller and more even. With --verify the segments of each cut on the front (or of each chain)
    are run beside the whole model; a difference ends with 7.

    Example:
        aisprint inspect model.onnx
        aisprint inspect model.onnx --tensors 2 --min-share 0.2 --plot cuts.svg
        aisprint inspect model.onnx --segments 3 --verify
    """
    session = open_session(output, quiet, verbose, no_color)
    if plot is not None and plot.suffix.lower() not in _PLOTS:
        raise UsageError(
            f"{plot} is neither .svg nor .html.", mend="End the name of the plot with one of them."
        )
    from aisprint_cli.partition.inspection import Limits, inspect_model

    found = inspect_model(model, tensors=tensors, parts=segments, limits=Limits(max_bytes, min_share))
    checked = _Checked(found, _verdicts(session, found) if verify else ())
    if plot is not None:
        _write_plot(session, found, plot)
    cuts = found.front if front else found.cuts
    session.emit("aisprint.inspect/1", _data(checked, cuts), lambda console: _show(console, checked, cuts))
    if any(verdict.failure for verdict in checked.verdicts):
        raise typer.Exit(_FAILED)


def _verdicts(session: Session, found: Inspection) -> tuple[Verdict, ...]:
    from aisprint_cli.partition.proof import verify_cuts

    chains = [chain.cuts for chain in found.chains] or [(cut,) for cut in found.front]
    session.note(f"Verifying {len(chains)} {'chains' if found.chains else 'cuts'}.")
    wanted = [tuple(cut.tensors for cut in cuts) for cuts in chains]
    return tuple(verify_cuts(found.read, wanted)) if wanted else ()


def _write_plot(session: Session, found: Inspection, path: Path) -> None:
    from aisprint_cli.cli.report_file import program, write_page
    from aisprint_cli.report.html import cuts_html, cuts_svg

    render = cuts_svg if path.suffix.lower() == ".svg" else cuts_html
    write_page(session, path, render(found, program()))


def _data(checked: _Checked, cuts: Sequence[Candidate]) -> dict[str, Any]:
    found, of_cuts = checked.found, checked.of_cuts
    return {
        "model": found.read.path.name,
        "inputs": list(found.read.graph.inputs),
        "outputs": list(found.read.graph.outputs),
        "work_unit": found.unit,
        "complete": found.complete,
        "cuts": [{**cut.to_json(), "verified": _verdict(of_cuts.get(cut.tensors))} for cut in cuts],
        "chains": [
            {
                "cuts": [list(cut.tensors) for cut in chain.cuts],
                "bytes": chain.bytes,
                "work": list(chain.work),
                "verified": _verdict(verdict),
            }
            for chain, verdict in zip(found.chains, checked.of_chains, strict=True)
        ],
        "exits": [item.to_json() for item in found.exits],
        "refused": [item.to_json() for item in found.refused],
    }


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "equal": not verdict.failure,
        "bit_exact": verdict.exact,
        "largest_relative_difference": verdict.difference,
        "failure": verdict.failure,
    }


def _words(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    return verdict.failure or ("bit-equal" if verdict.exact else f"equal within {verdict.difference:.1g}")


def _show(console: Console, checked: _Checked, cuts: Sequence[Candidate]) -> None:
    from aisprint_cli.cli.tables import print_page

    found = checked.found
    if cuts:
        print_page(console, _cuts_table(checked, cuts))
    else:
        console.print("There is no place where the model can be cut within these limits.")
    if not found.complete:
        console.print("There may be other cuts: of so many tensors not all were looked at.")
    if found.chains:
        print_page(console, "", _chains_table(checked))
    if found.exits:
        print_page(console, "", _exits_table(found))
    for item in found.refused:
        console.print(f"No cut at {item.tensor}: {item.reason}.", markup=False)


def _cuts_table(checked: _Checked, cuts: Sequence[Candidate]) -> Table:
    from aisprint_cli.cli.tables import plain_table

    unit, of_cuts = checked.found.unit, checked.of_cuts
    figures = ("bytes", "before", f"{unit} before", "after", "parameters before", "after ")
    table = plain_table("cut at", *figures, "choice", "verified", numbers=figures, whole=figures)
    for cut in cuts:
        size = "not known" if cut.bytes is None else f"{cut.bytes:,}"
        table.add_row(
            ", ".join(cut.tensors),
            f"{size} per sample" if cut.symbolic_dims and cut.bytes is not None else size,
            f"{cut.share:.1%}",
            *(f"{figure:,}" for figure in (*cut.work, *cut.parameters)),
            "even" if cut.is_balanced else "front" if cut.on_front else "",
            _words(of_cuts.get(cut.tensors)),
        )
    return table


def _chains_table(checked: _Checked) -> Table:
    from aisprint_cli.cli.tables import plain_table

    table = plain_table("chain of cuts", "bytes", "work of the segments", "verified", numbers=("bytes",))
    for chain, verdict in zip(checked.found.chains, checked.of_chains, strict=True):
        table.add_row(
            " | ".join(", ".join(cut.tensors) for cut in chain.cuts),
            f"{chain.bytes:,}",
            " / ".join(f"{work / sum(chain.work):.1%}" for work in chain.work),
            _words(verdict),
        )
    return table


def _exits_table(found: Inspection) -> Table:
    from aisprint_cli.cli.tables import plain_table

    table = plain_table("early outputs", "what goes on", "bytes", "work before", numbers=("bytes",))
    for item in found.exits:
        size = "not known" if item.bytes is None else f"{item.bytes:,}"
        done = f"{item.work[0] / sum(item.work):.1%}"
        table.add_row(
            ", ".join(item.outputs),
            ", ".join(item.tensors),
            size,
            f"{done}; {item.reason}" if item.reason else done,
        )
    return table
