"""A designed application over two layers, and `aisprint` as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DAG = """\
System:
  name: two_layers
  components: [crop, count]
  dependencies: [[crop, count, 1]]
"""

RESOURCE = """\
            resource1:
              {{name: {name}, totalNodes: 2, cost: 0.1, memorySize: 4096, storageSize: 10, storageType: SSD,
              processors: {{processor1: {{name: cpu, type: x, architecture: amd64, computingUnits: 4,
              internalMemory: 4, SGXFlag: false}}}}}}
"""

RESOURCES = f"""\
System:
  name: Two layers
  NetworkDomains:
    ND1:
      name: all
      AccessDelay: 0.001
      Bandwidth: 1000
      subNetworkDomains: []
      ComputationalLayers:
        computationalLayer1:
          name: edge
          number: 1
          type: Virtual
          Resources:
{RESOURCE.format(name="Pi")}
        computationalLayer2:
          name: cloud
          number: 2
          type: Virtual
          Resources:
{RESOURCE.format(name="VM")}
"""

CONTAINER = """\
      container1: {{image: null, memorySize: 256, computingUnits: 0.5, trustedExecution: false,
        networkProtection: false, fileSystemProtection: false, GPURequirement: false,
        candidateExecutionResources: [{resources}]}}
"""

CANDIDATES = f"""\
Components:
  component1:
    name: crop
    candidateExecutionLayers: [1]
    Containers:
{CONTAINER.format(resources="Pi")}
  component2:
    name: count
    candidateExecutionLayers: [2, 1]
    Containers:
{CONTAINER.format(resources="VM, Pi")}
"""

MAIN = """\
from aisprint.annotations import component_name, exec_time


@component_name(name="{name}")
@exec_time(local_time_thr=5)
def main(args):
    pass
"""


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def aisprint(*arguments: str | Path, cwd: Path | None = None) -> Done:
    command = [str(Path(sys.executable).with_name("aisprint")), *map(str, arguments)]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def write_application(directory: Path) -> None:
    """The application's files."""
    files = {
        "common_config/application_dag.yaml": DAG,
        "common_config/candidate_resources.yaml": RESOURCES,
        "common_config/candidate_deployments.yaml": CANDIDATES,
        "src/crop/main.py": MAIN.format(name="crop"),
        "src/count/main.py": MAIN.format(name="count"),
    }
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def generated(app: Path, deployment: str) -> dict[str, bytes]:
    folder = app / "aisprint" / "deployments" / deployment
    found = [*folder.glob("im/*"), *folder.glob("oscar/**/*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if path.is_file()}
