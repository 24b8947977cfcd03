"""Whether what was chosen can work for a deployment."""

from __future__ import annotations

import re
from typing import Final

from aisprint_cli.diagnostics import Findings, Location
from aisprint_cli.generate.options import Options
from aisprint_cli.generate.positions import Locate
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment
from aisprint_cli.model.resources import LayerKind

DAG_PATH: Final = "common_config/application_dag.yaml"
_MADE: Final = (LayerKind.VIRTUAL, LayerKind.PHYSICAL_TO_PROVISION)
_PLACE: Final = Location("aisprint toscarize")


def check_options(
    application: Application, deployment: Deployment, options: Options, findings: Findings, locate: Locate
) -> None:
    """Report each choice that nothing in the deployment can follow."""
    if options.elastic and not any(
        _can_grow(application, deployment, number) for number in deployment.layers
    ):
        findings.error(
            "tosca.elastic",
            _PLACE,
            f"--elastic {options.elastic} applies to no layer of the deployment {deployment.name}.",
            why="Only a Virtual layer with one resource in use can grow: CLUES starts machines of one kind.",
            mend="Leave it out, or give --elastic 0 to undo it.",
        )
    for number in options.clouds:
        layer = application.catalogue.layer(number)
        if layer is None or layer.kind not in _MADE:
            findings.error(
                "tosca.cloud",
                _PLACE,
                f"--cloud {number}={options.clouds[number]}: layer {number} has no machines to be made.",
                why="It chooses the credentials that the machines of a layer are made with.",
                mend="Name a layer of type Virtual or PhysicalToBeProvisioned.",
            )
    for placed in deployment.placed if options.per_component else ():
        if re.fullmatch(r"layer[0-9]+", placed.part.name):
            findings.error(
                "tosca.component_file",
                locate(DAG_PATH, "System", "components"),
                f"The template of {placed.part.name} would be in the file of a layer's template.",
                why="--per-component names a file after each component, beside layer1.yaml and the like.",
                mend="Rename the component, or give --per-layer.",
            )
    if options.registry_server and not (options.registry_username and options.registry_password):
        findings.error(
            "tosca.registry",
            _PLACE,
            f"The registry {options.registry_server} is named without a user or a password.",
            why="The clusters could not pull from it.",
            mend="Give --registry-username NAME and --registry-password env:NAME as well.",
        )


def _can_grow(application: Application, deployment: Deployment, number: int) -> bool:
    layer = application.catalogue.layer(number)
    used = {placed.resource for placed in deployment.placed if placed.layer == number}
    return layer is not None and layer.kind is LayerKind.VIRTUAL and len(used) == 1
