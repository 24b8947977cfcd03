"""Carrying out a plan: along its dependencies, in parallel, each step recorded before and after.

A step that fails for a passing reason is tried again after a pause; one that takes too long is told so
through its progress. Neither holds up the steps that do not need it.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from aisprint_cli.backends.interface import KEPT_DATA, Backend, Item, ItemState, Observed
from aisprint_cli.deploy.ledger import DeploymentRecord, Ledger
from aisprint_cli.deploy.patience import Patience
from aisprint_cli.deploy.planner import Action, Plan, RecordState, Step
from aisprint_cli.errors import AisprintError, ExternalError

_GONE_WITHIN_S = 30.0
_GONE_POLL_S = 0.2
_LOOK_S = 0.2

_PATIENCE = Patience()


class StepState(StrEnum):
    """How far a step is. RETRYING ones failed for a passing reason and wait to be tried again."""

    RUNNING = "running"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepEvent:
    """News of a step; `text` is what it does now, what is to be said of its end, or why it failed."""

    step: Step
    state: StepState
    text: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of a plan.

    `interrupted` when it was stopped before its end, `timed_out` when its time was over; `left` are the
    steps that were then not begun, or not waited for: the latter, which may go on, are `abandoned` too.
    """

    done: tuple[Step, ...] = ()
    failed: tuple[tuple[Step, str], ...] = ()
    skipped: tuple[tuple[Step, str], ...] = ()
    left: tuple[Step, ...] = ()
    abandoned: tuple[Step, ...] = ()
    interrupted: bool = False
    timed_out: bool = False

    @property
    def complete(self) -> bool:
        """Whether every step was done."""
        return not (self.failed or self.skipped or self.left or self.interrupted or self.timed_out)


@dataclass(slots=True)
class _Run:
    """The state of one execution, owned by the coordinating thread."""

    waiting: dict[str, Step]
    running: dict[str, tuple[Step, int]] = field(default_factory=dict)
    done: list[Step] = field(default_factory=list)
    failed: list[tuple[Step, str]] = field(default_factory=list)
    skipped: list[tuple[Step, str]] = field(default_factory=list)

    def ready(self) -> Iterable[Step]:
        """Steps whose predecessors have all ended well."""
        open_ids = self.waiting.keys() | self.running.keys()
        return [step for step in self.waiting.values() if not open_ids.intersection(step.after)]

    def skip_dependants(self) -> list[tuple[Step, str]]:
        """Set aside every step that waits for one that cannot be done."""
        lost = {step.id for step, _ in (*self.failed, *self.skipped)}
        found = []
        for step in list(self.waiting.values()):
            causes = [name for name in step.after if name in lost]
            if causes:
                del self.waiting[step.id]
                lost.add(step.id)
                found.append((step, f"{causes[0]} did not succeed"))
        self.skipped.extend(found)
        return found


@dataclass(frozen=True, slots=True)
class _Result:
    step: Step
    seconds: float
    outputs: dict[str, str]
    error: str
    said: str = ""
    bug: BaseException | None = None


class Executor:
    """Carries out plans on one back end.

    Args:
        backend: where the items are made; used by several threads at once.
        ledger: told of each step before it begins and after it ended.
        parallel: how many steps may run at once.
        redact: takes secrets out of a text before it is kept or shown.
        listen: told of each step, one call at a time, from any thread.
        stopped: whether to begin no further step; those that run are waited for.
        patience: how long a step may take and how often it is tried.
    """

    def __init__(
        self,
        backend: Backend,
        ledger: Ledger,
        *,
        parallel: int,
        redact: Callable[[str], str],
        listen: Callable[[StepEvent], None],
        stopped: Callable[[], bool] = lambda: False,
        patience: Patience = _PATIENCE,
    ) -> None:
        self._backend = backend
        self._ledger = ledger
        self._parallel = parallel
        self._redact = redact
        self._listener = listen
        self._listener_lock = threading.Lock()
        self._asked_to_stop = stopped
        self._patience = patience
        self._results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        self._deadline = _deadline(patience.timeout_s)

    def execute(self, plan: Plan, deployment: DeploymentRecord) -> Outcome:
        """Carry out every step that changes something; a failed one does not stop independent ones.

        A KeyboardInterrupt leaves the steps that run; they stay in the ledger as intended.
        """
        self._deadline = _deadline(self._patience.timeout_s)
        run = _Run({step.id: step for step in plan.changes})
        left = False
        try:
            while not self._is_over(run):
                if not self._stopped():
                    self._start_ready(run, deployment)
                if run.running:
                    self._take_result(run, deployment)
        except KeyboardInterrupt:
            left = True
        begun = tuple(step for step, _ in run.running.values())
        rest = (*begun, *run.waiting.values())
        late = bool(rest) and self._is_late()
        return Outcome(
            tuple(run.done),
            tuple(run.failed),
            tuple(run.skipped),
            rest,
            begun,
            interrupted=left or (bool(rest) and not late),
            timed_out=late and not left,
        )

    def _stopped(self) -> bool:
        return self._asked_to_stop() or self._is_late()

    def _is_late(self, by_s: float = 0.0) -> bool:
        return time.monotonic() >= self._deadline + by_s

    def _is_over(self, run: _Run) -> bool:
        if run.running:
            return self._is_late(self._patience.grace_s)
        return not run.waiting or self._stopped()

    def _listen(self, event: StepEvent) -> None:
        with self._listener_lock:
            self._listener(event)

    def _start_ready(self, run: _Run, deployment: DeploymentRecord) -> None:
        for step, cause in run.skip_dependants():
            self._listen(StepEvent(step, StepState.SKIPPED, cause))
        for step in run.ready():
            if len(run.running) >= self._parallel:
                return
            number = self._ledger.intend(deployment, step.action, step.item, step.reason)
            del run.waiting[step.id]
            run.running[step.id] = (step, number)
            self._listen(StepEvent(step, StepState.RUNNING))
            # A daemon, so that a second interruption can leave a step that hangs.
            threading.Thread(target=self._work, args=(step,), daemon=True, name=step.id).start()

    def _take_result(self, run: _Run, deployment: DeploymentRecord) -> None:
        try:
            result = self._results.get(timeout=_LOOK_S)
        except queue.Empty:
            return
        step = result.step
        _, number = run.running.pop(step.id)
        state = _record_state(step, failed=bool(result.error))
        self._ledger.finish(
            deployment, number, step.item.id, state, outputs=result.outputs, error=result.error
        )
        if result.bug is not None:
            raise result.bug
        if result.error:
            run.failed.append((step, result.error))
            self._listen(StepEvent(step, StepState.FAILED, result.error, result.seconds))
        else:
            run.done.append(step)
            self._listen(StepEvent(step, StepState.DONE, result.said, result.seconds))

    def _work(self, step: Step) -> None:
        """One step in its thread; whatever happens becomes a result."""
        started = time.monotonic()
        outputs: dict[str, str] = {}
        said, error, bug = "", "", None
        try:
            outputs, told = self._do_patiently(step)
            said = self._redact(told)
        except AisprintError as failure:
            error = self._redact(_in_words(failure))
        except Exception as failure:  # noqa: BLE001  handed to the calling thread, which raises it
            error, bug = f"{type(failure).__name__} in the back end", failure
        self._results.put(_Result(step, time.monotonic() - started, outputs, error, said, bug))

    def _do_patiently(self, step: Step) -> tuple[dict[str, str], str]:
        """Carry it out, again where that may help.

        Raises:
            AisprintError: the last failure.
        """
        deadline = _deadline(self._patience.step_timeout_s)
        attempt = 1
        while True:
            try:
                return self._do(step, deadline)
            except AisprintError as failure:
                pause = self._patience.pause_s(step.id, attempt, failure)
                ends = min(deadline, self._deadline)
                if pause is None or self._stopped() or time.monotonic() + pause >= ends:
                    raise
                reason = self._redact(failure.message)
                self._listen(StepEvent(step, StepState.RETRYING, f"again in {pause:.0f} s: {reason}"))
                self._wait(pause)
            attempt += 1

    def _wait(self, seconds: float) -> None:
        """Wait, but not once it was asked to stop."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stopped():
            time.sleep(min(_LOOK_S, left))

    def _do(self, step: Step, deadline: float) -> tuple[dict[str, str], str]:
        """Carry it out once; its outputs, and what is to be said of it."""

        def progress(line: str) -> None:
            self._require_time(step, deadline)
            self._listen(StepEvent(step, StepState.RUNNING, self._redact(line)))

        item = step.item
        if step.action is Action.ADOPT:
            return dict(self._backend.observe([item])[item.id].outputs), ""
        if step.action is Action.DELETE:
            self._backend.remove(item, keep_data=step.keep_data, progress=progress)
            kept = self._require_gone(item).outputs.get(KEPT_DATA)
            return {}, f"its data is in {kept}" if kept else ""
        observed = self._backend.apply(item, progress)
        if observed.state is not ItemState.READY:
            raise ExternalError(f"{item.id} is {observed.state}: {observed.detail or 'no reason given'}")
        return dict(observed.outputs), observed.detail

    def _require_time(self, step: Step, deadline: float) -> None:
        """See that there is time left for a step.

        Raises:
            ExternalError: when there is none.
        """
        if self._is_late():
            raise ExternalError(
                f"{step.item.id} was not ready when the {self._patience.timeout_s:g} s for all were over.",
                mend="What was begun may go on where it is made; running this again looks at it.",
            )
        if time.monotonic() >= deadline:
            raise ExternalError(
                f"{step.item.id} was not ready after {self._patience.step_timeout_s:g} s.",
                mend="What was begun may go on where it is made; running this again looks at it.",
            )

    def _require_gone(self, item: Item) -> Observed:
        """Ask until the back end says that an item is gone.

        Raises:
            ExternalError: when it is still there after a while.
        """
        deadline = time.monotonic() + _GONE_WITHIN_S
        while True:
            observed = self._backend.observe([item])[item.id]
            if observed.state is ItemState.ABSENT:
                return observed
            if time.monotonic() >= deadline:
                raise ExternalError(f"{item.id} was removed but is still {observed.state}.")
            time.sleep(_GONE_POLL_S)


def _deadline(seconds: float | None) -> float:
    return math.inf if seconds is None else time.monotonic() + seconds


def _record_state(step: Step, *, failed: bool) -> RecordState:
    if step.action is Action.DELETE:
        if failed:
            return RecordState.REMOVING
        return RecordState.KEPT if step.keep_data else RecordState.REMOVED
    return RecordState.FAILED if failed else RecordState.PRESENT


def _in_words(failure: AisprintError) -> str:
    parts = [failure.message, failure.why, failure.mend]
    return " ".join(part for part in parts if part)
