"""A computational layer as one cluster: its names, its addresses, and where its secrets come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aisprint_cli.generate.expressions import Expression, concat, get_input
from aisprint_cli.generate.physical import PhysicalEntry
from aisprint_cli.generate.secret_references import generated
from aisprint_cli.model.resources import Layer, LayerKind, Resource

DOMAIN_INPUT: Final = "domain_name"
REGION: Final = "us-east-1"
MINIO_USER: Final = "minio"
OSCAR_USER: Final = "oscar"

# The names of secrets.
OSCAR_SECRET: Final = "oscar_password"  # noqa: S105
OSCAR_TOKEN: Final = "oscar_token"  # noqa: S105
MINIO_ACCESS: Final = "minio_access_key"
MINIO_SECRET: Final = "minio_password"  # noqa: S105
S3_ACCESS: Final = "s3_access_key"
S3_SECRET: Final = "s3_secret_key"  # noqa: S105
INFLUX_TOKEN: Final = "influx_token"  # noqa: S105
INFLUX_PASSWORD: Final = "influx_password"  # noqa: S105
KUBERNETES_TOKEN: Final = "kubernetes_token"  # noqa: S105
CLUES_TOKEN: Final = "clues_token"  # noqa: S105


MADE_KINDS: Final = frozenset({LayerKind.VIRTUAL, LayerKind.PHYSICAL_TO_PROVISION})
"""The kinds of layers whose clusters are made with the deployment."""

_SECTIONS: Final[Mapping[LayerKind, frozenset[str]]] = {
    LayerKind.VIRTUAL: frozenset(),
    LayerKind.PHYSICAL_TO_PROVISION: frozenset({"fe_node", "wns", "influx"}),
    LayerKind.PHYSICAL_PROVISIONED: frozenset({"minio", "oscar", "influx", "kubernetes"}),
    LayerKind.FUNCTIONS: frozenset({"aws", "influx"}),
}
"""Which sections of `physical_nodes.yaml` say something about a layer of a kind; the others do not apply."""

_SECRET_FIELDS: Final = {
    OSCAR_SECRET: ("oscar", "password"),
    OSCAR_TOKEN: ("oscar", "token"),
    MINIO_ACCESS: ("minio", "access_key"),
    MINIO_SECRET: ("minio", "secret_key"),
    S3_ACCESS: ("aws", "access_key"),
    S3_SECRET: ("aws", "secret_key"),
    INFLUX_TOKEN: ("influx", "token"),
}
"""Where `physical_nodes.yaml` gives the secrets of what exists already."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A computational layer as one cluster, or as one account where functions are native to the cloud.

    `tag` tells it apart within the deployment. `used` are the resources in use, in the layer's order.
    `entries` is what `physical_nodes.yaml` says of
    them, by their names, in its order; `is_certified` tells whether one that is made has certificates that
    clients trust;
    `entry` is the one that says how to reach the cluster (`checks` sees to it that the others agree).
    """

    layer: Layer
    name: str
    tag: str
    entries: Mapping[str, PhysicalEntry] = field(hash=False)
    used: tuple[Resource, ...] = ()
    is_certified: bool = True

    @property
    def number(self) -> int:
        """The layer's number."""
        return self.layer.number

    @property
    def is_native(self) -> bool:
        """Whether its functions are the cloud's own, with S3 for storage."""
        return self.layer.kind is LayerKind.FUNCTIONS

    @property
    def is_made(self) -> bool:
        """Whether it is made with the deployment, rather than there before it."""
        return self.layer.kind in MADE_KINDS

    @property
    def is_plain_kubernetes(self) -> bool:
        """Whether it exists already as a Kubernetes on which no OSCAR is known."""
        sections = self.entry.facts.keys() & _SECTIONS[self.layer.kind]
        return "kubernetes" in sections and "oscar" not in sections

    @property
    def architectures(self) -> tuple[str, ...]:
        """The architectures of the resources in use, each once."""
        found = [name for resource in self.used for name in resource.architectures]
        return tuple(dict.fromkeys(found))

    @property
    def entry(self) -> PhysicalEntry:
        """The entry of `physical_nodes.yaml` that says how to reach it; an empty one where there is none."""
        return next(iter(self.entries.values()), PhysicalEntry())

    def fact(self, section: str, field: str) -> str | None:
        """A field of `physical_nodes.yaml` that holds no secret, if it is there and applies."""
        return self.entry.text(section, field) if section in _SECTIONS[self.layer.kind] else None

    @property
    def cloud_id(self) -> str:
        """The identifier under which credentials name it: the existing cluster's own, or its name here."""
        return self.fact("oscar", "name") or self.name

    def ssl_verify(self, section: str) -> str | None:
        """Whether the certificate of its `oscar` or `minio` can be checked, `true` or `false` where known."""
        return self.fact(section, "ssl_verify") or (None if self.is_certified else "false")

    @property
    def endpoint(self) -> Expression | None:
        """The address of its OSCAR; None where it exists already and no file gives it."""
        if self.is_made:
            return concat("https://", self.name, ".", get_input(DOMAIN_INPUT))
        return self.fact("oscar", "endpoint")

    @property
    def minio_endpoint(self) -> Expression:
        """The address of its object storage."""
        return self.fact("minio", "endpoint") or concat(
            "https://minio.", self.name, ".", get_input(DOMAIN_INPUT)
        )

    @property
    def minio_user(self) -> Expression:
        """The user of its object storage."""
        return get_input(self.secret_input(MINIO_ACCESS)) if self.given_secret(MINIO_ACCESS) else MINIO_USER

    @property
    def minio_region(self) -> str:
        """The region that its object storage goes by."""
        return self.fact("minio", "region") or REGION

    @property
    def bucket(self) -> str:
        """The S3 bucket that all its functions share."""
        return self.fact("aws", "bucket") or self.name

    @property
    def region(self) -> str:
        """The region of its S3 bucket."""
        return self.fact("aws", "region") or REGION

    def given_secret(self, name: str) -> str | None:
        """The reference to a secret that `physical_nodes.yaml` gives, if it does."""
        section, field = _SECRET_FIELDS.get(name, ("", ""))
        return self.entry.secret(section, field) if section in _SECTIONS[self.layer.kind] else None

    def secret(self, name: str) -> str:
        """The reference to one of its secrets: the one given, else one that is made when first deployed."""
        return self.given_secret(name) or generated(self.name, name)

    def knows(self, name: str) -> bool:
        """Whether the secret opens it: it is made with it, or the file gives it."""
        return self.is_made or self.given_secret(name) is not None

    def secret_input(self, name: str) -> str:
        """The name of the input that carries the secret, the same in every template."""
        return f"{name}_{self.tag}"
