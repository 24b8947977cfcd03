"""What an OSCAR service document says, checked the way OSCAR and the FaaS supervisor read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from aisprint_cli.model.naming import OSCAR_NAME_LIMIT

DEFAULT_MEMORY: Final = "256Mi"
DEFAULT_CPU: Final = "0.2"
TIMEOUT_ANNOTATION: Final = "aisprint.timeout_s"
RESOURCE_ANNOTATION: Final = "aisprint.resource"
STORAGE_KINDS: Final = frozenset({"minio", "s3"})
"""The object storages that a cluster has here: an OSCAR cluster's MinIO, a functions cloud's S3."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CLUSTER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_QUANTITY = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>[KMGT]i?|k|m)?")
_UNIT_BYTES: Final = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}
_MIB: Final = 2.0**20
_PATH_LIMIT: Final = 1024  # bytes, as for a key in an object storage


class ServiceRefusedError(ValueError):
    """The document is no valid service; the text says why."""


@dataclass(frozen=True, slots=True)
class Route:
    """One input or output: `path` is `bucket` or `bucket/folder`; empty rules accept every name.

    `cluster` is the cluster of `minio.<cluster>` or `s3.<cluster>`, None for the service's own;
    `provider` as written.
    """

    provider: str
    cluster: str | None
    path: str
    suffix: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()

    @property
    def bucket(self) -> str:
        """The first part of the path."""
        return self.path.partition("/")[0]

    @property
    def kind(self) -> str:
        """What kind of storage it is: `minio`, `s3`, or another one."""
        return self.provider.partition(".")[0]

    @property
    def is_hosted(self) -> bool:
        """Whether objects of this route live on a cluster's own storage."""
        return self.kind in STORAGE_KINDS

    def accepts(self, name: str) -> bool:
        """Whether a file of that name passes the prefix and suffix rules."""
        ends = not self.suffix or name.endswith(self.suffix)
        return ends and (not self.prefix or name.startswith(self.prefix))

    def covers(self, path: str) -> bool:
        """Whether an object `bucket/folder/file` lies below this route and passes its rules."""
        return path.startswith(self.path + "/") and self.accepts(path.rpartition("/")[2])


@dataclass(frozen=True)
class ServiceDefinition:
    """A checked service. `document` is what a client gets back, without the token."""

    name: str
    script: str
    memory_mib: float
    cores: float
    inputs: tuple[Route, ...]
    outputs: tuple[Route, ...]
    variables: Mapping[str, str]
    timeout_s: float | None
    resource: str | None
    document: Mapping[str, Any] = field(repr=False)

    def own_buckets(self) -> set[str]:
        """Buckets of its cluster that it reads from or writes to."""
        own = [route for route in (*self.inputs, *self.outputs) if route.is_hosted and route.cluster is None]
        return {route.bucket for route in own}


def parse_service(document: object) -> ServiceDefinition:
    """Check a service document.

    Raises:
        ServiceRefusedError: when OSCAR would refuse it, with the reason.
    """
    if not isinstance(document, Mapping):
        raise ServiceRefusedError("The service specification is not a JSON object")
    name = _text(document, "name")
    if len(name) > OSCAR_NAME_LIMIT or not _NAME.fullmatch(name):
        raise ServiceRefusedError(
            f"The service name {name!r} is not valid: 1 to {OSCAR_NAME_LIMIT} lower-case letters, digits "
            "and hyphens, with a letter or digit at both ends"
        )
    script = _text(document, "script")
    if not script.strip():
        raise ServiceRefusedError("The service specification has no script")
    notes = _strings(document, "annotations") | _strings(document, "labels")
    variables = _variables(document)
    return ServiceDefinition(
        name=name,
        script=script,
        memory_mib=_quantity(document, "memory", DEFAULT_MEMORY) / _MIB,
        cores=_quantity(document, "cpu", DEFAULT_CPU),
        inputs=_inputs(document),
        outputs=_routes(document, "output"),
        variables=variables,
        timeout_s=_timeout(notes.get(TIMEOUT_ANNOTATION)),
        resource=notes.get(RESOURCE_ANNOTATION),
        document={
            **{key: value for key, value in document.items() if key != "token"},
            "memory": document.get("memory") or DEFAULT_MEMORY,
            "cpu": document.get("cpu") or DEFAULT_CPU,
            "environment": {"Variables": dict(variables)},
        },
    )


def is_cluster_name(name: str) -> bool:
    """Whether a name may be a cluster's: it becomes a directory and a part of addresses."""
    return len(name) < 256 and _CLUSTER.fullmatch(name) is not None


def is_safe_path(path: str) -> bool:
    """Whether `bucket/folder/file` names something below the buckets, in plain form."""
    parts = path.split("/")
    return (
        len(path.encode()) <= _PATH_LIMIT
        and len(parts) > 1
        and _BUCKET.fullmatch(parts[0]) is not None
        and all(
            part not in {"", ".", ".."} and "\0" not in part and len(part.encode()) < 256 for part in parts
        )
    )


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ServiceRefusedError(f"'{key}' has to be a string, it is {value!r}")
    return value


def _strings(document: Mapping[str, Any], key: str) -> dict[str, str]:
    value = document.get(key) or {}
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise ServiceRefusedError(f"'{key}' has to be a map of strings")
    return {str(name): text for name, text in value.items()}


def _quantity(document: Mapping[str, Any], key: str, default: str) -> float:
    text = _text(document, key) or default
    match = _QUANTITY.fullmatch(text)
    value = float(match["number"]) * _UNIT_BYTES[match["unit"] or ""] if match else 0.0
    if not 0 < value < float("inf"):
        raise ServiceRefusedError(f"'{key}' is not a quantity above zero such as {default!r}: {text!r}")
    return value


def _variables(document: Mapping[str, Any]) -> dict[str, str]:
    """Environment variables and secrets; Go reads the keys in any case, so both spellings exist."""
    environment = document.get("environment") or {}
    if not isinstance(environment, Mapping):
        raise ServiceRefusedError("'environment' has to be a map with 'Variables'")
    found: dict[str, str] = {}
    for key, values in environment.items():
        if str(key).lower() in {"variables", "secrets"}:
            found |= _strings({key: values}, key)
    for name, value in found.items():
        if not _VARIABLE.fullmatch(name) or "\0" in value:
            raise ServiceRefusedError(f"The environment variable {name!r} has no valid name or value")
    return found


def _timeout(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ServiceRefusedError(f"The annotation {TIMEOUT_ANNOTATION} is no number of seconds: {text!r}")
    return value


def _inputs(document: Mapping[str, Any]) -> tuple[Route, ...]:
    routes = _routes(document, "input")
    for route in routes:
        if not route.is_hosted or route.cluster is not None:
            raise ServiceRefusedError(
                "Input comes from the cluster's own storage only ('minio' or 's3'), not from"
                f" {route.provider!r}"
            )
    return routes


def _routes(document: Mapping[str, Any], key: str) -> tuple[Route, ...]:
    entries = document.get(key) or []
    if not isinstance(entries, list):
        raise ServiceRefusedError(f"'{key}' has to be a list")
    return tuple(_route(entry, f"{key}[{index}]") for index, entry in enumerate(entries))


def _route(entry: object, place: str) -> Route:
    if not isinstance(entry, Mapping):
        raise ServiceRefusedError(f"'{place}' has to be a map with 'storage_provider' and 'path'")
    provider = _text(entry, "storage_provider") or "minio"
    path = _text(entry, "path").strip("/")
    kind, _, identity = provider.partition(".")
    if kind in STORAGE_KINDS and not is_safe_path(f"{path}/file"):
        raise ServiceRefusedError(
            f"'{place}' has no valid path: {path!r} is not 'bucket/folder' with a bucket name of 3 to 63 "
            "lower-case letters, digits and hyphens"
        )
    return Route(
        provider=provider,
        cluster=None if identity in {"", "default"} else identity,
        path=str(PurePosixPath(path)),
        suffix=_rule(entry, "suffix", place),
        prefix=_rule(entry, "prefix", place),
    )


def _rule(entry: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    """A list of endings or beginnings; a lone string counts as a list of one."""
    value = entry.get(key)
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return tuple(value)
    raise ServiceRefusedError(f"'{place}.{key}' has to be a list of strings")
