"""Chains of cuts: a model in k segments, of total bytes and largest segment the best there are.

Exact for the cuts it is given, as long as there are no more than `CONSIDERED`; of more it takes the
smallest ones of each stretch of the work. Labels are kept per last cut, dominated ones dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, Protocol, TypeVar

CONSIDERED: Final = 120
_STRETCHES: Final = 40


class Cuttable(Protocol):
    """What a chain needs of a cut."""

    @property
    def bytes(self) -> int | None:
        """What travels."""

    @property
    def work(self) -> tuple[int, int]:
        """The work before and after."""

    @property
    def before(self) -> int:
        """The bits of the positions before the cut."""


C = TypeVar("C", bound=Cuttable)


@dataclass(frozen=True, slots=True)
class Chain(Generic[C]):
    """Cuts that follow one another; `work` is that of each segment, `bytes` what all cuts carry together."""

    cuts: tuple[C, ...]
    bytes: int
    work: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Label:
    """A chain so far: the places of its cuts, its bytes and the largest of its closed segments."""

    places: tuple[int, ...]
    bytes: int
    largest: int


def find_chains(cuts: Iterable[C], segments: int, total: int, min_share: float = 0.0) -> tuple[Chain[C], ...]:
    """The front of (total bytes, largest segment's work), fewest bytes first.

    Args:
        cuts: those to choose from; ones of unknown size are passed over, as are ones with an idle side.
        segments: how many there are to be, at least 2.
        total: all work.
        min_share: the part of the work that each segment does at least; none of them is idle.
    """
    least = max(min_share * total, 1)
    given = [cut for cut in cuts if cut.bytes is not None and min(cut.work) >= least]
    chosen = sorted(_thinned(given, total), key=lambda cut: (cut.work[0], cut.before))
    labels = [[_Label((place,), cut.bytes or 0, cut.work[0])] for place, cut in enumerate(chosen)]
    for _ in range(segments - 2):
        labels = [_front(_longer(chosen, labels, place, least)) for place in range(len(chosen))]
    ended = (
        _Label(label.places, label.bytes, max(label.largest, total - chosen[label.places[-1]].work[0]))
        for found in labels
        for label in found
    )
    return tuple(_chain(chosen, label, total) for label in _front(ended))


def _thinned(cuts: Sequence[C], total: int) -> list[C]:
    if len(cuts) <= CONSIDERED:
        return list(cuts)
    stretches: dict[int, list[C]] = {}
    for cut in sorted(cuts, key=lambda cut: (cut.bytes or 0, cut.before)):
        stretch = stretches.setdefault(cut.work[0] * _STRETCHES // total, [])
        if len(stretch) < CONSIDERED // _STRETCHES:
            stretch.append(cut)
    return [cut for stretch in stretches.values() for cut in stretch]


def _longer(
    cuts: Sequence[C], labels: Sequence[Sequence[_Label]], place: int, least: float
) -> Iterable[_Label]:
    """The chains that end at a cut, made longer by it."""
    last = cuts[place]
    for earlier in range(place):
        cut = cuts[earlier]
        step = last.work[0] - cut.work[0]
        if step < least or cut.before & ~last.before:
            continue
        for label in labels[earlier]:
            yield _Label((*label.places, place), label.bytes + (last.bytes or 0), max(label.largest, step))


def _front(labels: Iterable[_Label]) -> list[_Label]:
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda item: (item.bytes, item.largest, item.places)):
        if not kept or label.largest < kept[-1].largest:
            kept.append(label)
    return kept


def _chain(cuts: Sequence[C], label: _Label, total: int) -> Chain[C]:
    chosen = tuple(cuts[place] for place in label.places)
    done = [0, *(cut.work[0] for cut in chosen), total]
    return Chain(chosen, label.bytes, tuple(b - a for a, b in pairwise(done)))
