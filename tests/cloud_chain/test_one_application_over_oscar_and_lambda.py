"""The command deploys one application over two clouds, feeds it, repairs it and takes it down.

Section 6, 4: a native function landed on an OSCAR cluster, as nothing said where it was to go.

`upper` is a function of AWS Lambda on moto, run by Lambda's own client and the FaaS supervisor. It writes
to the storage of an OSCAR cluster, of the local runtime, which runs `sign`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
import tiny_chain
from amazon import ACCESS, REGION, SECRET, Amazon, start_moto
from bucket_server import ACCESS_KEY, SECRET_KEY
from existing_cluster import OSCAR_PASSWORD, ExistingClusters, owners_value
from installed_command import CommandLine
from lambda_service import LambdaService, make_runtime

from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.system import packaged
from aisprint_cli.system.files import write_atomic

CLUSTER, FUNCTION = "tiny-chain-l2", "tiny-chain-l3-upper"
PLANTED = (SECRET, SECRET_KEY, OSCAR_PASSWORD)

PHYSICAL = """\
ComputationalLayers:
  computationalLayer2:
    number: 2
    Resources:
      resource1:
        name: Node
        oscar: {{endpoint: "{oscar.endpoint}", password: env:OSCAR_PASSWORD}}
        minio: {{endpoint: "{minio.endpoint}", access_key: env:MINIO_USER, secret_key: env:MINIO_SECRET}}
  computationalLayer3:
    number: 3
    Resources:
      resource1:
        name: Lambda
        aws:
          bucket: tiny-bucket
          region: {region}
          access_key: env:AWS_KEY
          secret_key: env:AWS_SECRET
          endpoint: "{moto}"
          timeout: 60
"""


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with start_moto() as url:
        yield Amazon(url)


@pytest.fixture
def existing(tmp_path: Path) -> Iterator[ExistingClusters]:
    home = Home(tmp_path / "runtime")
    with closing(LocalBackend(tmp_path, owners_value, home.root)) as backend:
        found = ExistingClusters(home, backend)
        yield found
        found.close()


@pytest.fixture
def service(amazon: Amazon, tmp_path: Path) -> Iterator[LambdaService]:
    found = LambdaService(amazon, make_runtime(tmp_path), tmp_path / "image")
    write_code(found.image / "opt")
    shutil.copytree(packaged.runtime_library_directory(), found.image / "lib" / "aisprint")
    yield found
    found.close()


def write_code(directory: Path) -> None:
    """What an image holds of both parts."""
    tiny_chain.write_sources(directory, where="{name}")
    for part in directory.iterdir():
        shutil.copyfile(packaged.templates_directory() / "local" / "script.sh", part / "script.sh")


@pytest.fixture
def command(amazon: Amazon, existing: ExistingClusters, tmp_path: Path) -> CommandLine:
    """A command line beside the application, which knows the clusters and the account by references."""
    access = existing.make(CLUSTER)
    write_code(tmp_path / "code")
    existing.unpack_image("tiny/sign", tmp_path / "code")
    application = tmp_path / "tiny"
    config = application / "common_config"
    tiny_chain.write_sources(application)
    write_atomic(config / "application_dag.yaml", tiny_chain.DAG)
    cluster = tiny_chain.LAYER.format(
        number=2, name="edge", kind="PhysicalAlreadyProvisioned", resource="Node"
    )
    write_atomic(config / "candidate_resources.yaml", tiny_chain.RESOURCES + cluster + tiny_chain.FUNCTIONS)
    upper = tiny_chain.CANDIDATE.format(number=1, name="upper", layers="[3]", resources="[Lambda]")
    sign = tiny_chain.CANDIDATE.format(number=2, name="sign", layers="[2]", resources="[Node]")
    upper = upper.replace("tiny/upper", amazon.push_image("tiny"))
    write_atomic(config / "candidate_deployments.yaml", "Components:\n" + upper + sign)
    facts = {key.replace(".", "_"): value for key, value in access.items()}
    text = PHYSICAL.replace("oscar.endpoint", "oscar_endpoint").replace("minio.endpoint", "minio_endpoint")
    write_atomic(config / "physical_nodes.yaml", text.format(**facts, region=REGION, moto=amazon.url))
    tiny_chain.redesign(application)
    secrets = {
        "AWS_KEY": ACCESS,
        "AWS_SECRET": SECRET,
        "MINIO_USER": ACCESS_KEY,
        "MINIO_SECRET": SECRET_KEY,
        "OSCAR_PASSWORD": OSCAR_PASSWORD,
    }
    return CommandLine(tmp_path, {**os.environ, **secrets, "AISPRINT_HOME": str(tmp_path / "nothing here")})


def test_one_application_over_two_clouds(
    command: CommandLine, amazon: Amazon, existing: ExistingClusters, service: LambdaService
) -> None:
    said = [command("deploy", "tiny", "--backend", "cloud", "--yes", "-o", "json")]
    outcome = json.loads(said[0].stdout)["outcome"]
    assert (outcome["complete"], len(outcome["done"])) == (True, 4)
    assert amazon.leftovers()["functions"] == [FUNCTION]

    # fed: from Amazon's storage over Lambda into the cluster's, and back
    (command.directory / "page.in").write_text("ink")
    said.append(command("invoke", "tiny", "page.in", "--output-dir", "results", "--timeout", "120"))
    (result,) = (command.directory / "results" / "page" / "sign").iterdir()
    assert result.read_text() == "ink>upper>sign"
    said.append(command("logs", "tiny", "sign"))
    assert "sign reads ink>upper" in said[-1].stdout

    # as wanted: nothing to do
    assert command.json("deploy", "tiny", "--backend", "cloud", "--yes")["plan"]["changes"] == 0

    # changed outside on both, seen, repaired
    client, oscar = amazon.client("lambda"), existing.services(CLUSTER)
    client.update_function_configuration(FunctionName=FUNCTION, MemorySize=1024)
    (sign,) = requests.get(oscar, auth=("oscar", OSCAR_PASSWORD), timeout=10).json()
    changed = {**sign, "memory": "2Gi"}
    requests.put(oscar, json=changed, auth=("oscar", OSCAR_PASSWORD), timeout=10).raise_for_status()
    said.append(command("status", "tiny", "--check", code=7))
    assert command.json("deploy", "tiny", "--backend", "cloud", "--yes")["outcome"]["complete"]
    assert client.get_function_configuration(FunctionName=FUNCTION)["MemorySize"] == 128
    (sign,) = requests.get(oscar, auth=("oscar", OSCAR_PASSWORD), timeout=10).json()
    assert sign["memory"] == "128Mi"
    said.append(command("status", "tiny", "--check"))
    said.append(command("outputs", "tiny", "-o", "json"))

    # down, with nothing left behind
    said.append(command("undeploy", "tiny", "--yes"))
    assert amazon.leftovers() == {"functions": [], "buckets": [], "roles": [], "logs": []}
    assert not any(existing.home.buckets(CLUSTER).iterdir())

    shown = [text for done in said for text in (done.stdout, done.stderr)]
    kept = [path for path in (command.directory / "tiny").rglob("*") if path.is_file()]
    texts = [*shown, *(path.read_bytes().decode(errors="replace") for path in kept)]
    assert not [text for text in texts if any(secret in text for secret in PLANTED)]


def test_data_of_two_clouds_is_kept_comes_back_and_goes(
    command: CommandLine, amazon: Amazon, existing: ExistingClusters
) -> None:
    command("deploy", "tiny", "--backend", "cloud", "--yes")
    result = existing.home.buckets(CLUSTER) / "sign" / "output" / "page.txt"
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text("ink")
    s3 = amazon.client("s3")
    s3.put_object(Bucket="tiny-bucket", Key="kept/page.txt", Body=b"ink")

    kept = command.json("undeploy", "tiny", "--keep-data", "--yes")["kept"]

    places = {entry["cluster"]: entry["where"] for entry in kept}
    assert places["tiny-chain-l3"] == "s3://tiny-bucket"
    assert (Path(places[CLUSTER]) / "sign" / "output" / "page.txt").read_text() == "ink"
    assert not result.exists()

    command("deploy", "tiny", "--backend", "cloud", "--yes")
    assert result.read_text() == "ink"
    assert s3.get_object(Bucket="tiny-bucket", Key="kept/page.txt")["Body"].read() == b"ink"
    assert not Path(places[CLUSTER]).exists()

    command("undeploy", "tiny", "--yes")
    assert amazon.leftovers()["buckets"] == []
    assert not any(existing.home.buckets(CLUSTER).iterdir())
