"""An application with one function on AWS Lambda."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from amazon import Amazon, open_lambda
from directory_backend import cluster, function

from aisprint_cli.backends.aws.backend import LambdaBackend
from aisprint_cli.backends.interface import FunctionSpec, Item, Observed

LAYER, BUCKET = "shop-l3", "shop-bucket"
FUNCTION = "shop-l3-find"


@dataclass
class Shop:
    """`find` takes `shop-bucket/find/input` and writes `shop-bucket/find/output`."""

    amazon: Amazon
    backend: LambdaBackend
    application: Path
    lines: list[str]
    image: str

    def cluster(self, **facts: str) -> Item:
        item = cluster(LAYER)
        return replace(item, spec=replace(item.spec, backend="lambda", access=self.amazon.access(**facts)))

    def function(self, name: str = "find", facts: dict[str, str] | None = None, **service: Any) -> Item:
        item = function(name, LAYER, reads=f"{BUCKET}/{name}/input")
        spec = item.spec
        assert isinstance(spec, FunctionSpec)
        document = {
            **spec.service,
            "image": self.image,
            "memory": "256Mi",
            "input": [{"storage_provider": "s3", "path": f"{BUCKET}/{name}/input"}],
            "output": [{"storage_provider": "s3", "path": f"{BUCKET}/{name}/output"}],
            "environment": {"Variables": {"COMPONENT_NAME": name}},
            **service,
        }
        access = self.amazon.access(**(facts or {}))
        return replace(item, spec=replace(spec, backend="lambda", access=access, service=document))

    def apply(self, *items: Item) -> Observed:
        for item in items:
            seen = self.backend.apply(item, self.lines.append)
        return seen

    def remove(self, item: Item, *, keep_data: bool = False) -> None:
        self.backend.remove(item, keep_data=keep_data, progress=self.lines.append)

    def observe(self, item: Item) -> Observed:
        return self.backend.observe([item])[item.id]

    def shown(self, name: str = FUNCTION) -> dict[str, Any]:
        found: dict[str, Any] = self.amazon.client("lambda").get_function(FunctionName=name)
        return found

    def listeners(self) -> list[dict[str, Any]]:
        found = self.amazon.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
        entries: list[dict[str, Any]] = found.get("LambdaFunctionConfigurations", [])
        return entries

    def reopen(self) -> None:
        """Another command, whose ledger holds nothing."""
        self.backend = open_lambda(self.application)
