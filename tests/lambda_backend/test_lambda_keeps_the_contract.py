"""The back end for AWS Lambda passes the contract on moto, with functions run by Lambda's own client."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from amazon import Amazon, open_lambda
from contract import ONE, BackendContract
from lambda_service import LambdaService
from tiny_chain import write_sources

from aisprint_cli.backends.interface import ClusterSpec, Item, Place
from aisprint_cli.system import packaged

BUCKET = "upper"


class TestLambda(BackendContract):
    access: dict[str, str]
    image: str

    @pytest.fixture
    def place(self, tmp_path: Path, amazon: Amazon, service: LambdaService) -> Iterator[Place]:
        write_sources(service.image / "opt", where="{name}")
        for part in (service.image / "opt").iterdir():
            shutil.copyfile(packaged.templates_directory() / "local" / "script.sh", part / "script.sh")
        shutil.copytree(packaged.runtime_library_directory(), service.image / "lib" / "aisprint")
        self.access = amazon.access(bucket=BUCKET)
        self.image = amazon.push_image("tiny")
        with closing(open_lambda(tmp_path)) as backend:
            yield backend

    def furnish(self, item: Item) -> Item:
        """Both clusters are the same account, and all folders are in one bucket."""
        spec = item.spec
        if isinstance(spec, ClusterSpec):
            access = self.access if item.name.startswith(ONE[:-1]) else {}
            return replace(item, spec=replace(spec, backend="lambda", access=access))
        service = {**spec.service, "image": self.image, "memory": "256Mi"}
        service["environment"] = {"Variables": {"COMPONENT_NAME": spec.part}}
        for key in ("input", "output"):
            service[key] = [_on_s3(entry) for entry in service[key]]
        return replace(item, spec=replace(spec, backend="lambda", access=self.access, service=service))


def _on_s3(entry: dict[str, Any]) -> dict[str, Any]:
    folder = entry["path"] if entry["path"].startswith(f"{BUCKET}/") else f"{BUCKET}/{entry['path']}"
    return {"storage_provider": entry["storage_provider"].replace("minio", "s3"), "path": folder}
