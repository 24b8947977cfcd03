"""The typed annotations of a component."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aisprint_cli.model.annotations import Annotations, EarlyExitsModel, ExecTime, PartitionableModel


def build_annotations(values: Mapping[str, Mapping[str, Any]]) -> Annotations:
    """The annotations of checked values; only to be called where nothing is wrong with them."""
    throughput = values.get("expected_throughput")
    return Annotations(
        exec_time=_exec_time(values.get("exec_time")),
        partitionable_model=_partitionable(values.get("partitionable_model")),
        early_exits_model=_early_exits(values.get("early_exits_model")),
        expected_throughput_hz=float(throughput["rate"]) if throughput else None,
        raw=MappingProxyType({name: MappingProxyType(_given(value)) for name, value in values.items()}),
    )


def _given(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: argument for name, argument in value.items() if argument is not None}


def _exec_time(value: Mapping[str, Any] | None) -> ExecTime | None:
    if value is None:
        return None
    return ExecTime(
        local_limit_s=_seconds(value.get("local_time_thr")),
        global_limit_s=_seconds(value.get("global_time_thr")),
        previous=tuple(value.get("prev_components") or ()),
    )


def _seconds(value: float | None) -> float | None:
    return None if value is None else float(value)


def _partitionable(value: Mapping[str, Any] | None) -> PartitionableModel | None:
    if value is None:
        return None
    return PartitionableModel(onnx_file=value["onnx_file"], max_splits=value.get("num_partitions") or 1)


def _early_exits(value: Mapping[str, Any] | None) -> EarlyExitsModel | None:
    if value is None:
        return None
    return EarlyExitsModel(
        onnx_file=value["onnx_file"],
        condition_function=value["condition_function"],
        continue_probabilities=tuple(float(item) for item in value.get("transition_probabilities") or ()),
    )
