"""One application with a function on each of three clouds, and what is there of it, seen from outside.

`draw` is on a cluster that a real Infrastructure Manager makes of the Dummy cloud, whose machines have
addresses and nothing else; `upper` is a function of AWS Lambda on moto, run by Lambda's own client and
the FaaS supervisor; `sign` is on an OSCAR cluster that was there before, of the local runtime.
"""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import tiny_chain
from amazon import ACCESS, ACCOUNT, REGION, SECRET, Amazon
from bucket_server import ACCESS_KEY, SECRET_KEY
from existing_cluster import OSCAR_PASSWORD, ExistingClusters
from installed_command import CommandLine

from aisprint_cli.system import packaged
from aisprint_cli.system.files import write_atomic

MADE, EXISTING, NATIVE = "tiny-chain-l1", "tiny-chain-l2", "tiny-chain-l3"
FUNCTION = f"{NATIVE}-upper"
BUCKET = "tiny-bucket"
IM_PASSWORD = "planted;im-password"
PLANTED = (SECRET, SECRET_KEY, OSCAR_PASSWORD, IM_PASSWORD)

_PLACES = {"draw": ("[1]", "[Device]"), "upper": ("[3]", "[Lambda]"), "sign": ("[2]", "[Node]")}
EVERY_PART = tuple(_PLACES)

PHYSICAL = """\
ComputationalLayers:
  computationalLayer2:
    number: 2
    Resources:
      resource1:
        name: Node
        oscar: {{endpoint: "{oscar_endpoint}", password: env:OSCAR_PASSWORD}}
        minio: {{endpoint: "{minio_endpoint}", access_key: env:MINIO_USER, secret_key: env:MINIO_SECRET}}
  computationalLayer3:
    number: 3
    Resources:
      resource1:
        name: Lambda
        aws:
          bucket: {bucket}
          region: {region}
          access_key: env:AWS_KEY
          secret_key: env:AWS_SECRET
          endpoint: "{moto}"
          timeout: 60
"""


def write_code(directory: Path) -> None:
    """What an image holds of the parts: their code and the script that starts it."""
    tiny_chain.write_sources(directory, where="{name}")
    for part in directory.iterdir():
        shutil.copyfile(packaged.templates_directory() / "local" / "script.sh", part / "script.sh")


@dataclass
class ThreeClouds:
    """An application, its clouds, and the user of each."""

    directory: Path
    amazon: Amazon
    clusters: ExistingClusters
    im_url: str
    user: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:8]}")
    access: dict[str, str] = field(default_factory=dict)

    @property
    def application(self) -> Path:
        return self.directory / "tiny"

    @property
    def command(self) -> CommandLine:
        secrets = {
            "AWS_KEY": ACCESS,
            "AWS_SECRET": SECRET,
            "MINIO_USER": ACCESS_KEY,
            "MINIO_SECRET": SECRET_KEY,
            "OSCAR_PASSWORD": OSCAR_PASSWORD,
            "IM_PASSWORD": IM_PASSWORD,
            "AISPRINT_IM_URL": self.im_url,
            "AISPRINT_HOME": str(self.directory / "nothing here"),
        }
        return CommandLine(self.directory, {**os.environ, **secrets})

    def make(self, parts: Sequence[str] = EVERY_PART) -> None:
        """Write the application, which knows its clouds by references, and what its images hold.

        Args:
            parts: the chain; without `draw` nothing has to be made for it.
        """
        self.access = self.clusters.make(EXISTING)
        write_code(self.directory / "code")
        self.clusters.unpack_image("tiny/sign", self.directory / "code")
        tiny_chain.write_sources(self.application)
        if "draw" in parts:
            main = tiny_chain.MAIN.format(name="draw", limits="local_time_thr=30")
            write_atomic(self.application / "src" / "draw" / "main.py", main)
            write_atomic(self.application / "src" / "draw" / "requirements.txt", "")
        self._write_configuration(parts)
        self.set_image("upper", self.amazon.push_image("tiny"))
        tiny_chain.redesign(self.application)

    def _write_configuration(self, parts: Sequence[str]) -> None:
        config = self.application / "common_config"
        edges = [f"    - [{first}, {second}, 1]\n" for first, second in itertools.pairwise(parts)]
        graph = f"  components: [{', '.join(parts)}]\n  dependencies:\n{''.join(edges)}"
        write_atomic(config / "application_dag.yaml", f"System:\n  name: tiny_chain\n{graph}")
        made = tiny_chain.LAYER.format(number=1, name="cluster", kind="Virtual", resource="Device")
        there = tiny_chain.LAYER.format(
            number=2, name="edge", kind="PhysicalAlreadyProvisioned", resource="Node"
        )
        layers = [made] if "draw" in parts else []
        resources = [tiny_chain.RESOURCES, *layers, there, tiny_chain.FUNCTIONS]
        write_atomic(config / "candidate_resources.yaml", "".join(resources))
        candidates = [
            tiny_chain.CANDIDATE.format(number=number, name=name, layers=layer, resources=resources)
            for number, (name, (layer, resources)) in enumerate(((n, _PLACES[n]) for n in parts), 1)
        ]
        write_atomic(config / "candidate_deployments.yaml", "Components:\n" + "".join(candidates))
        facts = {key.replace(".", "_"): value for key, value in self.access.items()}
        text = PHYSICAL.format(**facts, region=REGION, moto=self.amazon.url, bucket=BUCKET)
        write_atomic(config / "physical_nodes.yaml", text)
        account = f"type = InfrastructureManager; username = {self.user}; password = env:IM_PASSWORD\n"
        write_atomic(self.application / "im" / "auth.dat", account + "id = dummy; type = Dummy\n", mode=0o600)

    def set_image(self, part: str, reference: str, *, memory_mib: int = 128) -> None:
        """Give a part another image and memory; `redesign` follows."""
        path = self.application / "common_config" / "candidate_deployments.yaml"
        before, mark, rest = path.read_text().partition(f"    name: {part}\n")
        lines = rest.splitlines(keepends=True)
        for number, line in enumerate(lines[:6]):
            indent = line[: len(line) - len(line.lstrip())]
            if "image:" in line:
                lines[number] = f"{indent}image: {reference}\n"
            if "memorySize:" in line:
                lines[number] = f"{indent}memorySize: {memory_mib}\n"
        write_atomic(path, before + mark + "".join(lines))

    def redesign(self) -> None:
        tiny_chain.redesign(self.application)

    def _im(self, method: str, path: str) -> requests.Response:
        words = f"type = InfrastructureManager; username = {self.user}; password = '{IM_PASSWORD}'"
        headers = {"Authorization": words + "\\nid = dummy; type = Dummy"}
        return requests.request(method, f"{self.im_url}{path}", headers=headers, timeout=30)

    def infrastructures(self) -> list[str]:
        """The paths of those that our user has."""
        listed = self._im("GET", "/infrastructures").text.split()
        return [line.removeprefix(self.im_url) for line in listed if line.startswith("http")]

    def template(self) -> str:
        """What the made cluster was made from."""
        (path,) = self.infrastructures()
        return self._im("GET", f"{path}/tosca").text

    def destroy_cluster(self) -> None:
        """Remove the made cluster behind the back of the deployment."""
        (path,) = self.infrastructures()
        self._im("DELETE", path).raise_for_status()

    @property
    def sign(self) -> dict[str, Any]:
        """The service of the existing cluster."""
        (found,) = self._services("GET").json()
        return dict(found)

    def change_sign(self, **fields: str) -> None:
        """Change the service behind the back of the deployment."""
        self._services("PUT", {**self.sign, **fields})

    def _services(self, method: str, body: dict[str, Any] | None = None) -> requests.Response:
        url = self.clusters.services(EXISTING)
        answer = requests.request(method, url, json=body, auth=("oscar", OSCAR_PASSWORD), timeout=10)
        answer.raise_for_status()
        return answer

    @staticmethod
    def native_image(tag: str) -> str:
        """An image's address in ECR, whether it is there or not."""
        return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tiny:{tag}"

    @property
    def native(self) -> dict[str, Any]:
        """The function of AWS Lambda."""
        found = self.amazon.client("lambda").get_function(FunctionName=FUNCTION)
        return {**found["Configuration"], "image": found["Code"]["ImageUri"]}

    def left(self) -> list[str]:
        """Everything that is there of the application, on any cloud."""
        of_amazon = [name for names in self.amazon.leftovers().values() for name in names]
        services = [service["name"] for service in self._services("GET").json()]
        buckets = [path.name for path in self.clusters.home.buckets(EXISTING).iterdir()]
        return [*self.infrastructures(), *of_amazon, *services, *buckets]

    def files(self) -> list[Path]:
        """Every file of the application: generated, kept, recorded."""
        return [path for path in self.application.rglob("*") if path.is_file()]
