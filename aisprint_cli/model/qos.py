"""Quality-of-service constraints of one deployment, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalConstraint:
    """The response time of one part stays within `limit_s`."""

    part: str
    limit_s: float


@dataclass(frozen=True, slots=True)
class GlobalConstraint:
    """The time from the start of the path's first part to the end of its last stays within `limit_s`."""

    path: tuple[str, ...]
    limit_s: float


@dataclass(frozen=True, slots=True)
class LayerQos:
    """The constraints checked on one layer: those whose last part runs there.

    `throughput_part` is the part whose arrivals give the throughput, None where nothing asks for it.
    """

    layer: int
    parts: tuple[str, ...]
    local: tuple[LocalConstraint, ...] = ()
    global_: tuple[GlobalConstraint, ...] = ()
    throughput_part: str | None = None


@dataclass(frozen=True, slots=True)
class QosConstraints:
    """The constraints of a deployment, layer by layer in ascending order.

    Empty `layers` means that no component asks to be monitored.
    """

    layers: tuple[LayerQos, ...] = ()

    @property
    def local(self) -> tuple[LocalConstraint, ...]:
        """All local constraints, layer by layer."""
        return tuple(constraint for layer in self.layers for constraint in layer.local)

    @property
    def global_(self) -> tuple[GlobalConstraint, ...]:
        """All global constraints, layer by layer."""
        return tuple(constraint for layer in self.layers for constraint in layer.global_)
