"""Ctrl-C in two strokes: the first asks to stop, the second stops at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def two_strokes(asked: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Within this block the first SIGINT only sets a flag; gives a function that reads it.

    Must be used from the main thread.

    Args:
        asked: told at the first stroke.

    Raises:
        KeyboardInterrupt: from wherever the program is, at the second stroke.
    """
    stopped = False

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True
        asked()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: stopped
    finally:
        signal.signal(signal.SIGINT, before)
