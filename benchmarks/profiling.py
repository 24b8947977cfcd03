"""Performance models on the published measurements: honest error, interval coverage, CPU; and their speed.

Each task holds out levels of a published table, as docs/profiling.md describes: the recipe sees the training
rows alone. Beside it stand the figures of the reference: published ones are the best of eight models,
chosen on the test set; honest ones are those of the model that it chose and kept by itself. To add a task,
add a line to `TASKS`. Without the published tables (AISPRINT_PROFILING_DATA names their folder) only the
speed on a made-up table is measured.

`python benchmarks/profiling.py` prints what benchmarks/results/profiling.txt keeps.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, median

sys.path.insert(0, str(Path(__file__).parent))

from support.measure import measure

from aisprint_cli.profiling.accuracy import Accuracy, measure_accuracy, split_by_cores, split_by_load
from aisprint_cli.profiling.families import Facts
from aisprint_cli.profiling.measurements import Run
from aisprint_cli.profiling.selection import fit
from aisprint_cli.profiling.table_file import read_table

CHECKOUT = Path(__file__).resolve().parents[1]
REFERENCE_FIT_S = (4.0, 1300.0)
"""CPU seconds of the reference for one data set: its lightest configuration, and its default."""
REFERENCE_PREDICTION_S = (2e-3, 4e-3)


@dataclass(frozen=True, slots=True)
class Task:
    """One table and what is held out of it; published and honest errors of the reference (percent)."""

    kind: str
    table: str
    levels: tuple[float, ...]
    jobs: float | None
    published: float | None = None
    honest: tuple[float, ...] = ()


INTERPOLATION, CORES, FILES = "interpolation", "beyond cores", "beyond files"
TASKS = (
    Task(INTERPOLATION, "vm15min_june2022_full", (4, 12, 20, 28), 10, 3.13, (14.77, 26.59, 3.76)),
    Task(INTERPOLATION, "vm15min_may2022_full", (8, 16), 15, 18.33),
    Task(INTERPOLATION, "vm15min_may2022_blur_faces", (8, 16), 15, 3.96),
    Task(INTERPOLATION, "vm15min_may2022_mask_detector", (8, 16), 15, 8.33),
    Task(CORES, "vm15min_june2022_full", (20, 24, 28, 32), 10, None, (6.21, 27.77)),
    Task(CORES, "vm15min_may2022_full", (16, 20), 15, 15.58),
    Task(CORES, "vm15min_may2022_blur_faces", (16, 20), 15),
    Task(CORES, "vm15min_may2022_mask_detector", (16, 20), 15),
    Task(FILES, "files_full", (15,), 1, 7.69, (38.94, 6.26)),
    Task(FILES, "files_full", (20,), 1, None, (35.79, 10.1)),
    Task(FILES, "files_blur_faces", (15,), 1, 8.40, (22.78, 20.64)),
    Task(FILES, "files_blur_faces", (20,), 1, 9.58, (21.39, 20.32)),
)
AVERAGES_OF_20 = "files20_blur_faces_avg_and_aml_pred"


def data_directory() -> Path | None:
    """Where the published tables are: AISPRINT_PROFILING_DATA, or beside the checkout."""
    named = os.environ.get("AISPRINT_PROFILING_DATA")
    directory = Path(named) if named else CHECKOUT.parent / "shared" / "data" / "profiling"
    return directory if directory.is_dir() else None


def runs_of(task: Task, directory: Path) -> tuple[list[Run], list[Run]]:
    """The training and the test runs of a task."""
    runs = list(read_table(directory / f"{task.table}.csv").runs)
    if task.kind != FILES:
        return split_by_cores(runs, task.levels)
    if not any(run.load in task.levels for run in runs):  # only its averages were published
        runs += read_table(directory / f"{AVERAGES_OF_20}.csv").runs
    return split_by_load(runs, task.levels)


def accuracy(task: Task, directory: Path, *, jobs_known: bool) -> Accuracy:
    training, test = runs_of(task, directory)
    return measure_accuracy(training, test, Facts(jobs=task.jobs if jobs_known else None))


def cpu_s(action: Callable[[], object], times: int) -> float:
    """Median CPU seconds of one call, after one that does not count."""
    action()
    found = []
    for _ in range(times):
        began = time.process_time()
        action()
        found.append(time.process_time() - began)
    return median(found)


def print_accuracy(directory: Path) -> None:
    print(
        "MAPE (%) on held-out averages. Published: the best of eight models, chosen on the test set itself."
    )
    print("Honest: what the reference chose by itself, in two or three configurations; - where it gave none.")
    print("Known jobs: 10, and 1 for each file. 15 (May) is not stated: it was read off the whole staircase.")
    print(
        f"{'task':60s} {'published':>9s} {'honest':>17s} {'jobs unknown':>12s} {'known':>6s} {'fit ms':>10s}"
    )
    groups: dict[str, list[tuple[Accuracy, Accuracy]]] = {}
    for task in TASKS:
        pair = accuracy(task, directory, jobs_known=False), accuracy(task, directory, jobs_known=True)
        groups.setdefault(task.kind, []).append(pair)
        training, _ = runs_of(task, directory)
        spent_ms = 1000 * cpu_s(partial(fit, training), 5)
        honest = " ".join(f"{value:.2f}" for value in task.honest) or "-"
        published = "-" if task.published is None else f"{task.published:.2f}"
        name = f"{task.kind}: {task.table} {','.join(f'{level:g}' for level in task.levels)}"
        ours = f"{100 * pair[0].mape:12.2f} {100 * pair[1].mape:6.2f} {spent_ms:10.1f}"
        print(f"{name:60s} {published:>9s} {honest:>17s} {ours}")
    print_means(groups)


def print_means(groups: dict[str, list[tuple[Accuracy, Accuracy]]]) -> None:
    goals = {INTERPOLATION: 5, CORES: 10, FILES: 10}
    for kind, pairs in groups.items():
        means = [100 * fmean(item.mape for item in side) for side in zip(*pairs, strict=True)]
        covered = [share(list(side)) for side in zip(*pairs, strict=True)]
        print(
            f"mean {kind:14s} jobs unknown {means[0]:6.2f}   known {means[1]:6.2f}   goal {goals[kind]}"
            f"   in the 90 % interval: {covered[0]:.0%} and {covered[1]:.0%} of the points"
        )


def share(results: Sequence[Accuracy]) -> float:
    """The share of test points in their interval."""
    points = [item.covered for each in results for item in each.tested]
    return sum(points) / len(points)


def print_speed(directory: Path | None) -> None:
    runs = [
        Run(c, 100 + 1000 / c + 3 * n, n) for n in (5, 10, 15) for c in (1, 2, 4, 8, 12, 16, 20, 24, 28, 32)
    ]
    if directory is not None:
        runs = list(read_table(directory / "files_full.csv").runs)
    model = fit(runs)
    many = 2000
    one_s = cpu_s(lambda: [model.predict(6 + i % 20, 7.0) for i in range(many)], 5) / many
    print(f"one prediction {1e6 * one_s:.1f} us CPU (goal 20; the reference 2,000 to 4,000)")
    fit_s = cpu_s(lambda: fit(runs), 9)
    low, high = REFERENCE_FIT_S
    print(
        f"fit and selection of {len(runs)} rows {1000 * fit_s:.1f} ms CPU (goal 50; the reference's lightest "
        f"configuration {low / fit_s:,.0f} times, its default {high / fit_s:,.0f} times that)"
    )
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "runs.csv"
        rows = [f"{run.runtime_s},{run.cores},{run.load}" for run in runs]
        table.write_text("\n".join(["runtime,cores,number_of_files", *rows]) + "\n")
        program = Path(sys.executable).parent / "aisprint"
        whole = measure([program, "profile", "fit", table, "--test-files", "15", "-o", "json"])
    print(f"`aisprint profile fit`, the whole process: {whole.cpu_s:.2f} s CPU, {whole.peak_mib:.0f} MiB")


def main() -> None:
    directory = data_directory()
    if directory is None:
        print("The published tables are not here: no accuracy.")
    else:
        print_accuracy(directory)
    print_speed(directory)


if __name__ == "__main__":
    main()
