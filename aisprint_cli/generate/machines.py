"""Machines as node templates: what a resource offers, in the words of the Infrastructure Manager."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aisprint_cli.generate.cluster_settings import cluster_settings
from aisprint_cli.generate.fragment import Body
from aisprint_cli.model.resources import Resource

COMPUTE: Final = "tosca.nodes.indigo.Compute"
_ARCHITECTURES: Final = {"amd64": "x86_64"}
"""The architectures that the Infrastructure Manager has a word for. It refuses any other one, so that of an
ARM machine follows from its image and flavour alone."""


def machine(
    host: Body,
    system: Body,
    *,
    count: int | None = None,
    endpoint: Body | None = None,
    requirements: Sequence[Body] = (),
) -> Body:
    """The node template of one kind of machine."""
    capabilities: Body = {"host": {"properties": host}, "os": {"properties": system}}
    if endpoint:
        capabilities["endpoint"] = {"properties": endpoint}
    if count is not None:
        capabilities["scalable"] = {"properties": {"count": count}}
    body: Body = {"type": COMPUTE, "capabilities": capabilities}
    return body | ({"requirements": list(requirements)} if requirements else {})


def front_host() -> Body:
    """What the machine of a front end has to offer."""
    front = cluster_settings().front_end
    return {
        "num_cpus": front.cores,
        "mem_size": f"{front.memory_mib} MiB",
        "disk_size": f"{front.disk_gib} GiB",
    }


def worker_host(resource: Resource) -> Body:
    """What a worker of a resource has to offer, whatever it is made of."""
    host: Body = {"num_cpus": max(1, math.ceil(resource.cores))}
    if resource.memory_mib > 0:
        host["mem_size"] = f"{math.ceil(resource.memory_mib)} MiB"
    if resource.storage_gib > 0:
        host["disk_size"] = f"{math.ceil(resource.storage_gib)} GiB"
    if resource.has_sgx:
        host["sgx"] = True
    return host | _gpus(resource)


def bought_host(resource: Resource) -> Body:
    """What a worker that is bought from a provider has to offer."""
    host = worker_host(resource)
    flavour = _text(resource, "flavorName")
    if flavour:
        host["instance_type"] = flavour
    disk_type = _disk_type(resource)
    if disk_type:
        host["disk_type"] = disk_type
    if resource.document.get("onSpot") is True:
        host["preemtible_instance"] = True
    return host


def operating_system(resource: Resource) -> Body:
    """The operating system of a resource's machines, without the image that holds it."""
    settings = cluster_settings()
    distribution = _text(resource, "operatingSystemDistribution")
    version = _text(resource, "operatingSystemVersion")
    if not distribution:
        distribution, version = settings.distribution, version or settings.distribution_version
    system = {
        "type": (_text(resource, "operatingSystemType") or "linux").lower(),
        "distribution": distribution.lower(),
    }
    if version:
        system["version"] = version
    if resource.architectures and resource.architectures[0] in _ARCHITECTURES:
        system["architecture"] = _ARCHITECTURES[resource.architectures[0]]
    return system


def image_of(resource: Resource) -> str:
    """The image that a resource's machines start from; empty where the file names none."""
    return _text(resource, "operatingSystemImageId")


def has_nvidia(resource: Resource) -> bool:
    """Whether a machine carries a GPU that needs NVIDIA's runtime."""
    vendor = _gpus(resource).get("gpu_vendor", "NVIDIA")
    return resource.has_gpu and str(vendor).upper() == "NVIDIA"


def node_key(resource: Resource) -> str:
    """A resource's key as a part of a node's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", resource.key)


def _gpus(resource: Resource) -> Body:
    """How many GPUs, and whose: `architecture` of an accelerator holds vendor and model."""
    devices = [device for device in resource.accelerators if device.kind.upper() == "GPU"]
    if not devices:
        return {}
    gpus: Body = {"num_gpus": max(1, math.ceil(sum(device.units for device in devices)))}
    vendor, _, model = _gpu_name(resource.document).partition(" ")
    if vendor:
        gpus["gpu_vendor"] = vendor
    if model.strip():
        gpus["gpu_model"] = model.strip()
    return gpus


def _gpu_name(document: Mapping[str, Any]) -> str:
    """The `architecture` of the first GPU among the accelerators and their processors."""
    accelerators = document.get("accelerators")
    for accelerator in accelerators.values() if isinstance(accelerators, Mapping) else ():
        inner = accelerator.get("processors") if isinstance(accelerator, Mapping) else None
        found = [accelerator, *(inner.values() if isinstance(inner, Mapping) else ())]
        for device in found:
            if isinstance(device, Mapping) and str(device.get("type") or "").upper() == "GPU":
                return str(device.get("architecture") or "").strip()
    return ""


def _disk_type(resource: Resource) -> str:
    kind = _text(resource, "storageType")
    scheme = image_of(resource).partition("://")[0]
    return str(cluster_settings().disk_types.get(scheme, {}).get(kind.upper(), ""))


def _text(resource: Resource, key: str) -> str:
    value = resource.document.get(key)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
