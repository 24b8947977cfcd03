"""Arrivals and service times as they are written on a command line."""

from __future__ import annotations

import math

from aisprint_cli.errors import UsageError
from aisprint_cli.simulation.arrivals import (
    SECONDS_PER_HOUR,
    ArrivalProcess,
    ConstantRate,
    Ramp,
    Renewal,
    Schedule,
    Trace,
)
from aisprint_cli.simulation.laws import Deterministic, Exponential, Law, Lognormal

ARRIVALS = "poisson, regular, bursts:CV, ramp:FROM:TO[:HOURS], hourly:RATE,RATE,..., trace:FILE"
SERVICE = "exponential, deterministic, lognormal:CV"


def arrivals_from(text: str, rate_per_s: float) -> ArrivalProcess:
    """The arrival process that a text names; `trace:FILE` is the caller's, who may read files.

    Args:
        text: one of `ARRIVALS`; rates are requests per second.
        rate_per_s: the rate of those that name none.

    Raises:
        UsageError: the text names none.
    """
    kind, _, rest = text.partition(":")
    if kind == "poisson" and not rest:
        return Renewal(ConstantRate(rate_per_s))
    if kind == "regular" and not rest:
        return Renewal(ConstantRate(rate_per_s), Deterministic())
    if kind == "bursts":
        return Renewal(ConstantRate(rate_per_s), Lognormal(_positive(rest, text)))
    if kind == "ramp":
        return Renewal(_ramp(rest, text))
    if kind == "hourly":
        rates = tuple(_number(part, text) for part in rest.split(","))
        if max(rates) > 0:
            return Renewal(Schedule(rates))
    raise UsageError(f"{text!r} names no arrivals.", mend=f"Give one of: {ARRIVALS}.")


def trace_from(text: str, name: str) -> Trace:
    """A trace from a file's text: the seconds of the arrivals, separated by line ends, blanks or commas.

    Raises:
        UsageError: a word is no number, a number is negative, or there is none.
    """
    words = text.replace(",", " ").split()
    instants = []
    for word in words:
        try:
            instants.append(float(word))
        except ValueError:
            raise UsageError(
                f"{name}: {word[:40]!r} is no time in seconds.",
                mend="Write the seconds of the arrivals only, one on each line.",
            ) from None
    if not instants or not all(math.isfinite(instant) and instant >= 0 for instant in instants):
        raise UsageError(
            f"{name} holds no arrivals, or one that is negative or infinite.",
            mend="Write the seconds from the start, zero or above.",
        )
    return Trace(tuple(sorted(instants)))


def service_from(text: str) -> Law:
    """The law of service times that a text names.

    Raises:
        UsageError: the text names none.
    """
    kind, _, rest = text.partition(":")
    if kind == "exponential" and not rest:
        return Exponential()
    if kind == "deterministic" and not rest:
        return Deterministic()
    if kind == "lognormal":
        return Lognormal(_positive(rest, text))
    raise UsageError(f"{text!r} names no service times.", mend=f"Give one of: {SERVICE}.")


def _ramp(rest: str, text: str) -> Ramp:
    numbers = [_number(part, text) for part in rest.split(":")]
    hours = numbers[2] if len(numbers) == 3 else 1.0
    if len(numbers) not in {2, 3} or not hours > 0 or not max(numbers[:2]) > 0:
        raise UsageError(f"{text!r} is no ramp.", mend="Give ramp:FROM:TO or ramp:FROM:TO:HOURS.")
    return Ramp(numbers[0], numbers[1], hours * SECONDS_PER_HOUR)


def _number(part: str, text: str) -> float:
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise UsageError(f"{part!r} in {text!r} is no number from zero on.", mend="Give a number.")
    return value


def _positive(part: str, text: str) -> float:
    value = _number(part, text)
    if not value > 0:
        raise UsageError(f"{part!r} in {text!r} must be above zero.", mend="Give a number above zero.")
    return value
