"""Where a piece may run and how fast it is there, from the two tables of a system file."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from aisprint_cli.load.json_document import Fault, JsonValue
from aisprint_cli.load.suggestions import closest
from aisprint_cli.placement.problem import Discipline, Option
from aisprint_cli.placement.system_entries import CONTRADICTION, number
from aisprint_cli.placement.system_resources import ResourceReader

UNKNOWN_RESOURCE: Final = Fault(
    "system.unknown-resource", "Nothing can run there.", "Write the name of a resource of the file."
)
NO_PERFORMANCE: Final = Fault(
    "system.no-performance",
    "Without a demand neither load nor response time nor the cost of functions can be computed.",
    "Give it in Performance: `demand` in seconds, or `demandWarm` and `demandCold` for a function.",
)
LEARNED: Final = Fault(
    "system.learned-model",
    "Its prediction comes from a regressor file, which is not read here.",
    "Give the demand in seconds beside it (`demand`, or `demandWarm` and `demandCold`).",
)
POINTS: Final = Fault(
    "system.table",
    "A table is read by rising rates; between its points lie straight lines.",
    "Give `points` as a list of [requests per second and instance, seconds], rates rising.",
)
MULTICORE: Final = "QTmulticore"
TABLE: Final = "TABLE"
_FORMULAS: Final = ("QTedge", "QTcloud", "PACSLTK", MULTICORE, TABLE)
MODEL_KEYS: Final = ("model", "demand", "demandWarm", "demandCold", "meanTime", "scv", "points")


class OptionReader:
    """Reads the options of pieces; what is wrong with them is reported.

    Args:
        root: the system file.
        resources: its resources, already read.

    """

    def __init__(self, root: JsonValue, resources: ResourceReader) -> None:
        self._root = root
        self._resources = resources
        self._queued: dict[int, JsonValue] = {}
        self._sharing: dict[int, JsonValue] = {}

    def listed(self, component: str, piece: str) -> JsonValue | None:
        """Where it is listed on which resources a piece may run; None where it is not."""
        return _entry(self._root.find("CompatibilityMatrix"), component, piece)

    def read(self, component: str, piece: str) -> tuple[Option, ...]:
        """The options of a piece; none where none is listed, which is for others to judge."""
        listed = self.listed(component, piece)
        if listed is None:
            return ()
        performance = _entry(self._root.need("Performance"), component, piece)
        options: dict[int, Option] = {}
        for item in listed.items():
            name = self._resource(item)
            if name is None:
                continue
            memory = item.need("memory")
            memory_mib = memory.number(minimum=0) if memory is not None else None
            model = performance.find(name) if performance is not None else None
            where = f"`{piece}` of `{component}` on `{name}`"
            place = self._resources.numbers[name]
            option = self._option(item, model, where, place, memory_mib or 0.0)
            if option is not None:
                options[place] = option
        return tuple(options.values())

    def disciplines(self) -> dict[int, Discipline]:
        """How resources serve according to the models of what runs on them; contradictions are reported."""
        for place, model in self._queued.items():
            said = self._resources.disciplines.get(place, Discipline.MULTI_SERVER)
            name = self._resources.resources[place].name
            if said is not Discipline.MULTI_SERVER:
                model.report(CONTRADICTION, f"{model.where} is {MULTICORE}, but `{name}` says {said.value}.")
            elif place in self._sharing and place not in self._resources.disciplines:
                other = self._sharing[place]
                message = f"{other.where} shares the processor, while {model.where} is {MULTICORE}."
                mend = f"Let all models on `{name}` be {MULTICORE}, or give it a `discipline`."
                other.report(CONTRADICTION, message, mend=mend)
        return dict.fromkeys(self._queued, Discipline.MULTI_SERVER)

    def _resource(self, item: JsonValue) -> str | None:
        named = item.need("resource")
        name = named.text() if named is not None else None
        if named is None or name is None or name in self._resources.numbers:
            return name
        if not self._resources.numbers:
            return None
        near = closest(name, self._resources.numbers)
        mend = f"Did you mean `{near}`?" if near else ""
        named.report(UNKNOWN_RESOURCE, f"There is no resource `{name}`.", mend=mend)
        return None

    def _option(
        self, item: JsonValue, model: JsonValue | None, where: str, place: int, memory_mib: float
    ) -> Option | None:
        if model is None:
            item.report(NO_PERFORMANCE, f"There is no performance model of {where}.")
            return None
        model.check_keys(MODEL_KEYS)
        kind = model.find("model")
        is_function = self._resources.is_function(place)
        measured = kind is not None and kind.value == TABLE
        demands = _demands(model, where, function=is_function, measured=measured)
        scv = number(model, "scv", minimum=0, otherwise=1.0)
        curve = read_points(model) if measured else ()
        if kind is not None and kind.value == MULTICORE and is_function:
            kind.report(CONTRADICTION, f"{kind.where} is {MULTICORE}, but functions have no queue.")
        elif kind is not None and not is_function and not measured:
            (self._queued if kind.value == MULTICORE else self._sharing).setdefault(place, kind)
        if demands is None or scv is None or curve is None:
            return None
        return Option(place, memory_mib, *demands, scv=scv, curve=curve)


def read_points(model: JsonValue) -> tuple[tuple[float, float], ...] | None:
    """The points of a measured table: rate per instance (1/s) and seconds; None once reported."""
    listed = model.need("points")
    if listed is None:
        return None
    found: list[tuple[float, float]] = []
    for entry in listed.items():
        pair = list(entry.items())
        if len(pair) != 2:
            entry.report(POINTS, f"{entry.where} should be two numbers.")
            return None
        rate, time_s = pair[0].number(minimum=0), pair[1].number(above=0)
        if rate is None or time_s is None:
            return None
        found.append((rate, time_s))
    if not found or any(after[0] <= before[0] for before, after in pairwise(found)):
        listed.report(POINTS, f"{listed.where} has {'no rising rates' if found else 'no points'}.")
        return None
    return tuple(found)


def _entry(table: JsonValue | None, component: str, piece: str) -> JsonValue | None:
    found = table.find(component) if table is not None else None
    return found.find(piece) if found is not None else None


def _demands(model: JsonValue, where: str, *, function: bool, measured: bool) -> tuple[float, ...] | None:
    """The demand, and for functions the cold one too; None once its absence is reported."""
    names = ("demandWarm", "demandCold") if function else ("demand",)
    entries = [model.find(name) for name in names[:1] if measured] or [model.find(name) for name in names]
    missing = [name for name, entry in zip(names, entries, strict=False) if entry is None]
    if missing:
        kind = model.find("model")
        learned = kind is not None and str(kind.value) not in _FORMULAS
        fault = LEARNED if learned else NO_PERFORMANCE
        model.report(fault, f"The performance model of {where} has no `{'` and no `'.join(missing)}`.")
        return None
    values = [entry.number(minimum=0) for entry in entries if entry is not None]
    return None if any(value is None for value in values) else tuple(value or 0.0 for value in values)
