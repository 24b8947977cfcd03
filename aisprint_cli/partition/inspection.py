"""Where a model can be cut, in one report: cuts of one or several tensors, their front, chains, exits.

A cut is on the front when no other divides the work in the same way and carries fewer bytes. Work before
and after add up to the same for all, so cuts that divide it differently never dominate one another.
Work is operations as `cost` counts them, or operators where no operations are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import inf
from pathlib import Path
from typing import Final

from aisprint_cli.partition.chains import Chain, find_chains
from aisprint_cli.partition.cost import operations
from aisprint_cli.partition.cuts import Refusal, obstacle
from aisprint_cli.partition.exits import Exit, find_exits
from aisprint_cli.partition.onnx_graph import has_broken_text, no_model, read_model
from aisprint_cli.partition.reading import ReadModel, read_for_cuts
from aisprint_cli.partition.separators import Separator, find_separators
from aisprint_cli.partition.tensor_types import complete_types

SHOWN_REFUSALS: Final = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cut that may be made: what it carries, and the work, operators and parameters of either side.

    `bytes` is for one sample where `symbolic_dims` is not empty, None where a rank is unknown.
    `on_front`: no other cut divides the work alike with fewer bytes; `is_balanced`: nor is any other
    both smaller and more even. `before` has the bits of the positions before it.
    """

    tensors: tuple[str, ...]
    bytes: int | None
    symbolic_dims: tuple[str, ...]
    nodes: tuple[int, int]
    work: tuple[int, int]
    before: int
    parameters: tuple[int, int] = (0, 0)
    on_front: bool = False
    is_balanced: bool = False

    @property
    def share(self) -> float:
        """The part of the work before the cut, 0 to 1."""
        return self.work[0] / sum(self.work)

    def to_json(self) -> dict[str, object]:
        """The cut as plain values."""
        return {
            "tensors": list(self.tensors),
            "bytes": self.bytes,
            "symbolic_dims": list(self.symbolic_dims),
            "nodes": {"before": self.nodes[0], "after": self.nodes[1]},
            "work": {"before": self.work[0], "after": self.work[1]},
            "work_share": round(self.share, 6),
            "parameters": {"before": self.parameters[0], "after": self.parameters[1]},
            "on_front": self.on_front,
            "is_balanced": self.is_balanced,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of cuts: at most so many bytes, at least such a share of the work on every side."""

    max_bytes: int | None = None
    min_share: float = 0.0

    def allow(self, cut: Candidate) -> bool:
        """Whether a cut keeps them."""
        small = self.max_bytes is None or (cut.bytes is not None and cut.bytes <= self.max_bytes)
        return small and min(cut.share, 1 - cut.share) >= self.min_share


@dataclass(frozen=True, slots=True)
class Inspection:
    """What can be done with a model.

    `cuts` are all cuts of one tensor within the limits, and of several those on the front. `complete`:
    every cut of so many tensors was looked at. `chains` are the front of total bytes and largest segment
    for the number of segments asked for. `unit` says what work is counted in.
    """

    read: ReadModel
    cuts: tuple[Candidate, ...]
    complete: bool
    chains: tuple[Chain[Candidate], ...]
    exits: tuple[Exit, ...]
    refused: tuple[Refusal, ...]
    unit: str

    @property
    def front(self) -> tuple[Candidate, ...]:
        """The cuts that no other one dominates."""
        return tuple(cut for cut in self.cuts if cut.on_front)


def inspect_model(
    model: Path, *, tensors: int = 1, parts: int = 2, limits: Limits | None = None
) -> Inspection:
    """Find the cuts of a model that carry at most `tensors` tensors, and its chains of `parts` segments.

    Raises:
        InvalidInputError: the file is missing, no ONNX model, or malformed.
        ValueError: `tensors` is less than 1 or `parts` less than 2.
    """
    if parts < 2:
        raise ValueError(f"parts must be at least 2, not {parts}")
    proto = read_model(model)
    try:
        return _inspect(read_for_cuts(model, proto), tensors, parts, limits or Limits())
    except (UnicodeDecodeError, TypeError) as error:
        if has_broken_text(proto):
            raise no_model(model, "it holds names that are not UTF-8 text; the file is damaged") from error
        raise


def _inspect(read: ReadModel, tensors: int, parts: int, limits: Limits) -> Inspection:
    found = find_separators(read.graph, read.sweep, tensors)
    names = dict.fromkeys(name for item in found.found for name in item.tensors)
    read = replace(read, inferred=complete_types(read.inferred, read.model, read.path.parent, names))
    weigher = _Weigher(read)
    usable = [weigher.candidate(item) for item in found.found if not weigher.refusal(item)]
    kept = _with_front(cut for cut in usable if limits.allow(cut))
    shown = tuple(cut for cut in kept if len(cut.tensors) == 1 or cut.on_front)
    front = [cut for cut in shown if cut.on_front]
    return Inspection(
        read=read,
        cuts=shown,
        complete=found.complete,
        chains=find_chains(front, parts, weigher.total, limits.min_share) if parts > 2 else (),
        exits=find_exits(read.graph, read.sweep, weigher.work, read.inferred.types),
        refused=tuple(filter(None, map(weigher.refusal, found.found)))[:SHOWN_REFUSALS],
        unit=weigher.unit,
    )


class _Weigher:
    """Sizes and loads of the cuts of one model."""

    def __init__(self, read: ReadModel) -> None:
        self._read = read
        self._types = read.inferred.types
        nodes = [read.graph.nodes[index] for index in read.sweep.order]
        counted = [
            operations(node, self._types) if active else 0
            for node, active in zip(nodes, read.sweep.active, strict=True)
        ]
        self.unit = "operations" if any(counted) else "operators"
        self.work = counted if any(counted) else [int(active) for active in read.sweep.active]
        self.total = sum(self.work)
        self._count = sum(read.sweep.active)
        self._active = sum(1 << place for place, active in enumerate(read.sweep.active) if active)
        self._sums = list(accumulate(self.work, initial=0))
        self._weights = _held(read)

    def refusal(self, cut: Separator) -> Refusal | None:
        """Why a cut cannot be used; None when it can."""
        for name in cut.tensors:
            reason = obstacle(self._types.get(name))
            if reason:
                return Refusal(", ".join(cut.tensors), reason)
        return None

    def candidate(self, cut: Separator) -> Candidate:
        """A cut with its size and its work."""
        known = [self._types[name] for name in cut.tensors]
        sizes = [item.size_bytes for item in known]
        done = self._done(cut.before)
        count = cut.before.bit_count()
        return Candidate(
            tensors=cut.tensors,
            bytes=None if None in sizes else sum(size or 0 for size in sizes),
            symbolic_dims=tuple(dict.fromkeys(dim for item in known for dim in item.open_dimensions)),
            nodes=(count, self._count - count),
            work=(done, self.total - done),
            before=cut.before,
            parameters=(
                sum(size for size, mask in self._weights if mask & cut.before),
                sum(size for size, mask in self._weights if mask & ~cut.before),
            ),
        )

    def _done(self, before: int) -> int:
        """The work of a set of positions; at once where it is a beginning of the order."""
        end = before.bit_length()
        if before == self._active & ((1 << end) - 1):
            return self._sums[end]
        return sum(self.work[place] for place in _bits(before))


def _held(read: ReadModel) -> list[tuple[int, int]]:
    """The elements of each weight, with the active positions that read it, through constants too.

    What is given out of the model itself is read at the end, one beyond the last position.
    """
    last = len(read.sweep.order)
    used = dict.fromkeys(read.graph.outputs, 1 << last)
    held: list[tuple[int, int]] = []
    for place in range(last - 1, -1, -1):
        node = read.graph.nodes[read.sweep.order[place]]
        if read.sweep.active[place]:
            mask = 1 << place
        else:
            mask = 0
            for name in node.writes:
                mask |= used.get(name, 0)
        for name in node.reads:
            used[name] = used.get(name, 0) | mask
        if node.parameters and mask:
            held.append((node.parameters, mask))
    held.extend((size, used[name]) for name, size in read.weights.items() if size and used.get(name))
    return held


def _bits(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def _with_front(cuts: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The cuts in order of the work before them, those on the front marked."""
    ordered = sorted(cuts, key=lambda cut: (cut.work[0], _size(cut), len(cut.tensors), cut.nodes[0]))
    front = _firsts(cut for cut in ordered if cut.bytes is not None)
    balanced = _balanced([cut for cut in front if min(cut.work) > 0])
    return tuple(replace(cut, on_front=cut in front, is_balanced=cut in balanced) for cut in ordered)


def _size(cut: Candidate) -> float:
    return inf if cut.bytes is None else cut.bytes


def _firsts(ordered: Iterable[Candidate]) -> set[Candidate]:
    """Of the cuts that divide the work alike the first, which is the smallest."""
    by_work: dict[int, Candidate] = {}
    for cut in ordered:
        by_work.setdefault(cut.work[0], cut)
    return set(by_work.values())


def _balanced(cuts: Sequence[Candidate]) -> set[Candidate]:
    """Those than which none is smaller and leaves less to the larger side."""
    found: set[Candidate] = set()
    largest: float = inf
    for cut in sorted(cuts, key=lambda cut: (_size(cut), max(cut.work), cut.before)):
        if max(cut.work) < largest:
            largest = max(cut.work)
            found.add(cut)
    return found
