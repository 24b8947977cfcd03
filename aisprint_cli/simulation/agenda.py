"""The clock of a simulation and the events that wait for it."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

Action = Callable[[Any], None]


class Agenda:
    """Events in the order of their time; those of the same time in the order they were entered.

    Attributes:
        now_s: the simulated time.
        entered: how many events were entered so far; also the number of the last one.
    """

    __slots__ = ("_events", "entered", "now_s")

    def __init__(self) -> None:
        self.now_s = 0.0
        self.entered = 0
        self._events: list[tuple[float, int, Action, Any]] = []

    @property
    def happened(self) -> int:
        """How many events have happened so far."""
        return self.entered - len(self._events)

    def at(self, time_s: float, action: Action, argument: Any) -> None:
        """Let `action(argument)` happen at `time_s`, which may not lie before now."""
        self.entered += 1
        heappush(self._events, (time_s, self.entered, action, argument))

    def numbered(self, time_s: float, action: Action) -> int:
        """The same for an action whose argument is the event's own number, which is returned."""
        self.entered += 1
        heappush(self._events, (time_s, self.entered, action, self.entered))
        return self.entered

    def run_until(self, end_s: float) -> None:
        """Let everything up to and including `end_s` happen; the clock then stands there."""
        events = self._events
        while events and events[0][0] <= end_s:
            self.now_s, _, action, argument = heappop(events)
            action(argument)
        self.now_s = end_s
