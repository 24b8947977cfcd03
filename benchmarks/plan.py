"""`aisprint plan` of 100 components: goal 1 s of CPU, the whole process counted.

The first figure is with nothing there, the second with templates written and a ledger of 101 items that
are wanted but gone, the third the planner alone, which is a function of values.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from support.applications import write_chain
from support.measure import measure, show

from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item, ItemKind, ItemState, Observed
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.planner import Action, Record, RecordState, make_plan

COMPONENTS = 100
RUNS = 5


def remember(application: Path) -> int:
    """Record everything that is wanted as there, by hand; gives how many items that is."""
    from aisprint_cli.deploy.prepare import prepare
    from aisprint_cli.deploy.run import begin
    from aisprint_cli.deploy.workspace import open_workspace

    with open_workspace(application) as workspace:
        prepared = prepare(workspace, "base", note=lambda _line: None, write_templates=True)
        deployment, ledger = begin(workspace, prepared), workspace.ledger
        assert isinstance(ledger, Ledger)
        for item in prepared.desired.items:
            step = ledger.intend(deployment, Action.CREATE, item, "benchmark")
            ledger.finish(deployment, step, item.id, RecordState.PRESENT)
        return len(prepared.desired.items)


def planner_alone_s() -> float:
    """Median seconds of CPU for a plan of as many functions on four clusters, each of which changed."""
    clusters = [
        Item(ItemKind.CLUSTER, f"c{number}", ClusterSpec("bench", number, (), "secret://generated/x"))
        for number in range(4)
    ]
    functions = [_function(number) for number in range(COMPONENTS)]
    items = (*clusters, *functions)
    recorded = {item.id: Record(item, RecordState.PRESENT, {}) for item in items}
    live = {item.id: Observed(item.id, ItemState.READY, item.digest) for item in items}
    wanted = [
        replace(item, spec=replace(item.spec, source_digest="b"))
        if isinstance(item.spec, FunctionSpec)
        else item
        for item in items
    ]
    found = []
    for _ in range(RUNS):
        began = time.process_time()
        plan = make_plan(wanted, recorded, live)
        found.append(time.process_time() - began)
        assert len(plan.changes) == COMPONENTS
    return median(found)


def _function(number: int) -> Item:
    cluster, name = f"c{number % 4}", f"stage{number}"
    service = {
        "name": name,
        "input": [{"storage_provider": "minio", "path": f"stage{number - 1}/output"}],
        "output": [{"storage_provider": "minio", "path": f"{name}/output"}],
    }
    spec = FunctionSpec(cluster, name, "VM", f"designs/{name}", "a", service)
    return Item(ItemKind.FUNCTION, f"{cluster}/{name}", spec, (f"cluster/{cluster}",))


def main() -> None:
    """Measure and print."""
    aisprint = Path(sys.executable).parent / "aisprint"
    with tempfile.TemporaryDirectory() as name:
        application = Path(name) / "bench"
        write_chain(application, components=COMPONENTS, layers=1)
        subprocess.run([aisprint, "design", application, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        environment = {"AISPRINT_HOME": str(Path(name) / "home"), "HOME": name}
        command = [aisprint, "plan", application, "--base", "--quiet"]
        show(f"plan of {COMPONENTS} components, nothing there", measure(command, runs=RUNS, env=environment))
        count = remember(application)
        show(f"plan of {count} recorded items, all gone", measure(command, runs=RUNS, env=environment))
    print(f"{'the planner alone':<44} cpu {planner_alone_s():8.3f} s")


if __name__ == "__main__":
    main()
