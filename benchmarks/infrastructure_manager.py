"""Deploying through a real Infrastructure Manager on this machine, against the reference's figure.

Run: python benchmarks/infrastructure_manager.py [--components 10 50] [--counts 10 50]

An application of two components on two made clusters of the Dummy cloud, by the whole command line; the
reference takes 32 s for two components, and the goal is 5 s. Then applications of more components on one
made cluster: their depth is the same. Then clusters alone, all at once: their time
is that of the server, which is one process, so CPU seconds are shown beside those on the clock.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

TESTS = Path(__file__).resolve().parent.parent / "tests"
for area in ("infrastructure_manager", "oscar_backend", "deploy"):
    sys.path.append(str(TESTS / area))
sys.path.append(str(Path(__file__).parent))

from conftest import World  # noqa: E402  the tests' own directory
from im_server import free_port, infrastructure_manager  # noqa: E402
from installed_command import CommandLine  # noqa: E402
from small_templates import cluster  # noqa: E402
from support.applications import write_chain  # noqa: E402
from tiny_chain import make_application, redesign  # noqa: E402

from aisprint_cli.backends.im.waiting import Patience  # noqa: E402
from aisprint_cli.backends.interface import Item  # noqa: E402

REFERENCE_S = 32.0
GOAL_S = 5.0
AT_ONCE = 16


@contextmanager
def server(directory: Path) -> Iterator[tuple[str, psutil.Process]]:
    url, process = infrastructure_manager(directory, free_port())
    process.start()
    assert process.pid is not None
    try:
        yield url, psutil.Process(process.pid)
    finally:
        process.stop()


@dataclass(frozen=True)
class Spent:
    """Seconds: on the clock, of our CPU time, of the server's."""

    wall: float
    own: float
    server: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s (CPU: {self.own:.2f} s ours, {self.server:.2f} s the server's)"


def timed(manager: psutil.Process, act: Callable[[], object]) -> Spent:
    began = (time.perf_counter(), time.process_time(), sum(manager.cpu_times()[:2]))
    act()
    ended = (time.perf_counter(), time.process_time(), sum(manager.cpu_times()[:2]))
    return Spent(*(after - before for before, after in zip(began, ended, strict=True)))


def application(directory: Path, url: str, manager: psutil.Process) -> None:
    world = World(url, make_application(directory / "tiny"))
    world.dummy("dummy")
    command = CommandLine(
        directory, {"PATH": "", "AISPRINT_IM_URL": url, "AISPRINT_HOME": str(directory / "home")}
    )
    deploy = ("deploy", "tiny", "--base", "--backend", "im", "--yes", "--quiet")
    spent = timed(manager, lambda: command(*deploy))
    print(f"deploy of 2 components: {spent}")
    print(f"  reference/ours: {REFERENCE_S / spent.wall:.1f}, goal/ours: {GOAL_S / spent.wall:.1f}")
    spent = timed(manager, lambda: command("undeploy", "tiny", "--yes", "--quiet"))
    print(f"undeploy of the same: {spent}")


def components(directory: Path, url: str, manager: psutil.Process, count: int) -> None:
    folder = directory / f"chain{count}"
    write_chain(folder / "tiny", components=count, layers=1)
    candidates = folder / "tiny" / "common_config" / "candidate_deployments.yaml"
    candidates.write_text(re.sub(r"image:.*", "image: bench/stage", candidates.read_text()))
    redesign(folder / "tiny")
    World(url, folder / "tiny").dummy("dummy")
    command = CommandLine(folder, {"PATH": "", "AISPRINT_IM_URL": url, "AISPRINT_HOME": str(folder / "home")})
    deploy = ("deploy", "tiny", "--base", "--backend", "im", "--yes", "--quiet")
    print(f"deploy of {count} components on one cluster: {timed(manager, lambda: command(*deploy))}")
    spent = timed(manager, lambda: command("undeploy", "tiny", "--yes", "--quiet"))
    print(f"undeploy of the same: {spent}")


def clusters(directory: Path, url: str, manager: psutil.Process, count: int) -> float:
    world = World(url, directory / f"many{count}")
    items = [cluster(f"app-l{number}") for number in range(count)]
    world.dummy(*(item.name for item in items))
    patient = Patience(nothing_s=600, configured_s=1200, gone_s=600)
    with closing(world.open(patience=patient)) as place, ThreadPoolExecutor(AT_ONCE) as pool:

        def each(act: Callable[[Item], object]) -> Spent:
            return timed(manager, lambda: list(pool.map(act, items)))

        made = each(lambda item: place.apply(item, _quiet))
        seen = timed(manager, lambda: place.observe(items))
        gone = each(lambda item: place.remove(item, keep_data=False, progress=_quiet))
    print(f"{count} clusters made: {made}")
    print(f"{count} clusters looked at: {seen}")
    print(f"{count} clusters removed: {gone}")
    return (made.own + made.server) / count


def _quiet(_line: str) -> None:
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--components", type=int, nargs="+", default=[10, 50])
    options = parser.parse_args()
    counts = options.counts
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "im") as (url, manager):
        application(Path(folder), url, manager)
        for count in options.components:
            components(Path(folder), url, manager, count)
        each = [clusters(Path(folder), url, manager, count) for count in counts]
        if len(each) > 1:
            print(f"CPU for one cluster, with {counts[-1]} to with {counts[0]}: {each[-1] / each[0]:.2f}")


if __name__ == "__main__":
    main()
