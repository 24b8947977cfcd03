"""How the result of `aisprint design` looks to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aisprint_cli.cli.placing_view import print_placing
from aisprint_cli.cli.session import Session
from aisprint_cli.design.enumeration import BASE_DEPLOYMENT, deployment_index
from aisprint_cli.design.report import DesignReport, Outcome

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from aisprint_cli.design.options import Option

_KIB = 1024
_LISTED = 12


def print_warnings(session: Session, report: DesignReport, directory: Path) -> None:
    """Say on stderr what is probably not meant, and what is left alone."""
    if report.findings and not session.quiet:
        from aisprint_cli.cli.diagnostics_view import show

        show(session, report.findings, directory)
    if report.is_capped:
        # Also when quiet: a result that is not all of it must never look as if it were.
        session_words = f"{report.written:,} of {report.design.count:,} deployments are written"
        _always(session, f"warning: only the first {session_words}; --max-deployments N raises the cap.")
    for note in report.notes:
        session.note(f"note: {note}")
    for detail in (text for component in report.components for text in component.details()):
        session.detail(detail)
    for path in report.kept:
        session.note(f"kept: what stood in the way is now {path}")
    for sign, paths in (
        ("+", report.changes.added),
        ("~", report.changes.updated),
        ("-", report.changes.removed),
    ):
        for path in paths:
            session.detail(f"{sign} aisprint/{path}")


def _always(session: Session, text: str) -> None:
    from rich.console import Console

    Console(stderr=True, no_color=not session.color, highlight=False, soft_wrap=True).print(
        text, markup=False
    )


def print_report(console: Console, report: DesignReport) -> None:
    """Print components, splits, deployments, constraints, and what changed."""
    from rich.text import Text

    from aisprint_cli.cli.tables import print_page

    limits = list(_limits(report))
    print_page(console, Text(report.design.application.name, style="bold"), _components(report), "")
    if limits:
        print_page(console, _constraints(limits), "")
    console.print(_deployments(report), markup=False)
    print_placing(console, report.placing)
    for line in _changes(report):
        console.print(line, markup=False)


def _components(report: DesignReport) -> Table:
    """Each component whole and by its splits; the columns about cuts only where there is one."""
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table

    with_cuts = any(component.cuts for component in report.components)
    figures = ("sends", "operations", "weights") if with_cuts else ()
    places = ("layers", *(["split at"] if with_cuts else []))
    table = plain_table("component", *places, *figures, numbers=figures, whole=figures)
    options = {item.component: item.options for item in report.design.options}
    for component in report.components:
        whole, *split = options[component.name]
        table.add_row(Text(component.name), layers_text(whole))
        for option, cut in zip(split, component.cuts, strict=True):
            table.add_row(
                f"  partition{option.split}",
                layers_text(option),
                Text(str(cut["tensor"])),
                size_text(cut["bytes"], cut["symbolic_dims"]),
                share_text(cut["operations"]),
                share_text(cut["parameters"]),
            )
    if any(cut["symbolic_dims"] for component in report.components for cut in component.cuts):
        table.caption = "* for each sample of a batch"
        table.caption_justify = "left"
    return table


def layers_text(option: Option) -> str:
    """The layers each part of an option may run on."""
    return " | ".join(",".join(str(place.layer) for place in places) for places in option.places)


def size_text(count: int | None, symbolic_dims: Iterable[str] = ()) -> str:
    """A number of bytes for people; with a star where it is for one sample of an open batch."""
    if count is None:
        return "unknown"
    per = "*" if list(symbolic_dims) else ""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < _KIB:
            return f"{value:.4g} {unit}{per}"
        value /= _KIB
    return f"{value:.4g} GiB{per}"


def share_text(sides: Mapping[str, Any]) -> str:
    """How something is divided between the two sides of a cut."""
    before, after = sides["before"], sides["after"]
    total = before + after
    if not total:
        return "none"
    share = round(100 * before / total)
    return f"{share} | {100 - share} %"


def _limits(report: DesignReport) -> Iterable[tuple[str, str, float]]:
    qos = report.design.deployment(BASE_DEPLOYMENT).qos
    for local in qos.local:
        yield "local", local.part, local.limit_s
    for over_path in qos.global_:
        yield "global", " -> ".join(over_path.path), over_path.limit_s


def _constraints(limits: Iterable[tuple[str, str, float]]) -> Table:
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table

    table = plain_table("constraint", "of", "at most", numbers=("at most",), whole=("at most",))
    for kind, what, limit in limits:
        table.add_row(kind, Text(what), f"{limit:g} s")
    return table


def _deployments(report: DesignReport) -> str:
    count = report.design.count
    words = "1 deployment: base" if count == 1 else f"{count:,} deployments: base to deployment{count - 1}"
    optimum = report.placing.optimum
    beyond = optimum is not None and (deployment_index(optimum.deployment) or 0) >= report.written
    further = f" and {optimum.deployment}" if optimum is not None and beyond else ""
    capped = f"; only the first {report.written:,}{further} written" if report.is_capped else ""
    return f"{words}{capped}."


def _changes(report: DesignReport) -> Iterable[str]:
    if report.outcome is Outcome.UNCHANGED:
        yield "Nothing changed: the design is up to date."
        return
    if report.inputs:
        more = f" and {len(report.inputs) - _LISTED} more" if len(report.inputs) > _LISTED else ""
        yield f"Changed inputs: {', '.join(report.inputs[:_LISTED])}{more}."
    changes = report.changes
    figures = [
        f"{len(paths):,} {word}"
        for word, paths in (
            ("added", changes.added),
            ("updated", changes.updated),
            ("removed", changes.removed),
        )
        if paths
    ]
    verb = "Would write" if report.outcome is Outcome.PLANNED else "Wrote"
    yield f"{verb} aisprint/: {', '.join(figures) or 'nothing to change there'}."
