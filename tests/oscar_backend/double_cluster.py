"""An application on the double: two functions of one cluster that share a bucket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bucket_server import ACCESS_KEY, BucketServer
from directory_backend import cluster, function
from existing_cluster import MINIO_SECRET, PASSWORD, open_oscar
from oscar_double import OscarDouble

from aisprint_cli.backends.interface import FunctionSpec, Item, Observed
from aisprint_cli.backends.oscar.backend import OscarBackend

ONE = "shop-l1"


@dataclass
class Shop:
    """`find` reads `find/input` and writes `find/output`, which `read` takes: bucket `find` is shared."""

    oscar: OscarDouble
    minio: BucketServer
    backend: OscarBackend
    application: Path
    lines: list[str]

    @property
    def access(self) -> dict[str, str]:
        return {
            "oscar.endpoint": self.oscar.url,
            "oscar.password": PASSWORD,
            "minio.endpoint": self.minio.url,
            "minio.access_key": ACCESS_KEY,
            "minio.secret_key": MINIO_SECRET,
        }

    def cluster(self) -> Item:
        item = cluster(ONE)
        return replace(item, spec=replace(item.spec, backend="oscar", access=self.access))

    def function(self, name: str, **service: Any) -> Item:
        reads = {"find": "find/input", "read": "find/output"}[name]
        item = function(name, ONE, reads=reads, writes=((ONE, f"{name}/output"),))
        spec = item.spec
        assert isinstance(spec, FunctionSpec)
        document = {**spec.service, **service}
        return replace(item, spec=replace(spec, backend="oscar", access=self.access, service=document))

    def apply(self, *items: Item) -> Observed:
        for item in items:
            seen = self.backend.apply(item, self.lines.append)
        return seen

    def remove(self, item: Item, *, keep_data: bool = False) -> None:
        self.backend.remove(item, keep_data=keep_data, progress=self.lines.append)

    def observe(self, item: Item) -> Observed:
        return self.backend.observe([item])[item.id]

    def reopen(self) -> None:
        """Another command, whose ledger holds what the last one had."""
        held = self.backend._holdings.items()
        self.backend.close()
        self.backend = open_oscar(self.application)
        for item in held.values():
            self.backend._holdings.take(item)

    def store(self, path: str, text: str = "ink") -> None:
        target = self.oscar.buckets / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    @property
    def stored(self) -> set[str]:
        root = self.oscar.buckets
        return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}

    @property
    def kept(self) -> set[str]:
        root = self.application / ".aisprint" / "kept" / "oscar" / ONE
        return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
