"""A two-component application of plain Python: `upper` on a device or the cluster, `sign` on the cluster or
as a cloud function.

Its components do what the input's text asks for: `boom` fails, `skip` writes nothing, `slow` takes a while.
"""

from __future__ import annotations

import re
from pathlib import Path

from aisprint_cli.design.run import DesignSettings, design_application
from aisprint_cli.system.files import write_atomic

NAME = "tiny_chain"
PARTS = ("upper", "sign")

MAIN = """\
import argparse
import time
from pathlib import Path

from aisprint.annotations import component_name, exec_time


@component_name(name="{name}")
@exec_time({limits})
def main(args):
    text = Path(args["input"]).read_text(encoding="utf-8")
    print("{name} reads " + text)
    if "boom" in text and "{name}" == "sign":
        raise ValueError("no way to sign a bomb")
    if "slow" in text:
        time.sleep(1.5)
    if "skip" in text:
        return
    Path(args["output"] + ".txt").write_text(text + ">{name}", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input")
    parser.add_argument("-o", "--output")
    main(vars(parser.parse_args()))
"""

DAG = """\
System:
  name: tiny_chain
  components: [upper, sign]
  dependencies:
    - [upper, sign, 1]
"""

LAYER = """\
        computationalLayer{number}:
          name: {name}
          number: {number}
          type: {kind}
          Resources:
            resource1:
              name: {resource}
              description: a machine
              totalNodes: 2
              cost: 0.1
              memorySize: 4096
              storageSize: 10
              storageType: SSD
              onSpot: false
              operatingSystemDistribution: Ubuntu
              operatingSystemVersion: "22.04"
              operatingSystemType: Linux
              operatingSystemImageId: none
              secureBoot: false
              processors:
                processor1:
                  name: cpu
                  type: SkyLake
                  architecture: amd64
                  computingUnits: 4
                  internalMemory: 2
                  SGXFlag: false
"""

FUNCTIONS = """\
        computationalLayer3:
          name: functions
          number: 3
          type: NativeCloudFunction
          Resources:
            resource1:
              name: Lambda
              description: a cloud function
              architecture: amd64
              cost: 0.0001
              memorySize: 1024
              storageSize: 1
              region: eu-south-1
              idleTime: 600
              transitionCost: 0.02
"""

RESOURCES = """\
System:
  name: tiny_chain
  NetworkDomains:
    ND1:
      name: one network
      AccessDelay: 0.001
      Bandwidth: 1000
      subNetworkDomains: []
      ComputationalLayers:
"""

CANDIDATE = """\
  component{number}:
    name: {name}
    candidateExecutionLayers: {layers}
    Containers:
      container1:
        image: tiny/{name}
        memorySize: 128
        computingUnits: 0.5
        trustedExecution: false
        GPURequirement: false
        candidateExecutionResources: {resources}
"""

LIMITS = {"upper": "local_time_thr=30", "sign": 'global_time_thr=60, prev_components=["upper"]'}


def write_sources(directory: Path, *, where: str = "src/{name}") -> None:
    for name in PARTS:
        folder = directory / where.format(name=name)
        write_atomic(folder / "main.py", MAIN.format(name=name, limits=LIMITS[name]))
        write_atomic(folder / "requirements.txt", "")


def make_application(directory: Path) -> Path:
    """Write the application and design it."""
    config = directory / "common_config"
    write_sources(directory)
    write_atomic(config / "application_dag.yaml", DAG)
    layers = [
        LAYER.format(number=1, name="devices", kind="Virtual", resource="Device"),
        LAYER.format(number=2, name="cluster", kind="Virtual", resource="Node"),
        FUNCTIONS,
    ]
    write_atomic(config / "candidate_resources.yaml", RESOURCES + "".join(layers))
    candidates = [
        CANDIDATE.format(number=1, name="upper", layers="[1, 2]", resources="[Device, Node]"),
        CANDIDATE.format(number=2, name="sign", layers="[2, 3]", resources="[Node, Lambda]"),
    ]
    write_atomic(config / "candidate_deployments.yaml", "Components:\n" + "".join(candidates))
    redesign(directory)
    return directory


def redesign(directory: Path) -> None:
    design_application(directory, DesignSettings(), lambda _line: None)


def write_inputs(directory: Path, **texts: str) -> list[Path]:
    """Files `<name>.in` to feed."""
    for name, text in texts.items():
        (directory / f"{name}.in").write_text(text)
    return [directory / f"{name}.in" for name in texts]


def change_component(directory: Path, name: str = "upper") -> None:
    """Change a component's code, and design again."""
    path = directory / "src" / name / "main.py"
    write_atomic(path, re.sub(r'" reads "', '" now reads "', path.read_text()).replace(" reads ", " took "))
    redesign(directory)
