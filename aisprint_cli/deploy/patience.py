"""How long a step may take, how often it is tried again, and how long to wait between. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from aisprint_cli.errors import AisprintError, ExternalError, Retry

_JITTER: Final = 0.5
"""The share of a pause that chance takes away at most: many steps that failed at once come back apart."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of an execution, in seconds; None is no limit.

    A step that failed for a passing reason is tried at most `attempts` times. The pause before the
    second time is `first_pause_s`, and twice as long each time after, at most `longest_pause_s`.
    `timeout_s` is for the whole execution, `step_timeout_s` for each step with all its attempts; for
    `grace_s` after the first, steps that run are waited for. The same `seed` gives the same pauses.
    """

    attempts: int = 8
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    timeout_s: float | None = None
    step_timeout_s: float | None = None
    grace_s: float = 30.0
    seed: int = 0

    def pause_s(self, step: str, attempt: int, failure: AisprintError) -> float | None:
        """How long to wait before a step is tried again; None where it is not.

        Args:
            step: the step's id, so that steps wait differently.
            attempt: how many times it was tried, at least 1.
            failure: what came of the last time.
        """
        if not isinstance(failure, ExternalError) or failure.retry is Retry.NEVER:
            return None
        if attempt >= self.attempts:
            return None
        longest = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (attempt - 1))
        chance = random.Random(f"{self.seed}/{step}/{attempt}").random()  # noqa: S311  spreads, protects nothing
        return max(longest * (1.0 - _JITTER * chance), failure.retry_after_s)
