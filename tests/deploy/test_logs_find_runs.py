"""Runs are named as people name them: by the start of what they see."""

from __future__ import annotations

import pytest

from aisprint_cli.backends.interface import Job, JobState
from aisprint_cli.deploy.logs import Selection, select
from aisprint_cli.errors import UsageError


def _job(identifier: str, trace: str, created_s: float = 0.0) -> Job:
    return Job(identifier, "shop-l1", "count", trace, JobState.SUCCEEDED, "count/input/a.txt", created_s)


JOBS = [_job("count-1a", "aa11", 1), _job("count-1b", "ab22", 2), _job("count-1", "ab33", 3)]


def _found(selection: Selection) -> list[str]:
    return [job.id for job in select(JOBS, selection)]


def test_the_start_of_an_identifier_is_enough() -> None:
    assert _found(Selection(trace="aa")) == ["count-1a"]
    assert _found(Selection(job="count-1b")) == ["count-1b"]


def test_a_whole_identifier_is_that_one_even_where_others_begin_with_it() -> None:
    assert _found(Selection(job="count-1")) == ["count-1"]


def test_all_runs_of_a_trace_are_found() -> None:
    more = [*JOBS, _job("sum-9", "aa11", 4)]
    assert [job.id for job in select(more, Selection(trace="aa1"))] == ["count-1a", "sum-9"]


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(trace="ab"), "There are 2 traces that begin with 'ab'"),
        (Selection(job="count"), "There are 3 jobs that begin with 'count'"),
        (Selection(trace="zz"), "There is no trace 'zz'"),
        (Selection(job="count-1", failed=True), "There is no job 'count-1' that failed"),
    ],
)
def test_what_names_none_or_several_is_refused(selection: Selection, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        select(JOBS, selection)
