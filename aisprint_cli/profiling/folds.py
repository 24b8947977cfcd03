"""What is held out of a table to judge models: as a question will be asked of them later."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from aisprint_cli.profiling.model import Question

T = TypeVar("T")
_MANY_LEVELS = 5
_MOST_FOLDS = 20
"""Of more levels these many, evenly spread, are held out: enough to judge by, and quick."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One trial: the configurations held out (indices), and how far (logarithm) beyond the rest they lie."""

    question: Question
    held_out: tuple[int, ...]
    distance: float = 0.0


def folds_for(places: Sequence[tuple[float, float]], *, varied_load: bool) -> tuple[Fold, ...]:
    """The folds of a table of configurations `(cores, load)`, with three levels of cores or more.

    Inside: each level of cores, and of load, but the first and last. Beyond: the last levels, from one
    of them on, as long as three (of few levels: two) of cores are left, or one of load.
    """
    cores = sorted({place[0] for place in places})
    inside = [
        Fold(Question.INSIDE, tuple(i for i, place in enumerate(places) if place[0] == level))
        for level in _spread(cores[1:-1])
    ]
    fewest = 3 if len(cores) >= _MANY_LEVELS else 2
    beyond = [
        _last(Question.BEYOND_CORES, places, 0, cores, first) for first in _spread(range(fewest, len(cores)))
    ]
    if not varied_load:
        return (*inside, *beyond)
    loads = sorted({place[1] for place in places})
    inside += [
        Fold(Question.INSIDE, tuple(i for i, place in enumerate(places) if place[1] == level))
        for level in _spread(loads[1:-1])
    ]
    beyond += [
        _last(Question.BEYOND_LOAD, places, 1, loads, first) for first in _spread(range(1, len(loads)))
    ]
    return (*inside, *beyond)


def _spread(items: Sequence[T]) -> Sequence[T]:
    """At most so many of the items, evenly spread."""
    count = len(items)
    if count <= _MOST_FOLDS:
        return items
    return [items[round(place * (count - 1) / (_MOST_FOLDS - 1))] for place in range(_MOST_FOLDS)]


def _last(
    question: Question, places: Sequence[tuple[float, float]], axis: int, levels: Sequence[float], first: int
) -> Fold:
    held = tuple(i for i, place in enumerate(places) if place[axis] >= levels[first])
    distance = sum(math.log(places[i][axis] / levels[first - 1]) for i in held) / len(held)
    return Fold(question, held, distance)
