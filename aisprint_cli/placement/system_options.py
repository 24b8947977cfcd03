"""Where a piece may run and how fast it is there, from the two tables of a system file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from aisprint_cli.load.json_document import Fault, JsonValue
from aisprint_cli.load.suggestions import closest
from aisprint_cli.placement.problem import Option

NOWHERE: Final = Fault(
    "system.nowhere-to-run",
    "A piece that no resource is listed for cannot be placed.",
    "List at least one resource for it in CompatibilityMatrix.",
)
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
_FORMULAS: Final = ("QTedge", "QTcloud", "PACSLTK")


def read_options(
    root: JsonValue,
    component: str,
    piece: str,
    resources: Mapping[str, int],
    is_function: Callable[[int], bool],
) -> tuple[Option, ...]:
    """The options of a piece; what is wrong with them is reported.

    Args:
        root: the system file.
        component: the component's name.
        piece: the piece's name.
        resources: the numbers of the resources by name.
        is_function: whether the resource of a number is a function.

    """
    matrix = root.need("CompatibilityMatrix")
    listed = _entry(matrix, component, piece)
    if matrix is None:
        return ()
    if listed is None or not listed.value:
        at = matrix if listed is None else listed
        at.report(NOWHERE, f"No resource is listed for `{piece}` of `{component}`.")
        return ()
    performance = _entry(root.need("Performance"), component, piece)
    options: dict[int, Option] = {}
    for item in listed.items():
        named = item.need("resource")
        name = named.text() if named is not None else None
        if named is None or name is None:
            continue
        if name not in resources:
            near = closest(name, resources)
            mend = f"Did you mean `{near}`?" if near else ""
            named.report(UNKNOWN_RESOURCE, f"There is no resource `{name}`.", mend=mend)
            continue
        number = resources[name]
        memory = item.need("memory")
        memory_mib = memory.number(minimum=0) if memory is not None else None
        model = performance.find(name) if performance is not None else None
        demands = _demands(item, model, (component, piece, name), function=is_function(number))
        if demands is not None:
            options[number] = Option(number, memory_mib or 0.0, *demands)
    return tuple(options.values())


def _entry(table: JsonValue | None, component: str, piece: str) -> JsonValue | None:
    found = table.find(component) if table is not None else None
    return found.find(piece) if found is not None else None


def _demands(
    item: JsonValue, model: JsonValue | None, what: tuple[str, str, str], *, function: bool
) -> tuple[float, ...] | None:
    """The demand, and for functions the cold one too; None once its absence is reported."""
    component, piece, resource = what
    where = f"`{piece}` of `{component}` on `{resource}`"
    if model is None:
        item.report(NO_PERFORMANCE, f"There is no performance model of {where}.")
        return None
    names = ("demandWarm", "demandCold") if function else ("demand",)
    entries = [model.find(name) for name in names]
    missing = [name for name, entry in zip(names, entries, strict=True) if entry is None]
    if missing:
        kind = model.find("model")
        learned = kind is not None and str(kind.value) not in _FORMULAS
        fault = LEARNED if learned else NO_PERFORMANCE
        model.report(fault, f"The performance model of {where} has no `{'` and no `'.join(missing)}`.")
        return None
    values = [entry.number(minimum=0) for entry in entries if entry is not None]
    return None if any(value is None for value in values) else tuple(value or 0.0 for value in values)
