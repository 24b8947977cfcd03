"""Events a second of the simulator, and its time against ciw on the same queue.

Run: python benchmarks/simulation.py [--requests N] [--system SYSTEM.json --placement Output.json]

CPU seconds of this process, medians of three runs taken in turn; ratios are the figures to compare
across machines. ciw is the baseline where both can do the same: one server, first come first served.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import ciw

from aisprint_cli.placement.output_file import read_output
from aisprint_cli.placement.problem import (
    Alternative,
    Choice,
    Component,
    Layer,
    NetworkDomain,
    Option,
    Piece,
    Placement,
    Problem,
    Resource,
    Tier,
)
from aisprint_cli.placement.system_file import read_system
from aisprint_cli.simulation.engine import Simulation
from aisprint_cli.simulation.facility import Discipline
from aisprint_cli.simulation.settings import Horizon, Settings

sys.path.insert(0, str(Path(__file__).parent))

from support.measure import ratio

RATE = 0.8


def chain(length: int, tier: Tier = Tier.CLOUD) -> tuple[Problem, Placement]:
    """Components one after the other, each on a resource of its own, at a utilisation of 0.8."""
    components = tuple(
        Component(
            f"c{number}",
            RATE,
            (Alternative("s1", (Piece("h1", (Option(number, 1.0, 1.0, 1.5),)),), (1.0,)),),
            (number + 1,) if number + 1 < length else (),
            (1.0,) if number + 1 < length else (),
        )
        for number in range(length)
    )
    layers = tuple(Layer(f"l{number}", tier) for number in range(length))
    resources = tuple(
        Resource(f"r{number}", number, 1, 1.0, 1024.0, idle_before_kill_s=60.0) for number in range(length)
    )
    everywhere = (NetworkDomain("all", frozenset(range(length)), 0.01, 1000.0),)
    count = 0 if tier is Tier.FUNCTIONS else 1
    placement = Placement(tuple(Choice(0, (number,)) for number in range(length)), (count,) * length)
    return Problem(RATE, layers, resources, components, everywhere), placement


def cpu_s(action: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    action()
    return time.process_time() - began


def play(problem: Problem, placement: Placement, requests: int, settings: Settings | None = None) -> int:
    """One simulation with so many requests; how many events happened."""
    horizon = Horizon(requests / problem.entry_rate_per_s / 20)
    return Simulation(problem, placement, settings).run(horizon).events


def play_ciw(requests: int) -> None:
    """The same queue in ciw."""
    model = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(RATE)],
        service_distributions=[ciw.dists.Exponential(1.0)],
        number_of_servers=[1],
    )
    ciw.seed(0)
    ciw.Simulation(model).simulate_until_max_time(requests / RATE)


def report(name: str, problem: Problem, placement: Placement, requests: int) -> None:
    """Print the speed of one simulation."""
    figures = []
    events = 0
    for _ in range(3):
        began = time.process_time()
        events = play(problem, placement, requests)
        figures.append(time.process_time() - began)
    seconds = median(figures)
    visits = requests * len(problem.components)
    print(
        f"{name:<44} cpu {seconds:7.3f} s   {events / seconds:10,.0f} events/s   "
        f"{visits / seconds:10,.0f} visits/s"
    )


def against_ciw(requests: int) -> None:
    """The same first-come-first-served M/M/1 queue in both, in turn."""
    problem, placement = chain(1)
    settings = Settings(discipline=Discipline.FCFS)
    mine, other = [], []
    for _ in range(3):
        mine.append(cpu_s(lambda: play(problem, placement, requests, settings)))
        other.append(cpu_s(lambda: play_ciw(requests)))
    print(f"{'M/M/1, first come first served: aisprint':<44} cpu {median(mine):7.3f} s")
    print(f"{'M/M/1, first come first served: ciw':<44} cpu {median(other):7.3f} s")
    ratio("ciw takes", median(other), median(mine))


def forks() -> None:
    """How long a twin of a running application takes: the first step of every look ahead."""
    simulation = Simulation(*chain(15))
    simulation.run_until(2000)
    seconds = median(cpu_s(simulation.fork) for _ in range(9))
    print(f"{'a twin of 15 components under way':<44} cpu {seconds * 1000:7.2f} ms")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--system", type=Path, help="a system file to simulate as well")
    parser.add_argument("--placement", type=Path, help="its placement")
    given = parser.parse_args()
    report("M/M/1, processor sharing", *chain(1), given.requests)
    report("15 components in a chain", *chain(15), given.requests // 15)
    report("15 functions in a chain", *chain(15, Tier.FUNCTIONS), given.requests // 15)
    if given.system and given.placement:
        problem = read_system(given.system).problem
        placement = read_output(given.placement, problem).placement
        report(given.system.name, problem, placement, given.requests // len(problem.components))
    against_ciw(given.requests)
    forks()


if __name__ == "__main__":
    main()
