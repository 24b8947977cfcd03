"""The moto server, and an account there."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from botocore.config import Config

from aisprint_cli.backends.aws.backend import LambdaBackend
from aisprint_cli.backends.interface import Site
from aisprint_cli.backends.objects.sessions import new_client

REGION = "eu-west-1"
ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "planted-aws-secret"
ACCOUNT = "123456789012"


@contextmanager
def start_moto() -> Iterator[str]:
    """A moto server process on a free port of loopback, until the context ends."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "Running on http://" in line:
                url = line.rpartition(" ")[2].strip()
                break
        else:
            raise AssertionError("moto did not start")
        reader = threading.Thread(target=process.stderr.read, daemon=True)  # so that it never blocks
        reader.start()
        without_docker = {"lambda": {"use_docker": False}}
        requests.post(f"{url}/moto-api/config", json=without_docker, timeout=30).raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait()
        reader.join()
        process.stderr.close()


class Amazon:
    """An account at an address, seen from outside our own code."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self) -> None:
        requests.post(f"{self.url}/moto-api/reset", timeout=30).raise_for_status()

    def client(self, service: str, region: str = REGION) -> Any:
        return new_client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=ACCESS,
            aws_secret_access_key=SECRET,
            config=Config(retries={"max_attempts": 1}),
        )

    def access(self, **facts: str) -> dict[str, str]:
        """How a specification says to reach the account."""
        return {
            "aws.region": REGION,
            "aws.bucket": "shop-bucket",
            "aws.access_key": "secret://env/AWS_KEY",
            "aws.secret_key": "secret://env/AWS_SECRET",
            "aws.endpoint": self.url,
            **{f"aws.{name}": value for name, value in facts.items()},
        }

    def push_image(self, repository: str, tag: str = "latest", *, content: str = "one") -> str:
        """An image in ECR; its address. There is no registry: only what ECR says of it."""
        ecr = self.client("ecr")
        if not [r for r in ecr.describe_repositories()["repositories"] if r["repositoryName"] == repository]:
            ecr.create_repository(repositoryName=repository)
        digest = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {"digest": digest, "size": 1, "mediaType": "x"},
            "layers": [],
        }
        ecr.put_image(
            repositoryName=repository,
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=manifest["mediaType"],
            imageTag=tag,
            imageDigest=digest,
        )
        return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}:{tag}"

    def leftovers(self) -> dict[str, list[str]]:
        """Everything there is, by kind."""
        return {
            "functions": [f["FunctionName"] for f in self.client("lambda").list_functions()["Functions"]],
            "buckets": [b["Name"] for b in self.client("s3").list_buckets()["Buckets"]],
            "roles": [r["RoleName"] for r in self.client("iam").list_roles()["Roles"]],
            "logs": [g["logGroupName"] for g in self.client("logs").describe_log_groups()["logGroups"]],
        }


def resolve(reference: str) -> str:
    return {"secret://env/AWS_KEY": ACCESS, "secret://env/AWS_SECRET": SECRET}.get(
        reference, f"value-of-{reference.rpartition('/')[2]}"
    )


def open_lambda(application: Any) -> LambdaBackend:
    return LambdaBackend(Site(application, resolve))
