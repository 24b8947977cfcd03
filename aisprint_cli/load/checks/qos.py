"""The quality of service that exec_time annotations ask for: paths, limits, units."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from aisprint_cli.load.build.dag import DagDraft
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.components import Components
from aisprint_cli.load.shapes.reader import INVALID

_LONG_S: Final = 1000.0
_EXEC_TIME: Final = "exec_time"


def check_qos(components: Components, dag: DagDraft | None, checker: Checker) -> None:
    """Check each exec_time by itself, and against the DAG where there is one."""
    times = {
        name: component.code.values[_EXEC_TIME]
        for name, component in components.by_name.items()
        if _EXEC_TIME in component.code.values
    }
    measured = {name for name, item in components.by_name.items() if _EXEC_TIME in item.code.arguments}
    for name, limits in times.items():
        _check_limits(name, limits, components.by_name[name].code.given(_EXEC_TIME), checker)
        previous = _previous(limits)
        if previous and dag is not None and name in dag.names:
            _check_path(name, previous, dag, checker)
            _check_measured(name, previous, components, measured, checker)
        _check_contradiction(name, previous, times, checker)


def _previous(limits: Mapping[str, Any]) -> list[str]:
    return [item for item in limits.get("prev_components") or () if item is not INVALID]


def _check_limits(name: str, limits: Mapping[str, Any], given: frozenset[str], checker: Checker) -> None:
    """Check one exec_time; an argument that is `given` but not in `limits` has its finding already."""
    if limits.get("global_time_thr") and limits.get("prev_components") == []:
        message = f"`{name}` has a global_time_thr, but its prev_components is empty."
        checker.argument("qos.no-previous", name, _EXEC_TIME, ("global_time_thr",), message)
    elif limits.get("global_time_thr") and "prev_components" not in given:
        message = f"`{name}` has a global_time_thr without prev_components."
        checker.argument("qos.no-previous", name, _EXEC_TIME, ("global_time_thr",), message)
    if limits.get("prev_components") and "global_time_thr" not in given:
        message = f"`{name}` has prev_components without a global_time_thr."
        checker.argument("qos.no-global-limit", name, _EXEC_TIME, ("prev_components",), message)
    for key in ("local_time_thr", "global_time_thr"):
        limit = limits.get(key)
        if limit is not None and limit >= _LONG_S:
            message = f"`{key}` of `{name}` is {limit:g} seconds."
            mend = f"Write {limit / 1000:g} if milliseconds were meant; otherwise leave it."
            checker.argument("units.milliseconds", name, _EXEC_TIME, (key,), message, mend)


def _check_path(name: str, previous: list[str], dag: DagDraft, checker: Checker) -> None:
    """Each previous component exists, and each is followed by the next one, the last by `name`."""
    unknown = False
    for index, item in enumerate(previous):
        keys = ("prev_components", index)
        if item == name:
            message = f"`{name}` is in its own prev_components."
            checker.argument("qos.own-path", name, _EXEC_TIME, keys, message)
            unknown = True
        elif item not in dag.names and dag.all_components:
            message = f"`{item}` is no component."
            mend = checker.did_you_mean(item, dag.names)
            checker.argument("qos.unknown-component", name, _EXEC_TIME, keys, message, mend)
            unknown = True
    if unknown or not dag.all_dependencies:
        return
    owner = {other: base for base, others in dag.dag.alternatives.items() for other in others}
    path = [owner.get(item, item) for item in (*previous, name)]
    for index, (source, target) in enumerate(pairwise(path)):
        if target not in dag.dag.successors(source):
            message = f"`{target}` does not follow `{source}` in the DAG."
            checker.argument("qos.not-a-path", name, _EXEC_TIME, ("prev_components", index), message)


def _check_measured(
    name: str, previous: list[str], components: Components, measured: set[str], checker: Checker
) -> None:
    for index, item in enumerate(previous):
        if item in components.by_name and item not in measured:
            message = f"`{item}` has no exec_time annotation."
            keys = ("prev_components", index)
            checker.argument("qos.unmeasured-previous", name, _EXEC_TIME, keys, message)


def _check_contradiction(
    name: str, previous: list[str], times: Mapping[str, Mapping[str, Any]], checker: Checker
) -> None:
    limit = times[name].get("global_time_thr")
    if limit is None:
        return
    for item in (*previous, name):
        local = times.get(item, {}).get("local_time_thr")
        if local is not None and limit < local:
            message = (
                f"The global limit of `{name}` is {limit:g} s, below the local limit {local:g} s of `{item}`."
            )
            checker.argument("qos.contradiction", name, _EXEC_TIME, ("global_time_thr",), message)
