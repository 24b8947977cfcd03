"""What the target systems would refuse, found before a template is made.

tosca-parser checks the form of a template; these checks are about its meaning. Most of an application
is checked when it is loaded: here is what only a deployment shows, such as the names of parts.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.images import architectures_in, select_image
from aisprint_cli.generate.option_checks import DAG_PATH, check_options
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.physical_checks import check_physical_nodes
from aisprint_cli.generate.positions import Locate, whole_file
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import BUCKET_NAME_MINIMUM, OSCAR_NAME_LIMIT, is_service_safe, service_name
from aisprint_cli.model.resources import Layer, LayerKind, Resource

CANDIDATES_PATH: Final = "common_config/candidate_deployments.yaml"

NATIVE_MEMORY_MIB: Final = (128, 10240)
"""What AWS Lambda takes, in MiB."""

_IMAGE = re.compile(r"(docker://|oscar://)?[A-Za-z0-9][A-Za-z0-9._/:@+-]*")


def require_deployable(
    application: Application, deployment: Deployment, options: Options = DEFAULTS, locate: Locate = whole_file
) -> None:
    """Check that a deployment can run where it was placed.

    Raises:
        InvalidInputError: with every reason why not.
    """
    findings = Findings()
    _check_application(application, deployment, findings, locate)
    for placed in deployment.placed:
        _PlacedCheck(application, placed, findings, locate).run()
    _check_clashes(deployment, findings, locate)
    check_physical_nodes(application, deployment, findings, locate)
    check_options(application, deployment, options, findings, locate)
    if findings.has_errors:
        raise InvalidInputError(
            f"The deployment {deployment.name} of {application.name} cannot be turned into templates.",
            findings.sorted(),
        )


def _check_application(
    application: Application, deployment: Deployment, findings: Findings, locate: Locate
) -> None:
    if not re.search(r"[A-Za-z0-9]", application.name):
        findings.error(
            "tosca.application_name",
            locate(DAG_PATH, "System", "name"),
            f"The application's name {application.name!r} has no letter or digit.",
            why="Clusters and measures are named after it.",
            mend="Give it a name such as my-application.",
        )
    placed = {entry.part.name for entry in deployment.placed}
    for name in deployment.dag.components:
        if name not in placed:
            findings.error(
                "tosca.unplaced",
                locate(CANDIDATES_PATH, "Components"),
                f"{name} has no place in the deployment {deployment.name}.",
                why="Nothing would run it.",
                mend="Give it an entry with a layer and a resource in candidate_deployments.yaml.",
            )


def _check_clashes(deployment: Deployment, findings: Findings, locate: Locate) -> None:
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for placed in deployment.placed:
        parts[service_name(placed.part.name)].append(placed.part.name)
    for service, owners in parts.items():
        if len(owners) > 1:
            findings.error(
                "tosca.service_clash",
                locate(DAG_PATH, "System", "components"),
                f"{' and '.join(owners)} would all be the service {service}.",
                why="A service and its bucket are named after the part, with _ as - and in lower case.",
                mend="Rename one of them.",
            )


@dataclass(frozen=True)
class _PlacedCheck:
    """The checks of one part on its place."""

    application: Application
    placed: PlacedPart
    findings: Findings
    locate: Locate

    def run(self) -> None:
        self._check_name()
        self._check_image()
        self._check_exposure()
        layer = self.application.catalogue.layer(self.placed.layer)
        if layer is None:
            self._report_layer()
            return
        resource = layer.resource(self.placed.resource)
        if resource is None:
            self._report_resource(layer)
        else:
            self._check_architecture(resource)
        self._check_memory(layer, resource)
        self._check_cores(resource)

    def _error(self, code: str, keys: tuple[str, ...], message: str, why: str, mend: str) -> None:
        place = self.locate(CANDIDATES_PATH, "Components", self.placed.candidate_key, *keys)
        self.findings.error(code, place, message, why=why, mend=mend)

    @property
    def _container(self) -> tuple[str, str]:
        return "Containers", self.placed.container.key

    def _check_name(self) -> None:
        name = self.placed.part.name
        if is_service_safe(name):
            return
        service = service_name(name)
        self.findings.error(
            "tosca.service_name",
            self.locate(DAG_PATH, "System", "components"),
            f"{name} gives the service name {service!r} of {len(service)} characters.",
            why=f"OSCAR takes {BUCKET_NAME_MINIMUM} to {OSCAR_NAME_LIMIT} letters, digits and -,"
            " a letter or digit first and last; the bucket has the same name.",
            mend=f"Give the component {self.placed.part.component} a shorter or plainer name.",
        )

    def _check_image(self) -> None:
        for image in self.placed.container.images:
            if not _IMAGE.fullmatch(image):
                self._error(
                    "tosca.image",
                    (*self._container, "image"),
                    f"{image!r} is no image reference.",
                    "The cluster could not pull it.",
                    "Write it as registry/repository:tag, or leave it out.",
                )

    def _check_architecture(self, resource: Resource) -> None:
        """An image that names another architecture than its machine has; one that names none may fit."""
        image = select_image(self.placed.container, resource)
        named = architectures_in(image or "")
        if not named or not resource.architectures or set(named) & set(resource.architectures):
            return
        self._error(
            "tosca.image_architecture",
            (*self._container, "image"),
            f"{image} is for {' and '.join(named)};"
            f" {resource.name} is {' and '.join(resource.architectures)}.",
            "The image cannot start there.",
            "Build and name an image for the resource's architecture, or place the part elsewhere.",
        )

    def _check_exposure(self) -> None:
        wanted = self.placed.container.document.get("ExposeService")
        if wanted in (None, False) or isinstance(wanted, Mapping):
            return
        self._error(
            "tosca.expose",
            (*self._container, "ExposeService"),
            f"ExposeService is {wanted!r}, not a map.",
            "OSCAR has to know at least the port.",
            "Write for instance {api_port: 5000, min_scale: 1, max_scale: 2}.",
        )

    def _report_layer(self) -> None:
        self._error(
            "tosca.layer",
            ("candidateExecutionLayers",),
            f"{self.placed.part.name} is on layer {self.placed.layer}, which does not exist.",
            "There is no cluster to put it on.",
            f"Use one of {', '.join(str(layer.number) for layer in self.application.catalogue)}.",
        )

    def _report_resource(self, layer: Layer) -> None:
        self._error(
            "tosca.resource",
            (*self._container, "candidateExecutionResources"),
            f"{self.placed.part.name} is on {self.placed.resource}, which is not on layer {layer.number}.",
            "There is no node to put it on.",
            f"Use one of {', '.join(resource.name for resource in layer.resources)}.",
        )

    def _check_memory(self, layer: Layer, resource: Resource | None) -> None:
        memory = self.placed.container.memory_mib
        keys = (*self._container, "memorySize")
        if not (math.isfinite(memory) and memory > 0):
            mend = "Give the memory in MiB, such as 512."
            self._error("tosca.memory", keys, f"memorySize is {memory:g}.", "Nothing runs in that.", mend)
            return
        if layer.kind is LayerKind.FUNCTIONS:
            least, most = NATIVE_MEMORY_MIB
            if not least <= memory <= most:
                self._error(
                    "tosca.native_memory",
                    keys,
                    f"memorySize is {memory:g} MiB on layer {layer.number}.",
                    f"AWS Lambda takes {least} to {most} MiB.",
                    f"Choose a size between {least} and {most}.",
                )
        if resource is not None and 0 < resource.memory_mib < memory:
            self._error(
                "tosca.memory",
                keys,
                f"memorySize is {memory:g} MiB; a node of {resource.name} has {resource.memory_mib:g}.",
                "No node could ever run it.",
                "Ask for less, or choose a larger resource.",
            )

    def _check_cores(self, resource: Resource | None) -> None:
        cores = self.placed.container.cores
        keys = (*self._container, "computingUnits")
        if not (math.isfinite(cores) and cores > 0):
            mend = "Give the number of cores, such as 0.5."
            self._error("tosca.cores", keys, f"computingUnits is {cores:g}.", "Nothing runs on that.", mend)
        elif resource is not None and 0 < resource.cores < cores:
            self._error(
                "tosca.cores",
                keys,
                f"computingUnits is {cores:g}; a node of {resource.name} has {resource.cores:g}.",
                "No node could ever run it.",
                "Ask for less, or choose a larger resource.",
            )
