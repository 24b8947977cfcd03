"""What the values of a schedule file mean for a problem; what makes no sense is reported where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from yaml.nodes import MappingNode, SequenceNode

from aisprint_cli.diagnostics import Diagnostic, Findings, Severity
from aisprint_cli.load.json_document import Fault
from aisprint_cli.load.shapes.reader import INVALID
from aisprint_cli.load.source_map import SourceMap
from aisprint_cli.load.suggestions import closest
from aisprint_cli.placement.schedule.problem import Period, Reservable, ScheduleProblem, Switching
from aisprint_cli.placement.what_if import Fault as ChangeFault
from aisprint_cli.placement.what_if import try_change

if TYPE_CHECKING:
    from yaml.nodes import Node

    from aisprint_cli.placement.problem import Problem

_PERIODS: Final = Fault(
    "schedule.periods",
    "The load over time is said either period by period or hour by hour.",
    "Give either `periods` or `hourly` with `rate`.",
)
_LENGTH: Final = Fault(
    "schedule.length",
    "What a period costs depends on how long it lasts.",
    "Give `hours` to every period; or `from`, the hour of the day, to every one, in ascending order.",
)
_VALUES: Final = Fault(
    "schedule.values", "Every hour needs one value of each.", "Give as many values as `rate` has."
)
_NO_RATE: Final = Fault(
    "structure.out-of-range", "Without a load nothing can be placed.", "Write a number above 0."
)
_CHANGE: Final = Fault(
    "schedule.change",
    "What cannot be changed cannot differ between periods.",
    "Write a target and a value as for --what-if: `resource.VM1.cost: 0.12`.",
)
_RESERVATION: Final = Fault(
    "schedule.reservation",
    "Only what is bought by the instance can be reserved.",
    "Name an edge or cloud resource, each once.",
)
_BY_PERIOD: Final = frozenset({"rate", "period"})
Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class _Stretch:
    """A period as the file says it; `keys` is where."""

    name: str
    start_h: float
    hours: float
    rate_per_s: float
    changes: tuple[tuple[str, Any], ...]
    keys: Keys


class Meaning:
    """Makes a schedule of a file's values.

    Args:
        path: how findings name the file.
        root: its node tree.
        findings: takes what is wrong.
        problem: what is placed; periods differ from it in rate, length and the changes they name.

    """

    def __init__(self, path: str, root: Node, findings: Findings, problem: Problem) -> None:
        self._path = path
        self._root = root
        self._sources = SourceMap({path: root})
        self._findings = findings
        self._problem = problem
        self._changed: dict[tuple[tuple[str, Any], ...], Problem] = {}

    def schedule(self, value: Mapping[str, Any]) -> ScheduleProblem | None:
        """The schedule; None, once reported, when no period can be made out."""
        listed, hourly = value.get("periods"), value.get("hourly")
        if listed is not None and hourly is not None:
            self._report(_PERIODS, ("hourly",), "The file has both `periods` and `hourly`.")
        if listed is None and hourly is None:
            self._report(_PERIODS, (), "The file has neither `periods` nor `hourly`.")
        stretches = [*self._listed(listed or []), *self._hours(hourly)]
        periods = tuple(self._periods(stretches))
        reservable = tuple(self._reservable(value.get("reserve") or []))
        if not periods:
            return None
        switching = _switching(value.get("switching") or {})
        return ScheduleProblem(periods, switching, reservable, repeats=value.get("repeat") is not False)

    def _report(self, fault: Fault, keys: Keys, message: str, *, key: bool = False) -> None:
        locate = self._sources.locate_key if key else self._sources.locate
        location = locate(self._path, *keys)
        self._findings.extend(
            [Diagnostic(fault.code, Severity.ERROR, message, fault.why, fault.mend, location)]
        )

    def _listed(self, items: list[Any]) -> Iterator[_Stretch]:
        periods = [item if isinstance(item, dict) else {} for item in items]
        lengths = self._lengths(periods)
        start_h = next((float(item["from"]) for item in periods if item.get("from") is not None), 0.0)
        for number, item in enumerate(periods):
            hours, rate = lengths.get(number), item.get("rate")
            if hours is None or rate is None:
                continue
            name = item.get("name") or f"period {number + 1}"
            changes = tuple((key, _scalar(given)) for key, given in (item.get("changes") or {}).items())
            yield _Stretch(name, start_h, hours, float(rate), changes, ("periods", number))
            start_h += hours

    def _lengths(self, periods: list[dict[str, Any]]) -> dict[int, float]:
        """How many hours each period lasts; from one `from` to the next where the file says so."""
        wanted, other = ("from", "hours") if any("from" in item for item in periods) else ("hours", "from")
        for number, item in enumerate(periods):
            if not item:
                continue
            if wanted not in item and wanted not in self._written(number):
                self._report(_LENGTH, ("periods", number), f"`periods[{number}]` has no `{wanted}`.")
            if other in item:
                message = f"`periods[{number}]` has `hours`, but periods here begin at `from`."
                self._report(_LENGTH, ("periods", number, other), message, key=True)
        if wanted == "hours":
            return {number: float(item["hours"]) for number, item in enumerate(periods) if item.get("hours")}
        begins = [item.get("from") for item in periods]
        return self._between([float(begin) for begin in begins if begin is not None], len(begins))

    def _written(self, number: int) -> Collection[str]:
        """The keys that a period of the file has, also those whose values are faulty."""
        lists = dict(_entries(self._root)).get("periods")
        if not isinstance(lists, SequenceNode):
            return ()
        return {key for key, _ in _entries(lists.value[number])}

    def _between(self, begins: list[float], count: int) -> dict[int, float]:
        if len(begins) < count:
            return {}
        ends = [*begins[1:], begins[0] + 24]
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            if end <= begin:
                place = min(number + 1, count - 1)
                message = f"`periods[{number}]` begins at {begin:g} and would end at {end:g}."
                self._report(_LENGTH, ("periods", place, "from"), message)
                return {}
        return {number: ends[number] - begin for number, begin in enumerate(begins)}

    def _hours(self, lists: Mapping[str, list[Any]] | None) -> Iterator[_Stretch]:
        """Hours; those after each other that are alike are taken together."""
        if lists is None:
            return
        rates = lists.get("rate")
        if rates is None:
            self._report(_PERIODS, ("hourly",), "`hourly` has no `rate`.")
            return
        if not self._are_whole(lists, rates):
            return
        targets = [name for name in lists if name != "rate"]
        rows = [
            (rates[hour], *(_scalar(lists[name][hour]) for name in targets)) for hour in range(len(rates))
        ]
        for row, group in groupby(range(len(rows)), key=rows.__getitem__):
            hours = list(group)
            name = f"{hours[0]:02d}-{hours[-1] + 1:02d} h"
            changes = tuple(zip(targets, row[1:], strict=True))
            yield _Stretch(
                name, float(hours[0]), float(len(hours)), float(row[0]), changes, ("hourly", hours[0])
            )

    def _are_whole(self, lists: Mapping[str, list[Any]], rates: list[Any]) -> bool:
        whole = True
        for name, items in lists.items():
            if len(items) != len(rates):
                whole = False
                message = f"`hourly.{name}` has {len(items)} values, `hourly.rate` has {len(rates)}."
                self._report(_VALUES, ("hourly", name), message)
        for hour, rate in enumerate(rates):
            is_number = isinstance(rate, (int, float)) and not isinstance(rate, bool)
            if not is_number or not 0 < rate < float("inf"):
                whole = False
                message = f"`hourly.rate[{hour}]` is {rate}; it should be a number above 0."
                self._report(_NO_RATE, ("hourly", "rate", hour), message)
        return whole

    def _periods(self, stretches: list[_Stretch]) -> Iterator[Period]:
        kinds: dict[tuple[Any, ...], int] = {}
        for item in stretches:
            changed = self._with_changes(item)
            key = (item.rate_per_s, item.hours, item.changes)
            limit_wh = changed.energy_limit_wh * item.hours / self._problem.period_h
            problem = changed.at_rate(item.rate_per_s)
            problem = replace(problem, period_h=item.hours, energy_limit_wh=limit_wh)
            yield Period(item.name, item.start_h, item.hours, problem, kinds.setdefault(key, len(kinds)))

    def _with_changes(self, item: _Stretch) -> Problem:
        if item.changes in self._changed:
            return self._changed[item.changes]
        problem = self._problem
        for target, value in item.changes:
            found = _changed(problem, target, value)
            if isinstance(found, str):
                self._report(_CHANGE, _keys_of(item, target), f"`{target}`: {found}", key=True)
            else:
                problem = found
        self._changed[item.changes] = problem
        return problem

    def _reservable(self, items: list[Any]) -> Iterator[Reservable]:
        numbers = {item.name: number for number, item in enumerate(self._problem.resources)}
        seen: set[str] = set()
        for place, item in enumerate(items):
            if item is INVALID or item.get("resource") is None or item.get("cost") is None:
                continue
            name = item["resource"]
            reason = _why_not_reserved(self._problem, numbers, name, seen)
            if reason is not None:
                self._report(_RESERVATION, ("reserve", place, "resource"), reason)
                continue
            seen.add(name)
            limit = self._problem.resources[numbers[name]].limit
            yield Reservable(numbers[name], float(item["cost"]), min(item.get("instances") or limit, limit))


def _entries(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)


def _scalar(value: Any) -> Any:
    """The value, or None where it is a collection."""
    return value if isinstance(value, (bool, int, float, str)) else None


def _keys_of(item: _Stretch, target: str) -> Keys:
    if item.keys[0] == "hourly":
        return ("hourly", target, item.keys[1])
    return (*item.keys, "changes", target)


def _changed(problem: Problem, target: str, value: Any) -> Problem | str:
    """The problem with one thing otherwise, or why not; text brings its operator, numbers are set."""
    if target.strip().lower() in _BY_PERIOD:
        return "the period's own `rate` and `hours` say that."
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return "its value should be a number, or an operator and a number such as '*=1.2'."
    text = f"{target} {value}" if isinstance(value, str) and "=" in value else f"{target} ={value}"
    found = try_change(problem, text)
    return found.message if isinstance(found, ChangeFault) else found


def _why_not_reserved(problem: Problem, numbers: Mapping[str, int], name: str, seen: set[str]) -> str | None:
    if name not in numbers:
        near = closest(name, tuple(numbers))
        return f"There is no resource `{name}`." + (f" Did you mean `{near}`?" if near else "")
    if name in seen:
        return f"`{name}` is given twice."
    if problem.is_function(numbers[name]):
        return f"`{name}` is a function, which is paid by use."
    return None


def _switching(value: Mapping[str, Any]) -> Switching:
    return Switching(
        component_moved=float(value.get("component_moved") or 0),
        instance_started=float(value.get("instance_started") or 0),
        start_s=float(value.get("start_seconds") or 0),
    )
