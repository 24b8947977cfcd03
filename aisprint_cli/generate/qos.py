"""The constraints of a layer as text, in the form the monitoring system reads."""

from __future__ import annotations

from typing import Any

from aisprint_cli.generate.names import application_service_name
from aisprint_cli.model.qos import LayerQos, QosConstraints


def layer_constraints(qos: QosConstraints, layer: int) -> LayerQos | None:
    """The constraints checked on a layer, if any part of it is monitored."""
    return next((entry for entry in qos.layers if entry.layer == layer), None)


def qos_document(application: str, constraints: LayerQos) -> dict[str, Any]:
    """The constraints of one layer, limits in seconds, under the application's name with `-`."""
    system: dict[str, Any] = {
        "name": application_service_name(application),
        "local_constraints": {
            f"local_constraint_{number}": {"component_name": entry.part, "threshold": _number(entry.limit_s)}
            for number, entry in enumerate(constraints.local, start=1)
        },
        "global_constraints": {
            f"global_constraint_{number}": {
                "path_components": list(entry.path),
                "threshold": _number(entry.limit_s),
            }
            for number, entry in enumerate(constraints.global_, start=1)
        },
        # Empty text where there is none: the monitoring system's template prints an empty map as `map[]`.
        "throughput_component": constraints.throughput_part or "",
    }
    return {"system": system}


def _number(limit_s: float) -> float | int:
    return int(limit_s) if float(limit_s).is_integer() else float(limit_s)
