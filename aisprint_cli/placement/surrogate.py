"""One capacity row made of many: what all components need of several resources together.

Each component can often leave a resource alone, so that for each resource by itself nothing must come.
Together they cannot. With multipliers ``v`` on the capacity rows, the components need at least the sum of
their least ``v w``, and there is ``v n`` (a surrogate constraint, Glover 1968).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.candidates import Candidate, Configuration

_ROUNDS = 40


def surrogates(
    candidates: Sequence[Sequence[Candidate]], configuration: Configuration, edge: Sequence[bool]
) -> list[list[float]]:
    """Multipliers by capacity row: for all rows; and where there are both, for edge and cloud alone.

    Args:
        candidates: by component.
        configuration: whose rows.
        edge: whether each slot is an edge device.
    """
    if not configuration.rows:
        return []
    of_edge = [edge[row.slot] for row in configuration.rows]
    groups = [[True] * len(of_edge)]
    if any(of_edge) and not all(of_edge):
        groups += [of_edge, [not value for value in of_edge]]
    return [_tightest(candidates, configuration, group) for group in groups]


def _tightest(
    candidates: Sequence[Sequence[Candidate]], configuration: Configuration, group: Sequence[bool]
) -> list[float]:
    """The multipliers on the group's rows at which what is needed comes nearest to what there is.

    Multiplicative weights (Plotkin, Shmoys, Tardos 1995): what the components overuse gets heavier.
    """
    capacity = np.array([float(configuration.instances[row.slot]) for row in configuration.rows])
    weights = np.array([item.weights for items in candidates for item in items]) / capacity
    starts = np.cumsum([0, *(len(items) for items in candidates[:-1])])
    of_component = np.repeat(np.arange(len(candidates)), [len(items) for items in candidates])
    shares = np.array(group, dtype=float)
    shares = shares / shares.sum()
    best, best_need = shares, -1.0
    for step in range(_ROUNDS):
        pressure = weights @ shares
        least = np.minimum.reduceat(pressure, starts)
        need = float(least.sum())
        if need > best_need:
            best, best_need = shares, need
        chosen = pressure <= least[of_component]
        ties = np.add.reduceat(chosen, starts, dtype=float)
        used = (chosen / ties[of_component]) @ weights
        most = used[shares > 0].max()
        shares = shares * np.exp(2.0 / (1 + 0.3 * step) * np.minimum(used - most, 0.0))
        shares = shares / shares.sum()
    return [float(value) for value in best / capacity]
