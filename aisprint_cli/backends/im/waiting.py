"""Waiting for an infrastructure to be there, or gone, and telling how far it is."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from aisprint_cli.backends.im.client import GoneError, Health, ImClient, State
from aisprint_cli.backends.im.messages import Redact, failure_of, last_news
from aisprint_cli.backends.interface import Progress
from aisprint_cli.errors import ExternalError, Retry

_FIRST_POLL_S: Final = 0.1
_LONGEST_POLL_S: Final = 10.0
_SETTLED_POLL_S: Final = 0.2
_GROWTH: Final = 1.3
_SHARE_S: Final = 0.25  # for each other that waits for the same server
_ANSWERS: Final = 4  # pauses last so many times as long as an answer takes
_NEWS_AFTER_S: Final = 5.0
_ON_THE_WAY: Final = frozenset({State.PENDING, State.RUNNING, State.UNKNOWN, State.DELETING})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    `nothing_s`: for the first machine to appear; `configured_s`: for all of it, as long as the server
    itself may take; `gone_s`: for it to be removed.
    """

    nothing_s: float = 900.0
    configured_s: float = 7800.0
    gone_s: float = 1800.0


class Waiting:
    """Watches infrastructures of one server.

    Args:
        client: the server.
        redact: takes secrets out of what it says.
        patience: how long to wait.
    """

    def __init__(self, client: ImClient, redact: Redact, patience: Patience) -> None:
        self._client = client
        self._redact = redact
        self._patience = patience
        self._paces: list[_Pace] = []

    def until_configured(self, identifier: str, name: str, progress: Progress) -> Health:
        """Wait until all of it is configured.

        Raises:
            GoneError: when it disappears.
            ExternalError: when it fails, with the part of its messages that says why; or when it takes
                too long, and then it stays and the next run goes on with it.
        """
        with _Pace(self._paces) as pace:
            while True:
                health = self._client.health(identifier)
                if health.state not in _ON_THE_WAY:
                    self.require_configured(identifier, name, health)
                    return health
                self._tell(identifier, name, health, pace.spent_s, progress)
                self._check_patience(name, health, pace.spent_s)
                pace.sleep()

    def require_configured(self, identifier: str, name: str, health: Health) -> None:
        """See that an infrastructure which is no longer on its way is as it should be.

        Raises:
            ExternalError: when it is not, with the reason its messages give.
        """
        if health.state is not State.CONFIGURED:
            raise ExternalError(f"{name} is {health.state}: {self.reason(identifier) or 'no reason given'}.")

    def reason(self, identifier: str) -> str:
        """The part of an infrastructure's messages that says why it failed."""
        try:
            return failure_of(self._client.messages(identifier), self._redact).rstrip(".")
        except GoneError:
            return ""

    def _tell(self, identifier: str, name: str, health: Health, spent_s: float, progress: Progress) -> None:
        done, count = health.count(State.CONFIGURED), len(health.machines)
        line = f"{name} is {health.state}"
        line += f", {done} of {count} configured" if count else ""
        if spent_s >= _NEWS_AFTER_S:
            news = last_news(self._client.messages(identifier, header_only=True), self._redact)
            line += f": {news}" if news else ""
        progress(line)  # at each look: whoever listens may end the step by it

    def _check_patience(self, name: str, health: Health, spent_s: float) -> None:
        if not health.machines and spent_s >= self._patience.nothing_s:
            raise ExternalError(
                f"{name} has been {health.state} for {spent_s:.0f} s without a machine.",
                why="No account fits what the template asks for, or the cloud does not answer.",
                mend="See to the accounts in im/auth.dat; the next deploy goes on, undeploy removes it.",
            )
        if spent_s >= self._patience.configured_s:
            raise ExternalError(
                f"{name} is still {health.state} after {spent_s:.0f} s.",
                why="A machine does not answer, or an installation hangs.",
                mend="`aisprint logs --infrastructure` shows how far it is; the next deploy goes on with it.",
            )

    def until_gone(self, identifier: str, name: str, progress: Progress) -> None:
        """Wait until it is removed; a removal that the server gave up is begun again, to hear why.

        One of which nothing lives is dropped: a machine that was never made cannot be removed.

        Raises:
            ExternalError: when it is not removed.
        """
        with _Pace(self._paces) as pace, suppress(GoneError):
            while True:
                health = self._client.health(identifier)
                if health.state is not State.DELETING:
                    lost = health.count(State.FAILED, State.OFF) == len(health.machines)
                    self._client.remove(identifier, wait=True, force=lost)
                progress(f"{name} is {health.state}")
                if pace.spent_s >= self._patience.gone_s:
                    raise ExternalError(
                        f"{name} is still {health.state} {pace.spent_s:.0f} s after its removal began.",
                        retry=Retry.LATER,
                    )
                pace.sleep()


class _Pace:
    """The time since the start, and pauses that grow: short at first, then a fifth of what has passed.

    All that wait for one server share it: the more there are, and the longer it takes to answer, the more
    seldom each of them asks. It could be kept busy by questions alone.
    """

    _lock = threading.Lock()

    def __init__(self, others: list[_Pace]) -> None:
        self._others = others
        self._start = self._asked = time.monotonic()
        self._pause_s = _FIRST_POLL_S

    def __enter__(self) -> Self:
        with self._lock:
            self._others.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._others.remove(self)

    @property
    def spent_s(self) -> float:
        return time.monotonic() - self._start

    def sleep(self) -> None:
        took = time.monotonic() - self._asked
        share = max(_SHARE_S * (len(self._others) - 1), _ANSWERS * took)
        time.sleep(min(max(self._pause_s, share), _LONGEST_POLL_S))
        self._pause_s = min(self._pause_s * _GROWTH, max(self.spent_s / 5, _SETTLED_POLL_S))
        self._asked = time.monotonic()
