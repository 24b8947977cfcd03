"""Templates as an Infrastructure Manager gets and keeps them: whose they are, and what differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.backends.im.function_nodes import (
    for_recipe,
    is_function,
    is_hosted,
    is_wanted,
    mergeable,
    properties_of,
    service_of,
    with_count,
)
from aisprint_cli.backends.run_log import framed
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate import yaml_text
from aisprint_cli.generate.expressions import inputs_used, resolve
from aisprint_cli.generate.nodes import FUNCTION_TYPE
from aisprint_cli.generate.tosca_types import definitions_for

Document = dict[str, Any]

_VERSION: Final = "tosca_simple_yaml_1_3"
_PLACEMENT_TYPE: Final = "tosca.policies.indigo.Placement"
_ITEM: Final = "aisprint_item"
_OWNER: Final = "aisprint_owner"
_DIGEST: Final = "aisprint_digest"
_APPLICATION: Final = "aisprint_application"
_SCALES: Final = ("count", "min_instances", "max_instances", "default_instances", "removal_list")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose an infrastructure is: the item it was made for, and the mark of the ledger that made it."""

    application: str
    item: str
    owner: str


def load(text: str) -> Document:
    """A template's document; empty where the text is none."""
    import yaml

    try:
        found = yaml_text.load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def parse(text: str, cluster: str) -> Document:
    """The document of a cluster's template.

    Raises:
        InvalidInputError: when there is none, or it has no nodes.
    """
    found = load(text)
    if not isinstance(found.get("topology_template"), dict) or not nodes_of(found):
        raise InvalidInputError(
            f"The cluster {cluster} has no template, and without one it cannot be made.",
            mend="Run `aisprint toscarize`, then deploy again.",
        )
    return found


def text_of(document: Document) -> str:
    """A document as it is sent."""
    return yaml_text.dump(document, name="The template")


def nodes_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The node templates of a document by name."""
    found: dict[str, Any] = (document.get("topology_template") or {}).get("node_templates") or {}
    return found


def inputs_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of a document's inputs by name."""
    entries = (document.get("topology_template") or {}).get("inputs") or {}
    return {name: entry.get("default") for name, entry in entries.items() if isinstance(entry, dict)}


def filled(value: Any, reveal: Callable[[str], str]) -> Any:
    """A document with the value of every reference in its place."""
    if isinstance(value, Mapping):
        return {key: filled(entry, reveal) for key, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, reveal) for entry in value]
    return reveal(value) if isinstance(value, str) and value.startswith("secret://") else value


def stamped(document: Document, identity: Identity, digest: str) -> Document:
    """A document whose metadata say whose it is and what it was made from."""
    metadata = {
        **(document.get("metadata") or {}),
        _APPLICATION: identity.application,
        _ITEM: identity.item,
        _OWNER: identity.owner,
        _DIGEST: digest,
    }
    return {**document, "metadata": metadata}


def identity_of(document: Mapping[str, Any]) -> Identity | None:
    """Whose a document is; None where it is none of ours."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or _ITEM not in metadata:
        return None
    return Identity(str(metadata.get(_APPLICATION, "")), str(metadata[_ITEM]), str(metadata.get(_OWNER, "")))


def digest_of(document: Mapping[str, Any]) -> str:
    """The digest of the item it was made from."""
    return str((document.get("metadata") or {}).get(_DIGEST, ""))


def prepared(document: Document) -> Document:
    """A filled document whose functions can be changed later (see `function_nodes`) and followed."""
    found = deepcopy(document)
    given = inputs_of(found)
    for name, node in list(nodes_of(found).items()):
        if is_function(node):
            service = service_of(node["properties"], given)
            service["script"] = framed(str(service.get("script", "")))
            _put_function(found, name, node, service)
    return found


def _put_function(document: Document, name: str, node: Mapping[str, Any], service: Mapping[str, Any]) -> None:
    properties = properties_of(service)
    if is_hosted(node):
        properties = for_recipe(properties)
    kept, inputs = mergeable(name, properties)
    nodes_of(document)[name] = {**node, "properties": kept}
    document["topology_template"].setdefault("inputs", {}).update(inputs)


def functions_in(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """The functions that a kept document asks for: the node's name and the service as it was meant."""
    given = inputs_of(document)
    for name, node in nodes_of(document).items():
        if is_function(node) and is_wanted(node):
            yield name, service_of(node["properties"], given)


def as_kept(service: Mapping[str, Any], *, hosted: bool) -> dict[str, Any]:
    """A wanted service as `functions_in` gives it once the server has it."""
    properties = properties_of(service)
    return service_of(for_recipe(properties) if hosted else properties, {})


def with_function(document: Document, name: str, service: Mapping[str, Any], host: str) -> Document:
    """A kept document with a function put in, on the node `host`, or brought up to date."""
    found = deepcopy(document)
    node = nodes_of(found).get(name) or {"type": FUNCTION_TYPE, "requirements": [{"host": host}]}
    _put_function(found, name, with_count(node, 1) if not is_wanted(node) else node, service)
    return found


def without_functions(document: Document, names: Iterable[str]) -> Document:
    """A kept document in which functions are no longer asked for; their nodes stay with a count of 0."""
    found = deepcopy(document)
    for name in names:
        nodes_of(found)[name] = with_count(nodes_of(found)[name], 0)
    return found


def function_document(name: str, properties: Mapping[str, Any], cloud_id: str, infra_name: str) -> Document:
    """A template of one function alone, on the account `cloud_id`."""
    policy = {"type": _PLACEMENT_TYPE, "properties": {"cloud_id": cloud_id}, "targets": [name]}
    return {
        "tosca_definitions_version": _VERSION,
        "metadata": {"infra_name": infra_name},
        "topology_template": {
            "node_templates": {name: {"type": FUNCTION_TYPE, "properties": dict(properties)}},
            "policies": [{f"place_{name}": policy}],
        },
        **definitions_for({FUNCTION_TYPE, _PLACEMENT_TYPE}),
    }


def cloud_ids(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The accounts that a template's placement policies name."""
    policies = (document.get("topology_template") or {}).get("policies") or []
    found = [
        policy.get("properties", {}).get("cloud_id")
        for entry in policies
        for policy in entry.values()
        if isinstance(policy, dict)
    ]
    return tuple(dict.fromkeys(str(name) for name in found if name))


def host_of_functions(document: Document) -> str:
    """The node that functions of a template are hosted on; empty where they need none."""
    for node in nodes_of(document).values():
        if is_function(node):
            for requirement in node.get("requirements") or ():
                if "host" in requirement:
                    host = requirement["host"]
                    return str(host.get("node") if isinstance(host, dict) else host)
    oscar = [
        name for name, node in nodes_of(document).items() if str(node.get("type", "")).endswith(".OSCAR")
    ]
    return oscar[0] if oscar else ""


def update_of(kept: Document, wanted: Document) -> Document:
    """What to send so that a kept template becomes the wanted one: machines no longer wanted count 0.

    Functions that only the kept one has stay: they are items of their own.
    """
    found = deepcopy(wanted)
    stay = {
        name: with_count(node, 0) if _is_machine(node) else deepcopy(node)
        for name, node in nodes_of(kept).items()
        if name not in nodes_of(wanted) and (_is_machine(node) or is_function(node))
    }
    nodes_of(found).update(stay)
    given = found["topology_template"].setdefault("inputs", {})
    theirs = kept["topology_template"].get("inputs") or {}
    given.update({name: theirs[name] for name in inputs_used(stay) if name not in given and name in theirs})
    return found


def obstacles(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Why a cluster cannot become another one in place; functions do not count.

    Machines can be added, removed and counted anew, and what is installed can be set up again; a
    machine, a disk or a network that is there cannot become another one, and the server's merge takes
    nothing out.
    """
    old, new = _cluster_nodes(before), _cluster_nodes(after)
    found = []
    for name, node in old.items():
        if name not in new:
            if not (_is_machine(node) or _sits_on(node, set(old) - set(new), old)):
                found.append(f"{name} is no longer wanted")
        elif node != new[name]:
            if _is_machine(node) or not _is_software(node):
                found.append(f"{name} is to be another one")
            elif merged(node, new[name]) != new[name]:
                found.append(f"{name} loses a setting")
    if cloud_ids(before) != cloud_ids(after):
        found.append("it goes to another account")
    return found


def _cluster_nodes(document: Mapping[str, Any]) -> dict[str, Any]:
    given = inputs_of(document)
    return {
        name: _without_scale(resolve(node, given))
        for name, node in nodes_of(document).items()
        if not is_function(node)
    }


def _without_scale(node: Mapping[str, Any]) -> dict[str, Any]:
    found = deepcopy(dict(node))
    found.pop("metadata", None)
    scalable = (found.get("capabilities") or {}).get("scalable")
    if scalable:
        for key in _SCALES:
            (scalable.get("properties") or {}).pop(key, None)
    return found


def _is_machine(node: Mapping[str, Any]) -> bool:
    return str(node.get("type", "")).endswith("Compute")


def _is_software(node: Mapping[str, Any]) -> bool:
    kind = str(node.get("type", ""))
    return not kind.endswith(("Compute", "BlockStorage", "Network", "Port"))


def _sits_on(node: Mapping[str, Any], going: set[str], nodes: Mapping[str, Any]) -> bool:
    """Whether it is hosted on a machine that goes too, and so goes with it."""
    for requirement in node.get("requirements") or ():
        host = requirement.get("host") if isinstance(requirement, dict) else None
        name = host.get("node") if isinstance(host, dict) else host
        if isinstance(name, str) and name in going and _is_machine(nodes[name]):
            return True
    return False


def merged(kept: Any, posted: Any) -> Any:
    """What the server makes of a kept and a posted value."""
    if posted is None:
        return kept
    if isinstance(kept, dict) and isinstance(posted, dict):
        return {
            **kept,
            **{key: merged(kept[key], value) if key in kept else value for key, value in posted.items()},
        }
    if isinstance(kept, list) and isinstance(posted, list):
        joint = [merged(old, new) for old, new in zip(kept, posted, strict=False)]
        return [*joint, *posted[len(kept) :], *kept[len(posted) :]]
    return posted


def content_digest(value: Any) -> str:
    """A short hash of plain values."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
