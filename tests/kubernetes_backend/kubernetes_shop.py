"""A small application on one cluster of the double, as the back end sees it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from api_double import World, write_kubeconfig
from directory_backend import cluster, function, plain_secret
from tiny_chain import PARTS, write_sources

from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item, ItemKind, Job, Site, Trace
from aisprint_cli.backends.kubernetes.backend import KubernetesBackend

SCRIPT = Path(__file__).parents[2] / "templates" / "local" / "script.sh"
CLUSTER = "shop-l1"


def quiet(_line: str) -> None:
    pass


def make_image(root: Path) -> Path:
    """A directory that stands for an image with all parts in it."""
    write_sources(root, where="opt/{name}")
    for part in PARTS:
        shutil.copy(SCRIPT, root / "opt" / part / "script.sh")
        (root / "opt" / part / "script.sh").chmod(0o755)
    return root


def access_to(storage: str) -> dict[str, str]:
    return {
        "kubernetes.kubeconfig": "kubeconfig",
        "minio.endpoint": storage,
        "minio.access_key": "secret://generated/minio_user",
        "minio.secret_key": "secret://generated/minio_password",
    }


def furnished(item: Item, storage: str, *remote: str, **more: str) -> Item:
    """The item with the way to its cluster; `remote` are other clusters that share the storage."""
    access = access_to(storage) | more
    if isinstance(item.spec, ClusterSpec):
        return replace(item, spec=replace(item.spec, access=access, backend="kubernetes"))
    assert isinstance(item.spec, FunctionSpec)
    keys = {name: access[f"minio.{name}"] for name in ("endpoint", "access_key", "secret_key")}
    service = {**item.spec.service, "storage_providers": {"minio": dict.fromkeys(remote, keys)}}
    return replace(item, spec=replace(item.spec, service=service, access=access, backend="kubernetes"))


class Shop:
    """One cluster with one function, `upper`, whose buckets are this test's own."""

    def __init__(self, root: Path, world: World, storage: str, bucket: str) -> None:
        world.images["img"] = make_image(root / "image")
        write_kubeconfig(world, root / "kubeconfig")
        self.world, self.bucket, self.storage = world, bucket, storage
        self.backend = KubernetesBackend(Site(root, plain_secret), look_s=0.05)
        self.cluster = furnished(cluster(CLUSTER), storage)
        self.function = self.made_function()

    def made_function(self, **changes: Any) -> Item:
        item = function(
            "upper", CLUSTER, reads=f"{self.bucket}/input", writes=((CLUSTER, f"{self.bucket}/output"),)
        )
        assert isinstance(item.spec, FunctionSpec)
        item = replace(item, spec=replace(item.spec, service={**item.spec.service, **changes}))
        return furnished(item, self.storage)

    def deploy(self) -> None:
        for item in (self.cluster, self.function):
            self.backend.apply(item, quiet)

    def feed(self, source: Path, name: str) -> None:
        self.backend.put(CLUSTER, f"{self.bucket}/input/{name}", source)

    def settled(self, trace: str) -> Trace:
        while not (seen := self.backend.trace(trace, wait_s=1.0)).complete:
            pass
        return seen

    def run(self, trace: str) -> Job:
        (job,) = self.settled(trace).jobs
        return job

    def document(self, kind: str, name: str) -> dict[str, Any]:
        return self.world.objects[kind, CLUSTER, name]

    @property
    def id(self) -> str:
        return f"{ItemKind.FUNCTION}/{CLUSTER}/upper"

    def close(self) -> None:
        for item in (self.function, self.cluster):
            self.backend.remove(item, keep_data=False, progress=quiet)
        self.backend.close()
