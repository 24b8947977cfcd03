"""Local search for cheap placements when the resource of each layer is decided.

The search plans: every slot (a decided resource) has a number of instances and a utilisation it may reach,
and times are those at that utilisation. So a component that moves changes only its own limits and the
loads, and placements that keep the plan keep every limit. Prices on loads and seconds first say where
everything goes, all components at once (`price_out`); then components move one by one, with a penalty on
what is exceeded; then slots buy more or less, or plan to be busier. Only what the evaluator finds feasible
counts, and where it finds more time than was planned the plan is tightened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.component_moves import ComponentMoves, Priced
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.plan import Plan, Slots
from aisprint_cli.placement.trial import Found, Trial

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_CALIBRATIONS = 4
_FIRST_ROUNDS = 50
_MORE_ROUNDS = 15
_STARTS = 2
_IF_BOUGHT = 0.8
_GROWTHS = 12
_BUSY = (0.95, 0.9, 0.85, 0.75, 0.6, 0.4)
"""Utilisations planned to begin with, one after the other."""
_ONE = 1e-9
_STEPS = (
    (-0.1, 1.0), (0.1, 1.0), (-_ONE, 1.0), (_ONE, 1.0), (-_ONE, 0.7), (_ONE, 1.4), (0.0, 0.7), (0.0, 1.4)
)  # fmt: skip
"""What is tried with each slot: instances more or less, and more or less left idle."""


class LayerSearch:
    """Searches placements that use these columns (at most one of each layer) and functions."""

    def __init__(
        self, compiled: Compiled, columns: Sequence[int], limit_prices: Floats, evaluator: Evaluator
    ) -> None:
        """Prepare the ways of all components; `limit_prices` are by limit what a second is worth."""
        self._compiled = compiled
        self._slots = Slots.of(compiled, columns)
        self._evaluator = evaluator
        self._moves = ComponentMoves(compiled, self._slots, limit_prices)
        order = np.argsort(-self._slots.prices, kind="stable")
        self._order = [compiled.columns[columns[slot]] for slot in order]
        self._by_slot = np.array([compiled.columns[column] for column in columns], dtype=np.int64)
        self.best: Found | None = None
        self._state: tuple[Integers, Plan] | None = None
        self._plans: list[tuple[float, int, Priced, Plan]] = []

    def guess(self, busy: Sequence[Floats], pause: Callable[[], bool]) -> float:
        """About what the cheapest placement costs, from prices alone; sets what `run` begins with.

        Args:
            busy: utilisations by slot to plan with, one after the other.
            pause: asked often; true ends the search.
        """
        if not self._moves.possible:
            return float("inf")
        for utilisation in busy:
            self._consider(utilisation, _FIRST_ROUNDS, pause)
            if pause():
                break
        return self._plans[0][0]

    @property
    def columns(self) -> tuple[int, ...]:
        """The slots' columns."""
        return self._slots.columns

    @property
    def busy(self) -> Floats:
        """The utilisations by slot of the best plan."""
        return self._plans[0][3].busy

    def even(self) -> list[Floats]:
        """Plans in which all slots are equally busy."""
        return [np.full(len(self._slots.columns), value) for value in _BUSY]

    def _consider(self, busy: Floats, rounds: int, pause: Callable[[], bool]) -> bool:
        """Price a plan with these utilisations; tell whether it is the best so far."""
        start = self._plans[0][2].prices if self._plans else None
        plan = Plan(self._slots, self._slots.cut(self._slots.most), busy).loaded(busy)
        priced = self._moves.price_out(plan, start, rounds, pause)
        least = self._plans[0][0] if self._plans else np.inf
        self._plans.append((priced.value, len(self._plans), priced, plan))
        self._plans.sort(key=lambda item: item[:2])
        return bool(priced.value < least - 1e-9)

    def refine(self, pause: Callable[[], bool]) -> float:
        """Let slots be busier or less busy while that is better; about what the best plan costs."""
        improved = True
        while improved and not pause():
            improved = False
            for slot in range(len(self._slots.columns)):
                for idle in (0.7, 1.4):
                    busy = self._plans[0][3].busy.copy()
                    busy[slot] = 1 - (1 - busy[slot]) * idle
                    if not pause():
                        improved |= self._consider(busy, _MORE_ROUNDS, pause)
        return self._plans[0][0]

    def run(self, pause: Callable[[], bool]) -> Found | None:
        """A feasible placement near the best plans, after `guess`."""
        for _, _, priced, plan in self._plans[:_STARTS]:
            counts = self._slots.cut(priced.counts)
            self._moves.take(plan.buying(counts), priced.rows)
            self._settle((0.5, 0.0), None, pause)
            if pause():
                break
        if self.best is None and self._plans:
            self._grow(pause)
        return self.best

    def polish(self, pause: Callable[[], bool]) -> Found | None:
        """Change instances and utilisations slot by slot while that is better, after `run`."""
        while not pause() and self._resize(pause):
            pass
        return self.best

    def _settle(
        self, shares: Iterable[float], subset: Sequence[int] | None, pause: Callable[[], bool]
    ) -> bool:
        """Move components until the plan holds, and let the evaluator judge; tell whether it is better."""
        for share in shares:
            self._moves.sweep(share, pause, subset)
        for _ in range(_CALIBRATIONS):
            trial = self._trial()
            if trial.feasible:
                return self._keep(trial)
            if pause() or not self._moves.calibrate(trial.shares()):
                break
            self._moves.sweep(0.0, pause)
        return False

    def _trial(self) -> Trial:
        instances = np.zeros(len(self._compiled.problem.resources), dtype=np.int64)
        instances[self._by_slot] = self._moves.plan.counts.astype(np.int64)
        return Trial(self._evaluator, self._moves.choices(), instances.tolist())

    def _keep(self, trial: Trial) -> bool:
        found = trial.shrink(self._order)
        if self.best is not None and found.cost >= self.best.cost * (1 - 1e-9):
            return False
        counts = trial.instances[self._by_slot].astype(float)
        busy = np.where(counts > 0, trial.utilisation[self._by_slot], _IF_BOUGHT)
        self.best = found
        self._state = self._moves.rows.copy(), Plan(self._slots, counts, busy).loaded(busy)
        return True

    def _grow(self, pause: Callable[[], bool]) -> None:
        """Buy more of everything, and plan to be less busy, until the limits hold."""
        plan, rows = self._moves.plan, self._moves.rows
        for _ in range(_GROWTHS):
            if pause():
                return
            counts = self._slots.cut(np.ceil(plan.counts * 1.15 + 0.5))
            plan = plan.buying(counts).loaded(1 - (1 - plan.busy) * 1.2)
            self._moves.take(plan, rows)
            if self._settle((0.5, 0.0), None, pause):
                return
            rows = self._moves.rows

    def _resize(self, pause: Callable[[], bool]) -> bool:
        """Try other instances and utilisations, slot by slot; tell whether something was better."""
        better = False
        for slot in range(len(self._slots.columns)):
            for step in range(len(_STEPS)):
                if pause() or self._state is None:
                    return better
                better |= self._try(slot, *_STEPS[step], pause)
        return better

    def _try(self, slot: int, share: float, idle: float, pause: Callable[[], bool]) -> bool:
        """Change a slot's instances by a share of them, at least one, and what is left idle by a factor."""
        if self._state is None:
            return False
        rows, plan = self._state
        counts, busy = plan.counts.copy(), plan.busy.copy()
        few = np.sign(share) * max(1.0, np.floor(abs(share) * counts[slot]))
        if abs(share) > _ONE and abs(few) <= 1:
            return False
        counts[slot] += few
        busy[slot] = 1 - (1 - busy[slot]) * idle
        if not self._slots.allows(counts):
            return False
        self._moves.take(plan.buying(counts).loaded(busy), rows)
        return self._settle((0.3, 0.0), self._moves.touched(slot), pause)
