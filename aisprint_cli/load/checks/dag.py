"""The component graph: its nodes, edges, probabilities, cycles and pieces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from aisprint_cli.load.build.dag import DagDraft
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.documents import DAG

_COMPONENTS = ("System", "components")
_DEPENDENCIES = ("System", "dependencies")
_ALTERNATIVES = ("System", "alternative_components")
_TOLERANCE = 1e-9
_SHOWN = 12


def check_dag(draft: DagDraft, document: Mapping[str, Any], checker: Checker) -> None:
    """Everything about the DAG file that its structure does not tell."""
    _check_components(draft, checker)
    if len(draft.components) > 1 and "dependencies" not in document["System"]:
        message = "There are several components, but no `dependencies`."
        checker.key("structure.missing-key", DAG, ("System",), message)
    _check_alternatives(draft, checker)
    _check_dependencies(draft, checker)
    _check_probabilities(draft, checker)
    cyclic = _check_cycles(draft, checker)
    if draft.all_dependencies:
        _check_reachable(draft, cyclic, checker)
        _check_pieces(draft, checker)


def _check_components(draft: DagDraft, checker: Checker) -> None:
    seen: set[str] = set()
    for index, name in draft.components:
        if name in seen:
            message = f"The component `{name}` is listed twice."
            checker.value("dag.duplicate-component", DAG, (*_COMPONENTS, index), message)
        seen.add(name)


def _check_alternatives(draft: DagDraft, checker: Checker) -> None:
    known = set(draft.dag.components)
    owner: dict[str, str] = {}
    for name, alternatives in draft.alternatives.items():
        if name not in known and draft.all_components:
            message = f"Alternatives are given for `{name}`, which is no component."
            mend = checker.did_you_mean(name, known)
            checker.key("dag.unknown-component", DAG, (*_ALTERNATIVES, name), message, mend)
        for index, alternative in alternatives:
            place = (*_ALTERNATIVES, name, index)
            if alternative in known:
                message = f"`{alternative}` is a component already; it cannot be an alternative of `{name}`."
                checker.value("dag.alternative-is-component", DAG, place, message)
            elif alternative in owner:
                message = f"`{alternative}` is already an alternative of `{owner[alternative]}`."
                checker.value("dag.duplicate-alternative", DAG, place, message)
            owner.setdefault(alternative, name)


def _check_dependencies(draft: DagDraft, checker: Checker) -> None:
    known = set(draft.dag.components)
    seen: dict[tuple[str, str], int] = {}
    for index, edge in draft.dependencies:
        for position, name in enumerate((edge.source, edge.target)):
            if name not in known and draft.all_components:
                message = f"The dependency names `{name}`, which is not among the components."
                mend = checker.did_you_mean(name, known)
                checker.value("dag.unknown-component", DAG, (*_DEPENDENCIES, index, position), message, mend)
        if edge.source == edge.target:
            message = f"`{edge.source}` depends on itself."
            checker.value("dag.self-loop", DAG, (*_DEPENDENCIES, index), message)
        pair = (edge.source, edge.target)
        if pair in seen:
            line = checker.sources.locate(DAG.path, *_DEPENDENCIES, seen[pair]).line
            message = f"The dependency `{edge.source}` -> `{edge.target}` is already given at line {line}."
            checker.value("dag.duplicate-dependency", DAG, (*_DEPENDENCIES, index), message)
        seen.setdefault(pair, index)


def _check_probabilities(draft: DagDraft, checker: Checker) -> None:
    total: defaultdict[str, float] = defaultdict(float)
    last: dict[str, int] = {}
    for index, edge in draft.dependencies:
        total[edge.source] += edge.probability
        last[edge.source] = index
    for source, value in total.items():
        if value > 1 + _TOLERANCE:
            message = (
                f"The probabilities of the dependencies that leave `{source}` add up to {value:g}, above 1."
            )
            checker.value("dag.probability-sum", DAG, (*_DEPENDENCIES, last[source], 2), message)


def _check_cycles(draft: DagDraft, checker: Checker) -> set[str]:
    """Report one cycle of each group of components that reach each other; gives all their members."""
    forward = {name: [n for n in draft.dag.successors(name) if n != name] for name in draft.dag.components}
    place = {(edge.source, edge.target): index for index, edge in draft.dependencies}
    cyclic: set[str] = set()
    for group in _strong_groups(forward):
        cyclic.update(group)
        cycle = _shortest_cycle(forward, group)
        shown = cycle if len(cycle) <= _SHOWN else [*cycle[: _SHOWN - 2], "...", cycle[-1]]
        message = f"The dependencies go round in a circle: {' -> '.join([*shown, cycle[0]])}."
        closing = place[cycle[-1], cycle[0]]
        checker.value("dag.cycle", DAG, (*_DEPENDENCIES, closing), message)
    return cyclic


def _strong_groups(forward: Mapping[str, list[str]]) -> list[list[str]]:
    """Groups of two or more nodes that reach each other (Tarjan 1972, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    groups: list[list[str]] = []
    for start in forward:
        if start in index:
            continue
        work = [(start, iter(forward[start]))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, successors = work[-1]
            following = next(successors, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    cut = stack.index(node) if stack[-1] != node else len(stack) - 1
                    group, stack[cut:] = stack[cut:], []
                    on_stack.difference_update(group)
                    groups += [group] if len(group) > 1 else []
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(forward[following])))
            elif following in on_stack:
                low[node] = min(low[node], index[following])
    return groups


def _shortest_cycle(forward: Mapping[str, list[str]], group: Iterable[str]) -> list[str]:
    """A shortest cycle through the group's member that comes first in the file."""
    members = set(group)
    start = next(name for name in forward if name in members)
    before: dict[str, str] = {}
    frontier = [start]
    while frontier:
        following: list[str] = []
        for node in frontier:
            for target in forward[node]:
                if target == start:
                    path = [node]
                    while path[-1] != start:
                        path.append(before[path[-1]])
                    return path[::-1]
                if target in members and target not in before:
                    before[target] = node
                    following.append(target)
        frontier = following
    raise AssertionError("a strongly connected group has a cycle through each member")


def _check_reachable(draft: DagDraft, cyclic: set[str], checker: Checker) -> None:
    """Components that no input can reach: what precedes them goes round in circles only."""
    dag = draft.dag
    reached = set(dag.entries)
    waiting = list(dag.entries)
    while waiting:
        for target in dag.successors(waiting.pop()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    for index, name in draft.components:
        if name not in reached and name not in cyclic:
            message = f"No input ever reaches the component `{name}`."
            checker.value("dag.unreachable-component", DAG, (*_COMPONENTS, index), message)


def _check_pieces(draft: DagDraft, checker: Checker) -> None:
    """Components without any dependency, and graphs that fall into several pieces."""
    names = draft.dag.components
    if len(names) < 2:
        return
    piece = {name: name for name in names}
    for edge in draft.dag.dependencies:
        _join(piece, edge.source, edge.target)
    linked = {end for _, edge in draft.dependencies for end in (edge.source, edge.target)}
    roots: dict[str, str] = {}
    for index, name in draft.components:
        if name not in linked:
            message = f"The component `{name}` is in no dependency."
            checker.value("dag.isolated-component", DAG, (*_COMPONENTS, index), message)
            continue
        root = _root(piece, name)
        if root not in roots and roots:
            message = (
                f"Nothing joins `{name}` and `{next(iter(roots.values()))}`: the graph has separate pieces."
            )
            checker.value("dag.separate-pieces", DAG, (*_COMPONENTS, index), message)
        roots.setdefault(root, name)


def _root(piece: dict[str, str], name: str) -> str:
    while piece[name] != name:
        piece[name] = piece[piece[name]]
        name = piece[name]
    return name


def _join(piece: dict[str, str], first: str, second: str) -> None:
    piece[_root(piece, second)] = _root(piece, first)
