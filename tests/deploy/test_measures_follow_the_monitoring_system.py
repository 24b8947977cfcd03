"""Local and global times are taken and judged as the monitoring system does."""

from __future__ import annotations

from aisprint_cli.backends.interface import Job, JobState
from aisprint_cli.deploy.measures import (
    Constraint,
    Verdict,
    constraints_document,
    measure,
    read_constraints,
)
from aisprint_cli.model.qos import GlobalConstraint, LayerQos, LocalConstraint, QosConstraints

PARTS = {("l1", "find"): "find", ("l1", "read-p1"): "read_p1", ("l2", "count"): "count"}


def _job(function: str, trace: str, start: float, end: float, state: JobState = JobState.SUCCEEDED) -> Job:
    cluster = "l2" if function == "count" else "l1"
    return Job(f"{function}-{trace}-{start}", cluster, function, trace, state, "b/f/x", start - 1, start, end)


def test_a_local_sample_is_one_run_without_its_time_in_the_queue() -> None:
    jobs = [_job("find", "t1", 10.0, 12.0), _job("find", "t2", 13.0, 17.0)]

    (found,) = measure([Constraint(("find",), 5.0, False)], jobs, PARTS)

    assert (found.samples, found.mean_s, found.p95_s, found.max_s) == (2, 3.0, 4.0, 4.0)
    assert found.verdict is Verdict.OK


def test_a_global_sample_runs_from_the_first_start_to_the_last_end_of_a_trace() -> None:
    jobs = [
        _job("find", "t1", 10.0, 11.0),
        _job("read-p1", "t1", 12.0, 13.0),
        _job("count", "t1", 15.0, 16.0),
        _job("count", "t1", 17.0, 20.0),
        _job("find", "t2", 30.0, 31.0),
    ]

    (found,) = measure([Constraint(("find", "read_p1", "count"), 9.5, True)], jobs, PARTS)

    assert (found.samples, found.mean_s, found.over) == (1, 10.0, 1)
    assert found.verdict is Verdict.VIOLATED


def test_the_mean_of_each_minute_decides() -> None:
    slow_minute = [_job("find", f"s{n}", 0.0 + n, 3.0 + n) for n in range(5)]
    fast_minutes = [_job("find", f"f{n}", 600.0 + n, 601.0 + n) for n in range(50)]

    (found,) = measure([Constraint(("find",), 2.0, False)], slow_minute + fast_minutes, PARTS)

    assert found.mean_s is not None
    assert found.mean_s < 2.0
    assert (found.worst_minute_s, found.verdict) == (3.0, Verdict.VIOLATED)


def test_single_slow_runs_do_not_violate_a_limit_that_the_mean_keeps() -> None:
    jobs = [_job("find", f"t{n}", 0.0, 1.0) for n in range(9)] + [_job("find", "slow", 0.0, 4.0)]

    (found,) = measure([Constraint(("find",), 2.0, False)], jobs, PARTS)

    assert (found.over, found.p95_s, found.verdict) == (1, 4.0, Verdict.OK)


def test_failed_and_unfinished_runs_and_strangers_do_not_count() -> None:
    jobs = [
        _job("find", "t1", 1.0, 9.0, JobState.FAILED),
        Job("q", "l1", "find", "t2", JobState.RUNNING, "b/f/x", 1.0, 2.0),
        _job("other", "t3", 1.0, 9.0),
    ]

    (found,) = measure([Constraint(("find",), 2.0, False)], jobs, PARTS)

    assert (found.samples, found.mean_s, found.verdict) == (0, None, Verdict.UNMEASURED)


def test_constraints_survive_the_ledger() -> None:
    qos = QosConstraints(
        (LayerQos(1, ("a", "b"), (LocalConstraint("a", 1.5),), (GlobalConstraint(("a", "b"), 4.0),)),)
    )

    assert read_constraints(constraints_document(qos)) == (
        Constraint(("a",), 1.5, False),
        Constraint(("a", "b"), 4.0, True),
    )
