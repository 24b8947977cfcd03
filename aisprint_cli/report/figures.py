"""Numbers as people read them."""

from __future__ import annotations

import math

from aisprint_cli.placement.objectives import SHARE


def significant(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, never in exponents while it stays readable."""
    if not math.isfinite(value):
        return "without end" if value > 0 else "-"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -4 <= magnitude < 9:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(digits - 1 - magnitude, 0)}f}"


def plain(value: float, digits: int = 4) -> str:
    """The same without the zeros at its end."""
    text = significant(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def seconds(value: float) -> str:
    """A time."""
    return f"{plain(value)} s" if math.isfinite(value) else "without end"


def percent(share: float) -> str:
    """A share, to one decimal below ten percent."""
    if not math.isfinite(share):
        return "without end"
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


def rate(value: float) -> str:
    """Requests per second."""
    return f"{plain(value)} requests/s"


def figure(value: float, unit: str) -> str:
    """A figure of an objective with its unit; shares as percentages."""
    return f"{plain(100 * value, 5)} %" if unit == SHARE else f"{plain(value, 5)} {unit}"
