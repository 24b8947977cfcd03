"""The kinds of accounts an Infrastructure Manager knows, and what each of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MANAGER: Final = "InfrastructureManager"

_USER: Final = ("username", "password")
_TOKEN: Final = ("token",)

KINDS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        MANAGER: (_USER, _TOKEN),
        "OSCAR": (("host", *_USER), ("host", *_TOKEN)),
        "Lambda": ((*_USER, "role"),),
        "Kubernetes": (("host", *_USER), ("host", *_TOKEN)),
        "KubeVirt": (("host", *_USER), ("host", *_TOKEN)),
        "EC2": (_USER,),
        "OpenStack": (("host",),),
        "OpenNebula": (("host", *_USER), ("host", *_TOKEN)),
        "EGI": (("host", "vo", *_TOKEN), ("vo", *_TOKEN)),
        "Azure": (("subscription_id",),),
        "GCE": ((*_USER, "project"), ("password", "project")),
        "CloudStack": (("host",),),
        "Docker": (("host",),),
        "Linode": (("username",),),
        "Orange": ((*_USER, "domain"),),
        "UpCloud": (_USER,),
        "vSphere": (("host", *_USER),),
        "LibCloud": (_USER,),
        "DeployedNode": ((),),
        "Dummy": ((),),
        "Vault": (("host", *_TOKEN),),
        "VMRC": (("host",),),
        "AppDBIS": ((),),
        "TTS": (("host",),),
    }
)
"""For each kind the sets of keys of which one must be there."""


def missing_keys(kind: str, present: Mapping[str, str]) -> tuple[str, ...]:
    """The keys an account lacks, of the set it is closest to; none for a kind that is not known."""
    choices = KINDS.get(kind)
    if not choices:
        return ()
    lacking = [tuple(key for key in choice if key not in present) for choice in choices]
    return min(lacking, key=len)
