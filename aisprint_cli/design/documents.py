"""The text of the files of the output tree. The forms are those of docs/formats.md.

Written by hand rather than by a YAML library, because a thousand deployments share few fragments:
each is made once and remembered. Scalars still come from the library, so that quoting is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml

from aisprint_cli.model.application import ComponentSource
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.qos import GlobalConstraint, LayerQos, LocalConstraint, QosConstraints

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_MEMORY = 16_384
_ONE_LINE = 2**31 - 1


@lru_cache(maxsize=_MEMORY)
def scalar(value: str | float) -> str:
    """A value as YAML, quoted where it must be; a whole number has no fraction."""
    plain = int(value) if isinstance(value, float) and value.is_integer() else value
    text: str = yaml.dump(
        [plain], Dumper=_DUMPER, default_flow_style=True, width=_ONE_LINE, allow_unicode=True
    )
    return text.strip()[1:-1]


def flow(names: Iterable[str]) -> str:
    """Names as a YAML list on one line."""
    return f"[{', '.join(map(scalar, names))}]"


def block(document: Mapping[str, Any]) -> str:
    """A document of plain values, keys in their order."""
    text: str = yaml.dump(
        _plain(document), Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=_ONE_LINE
    )
    return text


def _plain(value: Any) -> Any:
    """The same value of dicts and lists, each its own, so that no anchors appear."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def dag_text(dag: Dag) -> str:
    """`application_dag.yaml` of a deployment."""
    edges = "".join(
        f"  - [{scalar(edge.source)}, {scalar(edge.target)}, {scalar(edge.probability)}]\n"
        for edge in dag.dependencies
    )
    return (
        f"System:\n  name: {scalar(dag.name)}\n  components: {flow(dag.components)}\n"
        f"  dependencies:{_lines_or(edges, '[]')}"
    )


def layer_qos_text(application: str, qos: LayerQos) -> str:
    """`ams/qos_constraints_L<n>.yaml`."""
    return (
        f"system:\n  name: {scalar(application)}\n{_constraints(qos.local, qos.global_, '  ')}"
        f"  throughput_component: {scalar(qos.throughput_part or '')}\n"
    )


def total_qos_text(application: str, qos: QosConstraints) -> str:
    """`space4ai-d/qos_constraints.yaml`: all layers together, under `System` and `system` alike."""
    return (
        f"System: &constraints\n  name: {scalar(application)}\n"
        f"{_constraints(qos.local, qos.global_, '  ')}system: *constraints\n"
    )


def multi_cluster_head() -> str:
    """The first lines of `multi_cluster_qos_constraints.yaml`, before its deployments."""
    return "System:\n  Deployments:\n"


def multi_cluster_entry(deployment: str, qos: QosConstraints) -> str:
    """One deployment in `multi_cluster_qos_constraints.yaml`."""
    if not qos.layers:
        return f"    {deployment}: null\n"
    return f"    {deployment}:\n      ExecutionLayers:\n{''.join(map(_layer_entry, qos.layers))}"


@lru_cache(maxsize=_MEMORY)
def _layer_entry(qos: LayerQos) -> str:
    indent = " " * 10
    return (
        f"        {qos.layer}:\n{indent}components: {flow(qos.parts)}\n"
        f"{_constraints(qos.local, qos.global_, indent)}"
        f"{indent}throughput_component: {scalar(qos.throughput_part or '')}\n"
    )


@lru_cache(maxsize=_MEMORY)
def _constraints(local: tuple[LocalConstraint, ...], paths: tuple[GlobalConstraint, ...], indent: str) -> str:
    """Both maps of constraints, numbered from 1."""
    single = "".join(
        f"{indent}  local_constraint_{number}:\n"
        f"{indent}    component_name: {scalar(constraint.part)}\n"
        f"{indent}    threshold: {scalar(constraint.limit_s)}\n"
        for number, constraint in enumerate(local, 1)
    )
    over_path = "".join(
        f"{indent}  global_constraint_{number}:\n"
        f"{indent}    path_components: {flow(constraint.path)}\n"
        f"{indent}    threshold: {scalar(constraint.limit_s)}\n"
        for number, constraint in enumerate(paths, 1)
    )
    return (
        f"{indent}local_constraints:{_lines_or(single, '{}')}"
        f"{indent}global_constraints:{_lines_or(over_path, '{}')}"
    )


def _lines_or(lines: str, empty: str) -> str:
    return f"\n{lines}" if lines else f" {empty}\n"


def partitions_text(designs: Mapping[str, Sequence[str]]) -> str:
    """`component_partitions.yaml`: the designs of each component, components by name."""
    entries = "".join(
        f"  {scalar(component)}:\n    partitions:\n" + "".join(f"    - {scalar(name)}\n" for name in names)
        for component, names in sorted(designs.items())
    )
    return f"components:{_lines_or(entries, '{}')}"


def annotations_text(sources: Iterable[ComponentSource]) -> str:
    """`common_config/annotations.yaml`: what each `main.py` declares, by path."""
    declared = {f"{source.directory}/main.py": source.annotations.raw for source in sources}
    text: str = yaml.dump(
        _plain(declared), Dumper=_DUMPER, sort_keys=True, allow_unicode=True, default_flow_style=False
    )
    return text
