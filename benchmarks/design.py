"""`aisprint design` with 1,296 deployments: goal 3 s of CPU, the whole process counted.

The reference tool took 29.7 s of CPU for four components on six layers and made 23,485 entries in the
file system (its own figures, measured once on another day; the naive program below is measured here).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from support.applications import write_chain
from support.measure import Figures, measure, ratio, show

REFERENCE_CPU_S = 29.7
REFERENCE_ENTRIES = 23_485
RUNS = 3

NAIVE = """
import itertools, shutil, sys
from pathlib import Path
import yaml

application, target = Path(sys.argv[1]), Path(sys.argv[2])
dag = yaml.safe_load((application / "common_config/application_dag.yaml").read_text())
candidates = yaml.safe_load((application / "common_config/candidate_deployments.yaml").read_text())
entries = list(candidates["Components"].values())
for number, layers in enumerate(itertools.product(*(entry["candidateExecutionLayers"] for entry in entries))):
    folder = target / f"deployment{number}"
    (folder / "ams").mkdir(parents=True)
    (folder / "src").mkdir()
    shutil.copytree(application / "space4ai-d", folder / "space4ai-d")
    (folder / "application_dag.yaml").write_text(yaml.safe_dump(dag))
    for layer in sorted(set(layers)):
        names = [entry["name"] for entry, chosen in zip(entries, layers) if chosen == layer]
        limits = [{"component_name": name, "threshold": 10} for name in names]
        local = {f"local_constraint_{i}": limit for i, limit in enumerate(limits, 1)}
        system = {"name": "bench", "local_constraints": local, "global_constraints": {}}
        (folder / "ams" / f"qos_constraints_L{layer}.yaml").write_text(yaml.safe_dump({"system": system}))
    for entry in entries:
        (folder / "src" / entry["name"]).symlink_to(f"../../../designs/{entry['name']}/base")
"""


def prepare(directory: Path, components: int) -> Path:
    """A chain of components, each on any of six layers, with a solver file for every deployment."""
    write_chain(directory, components=components, layers=6)
    (directory / "space4ai-d").mkdir()
    layers = ", ".join(f"computationalLayer{number}" for number in range(1, 7))
    (directory / "space4ai-d" / "SPACE4AI-D.yaml").write_text(f"Time: 1\nEdgeResources: [{layers}]\n")
    return directory


def first_runs(folder: Path, aisprint: Path, components: int, runs: int) -> Figures:
    """Design fresh applications; the medians."""
    found = [
        measure(
            [aisprint, "design", prepare(folder / f"app{components}-{run}", components)], runs=1, warmup=0
        )
        for run in range(runs)
    ]
    return Figures(
        median(figures.cpu_s for figures in found),
        median(figures.wall_s for figures in found),
        median(figures.peak_mib for figures in found),
    )


def entries_below(directory: Path) -> int:
    """How many files, links and directories there are."""
    return sum(1 for _ in directory.rglob("*"))


def main() -> None:
    """Measure a first design, one with nothing to do, one with a change, and the naive program."""
    aisprint = Path(sys.executable).parent / "aisprint"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = first_runs(folder, aisprint, 4, RUNS)
        application = folder / "app4-0"
        entries = entries_below(application / "aisprint")
        again = measure([aisprint, "design", application], runs=RUNS)
        main_file = application / "src/stage1/main.py"
        main_file.write_text(main_file.read_text().replace("=10", "=11"))
        changed = measure([aisprint, "design", application], runs=1, warmup=0)
        program = folder / "naive.py"
        program.write_text(NAIVE)
        naive = measure([sys.executable, program, application, folder / "naive"], runs=1, warmup=0)
        capped = first_runs(folder, aisprint, 7, 1)
    show("first design, 1,296 deployments", first)
    show("again, nothing to do", again)
    show("again, one limit changed", changed)
    show("naive program, same deployments", naive)
    show("first design, 10,000 of 279,936 deployments", capped)
    ratio("first design / naive program, cpu", first.cpu_s, naive.cpu_s)
    ratio("first design / reference (29.7 s), cpu", first.cpu_s, REFERENCE_CPU_S)
    print(f"{'entries in the file system':<44} {entries:8,}")
    ratio("entries / reference (23,485)", entries, REFERENCE_ENTRIES)


if __name__ == "__main__":
    main()
