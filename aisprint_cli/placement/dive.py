"""A first placement soon: one path down the tree of configurations, with room to spare.

The exact search goes where the bound is least, and may work for long where hardly anything fits. A dive
decides every layer as the bound suggests, buys a few instances more than that, and looks for any placement
there, further and further above the bound; then the instances are reduced to what the choices need. It
proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.placement.assignment import AssignmentSearch
from aisprint_cli.placement.candidates import Configuration, priced_rows
from aisprint_cli.placement.completion import placement_of
from aisprint_cli.placement.counts import cheapest_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aisprint_cli.placement.compiled import Compiled
    from aisprint_cli.placement.problem import Placement
    from aisprint_cli.placement.relaxation import Array, Relaxation

_EXTRA = (0, 1, 3, 1000)
"""Instances bought besides those of the bound, attempt by attempt."""

_ABOVE = (0.02, 0.15, 1.0)
"""How far above its bound a configuration is searched, relatively."""

_NODES = 150


@dataclass(frozen=True)
class Dive:
    """Dives of one problem; `order` and `choices` say how layers are decided, as in the exact search."""

    compiled: Compiled
    relaxation: Relaxation
    choices: Sequence[Sequence[tuple[int, int]]]
    pause: Callable[[], None]

    def run(self) -> tuple[Placement, float] | None:
        """A placement and its cost; None when no attempt finds one."""
        for extra in _EXTRA:
            found = self._attempt(*self._configuration(extra))
            if found is not None:
                return found
        return None

    def _configuration(self, extra: int) -> tuple[list[int], list[int], list[Array]]:
        """Columns, instances and prices, each layer decided as the bound suggests with so many more."""
        columns: list[int] = []
        instances: list[int] = []
        prices: list[Array] = []
        for depth, candidates in enumerate(self.choices):
            allowed = [item for item in candidates if self._allows(columns, instances, *item)]
            if not allowed:
                continue
            none, bounds, mu = self.relaxation.decide(depth, columns, instances, prices, candidates)
            by_choice = dict(zip(candidates, zip(bounds.tolist(), mu, strict=True), strict=True))
            best = min(allowed, key=lambda item: by_choice[item][0])
            if none <= by_choice[best][0] and extra < _EXTRA[-1]:
                continue
            column = best[0]
            most = max(count for other, count in allowed if other == column)
            columns.append(column)
            instances.append(min(most, best[1] + extra))
            prices.append(self.relaxation.spread(column, instances[-1], by_choice[best][1]))
        return columns, instances, prices

    def _allows(self, columns: Sequence[int], instances: Sequence[int], column: int, count: int) -> bool:
        """Whether every quota is kept with so many instances of one more column."""
        for members, most in self.compiled.quotas:
            if column in members:
                bought = sum(n for other, n in zip(columns, instances, strict=True) if other in members)
                if bought + count > most:
                    return False
        return True

    def _attempt(
        self, columns: list[int], instances: list[int], prices: list[Array]
    ) -> tuple[Placement, float] | None:
        """Look for a placement of one configuration, further and further above its bound."""
        if not columns:
            bound = float(self.relaxation.totals(self.relaxation.piece_costs(len(self.choices), (), (), ())))
        else:
            enough = float("inf")
            bound, prices = self.relaxation.improve(len(self.choices), columns, instances, prices, enough)
        for above in _ABOVE:
            if bound == float("inf"):
                break
            inside = AssignmentSearch(
                self.compiled,
                self.relaxation,
                Configuration(
                    tuple(columns), tuple(instances), priced_rows(self.relaxation, columns, instances, prices)
                ),
                self.relaxation.piece_costs(len(self.choices), columns, instances, prices),
                bound + above * abs(bound),
                self.pause,
                _NODES,
            )
            inside.run()
            if inside.best is not None:
                placement = placement_of(self.compiled, columns, instances, inside.best)
                return cheapest_counts(self.compiled.problem, placement.choices)
        return None
