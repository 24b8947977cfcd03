"""Small charts as geometry: scales with round ticks, and points in the drawing's units.

A chart knows nothing of colours or words beyond its tick labels; templates draw it as SVG.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aisprint_cli.report.figures import plain

WIDTH: Final = 720.0
HEIGHT: Final = 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 18.0, 16.0, 46.0
_TICKS: Final = 6
_WIDE_LABELS: Final = 26.0
_ONE_DECADE: Final = 10.0
_FEW_DECADES: Final = 1000.0
_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where it is drawn, and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values between `low` and `high` to lengths between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value is drawn."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Marks at round values."""
        step = _step(self.high - self.low)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple(Tick(self(step * i), plain(step * i, 6)) for i in range(first, last + 1))


@dataclass(frozen=True, slots=True)
class Decades(Scale):
    """A scale of powers of ten: equal ratios are equal lengths. Both ends are above 0."""

    def __call__(self, value: float) -> float:
        """Where a value is drawn."""
        low, high = math.log10(self.low), math.log10(self.high)
        return self.start + (math.log10(value) - low) / (high - low) * (self.end - self.start)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Marks at round values within a decade; at 1, 2 and 5 times powers of ten, or these, over more."""
        if self.high / self.low < _ONE_DECADE:
            step = _step(self.high - self.low)
            first = math.ceil(self.low / step)
            values = [step * number for number in range(first, math.floor(self.high / step) + 1)]
        else:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            steps = (1, 2, 5) if self.high / self.low <= _FEW_DECADES else (1,)
            values = [factor * 10.0**power for power in powers for factor in steps]
        return tuple(Tick(self(v), plain(v, 6)) for v in values if self.low <= v <= self.high)


@dataclass(frozen=True, slots=True)
class Frame:
    """The two scales of a chart and its size."""

    x: Scale
    y: Scale
    width: float = WIDTH
    height: float = HEIGHT

    @property
    def left(self) -> float:
        """Where the plot begins."""
        return self.x.start

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x.end

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.y.end

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y.start

    def line(self, points: Sequence[tuple[float, float]]) -> str:
        """SVG path data of straight lines through points given as values."""
        places = [f"{self.x(x):.2f},{self.y(y):.2f}" for x, y in points]
        return "M" + " L".join(places)


def frame(xs: Sequence[float], ys: Sequence[float]) -> Frame:
    """A frame around values, with some room above and below; both need a finite value."""
    x_low, x_high = _wide(min(xs), max(xs))
    y_low, y_high = _wide(min(ys), max(ys))
    room = 0.08 * (y_high - y_low)
    bottom = 0.0 if 0 <= y_low < 0.35 * y_high else y_low - room
    return Frame(
        Scale(x_low, x_high, _LEFT, WIDTH - _RIGHT), Scale(bottom, y_high + room, HEIGHT - _BOTTOM, _TOP)
    )


def decade_frame(ys: Sequence[float]) -> Frame:
    """A frame from 0 to 100 % across, and upwards in decades around values above 0."""
    low, high = min(ys), max(ys)
    room = 1.25 if high / low > 1.25 else 2.0
    return Frame(
        Scale(0.0, 100.0, _LEFT + _WIDE_LABELS, WIDTH - _RIGHT),
        Decades(low / room, high * room, HEIGHT - _BOTTOM, _TOP),
    )


def _wide(low: float, high: float) -> tuple[float, float]:
    """A range that is not empty."""
    if high - low > 1e-9 * max(abs(low), abs(high), 1e-300):
        return low, high
    room = 0.1 * abs(low) or 1.0
    return low - room, high + room


def _step(span: float) -> float:
    rough = span / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return power * min(_ROUND, key=lambda item: abs(item * power - rough))
