"""Writes a report as one HTML file that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisprint_cli.report.conflict_page import make_conflict_page
from aisprint_cli.report.cuts_page import make_cuts_page
from aisprint_cli.report.page import make_page
from aisprint_cli.report.schedule_page import make_schedule_page
from aisprint_cli.system.packaged import templates_directory

if TYPE_CHECKING:
    from aisprint_cli.partition.inspection import Inspection
    from aisprint_cli.report.conflict_page import ConflictReport
    from aisprint_cli.report.placement_report import PlacementReport
    from aisprint_cli.report.schedule_page import ScheduleReport


def report_html(report: PlacementReport) -> str:
    """The page of a placement."""
    return _rendered("placement.html.jinja", make_page(report))


def schedule_html(report: ScheduleReport) -> str:
    """The page of a schedule."""
    return _rendered("schedule.html.jinja", make_schedule_page(report))


def conflict_html(report: ConflictReport) -> str:
    """The page of a problem without placement."""
    return _rendered("conflict.html.jinja", make_conflict_page(report))


def cuts_html(found: Inspection, program: str) -> str:
    """The page of a model's cuts."""
    return _rendered("cuts.html.jinja", make_cuts_page(found, program))


def cuts_svg(found: Inspection, program: str) -> str:
    """The plot of a model's cuts alone, as an SVG file that needs nothing else."""
    return _rendered("cuts.svg.jinja", make_cuts_page(found, program))


def _rendered(template: str, page: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates_directory() / "report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(page=page)
