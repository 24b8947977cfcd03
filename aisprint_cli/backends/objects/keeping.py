"""Objects that outlive the function they belong to: saved to files before a service deletes them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from aisprint_cli.backends.objects.store import ObjectStore
from aisprint_cli.errors import ExternalError, StateError

_PRIVATE: Final = 0o700


class KeptData:
    """A folder with one folder for each cluster and bucket, private to its owner.

    Args:
        root: the folder; it is made when something is kept.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def where(self, cluster: str) -> Path | None:
        """The folder with what is kept of a cluster, if anything is."""
        found = self._root / cluster
        return found if any(path.is_file() for path in found.rglob("*")) else None

    def file(self, cluster: str, path: str) -> Path | None:
        """The file that holds the object `bucket/folder/file` of a cluster, if it is kept."""
        found = self._root / cluster / path
        inside = found.resolve().is_relative_to(self._root.resolve())
        return found if inside and found.is_file() else None

    def save(self, store: ObjectStore, cluster: str, bucket: str) -> int:
        """Bring all objects of a bucket here; how many there are.

        Raises:
            ExternalError: when the storage fails.
            StateError: when a file cannot be written, such as on a full disk.
        """
        count = 0
        for entry in store.objects(f"{bucket}/"):
            if entry.path.endswith("/"):
                continue  # stands for a folder
            target = self._root / cluster / entry.path
            self._fetch(store, entry.path, target, entry.size)
            count += 1
        return count

    def _fetch(self, store: ObjectStore, path: str, target: Path, size: int) -> None:
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
            store.fetch(path, target)
            found = target.stat().st_size
        except OSError as error:
            raise StateError(
                f"The object {path} cannot be kept at {target}: {error.strerror or error}.",
                mend="Make room there, then run this again; nothing was removed.",
            ) from error
        if found != size:
            raise ExternalError(
                f"The object {path} came back with {found} bytes, the storage says {size}.",
                mend="Run this again; nothing was removed.",
            )

    def bring_back(self, store: ObjectStore, cluster: str, buckets: Iterable[str]) -> int:
        """Store what is kept of some buckets again; how many objects. They stay here until `forget`."""
        count = 0
        for bucket in buckets:
            files = list(self._files(cluster, bucket))
            if files and not store.has_bucket(bucket):
                store.make_bucket(bucket)
            for file in files:
                store.put(file.relative_to(self._root / cluster).as_posix(), file)
            count += len(files)
        return count

    def _files(self, cluster: str, bucket: str) -> Iterator[Path]:
        return (file for file in sorted((self._root / cluster / bucket).rglob("*")) if file.is_file())

    def forget(self, cluster: str, bucket: str = "") -> None:
        """Delete what is kept of a cluster, or of one of its buckets."""
        place = self._root / cluster / bucket
        shutil.rmtree(place, ignore_errors=True)
        for folder in (self._root / cluster, self._root):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
