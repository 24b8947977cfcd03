"""A Lambda image answers an event from S3 through Lambda's own runtime interface emulator.

The image is built by a real Docker Engine, the emulator is the one of AWS SAM, S3 is moto's.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from image_servers import free_port

sys.path.append(str(Path(__file__).resolve().parent.parent / "lambda_backend"))

from amazon import ACCESS, REGION, SECRET, Amazon, start_moto
from image_sketches import write_files
from lambda_service import s3_event

from aisprint_cli.images.engines.dockerd import Dockerd
from aisprint_cli.images.packages import Packages
from aisprint_cli.images.plan import Wanted
from aisprint_cli.images.prepare import Preparation, Settings
from aisprint_cli.images.registry.client import RegistryClient
from aisprint_cli.images.specification import Variant
from aisprint_cli.model.naming import Part
from aisprint_cli.system.cache_directory import find_cache

MAIN = """
import argparse, platform, os
words = argparse.ArgumentParser()
words.add_argument("-i"); words.add_argument("-o")
given = words.parse_args()
text = open(given.i).read()
told = f"{text.upper()} on {platform.machine()} as {os.getuid()} in {os.environ['MODE']}"
open(given.o + ".txt", "w").write(told)
"""
START_S = 90


@pytest.fixture(scope="module")
def emulators(bases: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The emulator for each platform, out of the package of AWS SAM."""
    folder = tmp_path_factory.mktemp("sam")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "pip", "install", "-q", "--no-deps", "--target", folder, "aws-sam-cli"], check=True)
    found = {
        "linux/amd64": folder / "samcli/local/rapid/aws-lambda-rie-x86_64",
        "linux/arm64": folder / "samcli/local/rapid/aws-lambda-rie-arm64",
    }
    for path in found.values():
        path.chmod(0o755)
    return found


@pytest.fixture(scope="module")
def amazon() -> Iterator[Amazon]:
    with start_moto() as url:
        found = Amazon(url)
        found.client("s3").create_bucket(
            Bucket="shop", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield found


@pytest.fixture(scope="module")
def image(
    base_image: str, docker_address: str, client: RegistryClient, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The Lambda image of a part, by platform, in the engine."""
    folder = tmp_path_factory.mktemp("lambda")
    design = folder / "app" / "aisprint" / "designs" / "find" / "base"
    write_files(design, main__py=MAIN, env__yaml="MODE: quick $HOME\n")
    packages = Packages(find_cache(), lambda _text: None)
    settings = Settings(registry="localhost", base=base_image, python="3.11")
    wanted = Wanted(Part("find"), Variant.LAMBDA, ("linux/amd64", "linux/arm64"))
    prepared = Preparation(folder / "app", "shop", folder / "work", settings, packages).prepare(wanted)
    packages.close()
    engine = Dockerd(client, docker_address)
    (built,) = engine.build([prepared.request], folder / "logs", lambda _event: None, lambda: False)
    return dict(built.by_platform)


@contextmanager
def _running(
    image: dict[str, str], platform: str, emulator: Path, docker_address: str, amazon: Amazon
) -> Iterator[str]:
    """The address at which the function in an image is called."""
    port, runtime = free_port(), free_port()
    config = {
        "name": "find",
        "init_script": "/opt/find/script.sh",
        "log_level": "DEBUG",
        "container": {"timeout_threshold": 2},
        "input": [{"storage_provider": "s3", "path": "shop/find/input"}],
        "output": [{"storage_provider": "s3", "path": "shop/find/output"}],
    }
    variables = {
        "FDL": base64.b64encode(json.dumps(config).encode()).decode(),
        "COMPONENT_NAME": "find",
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        "AWS_ENDPOINT_URL": amazon.url,
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "300",
    }
    name = f"lambda-{uuid.uuid4().hex[:8]}"
    docker = [shutil.which("docker") or "docker", "--host", docker_address]
    command = [*docker, "run", "--detach", "--init", "--name", name, "--network", "host"]
    command += ["--platform", platform, "--volume", f"{emulator}:/emulator:ro", "--entrypoint", "/emulator"]
    for key, value in variables.items():
        command += ["--env", f"{key}={value}"]
    command += [image[platform], "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    command += ["--runtime-api-address", f"127.0.0.1:{runtime}"]
    command += ["python3", "-m", "awslambdaric", "aisprint_lambda.main"]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    except Exception as error:
        said = subprocess.run([*docker, "logs", name], capture_output=True, text=True, check=False)
        error.add_note(f"{said.stdout}\n{said.stderr}"[-3000:])
        raise
    finally:
        subprocess.run([*docker, "rm", "--force", name], check=False, capture_output=True)


def _call(address: str, bucket: str, key: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            answer = requests.post(address, json=s3_event(bucket, key), timeout=300)
            break
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
    assert answer.ok
    assert "errorMessage" not in answer.text


@pytest.mark.parametrize(
    ("platform", "machine"), [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")], ids=["amd64", "arm64"]
)
def test_an_object_that_comes_is_worked_on_and_its_result_stored(
    platform: str,
    machine: str,
    image: dict[str, str],
    emulators: dict[str, Path],
    amazon: Amazon,
    docker_address: str,
    request: pytest.FixtureRequest,
) -> None:
    request.getfixturevalue("emulation")
    s3 = amazon.client("s3")
    key = f"find/input/{machine}.txt"
    s3.put_object(Bucket="shop", Key=key, Body=b"hello")

    with _running(image, platform, emulators[platform], docker_address, amazon) as address:
        _call(address, "shop", key)

        stored = s3.list_objects_v2(Bucket="shop", Prefix="find/output/").get("Contents", [])
        texts = {s3.get_object(Bucket="shop", Key=entry["Key"])["Body"].read().decode() for entry in stored}
        assert f"HELLO on {machine} as 10001 in quick $HOME" in texts
