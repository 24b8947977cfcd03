"""Clusters that a deployment finds: made by somebody else, here by the local back end."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from bucket_server import ACCESS_KEY, SECRET_KEY, BucketServer
from directory_backend import cluster

from aisprint_cli.backends.interface import Site
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.backends.oscar.backend import OscarBackend
from aisprint_cli.system import packaged

OSCAR_PASSWORD = "planted-oscar-password"
PASSWORD = "secret://env/OSCAR_PASSWORD"
MINIO_SECRET = "secret://env/MINIO_SECRET"


def owners_value(reference: str) -> str:
    """What the owner of the clusters knows: one password for all of them."""
    return "owner" if "generated/local" in reference else OSCAR_PASSWORD


def resolve(reference: str) -> str:
    """What the application knows: the values that the clusters' owner gave it."""
    known = {MINIO_SECRET: SECRET_KEY, PASSWORD: OSCAR_PASSWORD}
    return known[reference]


class ExistingClusters:
    """Clusters of one runtime, with a storage in front of each."""

    def __init__(self, home: Home, backend: LocalBackend) -> None:
        self.home = home
        self._backend = backend
        self._storages: dict[str, BucketServer] = {}

    def make(self, name: str) -> dict[str, str]:
        """Make a cluster; how it is reached."""
        item = cluster(name)
        self._backend.apply(item, lambda _line: None)
        seen = self._backend.observe([item])[item.id]
        storage = BucketServer(self.home.buckets(name))
        self._storages[name] = storage
        return {
            "oscar.endpoint": seen.outputs["endpoint"],
            "oscar.user": "oscar",
            "oscar.password": PASSWORD,
            "minio.endpoint": storage.url,
            "minio.access_key": ACCESS_KEY,
            "minio.secret_key": MINIO_SECRET,
        }

    def services(self, name: str) -> str:
        """The address of a cluster's services."""
        item = cluster(name)
        return self._backend.observe([item])[item.id].outputs["endpoint"] + "/system/services"

    def storage(self, name: str) -> BucketServer:
        return self._storages[name]

    def unpack_image(self, reference: str, sources: Path) -> None:
        """Put an image where the runtime finds it: the design directories below `sources` as `/opt`."""
        image = self.home.image(reference)
        shutil.copytree(sources, image / "opt")
        for part in (image / "opt").iterdir():
            shutil.copyfile(packaged.templates_directory() / "local" / "script.sh", part / "script.sh")
            (part / "script.sh").chmod(0o755)
        shutil.copytree(packaged.runtime_library_directory(), image / "lib" / "aisprint")
        (image / "bundle.json").write_text(json.dumps({"environment": sys.prefix, "variables": {}}))

    def close(self) -> None:
        for name, storage in self._storages.items():
            storage.close()
            self._backend.remove(cluster(name), keep_data=False, progress=lambda _line: None)


def open_oscar(application: Path) -> OscarBackend:
    application.mkdir(exist_ok=True)
    return OscarBackend(Site(application, resolve))
