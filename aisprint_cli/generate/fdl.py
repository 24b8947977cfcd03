"""The functions of a deployment as FDL, for OSCAR's own clients.

`oscar-cli apply` reads `fdl.yaml`. `oscar-python` takes one service from a file, so each service also
has a file of its own. In both, `script` is a path relative to the file, as both clients take it, and
the scripts are beside. Only OSCAR layers are here: native functions have no FDL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.generate import names, yaml_text
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.checks import require_deployable
from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.generate.document import layer_document
from aisprint_cli.generate.expressions import resolve
from aisprint_cli.generate.functions import service_document
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.positions import Locate, whole_file
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment

FDL_FILE: Final = "fdl.yaml"
_SCRIPTS: Final = "scripts"
_SERVICES: Final = "services"


@dataclass(frozen=True, slots=True)
class FdlFile:
    """A file of the `oscar` folder; `path` is relative to that folder."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class _Function:
    cluster: Cluster
    part: str
    service: Mapping[str, Any]


def make_fdl_files(
    application: Application,
    deployment: Deployment,
    *,
    options: Options = DEFAULTS,
    locate: Locate = whole_file,
) -> tuple[FdlFile, ...]:
    """Everything for the `oscar` folder: the FDL, one file for each service, and their scripts.

    None at all where no part is on an OSCAR layer.

    Raises:
        InvalidInputError: when the deployment cannot run as it is; carries every reason.
    """
    require_deployable(application, deployment, options, locate)
    functions = tuple(_functions(Blueprint(application, deployment, options)))
    if not functions:
        return ()
    files = [FdlFile(FDL_FILE, _whole(functions))]
    for function in functions:
        name = function.service["name"]
        entry = _entry(function, f"../{_SCRIPTS}/{function.part}.sh", keep_providers=True)
        files.append(FdlFile(f"{_SERVICES}/{name}.yaml", _dump({"functions": {"oscar": [entry]}})))
        files.append(FdlFile(f"{_SCRIPTS}/{function.part}.sh", function.service["script"]))
    return tuple(files)


def _functions(blueprint: Blueprint) -> Iterator[_Function]:
    """The functions of the OSCAR layers with the services that their templates describe."""
    for cluster in blueprint.clusters.values():
        if cluster.is_native:
            continue
        topology = layer_document(blueprint, cluster)["topology_template"]
        inputs = {name: entry["default"] for name, entry in topology["inputs"].items()}
        for placed in blueprint.parts_on(cluster):
            node = topology["node_templates"][names.node_name(cluster.layer.kind, placed.part)]
            yield _Function(cluster, placed.part.name, service_document(resolve(node["properties"], inputs)))


def _whole(functions: tuple[_Function, ...]) -> str:
    providers: dict[str, dict[str, Any]] = {}
    for function in functions:
        for kind, entries in function.service.get("storage_providers", {}).items():
            providers.setdefault(kind, {}).update(entries)
    document: dict[str, Any] = {
        "functions": {"oscar": [_entry(function, f"{_SCRIPTS}/{function.part}.sh") for function in functions]}
    }
    if providers:
        document["storage_providers"] = {
            kind: dict(sorted(entries.items())) for kind, entries in sorted(providers.items())
        }
    return _dump(document)


def _entry(function: _Function, script: str, *, keep_providers: bool = False) -> dict[str, Any]:
    """A service below its cluster's identifier.

    `oscar-cli` gives every service the providers of the whole file; `oscar-python` wants them in the
    service. Variables are spelt in lower case, the one spelling that every version of OSCAR reads.
    """
    service: dict[str, Any] = {**function.service, "script": script}
    service["environment"] = {"variables": function.service["environment"]["Variables"]}
    if not keep_providers:
        service.pop("storage_providers", None)
    return {function.cluster.cloud_id: service}


def _dump(document: Mapping[str, Any]) -> str:
    return yaml_text.dump(document, name=FDL_FILE)
