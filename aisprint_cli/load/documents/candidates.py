"""`common_config/candidate_deployments.yaml`: where each component may run, and in which container."""

from __future__ import annotations

from aisprint_cli.load.shapes.collections import ANYTHING, Field, ListOf, MapOf, OneOrMany, Record
from aisprint_cli.load.shapes.values import Boolean, Label, Number, Size, Text

_CONTAINER = Record(
    "Container",
    "What one replica of a component needs.",
    {
        "image": Field(
            OneOrMany(ListOf(Label(), "image names")), "The image or images; empty until they are built."
        ),
        "memorySize": Field(Size("MiB"), "Memory of one replica, in MB."),
        "computingUnits": Field(Number(above=0, quoted=True), "Cores of one replica; may be a fraction."),
        "trustedExecution": Field(Boolean(), "Whether it must run inside an SGX enclave."),
        "networkProtection": Field(Boolean(), "Whether its network traffic must be protected."),
        "fileSystemProtection": Field(Boolean(), "Whether its file system must be protected."),
        "GPURequirement": Field(Boolean(), "Whether it needs a GPU."),
        "ExposeService": Field(ANYTHING, "How to expose it as a service."),
        "candidateExecutionResources": Field(
            ListOf(Text("the name of a resource"), "resource names", minimum=1),
            "The names of the resources it may run on.",
            required=True,
        ),
    },
)

_CANDIDATE = Record(
    "CandidateDeployment",
    "Where one component, segment or alternative may run.",
    {
        "name": Field(
            Text("the name of a component"),
            "The component, or <component>_partitionX_<S> for segment S of each of its splits.",
            required=True,
        ),
        "candidateExecutionLayers": Field(
            ListOf(Number(minimum=1, integer=True), "layer numbers", minimum=1),
            "The numbers of the computational layers it may run on.",
            required=True,
        ),
        "Containers": Field(
            MapOf(_CONTAINER, "containers"),
            "Its containers; on each resource runs the one that lists it.",
            required=True,
        ),
    },
)

CANDIDATE_DEPLOYMENTS = Record(
    "CandidateDeployments",
    "Where each component may run, and in which container.",
    {"Components": Field(MapOf(_CANDIDATE, "candidate deployments"), "The entries, by key.", required=True)},
)
