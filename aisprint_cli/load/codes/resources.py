"""Findings about resources, candidate deployments, physical nodes and the solver's file."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.codes.code import Code, error, warning

_RESOURCES: Final = (
    error(
        "resources.layer-key",
        "A layer's key is not `computationalLayer` followed by its number.",
        "Other tools take the layer's number from its key.",
        "Name the key computationalLayer<N>.",
    ),
    error(
        "resources.layer-number",
        "A layer's number differs from the number in its key.",
        "Some tools use the one, some the other, and would deploy to different layers.",
        "Make them the same.",
    ),
    error(
        "resources.duplicate-layer",
        "Two layers have the same number.",
        "Every other file names layers by number, so one of them could not be chosen.",
        "Give each layer a number of its own.",
    ),
    error(
        "resources.duplicate-resource",
        "Two resources have the same name.",
        "Candidate deployments name resources by name, so one of them could not be chosen.",
        "Give each resource a name of its own.",
    ),
    error(
        "resources.no-layers",
        "There is no computational layer at all.",
        "Nothing can be placed anywhere.",
        "Describe at least one layer with a resource.",
    ),
    warning(
        "resources.empty-layer",
        "A layer has no resources.",
        "Nothing can be placed on it.",
        "Add a resource, or delete the layer.",
    ),
    error(
        "resources.unknown-domain",
        "A network domain contains a domain that does not exist.",
        "Delays and bandwidth between layers could not be known.",
        "Correct the key of the domain.",
    ),
    error(
        "resources.domain-cycle",
        "A network domain contains itself.",
        "Domains nest; they cannot go round in a circle.",
        "Delete one of the subNetworkDomains entries.",
    ),
    warning(
        "resources.domain-parents",
        "A network domain lies in two others.",
        "Domains nest, so a domain should lie in one other at most.",
        "Delete one of the two entries.",
    ),
    warning(
        "resources.no-cost",
        "A resource has no cost.",
        "It counts as free, so every placement prefers it.",
        "Give the price of a node for an hour; 0 says that it is free.",
    ),
    warning(
        "resources.no-memory",
        "A resource has no memory size.",
        "Nobody can check whether components fit.",
        "Give memorySize in MB.",
    ),
    warning(
        "resources.no-nodes",
        "A resource does not say how many nodes there are.",
        "One node is assumed.",
        "Give totalNodes.",
    ),
    warning(
        "resources.no-processors",
        "A resource has no processors.",
        "Nobody can check whether components fit, and images are built for amd64.",
        "Describe its processors with computingUnits and architecture.",
    ),
    warning(
        "resources.no-architecture",
        "A resource does not say its architecture.",
        "Images are built for amd64.",
        "Give amd64 or arm64.",
    ),
    warning(
        "resources.faas-name",
        "A resource of cloud functions has no `faas` in its name.",
        "Other AI-SPRINT tools know functions by that part of the name.",
        "Put FaaS into the name.",
    ),
)

_UNITS: Final = (
    warning(
        "units.milliseconds",
        "A time limit is so long that it looks like milliseconds.",
        "Limits are in seconds; one that is a thousand times too long is never exceeded.",
        "Divide it by 1000 if milliseconds were meant; otherwise leave it.",
    ),
    warning(
        "units.access-delay",
        "A network delay is so long that it looks like milliseconds.",
        "AccessDelay is in seconds.",
        "Divide it by 1000 if milliseconds were meant; otherwise leave it.",
    ),
    warning(
        "units.memory-gigabytes",
        "A memory size is so small that it looks like GB.",
        "memorySize is in MB; with so little nothing could start.",
        "Multiply it by 1024 if GB was meant, or write a unit, such as `4 GB`.",
    ),
    warning(
        "units.memory-bytes",
        "A memory size is so large that it looks like bytes or KB.",
        "memorySize is in MB.",
        "Write it in MB, or with a unit, such as `4 GB`.",
    ),
    warning(
        "units.ram-megabytes",
        "The ram of device_constraints is so large that it looks like MB.",
        "ram is in GB; other AI-SPRINT tools compare it with the container's memory.",
        "Divide it by 1024 if MB was meant.",
    ),
)

_CANDIDATES: Final = (
    error(
        "candidates.missing",
        "A component has no candidate deployment.",
        "It would not be deployed at all, and its constraints would vanish.",
        "Add an entry for it to candidate_deployments.yaml.",
    ),
    error(
        "candidates.missing-segment",
        "A component that may be split has no candidate deployment for a segment.",
        "Its segments could be placed nowhere, so no split of it could be deployed.",
        "Add the entry `<component>_partitionX_<S>`, or delete the partitionable_model annotation.",
    ),
    warning(
        "candidates.unused",
        "A candidate deployment is for a name that is no component.",
        "Nothing uses it.",
        "Correct the name, or delete the entry.",
    ),
    warning(
        "candidates.unused-segment",
        "A candidate deployment is for a segment of a component that is not split.",
        "Nothing uses it.",
        "Add a partitionable_model or early_exits_model annotation, or delete the entry.",
    ),
    error(
        "candidates.duplicate-name",
        "Two candidate deployments are for the same name.",
        "Only one of them could count.",
        "Delete one of the two.",
    ),
    error(
        "candidates.no-container",
        "A candidate deployment has no container.",
        "There is nothing to run.",
        "Describe container1.",
    ),
    warning(
        "candidates.first-container",
        "The first container is not called container1.",
        "Other AI-SPRINT tools look for that key.",
        "Call it container1.",
    ),
    warning(
        "candidates.key-form",
        "The key of a segment's or an alternative's entry does not follow that of its component.",
        "Other AI-SPRINT tools tell the entries apart by their keys.",
        "Use <component's key>_partitionX_<S>, or <component's key>_alternative<N>.",
    ),
    error(
        "candidates.unknown-layer",
        "A candidate layer does not exist.",
        "The component cannot be placed there.",
        "Correct the number, or add the layer to candidate_resources.yaml.",
    ),
    error(
        "candidates.duplicate-layer",
        "A candidate layer is listed twice.",
        "The same deployments would be made twice.",
        "Delete one of the two.",
    ),
    error(
        "candidates.unknown-resource",
        "A candidate resource does not exist.",
        "The component cannot be placed there.",
        "Correct the name, or add the resource to candidate_resources.yaml.",
    ),
    error(
        "candidates.duplicate-resource",
        "A candidate resource is listed twice.",
        "The second says nothing new; another one was probably meant.",
        "Delete or correct one of the two.",
    ),
    error(
        "candidates.resource-outside-layers",
        "A candidate resource belongs to none of the candidate layers.",
        "It can never be chosen.",
        "Add its layer to candidateExecutionLayers, or delete the resource.",
    ),
    error(
        "candidates.layer-without-resource",
        "None of the candidate resources belongs to a candidate layer.",
        "A deployment that chooses the layer has nowhere to run the component.",
        "Add a resource of the layer, or delete the layer.",
    ),
    error(
        "candidates.memory",
        "The component needs more memory than any candidate resource of a layer has.",
        "A deployment that chooses the layer can never start it.",
        "Lower memorySize, or choose resources with more memory.",
    ),
    error(
        "candidates.cores",
        "The component needs more cores than any candidate resource of a layer has.",
        "A deployment that chooses the layer can never start it.",
        "Lower computingUnits, or choose resources with more cores.",
    ),
    error(
        "candidates.gpu",
        "The component needs a GPU and no candidate resource of a layer has one.",
        "A deployment that chooses the layer can never start it.",
        "Choose resources with a GPU accelerator, or delete GPURequirement.",
    ),
    error(
        "candidates.architecture",
        "The component's images are for other architectures than a layer's candidate resources.",
        "The image cannot start there.",
        "Build an image for the architecture, or choose other resources.",
    ),
    warning(
        "candidates.enclave",
        "The component needs trusted execution and no candidate resource of a layer has SGX.",
        "It could run there only without its protection.",
        "Set SGXFlag on the resource's processor, or choose other resources.",
    ),
    warning(
        "candidates.partly-fitting",
        "The component does not fit some of its candidate resources.",
        "They can never be chosen.",
        "Delete them from candidateExecutionResources, or lower what the container asks for.",
    ),
)

_OPTIONAL: Final = (
    error(
        "physical.unknown-layer",
        "Physical nodes are given for a layer that does not exist.",
        "They would never be used.",
        "Correct the layer's number.",
    ),
    error(
        "physical.layer-number",
        "A layer's number differs from the number in its key.",
        "The nodes would be used for another layer than the key says.",
        "Make them the same.",
    ),
    error(
        "physical.unknown-resource",
        "Physical nodes are given for a resource that the layer does not have.",
        "They would never be used.",
        "Correct the resource's name.",
    ),
    warning(
        "physical.no-access",
        "A physical resource says nothing about how to reach it.",
        "Nothing can be deployed to it.",
        "Give fe_node and wns, or minio and oscar, or aws, or kubernetes.",
    ),
    warning(
        "physical.virtual-layer",
        "Physical nodes are given for a layer of virtual machines.",
        "Its nodes are created, so these would never be used.",
        "Change the layer's type, or delete the nodes.",
    ),
    warning(
        "physical.missing",
        "A layer to be provisioned has no entry in physical_nodes.yaml.",
        "The tool cannot know which machines to provision.",
        "Describe its nodes in common_config/physical_nodes.yaml.",
    ),
    error(
        "solver.unknown-layer",
        "The solver's file names a layer that does not exist.",
        "The solver would stop or leave resources out.",
        "Correct the key of the layer.",
    ),
    error(
        "solver.duplicate-layer",
        "The solver's file names a layer twice.",
        "Its resources would count twice, or as two kinds.",
        "Name it in one group only.",
    ),
    warning(
        "solver.layer-group",
        "A layer of cloud functions is not under FaaSResources, or another layer is.",
        "Functions are priced and timed by other rules than nodes.",
        "Move it to the group that fits its type.",
    ),
    warning(
        "solver.missing-layer",
        "A layer is in none of the solver's groups.",
        "The solver never considers its resources.",
        "Add it to EdgeResources, CloudResources or FaaSResources.",
    ),
)

CODES: Final[tuple[Code, ...]] = (*_RESOURCES, *_UNITS, *_CANDIDATES, *_OPTIONAL)
