"""Measure what each part of this application needs, and derive what it needs on each candidate resource.

    aisprint design --no-place
    python profile/measure.py            # writes oscarp/
    python profile/measure.py --check    # compares oscarp/ with a fresh measurement, writes nothing

Every part runs as a function runs it: one process for each input, `python main.py -i ... -o ...`. What
counts is the processor time of that process, because the time on the clock would also hold what else
this machine was doing. Each input is run several times; the median of those is taken, then the mean
over the inputs. The sizes are those of the files that the parts wrote.

Only one machine was measured. What the same work takes on a candidate resource is that figure times
the resource's factor in `SPEEDS`: an assumption, to be replaced by a measurement there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
CHECKOUT = HERE.parent.parent
MODELS = HERE / "oscarp" / "performance_models.json"
SIZES = HERE / "oscarp" / "components_data_size.yaml"

WHOLE = ("locate", "classify", "tally")
SPLIT = tuple(("locate", f"classify_partition{k}_1", f"classify_partition{k}_2", "tally") for k in (1, 2))

# How long the same work takes on one core of a resource, one core of the measured machine being 1.
SPEEDS = {
    "EdgeBoard": 2.5,  # a board with a Cortex-A76 at 2.4 GHz
    "EdgeServer": 1.0,  # a small server with a recent desktop processor
    "ClusterNode": 1.0,  # a virtual machine on a server like the measured one
    "FaaS-arm": 2.1,  # 1,024 of the 1,769 MB that come with a whole core, and 1.2 for that core
}
FUNCTION = "FaaS-arm"
COLD_START_S = 1.5  # until a container with Python runs there
TIERS = {"EdgeBoard": "QTedge", "EdgeServer": "QTedge", "ClusterNode": "QTcloud", FUNCTION: "PACSLTK"}
CANDIDATES = {
    "locate": ("EdgeBoard", "EdgeServer"),
    "classify": ("EdgeBoard", "EdgeServer", "ClusterNode"),
    "classify_partition1_1": ("EdgeBoard", "EdgeServer"),
    "classify_partition1_2": ("ClusterNode",),
    "classify_partition2_1": ("EdgeBoard", "EdgeServer"),
    "classify_partition2_2": ("ClusterNode",),
    "tally": ("EdgeBoard", "EdgeServer", "ClusterNode", FUNCTION),
}


def directory_of(part: str) -> Path:
    """Where the code of a part is: the design's for a segment."""
    component, _, split = part.partition("_partition")
    folder = HERE / "aisprint" / "designs" / component / (f"partition{split}" if split else "base")
    if not folder.is_dir():
        sys.exit(f"There is no {folder.relative_to(HERE)}: run `aisprint design --no-place` first.")
    return folder


def run(part: str, source: Path, output: Path) -> tuple[float, Path | None]:
    """Run a part once: its processor time in seconds, and the file it wrote, if any."""
    process = subprocess.Popen(
        [sys.executable, "main.py", "-i", str(source), "-o", str(output)],
        cwd=directory_of(part),
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{part} failed on {source.name}.")
    written = sorted(output.parent.glob(f"{output.name}*"))
    return usage.ru_utime + usage.ru_stime, written[0] if written else None


def measure(runs: int) -> tuple[dict[str, list[float]], dict[str, list[int]]]:
    """The processor times (s) and output sizes (bytes) of every part, one of each for each input."""
    times: dict[str, list[float]] = {}
    sizes: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for page in sorted((HERE / "input").glob("*.png")):
            done: dict[tuple[str, ...], Path | None] = {(): page}
            for chain in (WHOLE, *SPLIT):
                for length, part in enumerate(chain, 1):
                    source = done[chain[: length - 1]]
                    if source is None or chain[:length] in done:
                        done.setdefault(chain[:length], None)
                        continue
                    folder = Path(scratch, page.stem, *chain[:length])
                    folder.mkdir(parents=True)
                    took = [run(part, source, folder / part) for _ in range(runs)]
                    times.setdefault(part, []).append(statistics.median(seconds for seconds, _ in took))
                    written = done[chain[:length]] = took[-1][1]
                    if written is not None:
                        sizes.setdefault(part, []).append(written.stat().st_size)
    return times, sizes


def models(measured_s: dict[str, float]) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """What each part needs on each of its candidate resources, in the form of performance_models.json."""
    document: dict[str, dict[str, dict[str, dict[str, object]]]] = {name: {} for name in WHOLE}
    for part, resources in CANDIDATES.items():
        entries = document[part.partition("_partition")[0]].setdefault(part, {})
        for resource in resources:
            demand_s = round(measured_s[part] * SPEEDS[resource], 3)
            figures = {"demand": demand_s}
            if resource == FUNCTION:
                figures = {"demandWarm": demand_s, "demandCold": round(demand_s + COLD_START_S, 3)}
            entries[resource] = {"model": TIERS[resource], **figures}
    return document


def sizes_text(sizes: dict[str, list[int]]) -> str:
    """The mean size of what each part sends, in KB."""
    lines = [f"{part}: {statistics.mean(found) / 1000:.3g}\n" for part, found in sorted(sizes.items())]
    return "# KB that a part writes for one input, by profile/measure.py\n" + "".join(lines)


def differences(fresh: object, stored: object, where: str = "") -> list[str]:
    """Where two documents of figures differ by more than a half."""
    if isinstance(fresh, dict) and isinstance(stored, dict) and fresh.keys() == stored.keys():
        return [line for key in fresh for line in differences(fresh[key], stored[key], f"{where} {key}")]
    if isinstance(fresh, (int, float)) and isinstance(stored, (int, float)):
        close = max(fresh, stored) <= 1.5 * min(fresh, stored)
        return [] if close else [f"{where.strip()}: {stored} is stored, {fresh} was measured"]
    return [] if fresh == stored else [f"{where.strip()}: {stored!r} is stored, {fresh!r} was expected"]


def main() -> None:
    """Measure, then write or compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each part on each input (5)")
    parser.add_argument("--check", action="store_true", help="compare with what is stored, and write nothing")
    args = parser.parse_args()
    times, sizes = measure(args.runs)
    measured_s = {part: statistics.mean(found) for part, found in times.items()}
    print(f"{platform.machine()}, {os.cpu_count()} cores, {args.runs} runs; processor seconds for one input:")
    for part, seconds in measured_s.items():
        low, high = min(times[part]), max(times[part])
        print(f"  {part:<24}{seconds:.3f}   ({low:.3f} to {high:.3f} over {len(times[part])} inputs)")
    document = models(measured_s)
    if args.check:
        found = differences(document, json.loads(MODELS.read_text()))
        print("\n".join(found) or "What is stored agrees.")
        sys.exit(bool(found))
    MODELS.parent.mkdir(exist_ok=True)
    MODELS.write_text(json.dumps(document, indent=2) + "\n")
    SIZES.write_text(sizes_text(sizes))
    print(f"Wrote {MODELS.relative_to(HERE)} and {SIZES.relative_to(HERE)}.")


if __name__ == "__main__":
    main()
