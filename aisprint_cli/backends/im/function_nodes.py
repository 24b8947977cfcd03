"""Functions as nodes of a template that an Infrastructure Manager keeps, and back.

The server merges a posted template into the one it keeps: maps grow, lists grow, nothing is taken out.
So the maps and lists of a function are inputs, whose name holds a digest of their value: a function
that loses an output or a variable then names another input, and the merge is exact.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from aisprint_cli.generate.expressions import get_input, resolve
from aisprint_cli.generate.functions import service_document
from aisprint_cli.generate.nodes import FUNCTION_TYPE

_STORAGE: Final = "tosca.datatypes.oscar.StorageIOConfig"
_INPUT_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "env_variables": {"type": "map", "entry_schema": {"type": "string"}},
    "exposed": {"type": "map", "entry_schema": {"type": "string"}},
    "image_pull_secrets": {"type": "list", "entry_schema": {"type": "string"}},
    "input": {"type": "list", "entry_schema": {"type": _STORAGE}},
    "output": {"type": "list", "entry_schema": {"type": _STORAGE}},
    "storage_providers": {"type": "map"},
}
_FLAGS: Final = ("enable_gpu", "enable_sgx", "alpine")
_MEBIBYTES: Final = re.compile(r"(\d+)Mi")
_NAMED_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def properties_of(service: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of the node that describes an OSCAR service; the inverse of `service_document`."""
    image = str(service["image"])
    properties: dict[str, Any] = {
        "name": service["name"],
        "image": image if _NAMED_SCHEME.match(image) else f"docker://{image}",
        "script": service.get("script", ""),
        "memory": service.get("memory", ""),
        "cpu": float(service.get("cpu") or 1.0),
        **{flag: bool(service.get(flag)) for flag in _FLAGS},
        "env_variables": dict((service.get("environment") or {}).get("Variables") or {}),
        "exposed": {key: _text(value) for key, value in (service.get("expose") or {}).items()},
        "image_pull_secrets": list(service.get("image_pull_secrets") or ()),
        "input": list(service.get("input") or ()),
        "output": list(service.get("output") or ()),
        "storage_providers": service.get("storage_providers") or {},
    }
    return {key: value for key, value in properties.items() if value or key in _FLAGS}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def service_of(properties: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The service that a node's properties describe, in the form in which services are compared."""
    return comparable(service_document(resolve(properties, inputs)))


def comparable(service: Mapping[str, Any]) -> dict[str, Any]:
    """A service without what says nothing: empty collections and flags that are off."""
    found = {key: value for key, value in service.items() if value not in ({}, [], False, None, "")}
    found["image"] = str(found.get("image", "")).removeprefix("docker://")
    return found


def mergeable(node: str, properties: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Properties with their maps and lists as inputs, and those inputs by name.

    Every kind of map and list is there, so that one which is no longer wanted becomes empty.
    """
    kept = {key: value for key, value in properties.items() if key not in _INPUT_TYPES}
    inputs: dict[str, Any] = {}
    for key, declared in _INPUT_TYPES.items():
        value = properties.get(key) or ([] if declared["type"] == "list" else {})
        text = json.dumps(value, sort_keys=True)
        name = f"{node}_{key}_{hashlib.sha256(text.encode()).hexdigest()[:10]}"
        inputs[name] = {**declared, "default": value}
        kept[key] = get_input(name)
    return kept, inputs


def for_recipe(value: Any) -> Any:
    """Texts as the server's recipe for a function on its own cluster needs them.

    It writes the service between single quotes of a YAML text, and does not double those inside.
    """
    if isinstance(value, str):
        return value.replace("'", "''")
    if isinstance(value, Mapping):
        return {key: for_recipe(entry) for key, entry in value.items()}
    return [for_recipe(entry) for entry in value] if isinstance(value, list) else value


def for_lambda(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties with memory in the decimal unit in which the server hands it to AWS Lambda.

    Lambda counts MiB and calls them MB; `1024Mi` would arrive as 1073.
    """
    memory = _MEBIBYTES.sub(r"\1 MB", str(properties.get("memory", "")))
    return {**properties, "memory": memory}


def is_function(node: Mapping[str, Any]) -> bool:
    """Whether a node is a function."""
    return node.get("type") == FUNCTION_TYPE


def is_hosted(node: Mapping[str, Any]) -> bool:
    """Whether a function runs on a cluster of its own template."""
    return any("host" in requirement for requirement in node.get("requirements") or ())


def is_wanted(node: Mapping[str, Any]) -> bool:
    """Whether a node asks for an instance: one whose count is 0 has been removed."""
    scalable = ((node.get("capabilities") or {}).get("scalable") or {}).get("properties") or {}
    return scalable.get("count") != 0


def with_count(node: Mapping[str, Any], count: int) -> dict[str, Any]:
    """A node that asks for so many instances."""
    capabilities = dict(node.get("capabilities") or {})
    scalable = dict(capabilities.get("scalable") or {})
    scalable["properties"] = {**(scalable.get("properties") or {}), "count": count}
    return {**node, "capabilities": {**capabilities, "scalable": scalable}}
