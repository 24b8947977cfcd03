"""One question for all who ask the same at the same time."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

_T = TypeVar("_T")


class SharedQuestions(Generic[_T]):
    """Asks on behalf of several threads: each gets an answer that was asked for after it came.

    So an answer is never older than the question, and however many ask, two questions are enough: the
    one under way, and the next one for all who came since.

    Args:
        ask: asks for what a key names; never twice at once for one key.
    """

    def __init__(self, ask: Callable[[str], _T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._next: dict[str, Future[_T]] = {}
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, key: str) -> _T:
        """The answer; what the question raised is raised for each who asked."""
        with self._lock:
            turn, answer = self._turns[key], self._next.get(key)
            is_first = answer is None
            if answer is None:
                answer = self._next[key] = Future()
        if is_first:
            with turn:
                with self._lock:
                    del self._next[key]  # whoever comes from now on needs the next one
                try:
                    answer.set_result(self._ask(key))
                except BaseException as failure:  # noqa: BLE001  raised below, for each
                    answer.set_exception(failure)
        return answer.result()
