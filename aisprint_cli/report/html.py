"""Writes a report as one HTML file that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisprint_cli.report.page import make_page
from aisprint_cli.system.packaged import templates_directory

if TYPE_CHECKING:
    from aisprint_cli.report.placement_report import PlacementReport


def report_html(report: PlacementReport) -> str:
    """The text of the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates_directory() / "report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("placement.html.jinja").render(page=make_page(report))
