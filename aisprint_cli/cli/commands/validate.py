"""`aisprint validate`: every problem of an application directory at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.cli.session import (
    Directory,
    DirectoryOption,
    NoColor,
    OutputFormat,
    Quiet,
    Session,
    Verbose,
    application_directory,
    open_session,
)
from aisprint_cli.errors import ExitCode

if TYPE_CHECKING:
    from aisprint_cli.diagnostics import Diagnostic
    from aisprint_cli.load.application import Loaded

_SCHEMA = "aisprint.validate/1"


class ReportFormat(StrEnum):
    """The form of the report on stdout."""

    TABLE = "table"
    JSON = "json"
    GITHUB = "github"


_Report = Annotated[
    ReportFormat,
    typer.Option("--output", "-o", help="The form of the report; github gives workflow annotations."),
]
_Strict = Annotated[bool, typer.Option("--strict", help="Count warnings as errors.")]


def validate(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    strict: _Strict = False,
    output: _Report = ReportFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Check every file of an application; all problems at once.

    Each problem is given with file, line and column, what is wrong, why it matters and how to mend it.
    Ends with 0 when the application is sound and with 3 when it has errors (--strict: or warnings).

    Example:
        aisprint validate my_app
        aisprint validate my_app --strict -o github
    """
    from aisprint_cli.load.application import load_application

    directory = application_directory(app, application_dir)
    form = OutputFormat.JSON if output is ReportFormat.JSON else OutputFormat.TABLE
    session = open_session(form, quiet, verbose, no_color)
    loaded = load_application(directory)
    failed = bool(loaded.findings if strict else loaded.errors)
    if output is ReportFormat.JSON:
        session.emit(_SCHEMA, _data(loaded, failed=failed), lambda _: None)
    elif output is ReportFormat.GITHUB:
        _print_github(loaded.findings, directory, strict=strict)
    else:
        _print_table(loaded, directory, session, failed=failed)
    if failed:
        raise typer.Exit(int(ExitCode.INVALID_INPUT))


def _data(loaded: Loaded, *, failed: bool) -> dict[str, Any]:
    return {
        "valid": not failed,
        "summary": {
            "errors": len(loaded.errors),
            "warnings": len(loaded.warnings),
            "application": _facts(loaded),
        },
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "path": finding.location.path,
                "line": finding.location.line,
                "column": finding.location.column,
                "message": finding.message,
                "why": finding.why,
                "mend": finding.mend,
            }
            for finding in loaded.findings
        ],
    }


def _facts(loaded: Loaded) -> dict[str, Any] | None:
    """What the application consists of; None when it could not be built."""
    application = loaded.application
    if application is None:
        return None
    layers = list(application.catalogue)
    annotations: dict[str, int] = {}
    for source in application.sources.values():
        for name in source.annotations.raw:
            annotations[name] = annotations.get(name, 0) + 1
    return {
        "name": application.name,
        "components": len(application.dag.components),
        "alternatives": sum(len(names) for names in application.dag.alternatives.values()),
        "dependencies": len(application.dag.dependencies),
        "layers": len(layers),
        "resources": sum(len(layer.resources) for layer in layers),
        "annotations": dict(sorted(annotations.items())),
    }


def _print_table(loaded: Loaded, directory: Path, session: Session, *, failed: bool) -> None:
    from aisprint_cli.cli import diagnostics_view

    findings = loaded.errors if session.quiet and not failed else loaded.findings
    keep_color = None if session.color else False
    everything = session.verbose > 0
    for line in diagnostics_view.lines(findings, directory, color=session.color, everything=everything):
        typer.echo(line, color=keep_color)
    facts = _facts(loaded)
    if facts is not None and not session.quiet:
        for line in _summary(facts):
            typer.echo(line)
    if failed:
        typer.echo(f"{diagnostics_view.counts(loaded.findings)}.")
    elif not session.quiet:
        suffix = f" ({diagnostics_view.counts(loaded.findings)})" if loaded.findings else ""
        typer.echo(f"The application is sound{suffix}.")


def _summary(facts: dict[str, Any]) -> list[str]:
    annotated = ", ".join(f"{name} {count}" for name, count in facts["annotations"].items())
    return [
        f"{facts['name']}",
        f"  components    {facts['components']}",
        *([f"  alternatives  {facts['alternatives']}"] if facts["alternatives"] else []),
        f"  dependencies  {facts['dependencies']}",
        f"  layers        {facts['layers']}",
        f"  resources     {facts['resources']}",
        f"  annotations   {annotated}",
    ]


def _print_github(findings: tuple[Diagnostic, ...], directory: Path, *, strict: bool) -> None:
    """Workflow commands; the paths are relative to the current directory, where the checkout is."""
    here = Path.cwd()
    for finding in findings:
        path = directory / finding.location.path
        shown = path.relative_to(here) if path.is_relative_to(here) else path
        level = "error" if strict or finding.is_error else "warning"
        place = f"line={finding.location.line},col={finding.location.column}"
        title = _escape(finding.code, properties=True)
        text = _escape(f"{finding.message}\nWhy: {finding.why}\nMend: {finding.mend}")
        file = _escape(shown.as_posix(), properties=True)
        typer.echo(f"::{level} file={file},{place},title={title}::{text}")


def _escape(text: str, *, properties: bool = False) -> str:
    """Text for a workflow command: percent, line ends, and in properties also `:` and `,`."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if properties else escaped
