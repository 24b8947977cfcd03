"""Values as they travel between the runtime and its clients."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from aisprint_cli.backends.interface import Job, JobState, ResourceCapacity, Trace
from aisprint_cli.backends.local.runtime.records import ClusterRecord, Hosting, Owner, WantedCluster

if TYPE_CHECKING:
    from aisprint_cli.backends.local.runtime.host import TraceView
    from aisprint_cli.backends.local.runtime.registry import Hosted


PROTOCOL: Final = 2
"""Grows when a client and a runtime of different versions no longer understand each other."""


def job_to_wire(job: Job) -> dict[str, Any]:
    """A run as JSON."""
    return asdict(job)


def job_from_wire(document: dict[str, Any]) -> Job:
    """A run from JSON."""
    values = dict(document)
    values["state"] = JobState(values["state"])
    values["outputs"] = tuple(values["outputs"])
    return Job(**values)


def trace_to_wire(trace: str, view: TraceView) -> dict[str, Any]:
    """A trace as JSON, with the revision to wait from."""
    return {
        "id": trace,
        "jobs": [job_to_wire(job.public()) for job in view.jobs],
        "complete": view.complete,
        "revision": view.revision,
    }


def trace_from_wire(document: dict[str, Any]) -> Trace:
    """A trace from JSON."""
    jobs = tuple(job_from_wire(job) for job in document["jobs"])
    return Trace(document["id"], jobs, document["complete"])


def cluster_to_wire(cluster: ClusterRecord) -> dict[str, Any]:
    """A cluster as JSON, without its password."""
    return {
        "name": cluster.name,
        "digest": cluster.digest,
        "owner": asdict(cluster.owner),
        "resources": [asdict(resource) for resource in cluster.resources],
    }


def resources_from_wire(entries: list[dict[str, Any]]) -> tuple[ResourceCapacity, ...]:
    """The resources of a cluster from JSON.

    Raises:
        TypeError: when an entry has other keys.
        ValueError: when a number makes no sense.
    """
    resources = tuple(ResourceCapacity(**entry) for entry in entries)
    for resource in resources:
        _require_texts(resource.name)
        if resource.nodes < 1 or resource.cores < 0 or resource.memory_mib <= 0:
            raise ValueError(f"the resource {resource.name!r} offers nothing")
    return resources


def cluster_from_wire(document: dict[str, Any]) -> WantedCluster:
    """A cluster to be made from JSON.

    Raises:
        KeyError: when it names no resources.
        TypeError: when an entry has other keys or is of another type.
        ValueError: when a number makes no sense.
    """
    wanted = WantedCluster(
        resources_from_wire(document["resources"]),
        document.get("password"),
        document.get("digest", ""),
        Owner(**document.get("owner", {})),
    )
    if wanted.password is not None:
        _require_texts(wanted.password)
    _require_texts(wanted.digest, wanted.owner.mark, wanted.owner.directory)
    return wanted


def hosting_from_wire(document: dict[str, Any]) -> Hosting:
    """What the admin API adds to a service, from JSON.

    Raises:
        TypeError: when it has other keys or values of another type.
    """
    hosting = Hosting(**document)
    _require_texts(hosting.item, hosting.part, hosting.resource or "", hosting.bundle, hosting.digest)
    _require_texts(hosting.runner, hosting.engine)
    return hosting


def _require_texts(*values: object) -> None:
    wrong = [value for value in values if not isinstance(value, str)]
    if wrong:
        raise TypeError(f"{wrong[0]!r} has to be a string")


def service_to_wire(hosted: Hosted) -> dict[str, Any]:
    """A service as the admin API shows it, without its token and environment."""
    return {
        "cluster": hosted.record.cluster,
        "name": hosted.record.name,
        "inputs": [route.path for route in hosted.definition.inputs],
        **asdict(hosted.record.hosting),
    }
