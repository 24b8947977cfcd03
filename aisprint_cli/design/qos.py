"""Quality-of-service constraints of a deployment, derived from the limits that components declare.

The rules are those of docs/formats.md ("Constraints"). All limits are in seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aisprint_cli.model.annotations import Annotations
from aisprint_cli.model.qos import GlobalConstraint, LayerQos, LocalConstraint, QosConstraints

Constraint = LocalConstraint | GlobalConstraint


@dataclass(frozen=True, slots=True)
class PathLimit:
    """A constraint and the part that closes its path, which decides the layer it belongs to."""

    closing_part: str
    constraint: Constraint


def asks_for_monitoring(annotations: Annotations) -> bool:
    """Whether a component declares anything that must be measured while it runs."""
    return annotations.exec_time is not None or annotations.expected_throughput_hz is not None


def component_limits(
    component: str, annotations: Annotations, segments: Mapping[str, tuple[str, ...]]
) -> Iterator[PathLimit]:
    """The constraints of one component: the local limit first, then the global one.

    A local limit on a split component holds over the chain of its segments, so it becomes global.
    """
    limits = annotations.exec_time
    if limits is None:
        return
    own = segments[component]
    if limits.local_limit_s is not None:
        whole = len(own) == 1
        yield PathLimit(
            own[-1],
            LocalConstraint(own[0], limits.local_limit_s)
            if whole
            else GlobalConstraint(own, limits.local_limit_s),
        )
    if limits.global_limit_s is not None:
        before = tuple(name for previous in limits.previous for name in segments[previous])
        yield PathLimit(own[-1], GlobalConstraint(before + own, limits.global_limit_s))


def group_by_layer(
    parts: Sequence[tuple[str, int]], limits: Iterable[PathLimit], throughput_parts: frozenset[str]
) -> QosConstraints:
    """Give each constraint to the layer of its closing part.

    Args:
        parts: the parts with their layers, in the order of the deployment's graph.
        limits: the constraints, in the order of the graph.
        throughput_parts: the parts whose arrivals may give the throughput. The first one met, walking
            the layers upward, counts for its own layer and every higher one.

    """
    layer_of = dict(parts)
    names: defaultdict[int, list[str]] = defaultdict(list)
    for name, layer in parts:
        names[layer].append(name)
    local: defaultdict[int, list[LocalConstraint]] = defaultdict(list)
    paths: defaultdict[int, list[GlobalConstraint]] = defaultdict(list)
    for limit in limits:
        layer = layer_of[limit.closing_part]
        if isinstance(limit.constraint, LocalConstraint):
            local[layer].append(limit.constraint)
        else:
            paths[layer].append(limit.constraint)
    found: list[LayerQos] = []
    measured: str | None = None
    for layer in sorted(names):
        here = names[layer]
        measured = measured or next((name for name in here if name in throughput_parts), None)
        found.append(LayerQos(layer, tuple(here), tuple(local[layer]), tuple(paths[layer]), measured))
    return QosConstraints(tuple(found))
