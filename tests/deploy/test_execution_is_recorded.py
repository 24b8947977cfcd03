"""A plan is carried out along its dependencies, and the ledger always says where it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend, chain, plain_secret

from aisprint_cli.backends.interface import Item, Observed, Progress
from aisprint_cli.deploy.executor import Executor, Outcome, StepEvent, StepState
from aisprint_cli.deploy.ledger import DeploymentRecord, Ledger
from aisprint_cli.deploy.planner import Plan, RecordState, make_plan
from aisprint_cli.deploy.secrets import SecretStore


def _deployment(ledger: Ledger) -> DeploymentRecord:
    return ledger.begin("directory", "shop", "base", {})


def _plan(ledger: Ledger, backend: DirectoryBackend, desired: tuple[Item, ...]) -> Plan:
    recorded = ledger.records("directory")
    known = {name: record.item for name, record in recorded.items()}
    live = backend.observe((known | {item.id: item for item in desired}).values())
    return make_plan(desired, recorded, live)


def _run(
    ledger: Ledger,
    backend: DirectoryBackend,
    desired: tuple[Item, ...],
    listen: Callable[[StepEvent], None] = lambda _event: None,
    redact: Callable[[str], str] = str,
) -> Outcome:
    executor = Executor(backend, ledger, parallel=3, redact=redact, listen=listen)
    return executor.execute(_plan(ledger, backend, desired), _deployment(ledger))


def _states(ledger: Ledger) -> dict[str, RecordState]:
    return {name: record.state for name, record in ledger.records("directory").items()}


def test_everything_desired_exists_and_is_recorded(ledger: Ledger, backend: DirectoryBackend) -> None:
    outcome = _run(ledger, backend, chain())

    assert outcome.complete
    assert backend.existing == {item.id: item.digest for item in chain()}
    assert set(_states(ledger).values()) == {RecordState.PRESENT}
    assert ledger.records("directory")["cluster/shop-l1"].item == chain()[0]


def test_functions_come_after_every_cluster_they_touch(ledger: Ledger, backend: DirectoryBackend) -> None:
    backend.setting(delay_s=0.05)

    _run(ledger, backend, chain())

    order = backend.calls
    assert order.index("apply function/shop-l1/find") > order.index("apply cluster/shop-l2")


def test_a_second_run_calls_nothing(ledger: Ledger, backend: DirectoryBackend) -> None:
    """Section 6, 9: deploying again lost what the first time had launched."""
    _run(ledger, backend, chain())
    before = backend.calls

    outcome = _run(ledger, backend, chain())

    assert outcome == Outcome()
    assert backend.calls == before


def test_a_failed_step_does_not_stop_independent_ones(ledger: Ledger, backend: DirectoryBackend) -> None:
    backend.setting(fail=["apply cluster/shop-l1"])

    outcome = _run(ledger, backend, chain())

    assert [step.item.id for step, _ in outcome.failed] == ["cluster/shop-l1"]
    assert [(step.item.id, why) for step, why in outcome.skipped] == [
        ("function/shop-l1/find", "cluster/shop-l1 did not succeed")
    ]
    assert set(backend.existing) == {"cluster/shop-l2", "function/shop-l2/read"}
    assert _states(ledger)["cluster/shop-l1"] is RecordState.FAILED


def test_repeating_after_a_failure_does_only_what_is_left(ledger: Ledger, backend: DirectoryBackend) -> None:
    backend.setting(fail=["apply cluster/shop-l1"])
    _run(ledger, backend, chain())
    backend.setting(fail=[])
    before = len(backend.calls)

    outcome = _run(ledger, backend, chain())

    assert outcome.complete
    assert backend.calls[before:] == ["apply cluster/shop-l1", "apply function/shop-l1/find"]


def test_removal_is_verified_and_leaves_history(ledger: Ledger, backend: DirectoryBackend) -> None:
    _run(ledger, backend, chain())

    outcome = _run(ledger, backend, ())

    assert outcome.complete
    assert backend.existing == {}
    assert set(_states(ledger).values()) == {RecordState.REMOVED}
    actions = [step.action for step in ledger.steps(1)]
    assert (actions.count("create"), actions.count("delete")) == (4, 4)


def test_no_secret_reaches_the_ledger_s_steps_or_the_listener(ledger: Ledger, tmp_path: Path) -> None:
    store = SecretStore(ledger, tmp_path, {})
    backend = DirectoryBackend(tmp_path / "world", store)
    backend.setting(fail=["apply cluster/shop-l1"])
    events: list[StepEvent] = []

    _run(ledger, backend, chain(), events.append, store.redact)

    (failed,) = [event for event in events if event.state is StepState.FAILED]
    assert "(token ***)" in failed.text
    secret = store("secret://generated/planted")
    assert all(secret not in step.error for step in ledger.steps(1))


class _Talks(DirectoryBackend):
    def apply(self, item: Item, progress: Progress) -> Observed:
        progress(f"token {self._resolve('secret://generated/planted')}")
        return replace(
            super().apply(item, progress), detail=f"done with {self._resolve('secret://generated/planted')}"
        )


def test_no_secret_reaches_the_listener_from_what_goes_well(ledger: Ledger, tmp_path: Path) -> None:
    store = SecretStore(ledger, tmp_path, {})
    events: list[StepEvent] = []

    _run(ledger, _Talks(tmp_path / "world", store), chain(), events.append, store.redact)

    assert {event.text for event in events if event.state is StepState.DONE} == {"done with ***"}
    assert "token ***" in {event.text for event in events}


class _Gate(DirectoryBackend):
    """Holds one step until a second one runs: only parallel execution gets through."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, plain_secret)
        self.both = threading.Barrier(2, timeout=20)

    def apply(self, item: Item, progress: Progress) -> Observed:
        if item.id.startswith("cluster/"):
            self.both.wait()
        return super().apply(item, progress)


def test_independent_steps_run_at_the_same_time(ledger: Ledger, tmp_path: Path) -> None:
    """Section 6, 14: one after the other, each waiting for all."""
    assert _run(ledger, _Gate(tmp_path / "gated"), chain()).complete


def test_when_asked_to_stop_no_further_step_begins_and_those_that_run_are_recorded(
    ledger: Ledger, backend: DirectoryBackend
) -> None:
    stop = threading.Event()
    executor = Executor(
        backend, ledger, parallel=1, redact=str, listen=lambda _event: stop.set(), stopped=stop.is_set
    )

    outcome = executor.execute(_plan(ledger, backend, chain()), _deployment(ledger))

    assert outcome.interrupted
    assert [step.item.id for step in outcome.done] == ["cluster/shop-l1"]
    assert set(backend.existing) == {"cluster/shop-l1"}
    assert _states(ledger) == {"cluster/shop-l1": RecordState.PRESENT}
    assert _run(ledger, backend, chain()).complete


class _Broken(DirectoryBackend):
    def apply(self, item: Item, progress: Progress) -> Observed:
        raise ZeroDivisionError


def test_a_bug_in_a_back_end_is_not_hidden_and_stays_on_record(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _run(ledger, _Broken(tmp_path / "broken", plain_secret), chain())

    assert RecordState.FAILED in _states(ledger).values()
