"""What the decorators on a component's `main` declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aisprint_cli.model.resources import EMPTY


@dataclass(frozen=True, slots=True)
class ExecTime:
    """Response-time limits in seconds; both None means monitored but unconstrained."""

    local_limit_s: float | None = None
    global_limit_s: float | None = None
    previous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartitionableModel:
    """An ONNX model that may be split; `max_splits` alternative split points at most."""

    onnx_file: str
    max_splits: int = 1


@dataclass(frozen=True, slots=True)
class EarlyExitsModel:
    """A model with early exits; `continue_probabilities[k]` is that of not leaving at exit k."""

    onnx_file: str
    condition_function: str
    continue_probabilities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotations:
    """Everything declared on one component.

    The annotations with a meaning for the stages built so far are typed; `raw` holds all of them as
    plain values, as `annotations.yaml` wants them.
    """

    exec_time: ExecTime | None = None
    partitionable_model: PartitionableModel | None = None
    early_exits_model: EarlyExitsModel | None = None
    expected_throughput_hz: float | None = None
    raw: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: EMPTY)
