"""Deploying and removing 2, 10 and 50 functions: time grows with depth, not with count.

The back end is one that takes a fixed time for each thing, as a remote service does: what is measured
besides is our own work (ledger, threads, plan), which the second column shows. On one machine the local
back end cannot show it, because its functions share the machine.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from aisprint_cli.backends.interface import (
    EVERY_CAPABILITY,
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ItemState,
    Observed,
    Progress,
)
from aisprint_cli.cli.deployment_options import DEFAULT_PARALLEL
from aisprint_cli.deploy.executor import Executor
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.planner import make_plan

COUNTS = (2, 10, 50)


class Remote:
    """A service that takes `seconds` to make or remove anything, however much it is asked at once."""

    name = "remote"
    capabilities = EVERY_CAPABILITY

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._there: dict[str, str] = {}

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """What is there now."""
        found = {}
        for item in items:
            digest = self._there.get(item.id)
            state = ItemState.ABSENT if digest is None else ItemState.READY
            found[item.id] = Observed(item.id, state, digest)
        return found

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Take the time, then have it."""
        progress("making")
        time.sleep(self._seconds)
        with self._lock:
            self._there[item.id] = item.digest
        return self.observe([item])[item.id]

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:  # noqa: ARG002
        """Take the time, then be rid of it."""
        progress("removing")
        time.sleep(self._seconds)
        with self._lock:
            self._there.pop(item.id, None)

    def close(self) -> None:
        """Nothing to let go of."""


def items(count: int) -> tuple[Item, ...]:
    """Two clusters and `count` functions that feed one another across them."""
    clusters = [
        Item(ItemKind.CLUSTER, f"c{number}", ClusterSpec("bench", number, (), "secret://generated/x"))
        for number in range(2)
    ]
    functions = []
    for number in range(count):
        here, there, name = f"c{number % 2}", f"c{(number + 1) % 2}", f"stage{number}"
        service = {
            "name": name,
            "input": [{"storage_provider": "minio", "path": f"stage{number - 1}/output"}],
            "output": [{"storage_provider": f"minio.{there}", "path": f"{name}/output"}],
        }
        spec = FunctionSpec(here, name, "VM", f"designs/{name}", "a", service)
        functions.append(
            Item(ItemKind.FUNCTION, f"{here}/{name}", spec, (f"cluster/{here}", f"cluster/{there}"))
        )
    return (*clusters, *functions)


def run(folder: Path, count: int, seconds: float, parallel: int) -> tuple[float, float, float]:
    """Wall seconds of the deploy and of the removal, and seconds of CPU of both."""
    wanted, backend = items(count), Remote(seconds)
    began_cpu = _cpu_s()
    with Ledger(folder / f"{count}.sqlite") as ledger:
        deployment = ledger.begin("remote", "bench", "base", {})
        walls = []
        for target in (wanted, ()):
            executor = Executor(backend, ledger, parallel=parallel, redact=str, listen=lambda _event: None)
            plan = make_plan(target, ledger.records("remote"), backend.observe(wanted))
            began = time.perf_counter()
            assert executor.execute(plan, deployment).complete
            walls.append(time.perf_counter() - began)
    return walls[0], walls[1], _cpu_s() - began_cpu


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.5, help="what each thing takes")
    parser.add_argument("--parallel", type=int, default=DEFAULT_PARALLEL)
    options = parser.parse_args()
    depth = 2 * options.seconds
    print(f"each thing takes {options.seconds:g} s, so two levels take {depth:g} s")
    with tempfile.TemporaryDirectory() as name:
        for count in COUNTS:
            made, removed, cpu = run(Path(name), count, options.seconds, options.parallel)
            print(
                f"{count:3} functions: deploy {made:6.2f} s ({made / depth:.2f} x depth),"
                f" undeploy {removed:6.2f} s ({removed / depth:.2f} x depth), cpu {cpu:.2f} s"
            )


if __name__ == "__main__":
    main()
