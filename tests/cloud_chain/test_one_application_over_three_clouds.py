"""One application on an existing OSCAR, a cluster that is made, and AWS Lambda, through the commands.

Section 6, 4: a native function landed on an OSCAR cluster, as nothing said where it was to go.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from amazon import Amazon, start_moto
from existing_cluster import ExistingClusters, owners_value
from im_server import free_port, infrastructure_manager
from lambda_service import LambdaService, make_runtime
from three_clouds import BUCKET, EVERY_PART, EXISTING, FUNCTION, MADE, NATIVE, PLANTED, ThreeClouds

from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.system import packaged

CLOUD = ("--backend", "cloud")
CLUSTERS = {f"cluster/{name}" for name in (MADE, EXISTING, NATIVE)}
FUNCTIONS = {f"function/{MADE}/draw", f"function/{EXISTING}/sign", f"function/{NATIVE}/upper"}


@pytest.fixture(scope="module")
def im_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url, process = infrastructure_manager(tmp_path_factory.mktemp("im"), free_port())
    process.start()
    yield url
    process.stop()


@pytest.fixture(scope="module")
def amazon_url() -> Iterator[str]:
    with start_moto() as url:
        yield url


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    im_url: str,
    amazon_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ThreeClouds]:
    """The application, not yet deployed; nothing of it is left at the end."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    amazon, home = Amazon(amazon_url), Home(tmp_path / "runtime")
    amazon.reset()
    owner = LocalBackend(tmp_path, owners_value, home.root)
    with closing(owner), closing(ExistingClusters(home, owner)) as clusters:
        found = ThreeClouds(tmp_path, amazon, clusters, im_url)
        found.make(getattr(request, "param", EVERY_PART))
        yield found
        found.command("undeploy", "tiny", *CLOUD, "--yes", "--quiet")
        assert found.left() == []


@pytest.fixture
def service(world: ThreeClouds, tmp_path: Path) -> Iterator[LambdaService]:
    found = LambdaService(world.amazon, make_runtime(tmp_path), tmp_path / "image")
    shutil.copytree(tmp_path / "code", found.image / "opt")
    shutil.copytree(packaged.runtime_library_directory(), found.image / "lib" / "aisprint")
    yield found
    found.close()


def _feed(world: ThreeClouds, said: list[subprocess.CompletedProcess[str]]) -> str:
    """Feed the first part that can run: Amazon's storage, Lambda, the cluster's storage, and back."""
    (world.directory / "page.in").write_text("ink")
    options = ("--component", "upper", "--output-dir", "results", "--timeout", "120")
    said.append(world.command("invoke", "tiny", "page.in", *options))
    (result,) = (world.directory / "results" / "page" / "sign").iterdir()
    return result.read_text()


def _update(world: ThreeClouds) -> None:
    """Another image for each part: with other code, which signs twice, and other memory."""
    code = world.directory / "code"
    path = code / "sign" / "main.py"
    path.write_text(path.read_text().replace(">sign", ">sign twice"))
    world.clusters.unpack_image("tiny/sign:2", code)
    world.set_image("draw", "tiny/draw:2", memory_mib=256)
    world.set_image("upper", world.amazon.push_image("tiny", "2", content="two"), memory_mib=256)
    world.set_image("sign", "tiny/sign:2", memory_mib=256)
    world.redesign()


def test_planned_deployed_invoked_updated_repaired_and_undeployed(
    world: ThreeClouds, service: LambdaService
) -> None:
    command = world.command
    planned = command.json("plan", "tiny", *CLOUD)
    assert {step["item"]: step["backend"] for step in planned["plan"]["steps"]} == {
        f"cluster/{MADE}": "im",
        f"function/{MADE}/draw": "im",
        f"cluster/{EXISTING}": "oscar",
        f"function/{EXISTING}/sign": "oscar",
        f"cluster/{NATIVE}": "lambda",
        f"function/{NATIVE}/upper": "lambda",
    }
    assert world.left() == []

    said = [command("deploy", "tiny", *CLOUD, "--yes", "-v")]
    assert (len(world.infrastructures()), world.native["MemorySize"]) == (1, 128)
    assert _feed(world, said) == "ink>upper>sign"
    said.append(command("logs", "tiny"))
    assert "sign reads ink>upper" in said[-1].stdout
    said.append(command("logs", "tiny", "--infrastructure"))
    said.append(command("status", "tiny", "--check", "-v"))
    for form in ("table", "json", "yaml", "env"):
        said.append(command("outputs", "tiny", "-o", form))
        assert f"https://minio.{MADE}.aisprint.internal" in said[-1].stdout

    # a component is changed: in place, on all three, and it does something else
    (infrastructure,) = world.infrastructures()
    _update(world)
    updated = command.json("deploy", "tiny", "--yes")
    assert {s["item"]: s["action"] for s in updated["plan"]["steps"] if s["action"] != "unchanged"} == (
        dict.fromkeys(FUNCTIONS, "update")
    )
    assert updated["outcome"]["complete"]
    assert (world.infrastructures(), "tiny/draw:2" in world.template()) == ([infrastructure], True)
    assert (world.native["MemorySize"], world.native["image"][-2:], world.sign["memory"]) == (
        256,
        ":2",
        "256Mi",
    )
    assert _feed(world, said) == "ink>upper>sign twice"

    # changed outside on all three: seen, repaired
    world.destroy_cluster()
    world.change_sign(memory="2Gi")
    world.amazon.client("lambda").update_function_configuration(FunctionName=FUNCTION, MemorySize=1024)
    said.append(command("status", "tiny", "--check", code=7))
    seen = {entry["id"] for entry in command.json("status", "tiny")["items"] if entry["drift"]}
    assert seen == {f"cluster/{MADE}", *FUNCTIONS}
    said.append(command("deploy", "tiny", "--yes"))
    said.append(command("status", "tiny", "--check"))
    assert (world.native["MemorySize"], world.sign["memory"]) == (256, "256Mi")
    assert "tiny/draw:2" in world.template()

    # down, with nothing left behind, and again
    said.append(command("undeploy", "tiny", "--yes"))
    assert world.left() == []
    said.append(command("undeploy", "tiny", "--yes"))
    assert command.json("status", "tiny")["deployed"] is False

    shown = [text for done in said for text in (done.stdout, done.stderr)]
    texts = [*shown, *(path.read_bytes().decode(errors="replace") for path in world.files())]
    assert not [text for text in texts if any(secret in text for secret in PLANTED)]


def test_a_saved_plan_is_refused_once_a_cloud_has_changed_and_else_carried_out(world: ThreeClouds) -> None:
    command = world.command
    command("deploy", "tiny", *CLOUD, "--yes")
    world.set_image("upper", world.amazon.push_image("tiny", "2", content="two"), memory_mib=256)
    world.redesign()
    command("plan", "tiny", "--out", "plan.json")
    world.change_sign(memory="2Gi")

    refused = command("deploy", "plan.json", "--yes", code=6)

    assert f"function/{EXISTING}/sign" in refused.stderr
    assert world.native["MemorySize"] == 128
    command("plan", "tiny", "--out", "plan.json")
    command("deploy", "plan.json", "--yes")
    assert (world.native["MemorySize"], world.sign["memory"]) == (256, "128Mi")


def test_only_one_component_is_deployed_where_one_is_asked_for(world: ThreeClouds) -> None:
    done = world.command.json("deploy", "tiny", *CLOUD, "--only", "sign", "--yes")["outcome"]["done"]

    assert set(done) == {f"cluster/{EXISTING}", f"function/{EXISTING}/sign"}
    assert world.infrastructures() == []
    assert world.amazon.leftovers()["functions"] == []


def test_a_failure_on_one_cloud_brings_the_others_back_to_what_was_there(world: ThreeClouds) -> None:
    command = world.command
    command("deploy", "tiny", *CLOUD, "--yes")
    before = world.native["image"]
    _update(world)
    world.set_image("upper", before.rpartition(":")[0] + ":nobody-pushed-it")
    world.redesign()

    failed = command.json("deploy", "tiny", "--yes", "--rollback", code=5)

    assert [entry["item"] for entry in failed["outcome"]["failed"]] == [f"function/{NATIVE}/upper"]
    assert failed["rollback"]["complete"]
    assert (world.native["image"], world.sign["image"], world.sign["memory"]) == (
        before,
        "tiny/sign",
        "128Mi",
    )
    assert "tiny/draw:2" not in world.template()


def test_a_run_that_failed_on_one_cloud_is_resumed_and_does_nothing_twice(world: ThreeClouds) -> None:
    command = world.command
    missing = world.native_image("later")
    world.set_image("upper", missing)
    world.redesign()
    failed = command.json("deploy", "tiny", *CLOUD, "--yes", code=5)
    assert [entry["item"] for entry in failed["outcome"]["failed"]] == [f"function/{NATIVE}/upper"]
    (infrastructure,) = world.infrastructures()
    world.amazon.push_image("tiny", "later")

    resumed = command.json("deploy", "tiny", "--resume", "--yes")

    assert resumed["outcome"]["done"] == [f"function/{NATIVE}/upper"]
    assert world.infrastructures() == [infrastructure]
    command("deploy", "tiny", "--resume", "--yes", code=6)


def test_ctrl_c_begins_nothing_more_and_the_next_deploy_goes_on(world: ThreeClouds) -> None:
    process = world.command.start("deploy", "tiny", *CLOUD, "--yes", "--parallel", "1", "-v")
    deadline = time.monotonic() + 60
    while not world.infrastructures():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert world.amazon.leftovers()["functions"] == []
    (infrastructure,) = world.infrastructures()
    done = world.command.json("deploy", "tiny", *CLOUD, "--yes")["outcome"]
    assert done["complete"]
    assert set(done["done"]) >= FUNCTIONS
    assert world.infrastructures() == [infrastructure]


def test_data_on_machines_that_go_cannot_be_kept_which_is_said_before_anything_is_removed(
    world: ThreeClouds,
) -> None:
    world.command("deploy", "tiny", *CLOUD, "--yes")
    before = world.left()

    refused = world.command("undeploy", "tiny", "--keep-data", "--yes", code=2)

    assert "im" in refused.stderr
    assert world.left() == before


@pytest.mark.parametrize("world", [("upper", "sign")], indirect=True)
def test_data_of_two_clouds_is_kept_comes_back_and_goes(world: ThreeClouds) -> None:
    command, s3 = world.command, world.amazon.client("s3")
    command("deploy", "tiny", *CLOUD, "--yes")
    result = world.clusters.home.buckets(EXISTING) / "sign" / "output" / "page.txt"
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text("ink")
    s3.put_object(Bucket=BUCKET, Key="kept/page.txt", Body=b"ink")

    kept = command.json("undeploy", "tiny", "--keep-data", "--yes")["kept"]

    places = {entry["cluster"]: entry["where"] for entry in kept}
    assert places[NATIVE] == f"s3://{BUCKET}"
    assert (Path(places[EXISTING]) / "sign" / "output" / "page.txt").read_text() == "ink"
    assert not result.exists()

    command("deploy", "tiny", *CLOUD, "--yes")
    assert result.read_text() == "ink"
    assert s3.get_object(Bucket=BUCKET, Key="kept/page.txt")["Body"].read() == b"ink"
    assert not Path(places[EXISTING]).exists()
