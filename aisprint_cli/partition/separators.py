"""Cuts that carry several tensors: every set of few tensors that separates a graph in two.

A cut is a set of operators that holds, with an operator, all that it needs (the first side); what it
carries are the tensors written there and read beyond, or given out at the end. Operators that depend on
constants alone belong to both sides, those that are random to one.

Let a cut carry the set T and let R be T without one tensor b, none of whose members b comes after. (In
any T there is such a b: a first one.) Then the first side is what R needs, and beside it only operators
that no member of R leads to. Along any topological order of these, b is alone alive, R aside, right
after its writer: the proof is that of `graph`, for R's own operators contracted to one. So one walk for
each R finds all T, in O(n) walks for two tensors. Where the sets R are too many they are taken from what is
alive together along the order, and `complete` is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from aisprint_cli.partition.graph import RANDOM_OPERATORS, Graph, Node, Sweep

WALKS: Final = 50_000
"""So many walks at most; beyond that sets are taken from along the order only."""

LIMIT: Final = 25_000
"""So many cuts at most are kept."""


@dataclass(frozen=True, slots=True)
class Separator:
    """A cut: what it carries in the order of writing, and the positions before it as the bits of a number.

    Positions are those of the sweep's order; only operators that depend on inputs and are needed count.
    """

    tensors: tuple[str, ...]
    before: int


@dataclass(frozen=True, slots=True)
class Separators:
    """The cuts found, the first ones first; `complete`: there are no others of so many tensors."""

    found: tuple[Separator, ...]
    complete: bool


def find_separators(graph: Graph, sweep: Sweep, tensors: int = 1) -> Separators:
    """Every cut that carries at most `tensors` tensors, each as small as it can be.

    Left out are those after which nothing is to be done, and those that would carry an input of the
    graph (the second side would need the input itself).

    Raises:
        ValueError: `tensors` is less than 1.
    """
    if tensors < 1:
        raise ValueError(f"tensors must be at least 1, not {tensors}")
    search = _Search(graph, sweep)
    # A random operator may stand before its turn in a walk and hide a cut of several tensors.
    complete = tensors == 1 or all(node.op_type not in RANDOM_OPERATORS for node in graph.nodes)
    for size in range(1, tensors + 1):
        complete = search.collect(size) and complete
        if len(search.found) > LIMIT:
            complete = False
            break
    ordered = sorted(search.found.items(), key=lambda item: (item[0].bit_count(), item[1]))
    return Separators(tuple(Separator(names, mask) for mask, names in ordered[:LIMIT]), complete)


class _Search:
    """The active operators by number, with the tensors that live between them."""

    def __init__(self, graph: Graph, sweep: Sweep) -> None:
        self._positions = [place for place, flag in enumerate(sweep.active) if flag]
        self._nodes: list[Node] = [graph.nodes[sweep.order[place]] for place in self._positions]
        writer = {name: number for number, node in enumerate(self._nodes) for name in node.writes}
        self._inputs = set(graph.inputs) - graph.constants
        self._outputs = set(graph.outputs)
        self._readers: dict[str, int] = {}
        for number, node in enumerate(self._nodes):
            for name in set(node.reads):
                if name in writer or name in self._inputs:
                    self._readers[name] = self._readers.get(name, 0) | 1 << number
        self._input_readers = 0
        for name in self._inputs:
            self._input_readers |= self._readers.get(name, 0)
        self._whole = (1 << len(self._nodes)) - 1
        self._rooted = set(self._inputs)
        for node in self._nodes:
            if not self._rooted.isdisjoint(node.reads):
                self._rooted.update(node.writes)
        self._needs = self._closures(writer)
        self._leads = self._followers(writer)
        self._writer = {
            name: number for name, number in writer.items() if name in self._readers or name in self._outputs
        }
        self._tensors = sorted(self._writer, key=lambda name: (self._writer[name], name))
        self._written: list[list[str]] = [[] for _ in self._nodes]
        for name in self._tensors:
            self._written[self._writer[name]].append(name)
        self._read = [[name for name in dict.fromkeys(n.reads) if name in self._writer] for n in self._nodes]
        self.found: dict[int, tuple[str, ...]] = {}

    def _closures(self, writer: dict[str, int]) -> list[int]:
        """For each operator: itself and all that it needs."""
        needs: list[int] = []
        for number, node in enumerate(self._nodes):
            mask = 1 << number
            for name in node.reads:
                if name in writer:
                    mask |= needs[writer[name]]
            needs.append(mask)
        return needs

    def _followers(self, writer: dict[str, int]) -> list[int]:
        """For each operator: itself and all that need it."""
        leads = [1 << number for number in range(len(self._nodes))]
        for number in range(len(self._nodes) - 1, -1, -1):
            for name in self._nodes[number].reads:
                if name in writer:
                    leads[writer[name]] |= leads[number]
        return leads

    def collect(self, size: int) -> bool:
        """Add the cuts of `size` tensors; whether all of them are found."""
        rests, complete = self._rests(size - 1)
        for rest in rests:
            self._walk(rest)
            if len(self.found) > LIMIT:
                return False
        return complete

    def _rests(self, size: int) -> tuple[Iterable[tuple[str, ...]], bool]:
        """The sets R to try, and whether these are all."""
        count = 1
        for taken in range(size):
            count = count * (len(self._tensors) - taken) // (taken + 1)
        if count <= WALKS or size <= 1:
            return combinations(self._tensors, size), True
        return self._along_the_order(size), False

    def _along_the_order(self, size: int) -> Iterator[tuple[str, ...]]:
        """Sets of tensors that are alive together somewhere along the order, each once."""
        seen: set[tuple[str, ...]] = set()
        mask = 0
        for number in range(len(self._nodes) - 1):
            mask |= 1 << number
            alive = self._alive(mask)
            if size <= len(alive) <= size + 2:
                for rest in combinations(alive, size):
                    if rest not in seen and len(seen) < WALKS:
                        seen.add(rest)
                        yield rest

    def _alive(self, before: int) -> tuple[str, ...]:
        """The tensors that a first side carries."""
        return tuple(name for name in self._tensors if self._is_alive(name, before))

    def _is_alive(self, name: str, before: int) -> bool:
        """Whether a first side carries a tensor."""
        if not before >> self._writer[name] & 1:
            return False
        return name in self._outputs or bool(self._readers.get(name, 0) & ~before)

    def _walk(self, rest: Sequence[str]) -> None:
        """Find the tensors that complete `rest` to a cut."""
        block, beyond = 0, 0
        for name in rest:
            block |= self._needs[self._writer[name]]
            beyond |= self._leads[self._writer[name]] & ~(1 << self._writer[name])
        if not all(self._is_alive(name, block) for name in rest):
            return  # what is read up here already is never carried later
        fixed = frozenset(rest)
        alive = {name for name in self._alive(block) if name not in fixed} if block else set()
        before = block
        if len(alive) == 1 and block:
            self._keep((*rest, *alive), before)
        left = self._whole & ~block & ~beyond
        while left:
            bit = left & -left
            left ^= bit
            number = bit.bit_length() - 1
            if self._needs[number] & ~(before | bit):
                continue  # it needs one that a member of the rest leads to
            before |= bit
            self._pass(number, before, alive, fixed)
            if len(alive) == 1:
                self._keep((*rest, *alive), before)

    def _pass(self, number: int, before: int, alive: set[str], fixed: frozenset[str]) -> None:
        """What is alive after one more operator."""
        for name in self._read[number]:
            if name in alive and name not in self._outputs and not self._readers[name] & ~before:
                alive.discard(name)
        for name in self._written[number]:
            if name not in fixed and (name in self._outputs or self._readers.get(name, 0) & ~before):
                alive.add(name)

    def _keep(self, tensors: tuple[str, ...], before: int) -> None:
        """Keep a cut, if it is one and no smaller one divides in the same way."""
        after = self._whole & ~before
        if not after or self._input_readers & after or not self._outputs.isdisjoint(self._inputs):
            return
        if not all(self._is_alive(name, before) for name in tensors) or self._rooted.isdisjoint(tensors):
            return
        mask = self._spread(before)
        carried = sorted(tensors, key=lambda name: (self._writer[name], name))
        self.found.setdefault(mask, tuple(carried))

    def _spread(self, before: int) -> int:
        """A set of active operators as positions of the whole order."""
        if len(self._positions) == self._positions[-1] + 1:
            return before
        mask = 0
        while before:
            bit = before & -before
            mask |= 1 << self._positions[bit.bit_length() - 1]
            before ^= bit
        return mask
