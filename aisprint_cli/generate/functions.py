"""A part as a function: the properties of its node template, and the OSCAR service they describe."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aisprint_cli.generate import names
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.generate.drift_detector import drift_variables
from aisprint_cli.generate.images import DOCKER, image_of
from aisprint_cli.generate.monitoring import native_measures
from aisprint_cli.generate.registry_secret import pull_secrets
from aisprint_cli.generate.storage import storage_of
from aisprint_cli.model.candidates import Container
from aisprint_cli.model.deployment import PlacedPart
from aisprint_cli.model.naming import service_name
from aisprint_cli.system.packaged import templates_directory

if TYPE_CHECKING:
    from jinja2 import Template

MONITORING_PORT: Final = "8094"
NATIVE_RESOURCE: Final = "AWS Lambda"


def function_properties(blueprint: Blueprint, placed: PlacedPart) -> dict[str, Any]:
    """The properties of a part's node template; values may hold TOSCA functions."""
    cluster = blueprint.cluster_of(placed.part.name)
    storage = storage_of(blueprint, placed.part.name)
    container = placed.container
    properties: dict[str, Any] = {
        "name": service_name(placed.part.name),
        "image": image_of(blueprint, placed),
        "script": script_of(placed.part.name),
        "memory": f"{math.ceil(container.memory_mib)}Mi",
        "cpu": float(container.cores),
    }
    if container.gpu:
        properties["enable_gpu"] = True
    if container.trusted_execution:
        properties["enable_sgx"] = True
    exposed = exposure(container)
    if exposed:
        properties["exposed"] = exposed
    properties["env_variables"] = environment_of(blueprint, placed, cluster)
    properties["input"] = [folder.document() for folder in storage.inputs]
    properties["output"] = [folder.document() for folder in storage.outputs]
    providers = storage.providers()
    if providers:
        properties["storage_providers"] = providers
    secrets = [] if cluster.is_native else pull_secrets(blueprint, properties["image"])
    if secrets:
        properties["image_pull_secrets"] = secrets
    return properties


def environment_of(blueprint: Blueprint, placed: PlacedPart, cluster: Cluster) -> dict[str, Any]:
    """The variables a part finds: who it is, where it runs and where its measures go."""
    application = names.application_service_name(blueprint.application.name)
    variables: dict[str, Any] = {
        "COMPONENT_NAME": placed.part.name,
        "COMPUTING_UNITS": f"{placed.container.cores:g}",
        "KCI": NATIVE_RESOURCE if cluster.is_native else cluster.minio_endpoint,
        "MONIT_HOST": "localhost" if cluster.is_native else f"{application}-telegraf",
        "MONIT_PORT": MONITORING_PORT,
        "RESOURCE_ID": NATIVE_RESOURCE if cluster.is_native else placed.resource,
    }
    if cluster.is_native:
        variables.update(native_measures(blueprint, cluster))
    variables.update(drift_variables(blueprint))
    return variables


def exposure(container: Container) -> dict[str, str]:
    """How a container asks to be reached from outside (`ExposeService`); empty when it does not."""
    wanted = container.document.get("ExposeService")
    if not isinstance(wanted, Mapping):
        return {}
    return {str(key): _text(value) for key, value in wanted.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _script() -> Template:
    """The template of every script, compiled once."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(  # noqa: S701  the result is a shell script of one checked name, not HTML
        undefined=StrictUndefined, keep_trailing_newline=True
    )
    source = templates_directory() / "tosca" / "script.sh.j2"
    return environment.from_string(source.read_text(encoding="utf-8"))


def script_of(part: str) -> str:
    """The script of a part's function: it runs the part's own script inside its image."""
    return _script().render(part=part)


def service_document(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The OSCAR service that resolved function properties describe, as its REST interface takes it."""
    service = {key: properties[key] for key in _SAME_IN_OSCAR if key in properties}
    service["image"] = str(properties["image"]).removeprefix(DOCKER)
    service["cpu"] = f"{float(properties['cpu']):g}"
    if properties.get("exposed"):
        service["expose"] = {key: _scalar(value) for key, value in properties["exposed"].items()}
    service["environment"] = {"Variables": dict(properties.get("env_variables") or {})}
    return {key: service[key] for key in _OSCAR_ORDER if key in service}


_SAME_IN_OSCAR: Final = (
    "name",
    "script",
    "memory",
    "enable_gpu",
    "enable_sgx",
    "alpine",
    "input",
    "output",
    "storage_providers",
    "image_pull_secrets",
)
_OSCAR_ORDER: Final = (
    "name",
    "image",
    "script",
    "memory",
    "cpu",
    "enable_gpu",
    "enable_sgx",
    "alpine",
    "expose",
    "image_pull_secrets",
    "environment",
    "input",
    "output",
    "storage_providers",
)


def _scalar(value: str) -> str | int | bool:
    if value in {"true", "false"}:
        return value == "true"
    return int(value) if re.fullmatch(r"-?[0-9]+", value) else value
