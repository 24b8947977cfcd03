"""Removing a service without losing what others need or what is to be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.backends.folders import routes_in
from aisprint_cli.backends.interface import FunctionSpec, Progress
from aisprint_cli.backends.objects.keeping import KeptData
from aisprint_cli.backends.objects.store import ObjectStore
from aisprint_cli.backends.oscar.client import OscarClient
from aisprint_cli.backends.oscar.services import without_buckets
from aisprint_cli.errors import ExternalError, Retry

_DELETES_BUCKETS_FROM: Final = (3, 4)
_SAVES: Final = 3


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of a service on its cluster, and those that have to stay."""

    own: tuple[str, ...]
    staying: frozenset[str] | set[str]

    @property
    def going(self) -> tuple[str, ...]:
        """Those that go with the service."""
        return tuple(bucket for bucket in self.own if bucket not in self.staying)


def buckets_of_others(services: Iterable[Mapping[str, Any]], spec: FunctionSpec) -> set[str]:
    """The buckets of a cluster that other services than this function's use."""
    others = (service for service in services if service.get("name") != spec.service["name"])
    return {bucket for service in others for bucket in routes_in(spec.cluster, service).buckets(spec.cluster)}


def remove_service(
    client: OscarClient,
    spec: FunctionSpec,
    present: Mapping[str, Any],
    buckets: Buckets,
    *,
    version: tuple[int, int],
    storage: Callable[[], ObjectStore | None],
    keep: KeptData | None,
    progress: Progress,
) -> None:
    """Delete a service; nothing is deleted before all that is to be kept is.

    Args:
        client: its cluster.
        spec: what it was made from.
        present: how it is now.
        buckets: its buckets, and those that stay.
        version: the cluster's; before 3.4 a service's buckets outlive it.
        storage: gives the cluster's storage, None where it is not known.
        keep: where to save the objects of the buckets that go; None to let them go.
        progress: told what is done.

    Raises:
        ExternalError: when the cluster or its storage fails, or data cannot be kept.
        StateError: when the saved objects cannot be written.
    """
    if keep is not None and buckets.going:
        _save(spec, buckets.going, storage(), keep, progress)
    if version >= _DELETES_BUCKETS_FROM and set(buckets.own) & buckets.staying:
        document = {key: value for key, value in present.items() if key != "token"}
        client.update(without_buckets(document, spec.cluster, buckets.staying))
    client.delete(str(spec.service["name"]))
    if version < _DELETES_BUCKETS_FROM:
        _sweep(spec, buckets.going, storage(), progress)


def _save(
    spec: FunctionSpec,
    going: Iterable[str],
    store: ObjectStore | None,
    keep: KeptData,
    progress: Progress,
) -> None:
    if store is None:
        raise ExternalError(
            f"The data of {spec.service['name']} cannot be kept, so it was not removed.",
            why=f"OSCAR deletes a service's buckets with it, and the storage of {spec.cluster} is not known.",
            mend="Give minio.endpoint, access_key and secret_key for its resource in physical_nodes.yaml, or"
            " undeploy without --keep-data.",
        )
    for bucket in going:
        count = _save_at_rest(store, keep, spec.cluster, bucket)
        if count:
            progress(f"Kept {count} objects of the bucket {bucket}")


def _save_at_rest(store: ObjectStore, keep: KeptData, cluster: str, bucket: str) -> int:
    """Save a bucket as it is when nothing changes in it any more; how many objects."""
    for _ in range(_SAVES):
        before = set(store.objects(f"{bucket}/"))
        count = keep.save(store, cluster, bucket)
        if set(store.objects(f"{bucket}/")) == before:
            return count
    raise ExternalError(
        f"The bucket {bucket} of {cluster} changes while it is saved, so nothing was removed.",
        mend="Wait until no input is under way, then run this again.",
        retry=Retry.LATER,
    )


def _sweep(spec: FunctionSpec, going: Iterable[str], store: ObjectStore | None, progress: Progress) -> None:
    """Delete the buckets that this version of OSCAR leaves behind."""
    for bucket in going:
        if store is None:
            progress(f"The bucket {bucket} stays on {spec.cluster}: its storage is not known")
        else:
            store.remove_bucket(bucket)
