"""The application's graph as text for drawing."""

from __future__ import annotations

import json

from aisprint_cli.model.dag import Dag, Dependency


def _label(edge: Dependency) -> str:
    """The probability, where it says something."""
    return "" if edge.probability == 1 else f"{edge.probability:g}"


def to_dot(dag: Dag) -> str:
    """The graph in the language of Graphviz."""
    lines = [f"digraph {json.dumps(dag.name, ensure_ascii=False)} {{", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {json.dumps(name, ensure_ascii=False)};" for name in dag.components]
    for edge in dag.dependencies:
        source, target = (json.dumps(name, ensure_ascii=False) for name in (edge.source, edge.target))
        label = _label(edge)
        attributes = f' [label="{label}"]' if label else ""
        lines.append(f"  {source} -> {target}{attributes};")
    return "\n".join([*lines, "}"])


def to_mermaid(dag: Dag) -> str:
    """The graph as a Mermaid flowchart; nodes have numbers, because names may be reserved words."""
    number = {name: f"n{index}" for index, name in enumerate(dag.components)}
    lines = ["flowchart LR"]
    lines += [f'  {number[name]}["{_entities(name)}"]' for name in dag.components]
    for edge in dag.dependencies:
        label = _label(edge)
        arrow = f"-->|{label}|" if label else "-->"
        lines.append(f"  {number[edge.source]} {arrow} {number[edge.target]}")
    return "\n".join(lines)


def _entities(name: str) -> str:
    return name.replace("#", "#35;").replace('"', "#quot;")
