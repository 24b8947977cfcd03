"""The files an application may go without: physical nodes and the solver's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aisprint_cli.load.build.candidates import CandidatesDraft
from aisprint_cli.load.build.catalogue import CatalogueDraft, key_number
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.checks.resources import layer_keys
from aisprint_cli.load.documents import PHYSICAL, RESOURCES, SOLVER
from aisprint_cli.load.shapes.reader import INVALID
from aisprint_cli.model.resources import Layer, LayerKind

_ACCESS: Final = ("fe_node", "wns", "minio", "oscar", "aws", "kubernetes")
_GROUPS: Final = ("EdgeResources", "CloudResources", "FaaSResources")


def check_physical(
    document: Mapping[str, Any] | None,
    draft: CatalogueDraft,
    candidates: CandidatesDraft | None,
    checker: Checker,
) -> None:
    """The physical nodes against the layers and resources they belong to."""
    layers = (document or {}).get("ComputationalLayers") or {}
    described = set()
    for key, entry in layers.items():
        number = entry.get("number")
        place = ("ComputationalLayers", key)
        if number is None:
            continue
        described.add(number)
        if key_number(key) not in {None, number}:
            message = f"The layer `{key}` has the number {number}."
            checker.value("physical.layer-number", PHYSICAL, (*place, "number"), message)
        layer = draft.catalogue.layer(number)
        if number not in draft.named_layers:
            message = f"There is no layer {number}."
            checker.value("physical.unknown-layer", PHYSICAL, (*place, "number"), message)
        elif layer is not None:
            _check_physical_layer(layer, entry, place, checker)
    used = (
        {number for entry in candidates.candidates.entries for number in entry.layers}
        if candidates
        else set()
    )
    for layer in draft.catalogue:
        if layer.kind is LayerKind.PHYSICAL_TO_PROVISION and layer.number in used - described:
            message = f"The layer {layer.number} is to be provisioned, but its nodes are not described."
            checker.key("physical.missing", RESOURCES, layer_keys(layer), message)


def _check_physical_layer(
    layer: Layer, entry: Mapping[str, Any], place: tuple[str | int, ...], checker: Checker
) -> None:
    if layer.kind is LayerKind.VIRTUAL:
        message = f"The layer {layer.number} is of type Virtual."
        checker.value("physical.virtual-layer", PHYSICAL, (*place, "number"), message)
    known = [resource.name for resource in layer.resources]
    for key, resource in (entry.get("Resources") or {}).items():
        name = resource.get("name")
        keys = (*place, "Resources", key)
        if name is not None and name not in known:
            message = f"The layer {layer.number} has no resource `{name}`."
            mend = checker.did_you_mean(name, known)
            checker.value("physical.unknown-resource", PHYSICAL, (*keys, "name"), message, mend)
        if not any(resource.get(access) for access in _ACCESS):
            message = f"The resource `{name or key}` says nothing about how to reach it."
            checker.key("physical.no-access", PHYSICAL, keys, message)


def check_solver(document: Mapping[str, Any] | None, draft: CatalogueDraft, checker: Checker) -> None:
    """The solver's groups of layers against the layers there are."""
    if not document or not any(document.get(group) for group in _GROUPS):
        return
    by_key = {layer.key.lower(): layer for layer in draft.catalogue}
    keys = [layer.key for layer in draft.catalogue]
    seen: dict[str, str] = {}
    for group in _GROUPS:
        for index, key in enumerate(document.get(group) or ()):
            if key is INVALID:
                continue
            layer = by_key.get(key.lower())
            if layer is None:
                if key_number(key) not in draft.named_layers:
                    message = f"`{group}` names the layer `{key}`, which does not exist."
                    checker.value(
                        "solver.unknown-layer",
                        SOLVER,
                        (group, index),
                        message,
                        checker.did_you_mean(key, keys),
                    )
                continue
            if layer.key in seen:
                message = f"The layer `{key}` is already in `{seen[layer.key]}`."
                checker.value("solver.duplicate-layer", SOLVER, (group, index), message)
            seen.setdefault(layer.key, group)
            _check_group(layer, group, index, checker)
    for layer in draft.catalogue:
        if layer.key not in seen:
            message = f"The layer `{layer.key}` is in no group."
            checker.key("solver.missing-layer", SOLVER, (), message)


def _check_group(layer: Layer, group: str, index: int, checker: Checker) -> None:
    functions = layer.kind is LayerKind.FUNCTIONS
    if functions != (group == "FaaSResources"):
        message = f"The layer `{layer.key}` is of type {layer.kind}, but in `{group}`."
        checker.value("solver.layer-group", SOLVER, (group, index), message)
