"""A failure that passes is waited for, one that does not is not, and nothing takes longer than it may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend, chain, plain_secret
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.backends.interface import Item, Observed, Progress
from aisprint_cli.deploy.executor import Executor, Outcome, StepEvent, StepState
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.patience import Patience
from aisprint_cli.deploy.planner import RecordState, make_plan
from aisprint_cli.errors import ExternalError, InvalidInputError, Retry

QUICK = Patience(attempts=4, first_pause_s=0.01, longest_pause_s=0.02)
FIRST = "apply cluster/shop-l1"
PASSING = ExternalError("busy", retry=Retry.LATER)


def _run(
    ledger: Ledger, backend: DirectoryBackend, patience: Patience = QUICK
) -> tuple[Outcome, list[StepEvent]]:
    events: list[StepEvent] = []
    executor = Executor(backend, ledger, parallel=3, redact=str, listen=events.append, patience=patience)
    plan = make_plan(chain(), ledger.records("directory"), {})
    return executor.execute(plan, ledger.begin("directory", "shop", "base", {})), events


def test_what_fails_in_passing_succeeds_in_the_end_and_says_so(
    ledger: Ledger, backend: DirectoryBackend
) -> None:
    backend.setting(busy={FIRST: 3})

    outcome, events = _run(ledger, backend)

    assert outcome.complete
    assert backend.calls.count(FIRST) == 4
    waits = [event.text for event in events if event.state is StepState.RETRYING]
    assert waits == ["again in 0 s: The world is busy with cluster/shop-l1."] * 3


def test_what_never_passes_fails_after_its_attempts(ledger: Ledger, backend: DirectoryBackend) -> None:
    backend.setting(busy={FIRST: 99})

    outcome, _ = _run(ledger, backend)

    assert [step.id for step, _ in outcome.failed] == ["cluster/shop-l1"]
    assert backend.calls.count(FIRST) == QUICK.attempts
    assert "function/shop-l2/read" in {step.id for step in outcome.done}


def test_what_will_not_pass_is_not_tried_again(ledger: Ledger, backend: DirectoryBackend) -> None:
    backend.setting(fail=[FIRST])

    _run(ledger, backend)

    assert backend.calls.count(FIRST) == 1


class _Slow(DirectoryBackend):
    """Waits for ever for one item, looking again and again."""

    def apply(self, item: Item, progress: Progress) -> Observed:
        while item.id == "cluster/shop-l1":
            progress("waiting")
            time.sleep(0.01)
        return super().apply(item, progress)


def test_a_step_that_takes_too_long_is_ended_and_holds_up_nothing_else(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Section 6, 14: a pause for one component held up all of them; and 8: the time-out never fired."""
    outcome, _ = _run(ledger, _Slow(tmp_path / "slow", plain_secret), Patience(step_timeout_s=0.1))

    ((step, error),) = outcome.failed
    assert (step.id, "after 0.1 s" in error) == ("cluster/shop-l1", True)
    assert {step.id for step in outcome.done} == {"cluster/shop-l2", "function/shop-l2/read"}
    assert ledger.records("directory")["cluster/shop-l1"].state is RecordState.FAILED


def test_when_the_time_is_over_nothing_more_begins_and_what_runs_is_told(
    ledger: Ledger, tmp_path: Path
) -> None:
    outcome, _ = _run(ledger, _Slow(tmp_path / "slow", plain_secret), Patience(timeout_s=0.3))

    assert (outcome.complete, outcome.timed_out, outcome.interrupted) == (False, True, False)
    assert [step.id for step, _ in outcome.failed] == ["cluster/shop-l1"]
    assert [step.id for step in outcome.left] == ["function/shop-l1/find"]


class _Deaf(DirectoryBackend):
    """Never looks whether there is time left for one item."""

    def __init__(self, root: Path, resolve: Callable[[str], str]) -> None:
        super().__init__(root, resolve)
        self.over = threading.Event()

    def apply(self, item: Item, progress: Progress) -> Observed:
        if item.id == "cluster/shop-l1":
            self.over.wait(60)
        return super().apply(item, progress)


def test_a_step_that_does_not_end_in_time_is_left_and_stays_on_record(ledger: Ledger, tmp_path: Path) -> None:
    backend = _Deaf(tmp_path / "deaf", plain_secret)

    outcome, _ = _run(ledger, backend, Patience(timeout_s=0.2, grace_s=0.1))

    assert outcome.timed_out
    assert [step.id for step in outcome.abandoned] == ["cluster/shop-l1"]
    assert [step.id for step in outcome.left] == ["cluster/shop-l1", "function/shop-l1/find"]
    assert ledger.records("directory")["cluster/shop-l1"].state is RecordState.INTENDED
    backend.over.set()


@given(st.integers(1, 7), st.integers(0, 5), st.floats(0, 500))
def test_pauses_grow_within_bounds_and_are_the_same_for_the_same_seed(
    attempt: int, seed: int, asked: float
) -> None:
    patience = Patience(seed=seed)
    failure = ExternalError("busy", retry=Retry.LATER, retry_after_s=asked)

    pause = patience.pause_s("a", attempt, failure)

    assert pause is not None
    assert pause == patience.pause_s("a", attempt, failure)
    longest = min(30.0, 2.0 ** (attempt - 1))
    assert max(longest / 2, asked) <= pause <= max(longest, asked)


def test_steps_that_failed_together_come_back_apart() -> None:
    assert len({Patience().pause_s(name, 1, PASSING) for name in "abcdef"}) == 6


@pytest.mark.parametrize("failure", [ExternalError("no"), InvalidInputError("no")])
def test_other_kinds_of_failure_have_no_pause(failure: ExternalError) -> None:
    assert Patience().pause_s("a", 1, failure) is None
