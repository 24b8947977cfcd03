"""`common_config/candidate_resources.yaml`: network domains, computational layers, resources."""

from __future__ import annotations

from aisprint_cli.load.shapes.collections import Field, ListOf, MapOf, Record
from aisprint_cli.load.shapes.values import Boolean, Choice, Label, Number, Size, Text
from aisprint_cli.model.resources import LayerKind

_ARCHITECTURE = Choice(
    ("amd64", "arm64"),
    {
        **dict.fromkeys(("x86_64", "x86-64", "x86", "x64", "intel", "amd", "i386"), "amd64"),
        **dict.fromkeys(("aarch64", "armv8", "arm", "arm64v8", "armv7", "armv7l"), "arm64"),
    },
)

_PROCESSOR = Record(
    "Processor",
    "One processor of a node.",
    {
        "name": Field(Label(), "The processor's name."),
        "type": Field(Label(), "The processor's type."),
        "architecture": Field(_ARCHITECTURE, "amd64 or arm64; images are built for it."),
        "computingUnits": Field(Number(above=0, quoted=True), "Cores of the processor.", required=True),
        "internalMemory": Field(Label(), "Memory of the processor itself."),
        "SGXFlag": Field(Boolean(), "Whether it offers SGX enclaves, for trusted execution."),
    },
)

_ACCELERATOR_PROCESSOR = Record(
    "AcceleratorProcessor",
    "One kind of device of an accelerator.",
    {
        "name": Field(Label(), "The device's name."),
        "type": Field(Label(), "What it is; GPU for one that a GPURequirement can use."),
        "architecture": Field(Label(), "Vendor and model."),
        "computingUnits": Field(Number(above=0, quoted=True), "How many such devices a node has."),
        "internalMemory": Field(Label(), "Memory of one device."),
        "memorySize": Field(Size("MiB"), "Memory of one device, in MB."),
    },
)

_ACCELERATOR = Record(
    "Accelerator",
    "An accelerator of a node.",
    {
        "name": Field(Label(), "The accelerator's name."),
        "type": Field(Label(), "What it is; GPU for one that a GPURequirement can use."),
        "architecture": Field(Label(), "Vendor and model."),
        "computingUnits": Field(Number(above=0, quoted=True), "How many such devices a node has."),
        "memorySize": Field(Size("MiB"), "Memory of one device, in MB."),
        "memory": Field(Size("MiB"), "The same, as older files have it."),
        "GFLOPS": Field(Number(above=0, quoted=True), "Floating-point operations in a nanosecond."),
        "powerDraw": Field(Number(minimum=0, quoted=True), "Power it draws, in watts."),
        "processors": Field(MapOf(_ACCELERATOR_PROCESSOR, "devices"), "The accelerator's devices."),
    },
)

_RESOURCE = Record(
    "Resource",
    "A kind of node: a virtual machine, a device, or functions of a cloud.",
    {
        "name": Field(Text("the resource's name"), "The name that candidate deployments use.", required=True),
        "totalNodes": Field(
            Number(minimum=1, integer=True, quoted=True), "How many such nodes there are at most."
        ),
        "description": Field(Label(), "The instance type at a cloud provider, or any description."),
        "flavorName": Field(Label(), "The flavour's name at a cloud provider."),
        "cost": Field(Number(minimum=0, quoted=True), "The price of one node for an hour."),
        "memorySize": Field(Size("MiB"), "Memory of one node, in MB."),
        "storageSize": Field(Size("GiB"), "Disk of one node, in GB (a number, or text such as 64GB)."),
        "storageType": Field(Label(), "The kind of disk, for example SSD."),
        "operatingSystemDistribution": Field(Label(), "For example Ubuntu."),
        "operatingSystemType": Field(Label(), "For example Linux."),
        "operatingSystemVersion": Field(Label(), "For example 22.04."),
        "operatingSystemImageId": Field(Label(), "The image: aws://region/ami, one://host/id, or nothing."),
        "secureBoot": Field(Label(), "Whether the node boots only signed software."),
        "measuredBoot": Field(Label(), "Whether the node measures what it boots."),
        "onSpot": Field(Boolean(), "Whether the node may be taken away by the provider at any time."),
        "processors": Field(MapOf(_PROCESSOR, "processors"), "The processors of one node."),
        "accelerators": Field(MapOf(_ACCELERATOR, "accelerators"), "The accelerators of one node."),
        "architecture": Field(_ARCHITECTURE, "The architecture of functions, which name no processors."),
        "region": Field(Label(), "The provider's region, for functions."),
        "idleTime": Field(Number(minimum=0, quoted=True), "Seconds after which idle functions are let go."),
        "transitionCost": Field(
            Number(minimum=0, quoted=True), "The price of a thousand transitions between functions."
        ),
    },
)

_LAYER = Record(
    "ComputationalLayer",
    "A computational layer: resources of one kind in one place.",
    {
        "name": Field(Label(), "The layer's name, for people."),
        "number": Field(
            Number(minimum=1, integer=True), "The layer's number, the same as in its key.", required=True
        ),
        "type": Field(
            Choice(
                tuple(LayerKind), {"physical": "PhysicalAlreadyProvisioned", "faas": "NativeCloudFunction"}
            ),
            "How the layer comes into being.",
            required=True,
        ),
        "Resources": Field(MapOf(_RESOURCE, "resources"), "The layer's resources.", required=True),
    },
)

_DOMAIN = Record(
    "NetworkDomain",
    "Layers that reach each other over one network.",
    {
        "name": Field(Label(), "The domain's name, for people."),
        "AccessDelay": Field(Number(minimum=0, quoted=True), "Delay to reach the domain, in seconds."),
        "Bandwidth": Field(Number(above=0, quoted=True), "Bandwidth of the domain, in Mbit/s."),
        "subNetworkDomains": Field(
            ListOf(Text("the key of a network domain"), "network domain keys"), "The domains inside this one."
        ),
        "ComputationalLayers": Field(
            MapOf(_LAYER, "layers"), "The domain's layers, by computationalLayer<N>."
        ),
    },
)

_SYSTEM = Record(
    "ResourceSystem",
    "The system that hosts the application.",
    {
        "name": Field(Label(), "The system's name; the production deployment carries it."),
        "NetworkDomains": Field(
            MapOf(_DOMAIN, "network domains"), "The network domains, by key.", required=True
        ),
    },
)

CANDIDATE_RESOURCES = Record(
    "CandidateResources",
    "Where components may run.",
    {"System": Field(_SYSTEM, "The system: its name and network domains.", required=True)},
)
