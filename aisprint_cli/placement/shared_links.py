"""Transfers over networks whose bandwidth concurrent flows share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aisprint_cli.placement.arrays import UNREACHABLE_S, Booleans, Floats, Integers, places
from aisprint_cli.placement.batches import FINITE_S, View, stretch_of
from aisprint_cli.placement.problem import Problem


@dataclass(frozen=True, slots=True)
class Transfers:
    """What transfers take (s), by inner slot and by edge, and how busy each network domain is.

    Domains that are not shared count as idle, and `utilisation` is None when none is. `cut_off` is how
    many transfers have no network at all.
    """

    inner_s: Floats
    edge_s: Floats
    utilisation: Floats | None
    cut_off: Integers


class SharedLinks:
    """The network of one problem in which some domains are shared.

    A flow takes the domain that is fastest when empty, the first one of several. A shared domain works
    as processor sharing does: with U the share of its bandwidth that all flows need, sending takes
    `1 / (1 - U)` times as long as alone. Inside a component a flow has the rate at which the next piece is
    reached; along an edge that of the component times the probability of the move, whichever piece a
    request leaves by.
    """

    def __init__(self, problem: Problem, sizes: Floats) -> None:
        count = len(problem.layers) + 1
        self._access = np.zeros((len(sizes), count, count))
        self._access[:, :-1, :-1] = UNREACHABLE_S
        self._sending = np.zeros_like(self._access)
        self._domain = np.full(self._access.shape, len(problem.domains), dtype=np.int64)
        self._shared: Booleans = np.array([item.shared for item in problem.domains])
        for number, domain in enumerate(problem.domains):
            sending = sizes * problem.semantics.bits_per_unit / domain.bandwidth
            joined = np.ix_(range(len(sizes)), sorted(domain.layers), sorted(domain.layers))
            faster = domain.access_delay_s + sending[:, None, None] < (self._access + self._sending)[joined]
            for table, value in (
                (self._access, np.full_like(sending, domain.access_delay_s)),
                (self._sending, sending),
                (self._domain, np.full(len(sizes), number)),
            ):
                table[joined] = np.where(faster, value[:, None, None], table[joined])
        self._inner_rate = np.array(
            [0.0, *(component.rate_per_s * piece.reach for _, component, piece, _ in places(problem))]
        )
        self._edge_rate = np.array(
            [
                component.rate_per_s * probability
                for component in problem.components
                for probability in component.probabilities
            ]
        )

    def transfers(self, view: View) -> Transfers:
        """The transfers of a chunk of placements."""
        inner, between = view.inner(), view.between()
        links = [view.links(flows) for flows in (inner, between)]
        rates = [self._inner_rate[inner[1]], np.broadcast_to(self._edge_rate, between[0].shape)]
        utilisation = np.zeros((len(view.batch), len(self._shared) + 1))
        for (cells, nothing), rate in zip(links, rates, strict=True):
            busy = np.where(nothing, 0.0, rate * self._sending.ravel()[cells])
            rows = np.broadcast_to(np.arange(len(view.batch))[:, None], cells.shape)
            np.add.at(utilisation, (rows, self._domain.ravel()[cells]), busy)
        utilisation[:, :-1] *= self._shared
        utilisation[:, -1] = 0.0
        stretch = stretch_of(utilisation)
        inner_s, edge_s = (self._times(link, stretch) for link in links)
        cut_off = sum(
            (~nothing & (self._access.ravel()[cells] > FINITE_S)).sum(axis=1) for cells, nothing in links
        )
        return Transfers(inner_s, edge_s, utilisation[:, :-1], np.asarray(cut_off))

    def _times(self, link: tuple[Integers, Booleans], stretch: Floats) -> Floats:
        cells, nothing = link
        own = np.take_along_axis(stretch, self._domain.ravel()[cells], axis=1)
        times = self._access.ravel()[cells] + self._sending.ravel()[cells] * own
        return np.where(nothing, 0.0, times)
