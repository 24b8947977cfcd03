"""`aisprint simulate`: play a placement as a discrete-event simulation, beside what was predicted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.placement_source import Program, interruptible, read_problem
from aisprint_cli.cli.session import NoColor, Output, OutputFormat, Quiet, Session, Verbose, open_session
from aisprint_cli.errors import InfeasibleError, InvalidInputError, UsageError

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Placement, Problem
    from aisprint_cli.simulation.arrivals import ArrivalProcess


AS_STATED = "as stated"
"""Service times and disciplines that the system itself says."""


class _Discipline(StrEnum):
    SHARING = "sharing"
    FCFS = "fcfs"


class _Dispatch(StrEnum):
    RANDOM = "random"
    ROUND_ROBIN = "round-robin"
    SHORTEST = "shortest"
    CENTRAL = "central"


_System = Annotated[
    Path,
    typer.Argument(
        metavar="SYSTEM",
        help="A system file (JSON), or the directory of a designed application.",
        show_default=False,
    ),
]
_Solution = Annotated[
    Path | None,
    typer.Option(
        "--placement",
        metavar="FILE",
        help="The placement (Output.json).",
        show_default="the application's optimal deployment, or the cheapest",
    ),
]
_Rate = Annotated[
    float | None,
    typer.Option(help="Requests per second at each entry.", show_default="the placement's, or the system's"),
]
_Requests = Annotated[
    int | None,
    typer.Option(
        min=1, help="Length: requests expected at one entry.", show_default="10000, or the pattern's"
    ),
]
_Hours = Annotated[float | None, typer.Option(help="Length in hours instead.")]
_WarmUp = Annotated[
    float | None,
    typer.Option(
        "--warm-up", min=0, metavar="SECONDS", help="What does not count.", show_default="as needed"
    ),
]
_Replications = Annotated[int, typer.Option(min=1, help="How often, with other random numbers.")]
_Seed = Annotated[int, typer.Option(min=0, help="Of all random numbers.")]
_Arrivals = Annotated[
    str,
    typer.Option(
        metavar="PATTERN",
        help="poisson, regular, bursts:CV, ramp:FROM:TO[:HOURS], hourly:RATE,RATE,..., trace:FILE.",
    ),
]
_Service = Annotated[
    str | None,
    typer.Option(
        metavar="LAW",
        help="Service times: exponential, deterministic, lognormal:CV.",
        show_default="as the system says, else exponential",
    ),
]
_DisciplineOption = Annotated[
    _Discipline | None,
    typer.Option(help="How an instance works.", show_default="as the system says, else sharing"),
]
_DispatchOption = Annotated[_Dispatch, typer.Option(help="How requests are spread over instances.")]
_Cores = Annotated[bool, typer.Option("--cores", help="Let an instance use all cores of its resource.")]
_Shared = Annotated[
    bool, typer.Option("--shared-bandwidth", help="Let concurrent transfers share their network.")
]
_SemanticsOption = Annotated[
    Program, typer.Option(help="Which reference program's formulas predict, where the two differ.")
]
_TimeLimit = Annotated[
    float, typer.Option("--time-limit", min=0, metavar="SECONDS", help="For finding a placement.")
]


def simulate(
    system: _System,
    placement: _Solution = None,
    rate: _Rate = None,
    requests: _Requests = None,
    hours: _Hours = None,
    warm_up: _WarmUp = None,
    replications: _Replications = 10,
    seed: _Seed = 0,
    arrivals: _Arrivals = "poisson",
    service: _Service = None,
    discipline: _DisciplineOption = None,
    dispatch: _DispatchOption = _Dispatch.RANDOM,
    cores: _Cores = False,
    shared_bandwidth: _Shared = False,
    semantics: _SemanticsOption = Program.PYTHON,
    time_limit: _TimeLimit = 60.0,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Simulate a placement and compare it with what was predicted.

    Requests come, queue, start functions cold, cross networks, branch and exit as the system says. The
    simulated response times, utilisations and cost stand beside the predicted ones with 95 % confidence
    intervals, and where they differ, it says why. The same seed gives the same requests.

    Example:
        aisprint simulate system.json --placement Output.json
        aisprint simulate system.json --rate 2.5 --arrivals hourly:1,1,2,4,4,2 --seed 7 -o json
        aisprint simulate my_app --arrivals bursts:3
    """
    from aisprint_cli.cli import simulation_view
    from aisprint_cli.simulation.comparison import compare
    from aisprint_cli.simulation.experiment import replicate
    from aisprint_cli.simulation.facility import Discipline, Dispatch
    from aisprint_cli.simulation.settings import Settings, horizon_for
    from aisprint_cli.simulation.spellings import service_from

    session = open_session(output, quiet, verbose, no_color)
    if hours is not None and (requests is not None or not hours > 0):
        raise UsageError("Two lengths, or one that is not positive.", mend="Give --requests or --hours.")
    given = placement or _designed(system)
    problem, placed = _read(session, system, given, rate, semantics, time_limit)
    process = _arrivals(arrivals, problem)
    settings = Settings(
        arrivals=process,
        service=None if service is None else service_from(service),
        discipline=None if discipline is None else Discipline(discipline.value),
        dispatch=Dispatch(dispatch.value),
        use_cores=cores,
        shared_bandwidth=shared_bandwidth,
    )
    measured_s = hours * 3600 if hours is not None else None
    horizon = horizon_for(
        problem, placed, process, requests=requests, measured_s=measured_s, warm_up_s=warm_up
    )
    experiment = replicate(problem, placed, horizon, settings, seed=seed, replications=replications)
    comparison = compare(problem, placed, settings, experiment)
    facts = simulation_view.Facts(
        system=system.resolve().name,
        placement=given.name if given is not None else None,
        rate_per_s=problem.entry_rate_per_s,
        arrivals=arrivals,
        service=service or AS_STATED,
        discipline=AS_STATED if discipline is None else discipline.value,
        dispatch=dispatch.value,
        semantics=semantics.value,
        seed=seed,
        period_h=problem.period_h,
    )
    simulation_view.show(session, facts, horizon, experiment, comparison)


def _designed(system: Path) -> Path | None:
    """The placement that the design of an application holds, if it is one and was placed."""
    if not system.is_dir():
        return None
    from aisprint_cli.design.layout import OUTPUT_PATH, TREE

    path = system / TREE / OUTPUT_PATH
    return path if path.is_file() else None


def _read(
    session: Session,
    system: Path,
    placement: Path | None,
    rate: float | None,
    semantics: Program,
    time_limit_s: float,
) -> tuple[Problem, Placement]:
    """The problem, and the placement given or the cheapest."""
    from aisprint_cli.load.json_document import read_json
    from aisprint_cli.placement.output_file import output_from, stated_rate_per_s

    if placement is None:
        problem = read_problem(session, system, rate, semantics).problem
        return problem, _solve(session, problem, time_limit_s)
    document = read_json(placement)
    stated = rate if rate is not None else stated_rate_per_s(document)
    problem = read_problem(session, system, stated, semantics).problem
    return problem, output_from(document, placement.parent, problem).placement


def _solve(session: Session, problem: Problem, time_limit_s: float) -> Placement:
    import time

    from aisprint_cli.placement.anytime import Searcher

    session.note("Looking for the cheapest placement.")
    with interruptible(session) as cancelled:
        result = Searcher(time_limit_s, cancelled, time.monotonic).best(problem)
    if result.placement is None:
        raise InfeasibleError(
            "There is no placement to simulate: none was found that meets every constraint.",
            mend="`aisprint place` says why; or give one with --placement.",
        )
    proof = "the cheapest" if result.gap == 0 else f"at most {result.gap:.1%} above the cheapest"
    session.note(f"Simulating the placement that costs {result.cost:.6g} ({proof}).")
    return result.placement


def _arrivals(text: str, problem: Problem) -> ArrivalProcess:
    from aisprint_cli.simulation.spellings import arrivals_from, trace_from

    kind, _, name = text.partition(":")
    if kind != "trace":
        return arrivals_from(text, problem.entry_rate_per_s)
    try:
        return trace_from(Path(name).read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"The trace {name} cannot be read: {error}.", mend="Give a text file of seconds."
        ) from error
