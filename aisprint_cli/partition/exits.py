"""Early exits of a model, found from its outputs: which of them are there before all the work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aisprint_cli.partition.cost import Types
from aisprint_cli.partition.cuts import obstacle
from aisprint_cli.partition.graph import Graph, Sweep


@dataclass(frozen=True, slots=True)
class Exit:
    """A place where a model may be left.

    `outputs` are there once `work[0]` is done; going on needs `tensors` and the rest of the work.
    `reason` says why a segment could not end here; empty when it can.
    """

    outputs: tuple[str, ...]
    tensors: tuple[str, ...]
    bytes: int | None
    work: tuple[int, int]
    reason: str = ""

    def to_json(self) -> dict[str, object]:
        """The exit as plain values."""
        return {
            "outputs": list(self.outputs),
            "tensors": list(self.tensors),
            "bytes": self.bytes,
            "work": {"before": self.work[0], "after": self.work[1]},
            "reason": self.reason,
        }


def find_exits(graph: Graph, sweep: Sweep, work: Sequence[int], types: Types) -> tuple[Exit, ...]:
    """The outputs that are there early, the earliest first; what is given last is no exit.

    Each exit's segment does all that its outputs need, with what those before it did. `work` is by
    position in the sweep's order.
    """
    needs = _needs(graph, sweep)
    load = {name: _work(needed, work) for name, needed in needs.items()}
    every = 0
    for needed in needs.values():
        every |= needed
    total, done = _work(every, work), 0
    exits: list[Exit] = []
    for name in sorted(needs, key=load.__getitem__):
        added = needs[name] & ~done
        done |= needs[name]
        if not _work(every & ~done, work):
            break
        if exits and not _work(added, work):
            last = exits.pop()
            exits.append(_exit(graph, sweep, (*last.outputs, name), done, work, total, types))
        else:
            exits.append(_exit(graph, sweep, (name,), done, work, total, types))
    return tuple(exits)


def _needs(graph: Graph, sweep: Sweep) -> dict[str, int]:
    """The active positions that each output needs, as the bits of a number."""
    writer: dict[str, int] = {}
    masks: list[int] = []
    for place, index in enumerate(sweep.order):
        node = graph.nodes[index]
        needed = int(sweep.active[place]) << place
        for name in node.reads:
            if name in writer:
                needed |= masks[writer[name]]
        masks.append(needed)
        writer.update((name, place) for name in node.writes)
    return {name: masks[writer[name]] for name in graph.outputs if name in writer}


def _work(mask: int, work: Sequence[int]) -> int:
    return sum(amount for place, amount in enumerate(work) if amount and mask >> place & 1)


def _exit(
    graph: Graph,
    sweep: Sweep,
    outputs: tuple[str, ...],
    done: int,
    work: Sequence[int],
    total: int,
    types: Types,
) -> Exit:
    places = [place for place, active in enumerate(sweep.active) if active]
    nodes = {place: graph.nodes[sweep.order[place]] for place in places}
    written = {name for place, node in nodes.items() if done >> place & 1 for name in node.writes}
    inputs = set(graph.inputs) - graph.constants
    read_on = [name for place, node in nodes.items() if not done >> place & 1 for name in node.reads]
    tensors = tuple(dict.fromkeys(name for name in read_on if name in written))
    again = sorted(inputs.intersection(read_on))
    reasons = [f"{name!r}: {why}" for name in tensors if (why := obstacle(types.get(name)))]
    if again:
        reasons.insert(0, f"what follows reads the input {again[0]!r} again")
    sizes = [known.size_bytes if (known := types.get(name)) else None for name in tensors]
    before = _work(done, work)
    return Exit(
        outputs=outputs,
        tensors=tensors,
        bytes=None if None in sizes else sum(size or 0 for size in sizes),
        work=(before, total - before),
        reason="; ".join(reasons),
    )
