"""A template of ours back as values, for what deploys it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate import yaml_text
from aisprint_cli.generate.cluster import DOMAIN_INPUT, OSCAR_SECRET
from aisprint_cli.generate.expressions import inputs_used, resolve
from aisprint_cli.generate.functions import service_document
from aisprint_cli.generate.metadata import FORMAT, PREFIX, ClusterResource
from aisprint_cli.generate.nodes import FUNCTION_TYPE
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.secret_references import generated, is_reference
from aisprint_cli.model.resources import LayerKind

_MEND = "Make it again with `aisprint toscarize`."


@dataclass(frozen=True, slots=True)
class FunctionTemplate:
    """A function of a template.

    `source` is the part's design directory, `/`-separated and relative to the application directory.
    `service` is the OSCAR service document; secrets in it are references.
    """

    node: str
    part: str
    component: str
    design: str
    resource: str
    source: str
    service: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Template:
    """What a template describes: one cluster and its functions.

    `password` is the reference to the cluster's own password; `secrets` are all references in the
    template, sorted, that one included. `access` holds flat facts on how to reach the cluster, secrets
    as references. `options` are the choices it was made with. `infrastructure` is a digest of everything
    in it but its functions and the name of the deployment; `text` is the template itself.
    """

    application: str
    deployment: str
    layer: int
    kind: LayerKind
    cluster: str
    domain: str
    resources: tuple[ClusterResource, ...]
    password: str
    secrets: tuple[str, ...]
    functions: tuple[FunctionTemplate, ...]
    access: Mapping[str, str] = field(default_factory=dict, hash=False)
    options: Options = DEFAULTS
    infrastructure: str = ""
    text: str = field(default="", repr=False)


def is_ours(text: str) -> bool:
    """Whether a text is a template that `aisprint toscarize` made."""
    import yaml

    try:
        document = yaml_text.load(text)
    except yaml.YAMLError:
        return False
    metadata = document.get("metadata") if isinstance(document, dict) else None
    return isinstance(metadata, dict) and f"{PREFIX}format" in metadata


def read_template(text: str, name: str = "The template") -> Template:
    """The values that a template of ours was made from, inputs at their defaults.

    Args:
        text: the template.
        name: what to call it in a message.

    Raises:
        InvalidInputError: when it is not a template of ours, or was changed so that it says no more
            what a deployment needs.
    """
    import yaml

    try:
        document = yaml_text.load(text)
    except yaml.YAMLError as error:
        raise InvalidInputError(
            f"{name} is not YAML.", why=" ".join(str(error).split()), mend=_MEND
        ) from error
    facts = _facts(document)
    if facts.get("format") != FORMAT:
        raise InvalidInputError(
            f"{name} was not made by this version of `aisprint toscarize`.",
            why=f"Its metadata has no `{PREFIX}format: '{FORMAT}'`.",
            mend=_MEND,
        )
    try:
        return replace(_template(document, facts), text=text)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
        raise InvalidInputError(
            f"{name} was changed and cannot be deployed as it is.", why=f"{what}.", mend=_MEND
        ) from error


def _facts(node: Any) -> dict[str, str]:
    metadata = node.get("metadata") if isinstance(node, dict) else None
    entries = metadata.items() if isinstance(metadata, dict) else ()
    return {key.removeprefix(PREFIX): str(value) for key, value in entries if str(key).startswith(PREFIX)}


def _template(document: Mapping[str, Any], facts: Mapping[str, str]) -> Template:
    topology = document["topology_template"]
    inputs = {name: entry["default"] for name, entry in topology["inputs"].items()}
    cluster = facts["cluster"]
    functions = tuple(
        _function(name, node, inputs)
        for name, node in topology["node_templates"].items()
        if node["type"] == FUNCTION_TYPE
    )
    password = str(inputs.get(OSCAR_SECRET) or generated(cluster, OSCAR_SECRET))
    services = [function.service for function in functions]
    access = {name: str(value) for name, value in resolve(json.loads(facts["access"]), inputs).items()}
    references = {*_references([*inputs.values(), *services, access]), password}
    return Template(
        application=facts["application"],
        deployment=facts["deployment"],
        layer=int(facts["layer"]),
        kind=LayerKind(facts["layer_kind"]),
        cluster=cluster,
        domain=str(inputs[DOMAIN_INPUT]),
        resources=tuple(ClusterResource(**entry) for entry in json.loads(facts["resources"])),
        password=password,
        secrets=tuple(sorted(references)),
        functions=functions,
        access=access,
        options=Options.parse(facts["options"], str(inputs[DOMAIN_INPUT])),
        infrastructure=_infrastructure(topology),
    )


def _infrastructure(topology: Mapping[str, Any]) -> str:
    """A digest of a topology without its functions, and without what only they use."""
    kept = {name: node for name, node in topology["node_templates"].items() if node["type"] != FUNCTION_TYPE}
    policies = [
        {name: {key: value for key, value in policy.items() if key != "targets"}}
        for entry in topology.get("policies") or ()
        for name, policy in entry.items()
    ]
    rest = {"nodes": kept, "policies": policies, "outputs": topology.get("outputs") or {}}
    used = set(inputs_used(rest))
    inputs = {name: entry["default"] for name, entry in topology["inputs"].items() if name in used}
    text = json.dumps({**rest, "inputs": inputs}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _function(name: str, node: Mapping[str, Any], inputs: Mapping[str, Any]) -> FunctionTemplate:
    facts = _facts(node)
    return FunctionTemplate(
        node=name,
        part=facts["part"],
        component=facts["component"],
        design=facts["design"],
        resource=facts["resource"],
        source=facts["source"],
        service=service_document(resolve(node["properties"], inputs)),
    )


def _references(value: Any) -> Iterator[str]:
    if is_reference(value):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _references(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _references(entry)
