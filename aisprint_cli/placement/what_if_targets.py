"""What a `what_if` change may be about: the values of a problem by name, and how each is replaced."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aisprint_cli.placement.problem import LocalLimit

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Component, Option, Piece, Problem

_Item = TypeVar("_Item")
RESOURCES: Final = "resource"
RULE: Final = "rule"
"""Rules have no properties: they can only be switched off."""


class Impossible(ValueError):  # noqa: N818 - read as a sentence: why the change is impossible
    """Why a value cannot become what the change says."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One operator and its operand; `relative` operands are shares of the value."""

    operator: str
    operand: float
    relative: bool = False

    def __call__(self, value: float) -> float:
        """The value after the edit."""
        step = value * self.operand if self.relative else self.operand
        match self.operator:
            case "+=":
                return value + step
            case "-=":
                return value - step
            case "*=":
                return value * self.operand
            case "/=":
                return value / self.operand
            case _:
                return self.operand


@dataclass(frozen=True, slots=True)
class Selection:
    """The numbers of the items a change is about; of their options those on `resources` (None: all)."""

    numbers: tuple[int, ...]
    resources: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Range:
    """The values a property may take."""

    words: str
    low: float = 0.0
    high: float = math.inf
    above: bool = False
    whole: bool = False

    def check(self, value: float, *, finite: bool = True) -> float:
        """The value itself.

        Raises:
            Impossible: when it is out of the range.

        """
        outside = value <= self.low if self.above else value < self.low
        if outside or value > self.high or (finite and math.isinf(value)):
            raise Impossible(f"this would make it {value:g}; {self.words}.")
        if self.whole and not float(value).is_integer():
            raise Impossible(f"this would make it {value:g}; {self.words}.")
        return value


Change = Callable[["Problem", Selection, Edit], "Problem"]


@dataclass(frozen=True, slots=True)
class Property:
    """Something of an item that can be changed."""

    words: str
    change: Change
    by_resource: bool = False


_PRICE = Range("a price is at least 0")
_COUNT = Range("a number of instances is a whole number, at least 0", whole=True)
_SIZE = Range("it is at least 0")
_POSITIVE = Range("it is above 0", above=True)
_SHARE = Range("a share is between 0 and 1", high=1.0)
_AVAILABLE = Range("an availability is above 0 and at most 1", high=1.0, above=True)
_PERCENTILE = Range("a percentile is between 0 and 1, 0.95 for p95", high=0.999999, above=True)


def names_of(problem: Problem, kind: str) -> tuple[str, ...]:
    """The names of all items of a kind, by number."""
    items: Mapping[str, tuple[Any, ...]] = {
        RESOURCES: problem.resources,
        "layer": problem.layers,
        "component": problem.components,
        "path": problem.path_limits,
        "network": problem.domains,
        "quota": problem.rules.quotas,
        RULE: _all_rules(problem),
    }
    return tuple(item.name for item in items[kind])


def _all_rules(problem: Problem) -> tuple[Any, ...]:
    rules = problem.rules
    return (*rules.confinements, *rules.affinities, *rules.quotas)


def without_rules(problem: Problem, numbers: tuple[int, ...]) -> Problem:
    """The problem without some rules, by their numbers among all (`names_of`)."""
    dropped = {id(_all_rules(problem)[number]) for number in numbers}
    rules = problem.rules
    return replace(
        problem,
        rules=replace(
            rules,
            confinements=tuple(item for item in rules.confinements if id(item) not in dropped),
            affinities=tuple(item for item in rules.affinities if id(item) not in dropped),
            quotas=tuple(item for item in rules.quotas if id(item) not in dropped),
        ),
    )


def _put(
    items: tuple[_Item, ...], numbers: tuple[int, ...], make: Callable[[_Item], _Item]
) -> tuple[_Item, ...]:
    return tuple(make(item) if number in numbers else item for number, item in enumerate(items))


def _rate(problem: Problem, _: Selection, edit: Edit) -> Problem:
    return problem.at_rate(_POSITIVE.check(edit(problem.entry_rate_per_s)))


def _period(problem: Problem, _: Selection, edit: Edit) -> Problem:
    return replace(problem, period_h=_POSITIVE.check(edit(problem.period_h)))


def _energy_limit(problem: Problem, _: Selection, edit: Edit) -> Problem:
    limit_wh = _POSITIVE.check(edit(problem.energy_limit_wh), finite=False)
    return replace(problem, energy_limit_wh=limit_wh)


def _resource(field: str, allowed: Range) -> Change:
    def change(problem: Problem, selection: Selection, edit: Edit) -> Problem:
        def make(item: Any) -> Any:
            value = allowed.check(edit(getattr(item, field)))
            return replace(item, **{field: int(value) if allowed.whole else value})

        return replace(problem, resources=_put(problem.resources, selection.numbers, make))

    return change


def _power(field: str) -> Change:
    inner = _resource(field, _SIZE)

    def change(problem: Problem, selection: Selection, edit: Edit) -> Problem:
        changed = inner(problem, selection, edit)
        for number in selection.numbers:
            item = changed.resources[number]
            if item.idle_w > item.busy_w:
                raise Impossible(
                    f"`{item.name}` would draw {item.idle_w:g} W idle, but {item.busy_w:g} W busy."
                )
        return changed

    return change


def _layer(field: str, allowed: Range) -> Change:
    inner = _resource(field, allowed)

    def change(problem: Problem, selection: Selection, edit: Edit) -> Problem:
        inside = [number for number, item in enumerate(problem.resources) if item.layer in selection.numbers]
        return inner(problem, Selection(tuple(inside), None), edit)

    return change


def _options(field: str, allowed: Range) -> Change:
    def change(problem: Problem, selection: Selection, edit: Edit) -> Problem:
        touched = 0

        def option(item: Option) -> Option:
            nonlocal touched
            if selection.resources is not None and item.resource not in selection.resources:
                return item
            if field == "cold_s" and not problem.is_function(item.resource):
                return item
            touched += 1
            values: dict[str, Any] = {field: allowed.check(edit(getattr(item, field)))}
            return replace(item, **values)

        def make(component: Component) -> Component:
            return _each_piece(
                component, lambda piece: replace(piece, options=tuple(map(option, piece.options)))
            )

        changed = replace(problem, components=_put(problem.components, selection.numbers, make))
        if not touched:
            raise Impossible("none of its pieces may run on such a resource, so it has no such value.")
        return changed

    return change


def _each_piece(component: Component, make: Callable[[Piece], Piece]) -> Component:
    return replace(
        component,
        alternatives=tuple(
            replace(item, pieces=tuple(map(make, item.pieces))) for item in component.alternatives
        ),
    )


def _data(problem: Problem, selection: Selection, edit: Edit) -> Problem:
    def size(value: float) -> float:
        return _SIZE.check(edit(value))

    def make(component: Component) -> Component:
        component = _each_piece(component, lambda piece: replace(piece, data_size=size(piece.data_size)))
        sent = tuple(replace(item, sent=tuple(map(size, item.sent))) for item in component.alternatives)
        return replace(component, alternatives=sent)

    return replace(problem, components=_put(problem.components, selection.numbers, make))


def _local_limit(problem: Problem, selection: Selection, edit: Edit) -> Problem:
    limits = list(problem.local_limits)
    limited = {limit.component for limit in limits}
    for number in selection.numbers:
        if number not in limited and edit.operator != "=":
            raise Impossible(f"`{problem.components[number].name}` has no limit yet; set one with `=`.")
        if number not in limited:
            limits.append(LocalLimit(number, math.inf))
    limits = [
        replace(item, limit_s=_POSITIVE.check(edit(item.limit_s), finite=False))
        if item.component in selection.numbers
        else item
        for item in limits
    ]
    return replace(problem, local_limits=tuple(item for item in limits if item.limit_s < math.inf))


def _local_percentile(problem: Problem, selection: Selection, edit: Edit) -> Problem:
    limited = {limit.component for limit in problem.local_limits}
    for number in selection.numbers:
        if number not in limited:
            raise Impossible(f"`{problem.components[number].name}` has no limit it could be about.")
    places = [place for place, item in enumerate(problem.local_limits) if item.component in selection.numbers]
    limits = _put(problem.local_limits, tuple(places), lambda item: _with_percentile(item, edit))
    return replace(problem, local_limits=limits)


def _path_percentile(problem: Problem, selection: Selection, edit: Edit) -> Problem:
    limits = _put(problem.path_limits, selection.numbers, lambda item: _with_percentile(item, edit))
    return replace(problem, path_limits=limits)


def _with_percentile(item: Any, edit: Edit) -> Any:
    if edit.operator != "=":
        raise Impossible("a percentile is set with `=`, as in '=0.95'.")
    return replace(item, percentile=_PERCENTILE.check(edit(0.0)))


def _quota_limit(problem: Problem, selection: Selection, edit: Edit) -> Problem:
    quotas = _put(
        problem.rules.quotas,
        selection.numbers,
        lambda item: replace(item, limit=int(_COUNT.check(edit(item.limit)))),
    )
    return replace(problem, rules=replace(problem.rules, quotas=quotas))


def _transition_cost(problem: Problem, selection: Selection, edit: Edit) -> Problem:
    layers = _put(
        problem.layers,
        selection.numbers,
        lambda item: replace(item, transition_cost=_PRICE.check(edit(item.transition_cost))),
    )
    return replace(problem, layers=layers)


def _path_limit(problem: Problem, selection: Selection, edit: Edit) -> Problem:
    limits = _put(
        problem.path_limits,
        selection.numbers,
        lambda item: replace(item, limit_s=_POSITIVE.check(edit(item.limit_s), finite=False)),
    )
    return replace(problem, path_limits=tuple(item for item in limits if item.limit_s < math.inf))


def _network(field: str, allowed: Range) -> Change:
    def change(problem: Problem, selection: Selection, edit: Edit) -> Problem:
        def make(item: Any) -> Any:
            return replace(item, **{field: allowed.check(edit(getattr(item, field)))})

        return replace(problem, domains=_put(problem.domains, selection.numbers, make))

    return change


PLAIN: Final[dict[str, Property]] = {
    "rate": Property("requests per second that enter", _rate),
    "period": Property("hours that the cost is for", _period),
    "energy": Property("limit of the energy drawn in the period, Wh (`inf`: none)", _energy_limit),
}
"""What stands alone."""

GROUPS: Final[dict[str, dict[str, Property]]] = {
    RESOURCES: {
        "cost": Property("price per hour of an instance", _resource("cost_per_hour", _PRICE)),
        "instances": Property("instances there are at most", _resource("limit", _COUNT)),
        "memory": Property("memory, MiB", _resource("memory_mib", _SIZE)),
        "idle": Property("seconds an idle function instance lives", _resource("idle_before_kill_s", _SIZE)),
        "idle_power": Property("watts an instance draws without work", _power("idle_w")),
        "busy_power": Property("watts an instance draws with work", _power("busy_w")),
        "availability": Property(
            "share of the time an instance is there", _resource("availability", _AVAILABLE)
        ),
        "cores": Property("cores, the servers of a multi-server instance", _resource("cores", _POSITIVE)),
        "green_share": Property("part of its power from renewable sources", _resource("green_share", _SHARE)),
    },
    "layer": {
        "cost": Property("price per hour of each of its resources", _layer("cost_per_hour", _PRICE)),
        "instances": Property("instances of each of its resources", _layer("limit", _COUNT)),
        "memory": Property("memory of each of its resources, MiB", _layer("memory_mib", _SIZE)),
        "availability": Property(
            "share of the time an instance of its resources is there", _layer("availability", _AVAILABLE)
        ),
        "transition_cost": Property("price of each request on its functions", _transition_cost),
    },
    "component": {
        "demand": Property(
            "service time, s (functions: warm)", _options("demand_s", _SIZE), by_resource=True
        ),
        "cold": Property("service time of a cold start, s", _options("cold_s", _SIZE), by_resource=True),
        "memory": Property("memory of each piece, MiB", _options("memory_mib", _SIZE), by_resource=True),
        "scv": Property(
            "squared coefficient of variation of its service time", _options("scv", _SIZE), by_resource=True
        ),
        "data": Property("data sent, between its pieces and on", _data),
        "limit": Property("limit of its response time, s (`inf`: none)", _local_limit),
        "percentile": Property("percentile that the limit is about, 0 to 1", _local_percentile),
    },
    "path": {
        "limit": Property("limit of its time, s (`inf`: none)", _path_limit),
        "percentile": Property("percentile that the limit is about, 0 to 1", _path_percentile),
    },
    "quota": {"limit": Property("instances over all its resources at most", _quota_limit)},
    "network": {
        "delay": Property("access delay, s", _network("access_delay_s", _SIZE)),
        "bandwidth": Property("bandwidth, in the file's unit", _network("bandwidth", _POSITIVE)),
    },
}
"""Properties by kind of item."""
