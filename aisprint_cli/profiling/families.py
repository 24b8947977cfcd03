"""The families of models that are tried: sums of a few terms, with the numbers they depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from aisprint_cli.profiling.terms import Kind, Term

_PODS_PER_NODE = (2, 4, 8)
_POWERS = (0.25, 0.5, 0.75)
_FAN_OUTS = (1.0, 2.0, 3.0, 4.0, 6.0)
_MOST_JOBS_PER_CORE = 2
_MOST_JOBS_TRIED = 64
_ONE = Term(Kind.CONSTANT)
_LOAD = Term(Kind.LOAD)
_DIVIDED = Term(Kind.SHARE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model that may be fitted: its terms, and whether what it leaves over is interpolated."""

    family: str
    terms: tuple[Term, ...]
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a campaign beside its table; None where it is not.

    `jobs` is how many jobs a run has (per unit of load where the load varies), `per_node` how many
    pods fit on a node.
    """

    jobs: float | None = None
    per_node: int | None = None


def candidates(levels: Sequence[float], *, varied_load: bool, facts: Facts) -> tuple[Candidate, ...]:
    """All candidates for a table with these levels of cores.

    Where the number of jobs is not known, it is one more thing to choose: a staircase shows it.
    """
    plain = _with_load(facts) if varied_load else _of_cores(levels, facts)
    found = tuple(dict.fromkeys(plain))
    return (*found, *(Candidate(item.family, item.terms, corrected=True) for item in found))


def _of_cores(levels: Sequence[float], facts: Facts) -> Iterator[Candidate]:
    yield Candidate("amdahl", (_ONE, _DIVIDED))
    yield Candidate("ernest", (_ONE, _DIVIDED, Term(Kind.LOGARITHM), Term(Kind.CORES)))
    yield Candidate("usl", (_ONE, _DIVIDED, Term(Kind.CORES)))
    for power in _POWERS:
        yield Candidate("power", (_ONE, Term(Kind.POWER, power=power)))
    pods = _pods(facts)
    for per_node in pods:
        yield Candidate("packing", (_ONE, _DIVIDED, Term(Kind.PACKED_SHARE, per_node=per_node)))
    for jobs in _jobs(levels, facts):
        yield Candidate("amdahl on jobs", (_ONE, Term(Kind.SHARE, jobs=jobs)))
        waves = Term(Kind.WAVES, jobs=jobs)
        for per_node in pods:
            packed = Term(Kind.PACKED_WAVES, jobs=jobs, per_node=per_node)
            yield Candidate("waves", (waves, packed))
            yield Candidate("waves and share", (_ONE, waves, packed, _DIVIDED))


def _with_load(facts: Facts) -> Iterator[Candidate]:
    yield Candidate("amdahl", (_ONE, _LOAD, _DIVIDED))
    yield Candidate("ernest", (_ONE, _DIVIDED, Term(Kind.LOGARITHM), Term(Kind.CORES)))
    for power in _POWERS:
        yield Candidate("power", (_ONE, _LOAD, Term(Kind.POWER, power=power)))
    pods = _pods(facts)
    for per_node in pods:
        yield Candidate("packing", (_ONE, _LOAD, _DIVIDED, Term(Kind.PACKED_SHARE, per_node=per_node)))
    fan_outs = _FAN_OUTS if facts.jobs is None else (facts.jobs,)
    for fan_out, per_node in product(fan_outs, pods):
        yield from _jobs_of_load(fan_out, per_node)


def _jobs_of_load(fan_out: float, per_node: int) -> Iterator[Candidate]:
    waves = Term(Kind.WAVES, fan_out=fan_out)
    packed = Term(Kind.PACKED_WAVES, fan_out=fan_out, per_node=per_node)
    yield Candidate("waves", (_ONE, waves, packed))
    yield Candidate("waves and load", (_LOAD, waves, packed))
    yield Candidate("waves and share", (_LOAD, _DIVIDED, waves, packed))
    yield Candidate("busy waves", (_ONE, waves, packed, Term(Kind.ACTIVE, fan_out=fan_out)))
    limited = Term(Kind.SHARE, fan_out=fan_out)
    crowded = Term(Kind.PACKED_SHARE, fan_out=fan_out, per_node=per_node)
    yield Candidate("packing on jobs", (_ONE, _LOAD, limited, crowded))


def _pods(facts: Facts) -> tuple[int, ...]:
    return _PODS_PER_NODE if facts.per_node is None else (facts.per_node,)


def _jobs(levels: Sequence[float], facts: Facts) -> list[float]:
    if facts.jobs is not None:
        return [facts.jobs]
    most = min(int(_MOST_JOBS_PER_CORE * max(levels)), _MOST_JOBS_TRIED)
    return [float(jobs) for jobs in range(2, most + 1)]
