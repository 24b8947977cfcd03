"""Examples of findings about resources, units, candidate deployments and the optional files."""

from __future__ import annotations

from typing import Final

from aisprint_cli.catalogue.example import Example

EXAMPLES: Final = {
    "resources.layer-key": Example(
        ("ComputationalLayers:\n  edge: {name: Edge, number: 1}"),
        ("ComputationalLayers:\n  computationalLayer1: {name: Edge, number: 1}"),
    ),
    "resources.layer-number": Example(
        "computationalLayer1: {name: Edge, number: 2}", "computationalLayer1: {name: Edge, number: 1}"
    ),
    "resources.duplicate-layer": Example(
        ("computationalLayer1: {name: Edge, number: 1}\ncomputationalLayer01: {name: Cloud, number: 1}"),
        ("computationalLayer1: {name: Edge, number: 1}\ncomputationalLayer2: {name: Cloud, number: 2}"),
    ),
    "resources.duplicate-resource": Example(
        ("resource1: {name: VM1}\nresource2: {name: VM1}"), ("resource1: {name: VM1}\nresource2: {name: VM2}")
    ),
    "resources.no-layers": Example(
        "ND1: {name: Office, ComputationalLayers: {}}",
        (
            "ND1:\n"
            "  name: Office\n"
            "  ComputationalLayers:\n"
            "    computationalLayer1: {name: Edge, number: 1, Resources: {resource1: {name: VM1}}}"
        ),
    ),
    "resources.empty-layer": Example(
        "computationalLayer1: {name: Edge, Resources: {}}",
        "computationalLayer1: {name: Edge, Resources: {resource1: {name: VM1}}}",
    ),
    "resources.unknown-domain": Example(
        "ND1: {subNetworkDomains: [ND9]}", ("ND1: {subNetworkDomains: [ND2]}\nND2: {subNetworkDomains: []}")
    ),
    "resources.domain-cycle": Example(
        ("ND1: {subNetworkDomains: [ND2]}\nND2: {subNetworkDomains: [ND1]}"),
        ("ND1: {subNetworkDomains: [ND2]}\nND2: {subNetworkDomains: []}"),
    ),
    "resources.domain-parents": Example(
        ("ND1: {subNetworkDomains: [ND3]}\nND2: {subNetworkDomains: [ND3]}"),
        ("ND1: {subNetworkDomains: [ND3]}\nND2: {subNetworkDomains: []}"),
    ),
    "resources.no-cost": Example(
        "resource1: {name: VM1, memorySize: 8192}", "resource1: {name: VM1, memorySize: 8192, cost: 1.2}"
    ),
    "resources.no-memory": Example(
        "resource1: {name: VM1, cost: 1.2}", "resource1: {name: VM1, cost: 1.2, memorySize: 8192}"
    ),
    "resources.no-nodes": Example(
        "resource1: {name: VM1, cost: 1.2}", "resource1: {name: VM1, cost: 1.2, totalNodes: 5}"
    ),
    "resources.no-processors": Example(
        "resource1: {name: VM1}",
        ("resource1:\n  name: VM1\n  processors: {processor1: {architecture: amd64, computingUnits: 4}}"),
    ),
    "resources.no-architecture": Example(
        "processor1: {computingUnits: 4}", "processor1: {computingUnits: 4, architecture: arm64}"
    ),
    "resources.faas-name": Example(
        ("type: NativeCloudFunction\nResources: {resource1: {name: Lambda}}"),
        ("type: NativeCloudFunction\nResources: {resource1: {name: FaaS-Lambda}}"),
    ),
    "units.milliseconds": Example("@exec_time(local_time_thr=5000)", "@exec_time(local_time_thr=5)"),
    "units.access-delay": Example("AccessDelay: 20", "AccessDelay: 0.02"),
    "units.memory-gigabytes": Example("memorySize: 4", "memorySize: 4096"),
    "units.memory-bytes": Example("memorySize: 4294967296", "memorySize: 4096"),
    "units.ram-megabytes": Example("@device_constraints(ram=4096)", "@device_constraints(ram=4)"),
    "candidates.missing": Example(
        (
            "components: [read, classify]              # application_dag.yaml\n"
            "component1: {name: read}                  # candidate_deployments.yaml"
        ),
        ("component1: {name: read}\ncomponent2: {name: classify}"),
    ),
    "candidates.missing-segment": Example(
        ("component1: {name: classify}\ncomponent1_partitionX_1: {name: classify_partitionX_1}"),
        (
            "component1: {name: classify}\n"
            "component1_partitionX_1: {name: classify_partitionX_1}\n"
            "component1_partitionX_2: {name: classify_partitionX_2}"
        ),
    ),
    "candidates.unused": Example("component1: {name: clasify}", "component1: {name: classify}"),
    "candidates.unused-segment": Example(
        ("component1: {name: read}\ncomponent1_partitionX_1: {name: read_partitionX_1}"),
        "component1: {name: read}",
    ),
    "candidates.duplicate-name": Example(
        ("component1: {name: read}\ncomponent2: {name: read}"),
        ("component1: {name: read}\ncomponent2: {name: classify}"),
    ),
    "candidates.no-container": Example(
        "component1: {name: read, Containers: {}}",
        "component1: {name: read, Containers: {container1: {memorySize: 512, computingUnits: 1}}}",
    ),
    "candidates.first-container": Example(
        "Containers: {main: {memorySize: 512}}", "Containers: {container1: {memorySize: 512}}"
    ),
    "candidates.key-form": Example(
        ("component1: {name: classify}\nfirst_half: {name: classify_partitionX_1}"),
        ("component1: {name: classify}\ncomponent1_partitionX_1: {name: classify_partitionX_1}"),
    ),
    "candidates.unknown-layer": Example(
        "candidateExecutionLayers: [1, 9]", "candidateExecutionLayers: [1, 2]"
    ),
    "candidates.duplicate-layer": Example(
        "candidateExecutionLayers: [1, 1]", "candidateExecutionLayers: [1, 2]"
    ),
    "candidates.unknown-resource": Example(
        "candidateExecutionResources: [VM7]", "candidateExecutionResources: [VM1]"
    ),
    "candidates.duplicate-resource": Example(
        "candidateExecutionResources: [VM1, VM1]", "candidateExecutionResources: [VM1, VM2]"
    ),
    "candidates.resource-outside-layers": Example(
        (
            "candidateExecutionLayers: [1]\n"
            "candidateExecutionResources: [EdgeBoard, CloudVM]     # CloudVM is of layer 2"
        ),
        ("candidateExecutionLayers: [1, 2]\ncandidateExecutionResources: [EdgeBoard, CloudVM]"),
    ),
    "candidates.layer-without-resource": Example(
        (
            "candidateExecutionLayers: [1, 2]\n"
            "candidateExecutionResources: [EdgeBoard]              # of layer 1"
        ),
        ("candidateExecutionLayers: [1]\ncandidateExecutionResources: [EdgeBoard]"),
    ),
    "candidates.memory": Example(
        "memorySize: 65536        # every candidate resource has 8192", "memorySize: 4096"
    ),
    "candidates.cores": Example(
        "computingUnits: 64       # every candidate resource has 4", "computingUnits: 2"
    ),
    "candidates.gpu": Example(
        ("GPURequirement: true\ncandidateExecutionResources: [VM1]        # without accelerators"),
        ("GPURequirement: true\ncandidateExecutionResources: [GPU1]"),
    ),
    "candidates.architecture": Example(
        ("image: registry.example/read_amd64:1\ncandidateExecutionResources: [ArmBoard]"),
        (
            "image: [registry.example/read_amd64:1, registry.example/read_arm64:1]\n"
            "candidateExecutionResources: [ArmBoard]"
        ),
    ),
    "candidates.enclave": Example(
        ("trustedExecution: true\ncandidateExecutionResources: [VM1]        # SGXFlag: false"),
        ("trustedExecution: true\ncandidateExecutionResources: [VM2]        # SGXFlag: true"),
    ),
    "candidates.partly-fitting": Example(
        ("memorySize: 4096\ncandidateExecutionResources: [SmallBoard, VM1]    # SmallBoard has 1024"),
        ("memorySize: 4096\ncandidateExecutionResources: [VM1]"),
    ),
    "physical.unknown-layer": Example("computationalLayer9: {number: 9}", "computationalLayer1: {number: 1}"),
    "physical.layer-number": Example("computationalLayer1: {number: 2}", "computationalLayer1: {number: 1}"),
    "physical.unknown-resource": Example(
        "Resources: {resource1: {name: RaspPy}}", "Resources: {resource1: {name: RaspPi}}"
    ),
    "physical.no-access": Example(
        "resource1: {name: RaspPi}",
        (
            "resource1:\n"
            "  name: RaspPi\n"
            '  minio: {endpoint: "https://minio.example.org", access_key: minio, secret_key: secret}\n'
            "  oscar: {name: oscar-cluster}"
        ),
    ),
    "physical.virtual-layer": Example(
        (
            "# computationalLayer1 is of type Virtual\n"
            "computationalLayer1: {number: 1, Resources: {resource1: {name: VM1}}}"
        ),
        (
            "# only layers whose machines exist already\n"
            "computationalLayer2: {number: 2, Resources: {resource1: {name: RaspPi}}}"
        ),
    ),
    "physical.missing": Example(
        ("# computationalLayer1 is of type PhysicalToBeProvisioned\nComputationalLayers: {}"),
        ("ComputationalLayers:\n  computationalLayer1: {number: 1, Resources: {resource1: {name: RaspPi}}}"),
    ),
    "solver.unknown-layer": Example(
        "EdgeResources: [computationalLayer9]", "EdgeResources: [computationalLayer1]"
    ),
    "solver.duplicate-layer": Example(
        ("EdgeResources: [computationalLayer1]\nCloudResources: [computationalLayer1]"),
        ("EdgeResources: [computationalLayer1]\nCloudResources: [computationalLayer2]"),
    ),
    "solver.layer-group": Example(
        "CloudResources: [computationalLayer4]     # of type NativeCloudFunction",
        "FaaSResources: [computationalLayer4]",
    ),
    "solver.missing-layer": Example(
        "EdgeResources: [computationalLayer1]      # and layer 2 in no group",
        ("EdgeResources: [computationalLayer1]\nCloudResources: [computationalLayer2]"),
    ),
    "rules.one-thing": Example(
        "- {pin: [blur], quota: 4, to: {layers: [1]}}", "- {pin: [blur], to: {layers: [1]}}"
    ),
    "rules.places": Example("- {pin: [blur]}", "- {pin: [blur], to: {layers: [1]}}"),
    "rules.foreign-key": Example(
        "- {pin: [blur], to: {layers: [1]}, scope: region}", "- {pin: [blur], to: {layers: [1]}}"
    ),
    "rules.unknown-name": Example(
        "- {pin: [blurr], to: {layers: [1]}}", "- {pin: [blur], to: {layers: [1]}}"
    ),
    "rules.two-regions": Example("regions: {north: [1, 2], south: [2]}", "regions: {north: [1], south: [2]}"),
    "rules.nowhere": Example(
        "- {pin: [blur], to: {layers: [3]}}        # its candidate layers are 1 and 2",
        "- {pin: [blur], to: {layers: [1]}}",
    ),
    "rules.no-limit": Example(
        "percentiles: {detect: {global: 99}}       # exec_time has no global_time_thr",
        "percentiles: {detect: {local: 95}}        # exec_time has local_time_thr",
    ),
    "rules.functions": Example(
        "resources: {FaaS-arm: {reserved: {number: 2, cost: 0.1}}}",
        "resources: {VM1: {reserved: {number: 2, cost: 0.1}}}",
    ),
    "rules.power": Example("Board: {idle_power: 9, busy_power: 4}", "Board: {idle_power: 4, busy_power: 9}"),
}
