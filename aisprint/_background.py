"""Delivery that its caller never waits for and never sees fail."""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CAPACITY = 10_000
EXIT_FLUSH_S = 1.0
RETRY_AFTER_S = 5.0
_BATCH = 256
_POLL_S = 0.01


class BackgroundSender:
    """Hands items to `deliver` on a thread of its own, in order and in batches.

    `deliver` takes a list of byte strings and returns how many of them could not be sent. Where it
    raises OSError the whole batch counts as dropped, and so does all that comes in the next
    `retry_after_s` seconds: a name that cannot be resolved is not asked for again and again. The
    thread starts with the first item; at exit what is left gets `exit_flush_s` seconds.
    """

    def __init__(
        self,
        deliver: Callable[[list[bytes]], int],
        *,
        capacity: int = CAPACITY,
        retry_after_s: float = RETRY_AFTER_S,
        exit_flush_s: float = EXIT_FLUSH_S,
    ) -> None:
        self._deliver = deliver
        self._capacity = capacity
        self._retry_after_s = retry_after_s
        self._exit_flush_s = exit_flush_s
        self._lock = threading.Lock()
        self._dropped = 0
        self._begin()
        atexit.register(self._at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        # Also run in a forked child: it has neither the thread nor a claim to the parent's items.
        self._lock = threading.Lock()
        self._items: queue.Queue[bytes] = queue.Queue(self._capacity)
        self._thread: threading.Thread | None = None
        self._quiet_until = 0.0

    @property
    def dropped(self) -> int:
        """How many items were lost: queue full, or not deliverable."""
        return self._dropped

    def put(self, item: bytes) -> None:
        """Take an item and return at once; it is dropped and counted when the queue is full."""
        try:
            self._items.put_nowait(item)
        except queue.Full:
            self._drop(1)
            return
        if self._thread is None:
            self._start()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all items are delivered or dropped, for `timeout_s` seconds at most.

        Returns:
            Whether nothing is left.
        """
        end = time.monotonic() + timeout_s
        while self._items.unfinished_tasks and time.monotonic() < end:
            time.sleep(_POLL_S)
        return not self._items.unfinished_tasks

    def _at_exit(self) -> None:
        if self._thread is not None:
            self.flush(self._exit_flush_s)

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name="aisprint-monitoring", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads, or the interpreter is going down
                return
            self._thread = thread

    def _drop(self, count: int) -> None:
        with self._lock:
            self._dropped += count

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            try:
                self._drop(self._send(batch))
            finally:
                for _ in batch:
                    self._items.task_done()

    def _next_batch(self) -> list[bytes]:
        batch = [self._items.get()]
        while len(batch) < _BATCH:
            try:
                batch.append(self._items.get_nowait())
            except queue.Empty:
                break
        return batch

    def _send(self, batch: list[bytes]) -> int:
        if time.monotonic() < self._quiet_until:
            return len(batch)
        try:
            return self._deliver(batch)
        except Exception:  # noqa: BLE001  monitoring must never take the component with it
            self._quiet_until = time.monotonic() + self._retry_after_s
            return len(batch)
