"""How service times and gaps between arrivals scatter around their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Law(Protocol):
    """A distribution of positive values with mean one; callers multiply by the mean they want."""

    @property
    def cv(self) -> float:
        """The coefficient of variation: standard deviation over mean."""

    def draw(self, generator: np.random.Generator, count: int) -> NDArray[np.float64]:
        """So many independent values."""


def law_with(scv: float) -> Law:
    """The law with that squared coefficient of variation: constant, exponential, else lognormal."""
    if scv == 0:
        return Deterministic()
    return Exponential() if scv == 1 else Lognormal(math.sqrt(scv))


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory; cv 1."""

    @property
    def cv(self) -> float:
        """One."""
        return 1.0

    def draw(self, generator: np.random.Generator, count: int) -> NDArray[np.float64]:
        """So many independent values."""
        return generator.standard_exponential(count)


@dataclass(frozen=True, slots=True)
class Deterministic:
    """Always the mean; cv 0."""

    @property
    def cv(self) -> float:
        """Zero."""
        return 0.0

    def draw(self, generator: np.random.Generator, count: int) -> NDArray[np.float64]:  # noqa: ARG002
        """So many ones."""
        return np.ones(count)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """The exponential of a normal value, with any cv above zero; measured run times often look so."""

    cv: float

    def draw(self, generator: np.random.Generator, count: int) -> NDArray[np.float64]:
        """So many independent values."""
        variance = math.log1p(self.cv**2)
        normal = generator.standard_normal(count)
        return np.exp(math.sqrt(variance) * normal - variance / 2)
