"""Random numbers by name and by number: the same request meets the same chance under every policy.

A stream is a function from a request's number to a value, drawn once and for all from the seed, the
replication and the stream's name. In which order values are asked for does not matter, so two
simulations that treat requests differently still compare like with like (common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = 10
_CHUNK = 1 << _BITS
_MASK = _CHUNK - 1
_KEPT = 16

Draw = Callable[[np.random.Generator, int], "NDArray[np.float64]"]
"""So many independent values from a generator."""


def uniform(generator: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Values between 0 and 1 (1 excluded)."""
    return generator.random(count)


class Stream:
    """One endless row of random values; `stream[number]` is always the same value.

    Values are drawn in chunks, each from a generator of its own, and a few chunks are kept.
    """

    __slots__ = ("_chunks", "_draw", "_entropy", "_key")

    def __init__(self, entropy: int, key: tuple[int, ...], draw: Draw) -> None:
        self._entropy = entropy
        self._key = key
        self._draw = draw
        self._chunks: dict[int, list[float]] = {}

    def __getitem__(self, number: int) -> float:
        values = self._chunks.get(number >> _BITS)
        if values is None:
            values = self._load(number >> _BITS)
        return values[number & _MASK]

    def __deepcopy__(self, memo: dict[int, Any]) -> Stream:
        return self  # what it gives depends on nothing that changes

    def _load(self, chunk: int) -> list[float]:
        if len(self._chunks) >= _KEPT:
            del self._chunks[next(iter(self._chunks))]
        seed = np.random.SeedSequence(self._entropy, spawn_key=(*self._key, chunk))
        values = self._draw(np.random.default_rng(seed), _CHUNK).tolist()
        self._chunks[chunk] = values
        return values  # type: ignore[no-any-return]


class Streams:
    """All streams of one replication.

    Args:
        seed: the experiment's seed, not negative.
        replication: which repetition this is; each has streams of its own.
    """

    def __init__(self, seed: int, replication: int = 0) -> None:
        self._seed = seed
        self._replication = replication

    def named(self, name: str, draw: Draw = uniform) -> Stream:
        """The stream of that name; the same name always gives the same values."""
        digest = blake2b(name.encode(), digest_size=8).digest()
        words = (int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:], "big"))
        return Stream(self._seed, (self._replication, *words), draw)
