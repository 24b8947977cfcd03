"""Applications of any size, written in the reference form."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from pathlib import Path

_MAIN = """
from aisprint.annotations import component_name, exec_time


@component_name(name="{name}")
@exec_time(local_time_thr=10)
def main(args):
    return args


if __name__ == "__main__":
    main({{}})
"""

_LAYER = """\
        computationalLayer{number}:
          name: Layer {number}
          number: {number}
          type: Virtual
          Resources:
            resource1:
              name: VM{number}
              totalNodes: 4
              cost: 1.0
              memorySize: 8192
              storageSize: 64
              processors:
                processor1: {{name: Xeon, type: SkyLake, architecture: amd64, computingUnits: 4}}
"""

_CANDIDATE = """\
  component{number}:
    name: {name}
    candidateExecutionLayers: [{layers}]
    Containers:
      container1:
        image:
        memorySize: 1024
        computingUnits: 0.9
        trustedExecution: false
        networkProtection: false
        fileSystemProtection: false
        GPURequirement: false
        candidateExecutionResources: [{resources}]
"""


def write_chain(directory: Path, *, components: int, layers: int) -> None:
    """Write a chain of `components` components, each of which may run on any of `layers` layers."""
    names = [f"stage{index}" for index in range(1, components + 1)]
    numbers = range(1, layers + 1)
    config = directory / "common_config"
    config.mkdir(parents=True)
    edges = ", ".join(f"[{before}, {after}, 1]" for before, after in pairwise(names))
    (config / "application_dag.yaml").write_text(
        f"System:\n  name: bench\n  components: [{', '.join(names)}]\n  dependencies: [{edges}]\n"
    )
    (config / "candidate_resources.yaml").write_text(
        "System:\n  name: Bench\n  NetworkDomains:\n    ND1:\n      name: Domain\n      AccessDelay: 0.001\n"
        "      Bandwidth: 1000\n      subNetworkDomains: []\n      ComputationalLayers:\n"
        + "".join(_LAYER.format(number=number) for number in numbers)
    )
    (config / "candidate_deployments.yaml").write_text(
        "Components:\n"
        + "".join(
            _CANDIDATE.format(
                number=index,
                name=name,
                layers=", ".join(map(str, numbers)),
                resources=", ".join(f"VM{number}" for number in numbers),
            )
            for index, name in enumerate(names, start=1)
        )
    )
    for name in names:
        source = directory / "src" / name
        source.mkdir(parents=True)
        (source / "main.py").write_text(textwrap.dedent(_MAIN.format(name=name)).lstrip())
        (source / "requirements.txt").write_text("")
