"""`aisprint profile`: performance models from measurements."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.session import NoColor, Output, OutputFormat, Quiet, Verbose, open_session
from aisprint_cli.errors import InvalidInputError, UsageError

if TYPE_CHECKING:
    from aisprint_cli.profiling.accuracy import Accuracy
    from aisprint_cli.profiling.families import Facts
    from aisprint_cli.profiling.measurements import Run
    from aisprint_cli.profiling.model import PerformanceModel
    from aisprint_cli.profiling.table_file import Table

TablePath = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE",
        help="A CSV file with runtime (s), cores and, if varied, number_of_files; or an .ini.",
    ),
]
Levels = Annotated[
    str | None,
    typer.Option(
        "--test-levels", metavar="4,12", help="Hold out these levels of cores, and report the error."
    ),
]
Files = Annotated[
    str | None,
    typer.Option("--test-files", metavar="15", help="The same for numbers of files; train on fewer only."),
]
Jobs = Annotated[
    float | None,
    typer.Option(
        "--jobs", metavar="N", help="Jobs of one run, per file where files vary.", show_default="not known"
    ),
]
Pods = Annotated[
    int | None,
    typer.Option("--pods-per-node", metavar="K", help="Jobs that fit on one node.", show_default="not known"),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Put the model into this file of models (JSON)."),
]
WriteModels = Annotated[
    Path | None,
    typer.Option(
        "--write-models",
        metavar="APP",
        help="Put the model, and the demand that placement reads, into this application.",
    ),
]
ComponentName = Annotated[
    str | None,
    typer.Option("--component", metavar="NAME", help="Whose model it is.", show_default="the table's name"),
]
Part = Annotated[
    str | None,
    typer.Option(
        "--part", metavar="NAME", help="The part, with --write-models.", show_default="the component"
    ),
]
Resource = Annotated[str, typer.Option("--resource", metavar="NAME", help="Where it was measured.")]
Cores = Annotated[
    float | None,
    typer.Option("--cores", metavar="N", help="Cores of one instance of the resource, with --write-models."),
]
Load = Annotated[
    float | None,
    typer.Option(
        "--load", metavar="N", help="Files of a run, with --write-models.", show_default="the most measured"
    ),
]


def fit(
    table: TablePath,
    test_levels: Levels = None,
    test_files: Files = None,
    jobs: Jobs = None,
    pods_per_node: Pods = None,
    out: Out = None,
    write_models: WriteModels = None,
    component: ComponentName = None,
    part: Part = None,
    resource: Resource = "any",
    cores: Cores = None,
    load: Load = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Fit a performance model to a table of measured runs.

    With test levels, the model is fitted without them and its error on them is reported; what is
    written is fitted to all rows in any case. Give --jobs and --pods-per-node where they are known: what
    lies beyond the measured cores can hardly be told without them.

    A configuration of aMLLibrary (.ini) may stand for the table that it names.

    Example:
        aisprint profile fit runs.csv --jobs 10 --test-levels 4,12,20,28
        aisprint profile fit runs.csv --component blur --resource VM1 --out models.json
    """
    import time

    from aisprint_cli.cli.profiling_source import read_fit_source
    from aisprint_cli.cli.profiling_target import Target
    from aisprint_cli.cli.profiling_view import fit_document, print_fit
    from aisprint_cli.profiling import selection  # noqa: F401  loaded before the clock starts
    from aisprint_cli.profiling.families import Facts

    session = open_session(output, quiet, verbose, no_color)
    facts = _facts(Facts, jobs, pods_per_node)
    levels, files = _numbers("--test-levels", test_levels), _numbers("--test-files", test_files)
    if levels and files:
        raise UsageError("--test-levels and --test-files cannot be given together.", mend="Give one of them.")
    source = read_fit_source(session, table)
    table, read = source.path, source.table
    if not levels and not files:
        levels, files = source.levels, source.files
    target = Target(component or table.stem, part, resource, cores, load, write_models)
    target.check()
    started = time.process_time()
    accuracy = _accuracy(table, read, levels, files, facts) if levels or files else None
    needs_all = accuracy is None or out is not None or write_models is not None
    model = _model(table, read.runs, facts) if needs_all or accuracy is None else accuracy.model
    cpu_s = time.process_time() - started
    written = target.write(model, out)
    shown = accuracy.model if accuracy is not None else model
    document = fit_document(shown, accuracy, cpu_s=cpu_s, rows=len(read.runs), written=written)
    session.emit(
        "aisprint.profile-fit/1",
        {"table": table.name, **document},
        lambda console: print_fit(console, document),
    )


def _facts(kind: type[Facts], jobs: float | None, pods: int | None) -> Facts:
    if jobs is not None and not (jobs >= 1 and math.isfinite(jobs)):
        raise UsageError(f"--jobs is {jobs:g}.", mend="Give how many jobs one run has: 1 or more.")
    if pods is not None and pods < 1:
        raise UsageError(f"--pods-per-node is {pods}.", mend="Give how many jobs fit on one node: 1 or more.")
    return kind(jobs, pods)


def _numbers(option: str, text: str | None) -> tuple[float, ...]:
    if text is None:
        return ()
    try:
        found = tuple(sorted({float(item) for item in text.split(",")}))
    except ValueError:
        found = ()
    if not found or not all(value > 0 and math.isfinite(value) for value in found):
        raise UsageError(f"{option} is {text!r}.", mend="Give numbers above 0 with commas, such as 4,12,20.")
    return found


def _model(path: Path, runs: tuple[Run, ...] | list[Run], facts: Facts) -> PerformanceModel:
    from aisprint_cli.profiling.selection import fit as fit_runs

    try:
        return fit_runs(runs, facts)
    except ValueError as error:
        raise _too_few(path, str(error)) from error


def _too_few(path: Path, message: str) -> InvalidInputError:
    from aisprint_cli.diagnostics import Diagnostic, Location, Severity

    problem = Diagnostic(
        "table.too-few-levels",
        Severity.ERROR,
        f"To fit a model {message}.",
        "Fewer show no curve, so that nothing could be held out to judge a model.",
        "Measure more levels, or hold out fewer.",
        Location(path.name),
    )
    return InvalidInputError(f"{path.name} cannot be fitted.", [problem], directory=path.parent)


def _accuracy(
    path: Path, table: Table, levels: tuple[float, ...], files: tuple[float, ...], facts: Facts
) -> Accuracy:
    from aisprint_cli.profiling.accuracy import measure_accuracy, split_by_cores, split_by_load

    if files and not table.load_column:
        raise UsageError("--test-files needs a table with a column number_of_files.", mend="Leave it out.")
    measured = {run.load for run in table.runs} if files else {run.cores for run in table.runs}
    unmeasured = [f"{value:g}" for value in (files or levels) if value not in measured]
    if unmeasured:
        option = "--test-files" if files else "--test-levels"
        known = ", ".join(f"{value:g}" for value in sorted(measured))
        raise UsageError(f"{option}: not measured: {', '.join(unmeasured)}.", mend=f"Measured are {known}.")
    training, test = split_by_load(table.runs, files) if files else split_by_cores(table.runs, levels)
    try:
        return measure_accuracy(training, test, facts)
    except ValueError as error:
        raise _too_few(path, f"{error} outside of the test set") from error
