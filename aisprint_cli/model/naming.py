"""Names of parts, and what the systems they end up in allow.

A *part* is what is deployed: a whole component (`base`) or one segment of a split of it.
Formats: docs/formats.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

BASE_DESIGN: Final = "base"
OSCAR_NAME_LIMIT: Final = 39
BUCKET_NAME_MINIMUM: Final = 3
BUCKET_NAME_LIMIT: Final = 63

_SEGMENT = re.compile(r"partition(?P<split>[1-9][0-9]*)_(?P<segment>[1-9][0-9]*)")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SERVICE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One deployable piece of a component: `design` is `base` or `partition<K>_<S>`."""

    component: str
    design: str = BASE_DESIGN

    @property
    def name(self) -> str:
        """The name in a deployment's DAG: the component's own, or `<component>_partition<K>_<S>`."""
        return self.component if self.design == BASE_DESIGN else f"{self.component}_{self.design}"

    @property
    def split(self) -> int | None:
        """Which alternative split this is a segment of, counted from 1; None for the whole component."""
        match = _SEGMENT.fullmatch(self.design)
        return int(match["split"]) if match else None

    @property
    def segment(self) -> int | None:
        """Which segment of its split, counted from 1; None for the whole component."""
        match = _SEGMENT.fullmatch(self.design)
        return int(match["segment"]) if match else None


def segment_design(split: int, segment: int) -> str:
    """The design name of segment `segment` of split `split`, both counted from 1."""
    return f"partition{split}_{segment}"


def parse_part(name: str, components: frozenset[str] | set[str]) -> Part | None:
    """The part a DAG name stands for, given the known component names; None when it is neither."""
    if name in components:
        return Part(name)
    component, separator, tail = name.rpartition("_partition")
    design = f"partition{tail}"
    if separator and component in components and _SEGMENT.fullmatch(design):
        return Part(component, design)
    return None


def service_name(name: str) -> str:
    """The name of a part as a service, a bucket and a template node: `_` becomes `-`, lower case."""
    return name.replace("_", "-").lower()


def is_path_safe(name: str) -> bool:
    """Whether a name may become a directory name."""
    return _SAFE.fullmatch(name) is not None


def is_service_safe(name: str) -> bool:
    """Whether `service_name(name)` is a legal OSCAR service name and bucket name."""
    service = service_name(name)
    return BUCKET_NAME_MINIMUM <= len(service) <= OSCAR_NAME_LIMIT and _SERVICE.fullmatch(service) is not None
