"""What `physical_nodes.yaml` says of the layers of a deployment: whether they can be reached with it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from aisprint_cli.diagnostics import Findings, Location
from aisprint_cli.generate.physical import PHYSICAL_PATH, PhysicalEntry, physical_entries
from aisprint_cli.generate.positions import Locate
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment
from aisprint_cli.model.resources import Layer, LayerKind, Resource

_IDENTITY: Final[Mapping[LayerKind, tuple[tuple[str, str], ...]]] = {
    LayerKind.PHYSICAL_PROVISIONED: (("minio", "endpoint"), ("oscar", "name"), ("oscar", "endpoint")),
    LayerKind.FUNCTIONS: (("aws", "bucket"), ("aws", "region")),
}
"""Which fields of `physical_nodes.yaml` tell what exists already apart."""

Place = Callable[..., Location]
"""Gives the position of the value under further keys."""

_S3_BUCKET: Final = re.compile(r"(?!xn--)[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)")
_NATIVE_LIMITS: Final = (("timeout", "s", 1, 900), ("ephemeral_storage", "MiB", 512, 10240))
"""What AWS Lambda takes of the fields in `aws`: the field, its unit, the least and the most."""

_ADDRESSES: Final = (("minio", "endpoint"), ("oscar", "endpoint"))


def check_physical_nodes(
    application: Application, deployment: Deployment, findings: Findings, locate: Locate
) -> None:
    """Report what is missing or cannot be true of the layers in use."""
    known: dict[tuple[str, ...], PhysicalEntry] = {}
    for number in deployment.layers:
        layer = application.catalogue.layer(number)
        if layer is None:
            continue
        used = {placed.resource for placed in deployment.placed if placed.layer == number}
        entries = physical_entries(application.physical_nodes, layer, used)
        if layer.kind is LayerKind.PHYSICAL_PROVISIONED:
            known.update({entry.keys: entry for entry in entries.values()})
        _check_one_cluster(layer, entries, locate, findings)
        if layer.kind is LayerKind.PHYSICAL_TO_PROVISION:
            _check_machines(layer, used, entries, locate, findings)
        for entry in entries.values():
            place = partial(locate, PHYSICAL_PATH, *entry.keys)
            if layer.kind is LayerKind.PHYSICAL_PROVISIONED:
                for section in ("minio", "oscar"):
                    _check_endpoint(section, entry.text(section, "endpoint"), place, findings)
            if layer.kind is LayerKind.FUNCTIONS:
                _check_bucket(entry.text("aws", "bucket"), place, findings)
                _check_limits(entry, place, findings)
    _check_names(known.values(), locate, findings)


def _check_limits(entry: PhysicalEntry, place: Place, findings: Findings) -> None:
    """What AWS Lambda takes; a number that is none was reported when the file was read."""
    for name, unit, least, most in _NATIVE_LIMITS:
        text = entry.text("aws", name)
        value = int(text) if text is not None and text.isdecimal() else least
        if not least <= value <= most:
            findings.error(
                f"tosca.native_{name}",
                place("aws", name),
                f"aws.{name} is {value} {unit}.",
                why=f"AWS Lambda takes {least} to {most} {unit}.",
                mend=f"Choose a value between {least} and {most}.",
            )


def _check_names(entries: Iterable[PhysicalEntry], locate: Locate, findings: Findings) -> None:
    """Two clusters of one name: credentials are found by it, so both would get those of one."""
    named: dict[str, PhysicalEntry] = {}
    for entry in entries:
        name = entry.text("oscar", "name")
        first = named.setdefault(name, entry) if name else entry
        apart = [first.text(*field) != entry.text(*field) for field in _ADDRESSES]
        if name and any(apart):
            findings.error(
                "tosca.cluster_name",
                locate(PHYSICAL_PATH, *entry.keys, "oscar", "name"),
                f"Two clusters with different addresses are both named {name}.",
                why="Functions are sent to the credentials of that id: one cluster would get those of both.",
                mend="Give each the id of its own line in im/auth.dat.",
            )


def _check_one_cluster(
    layer: Layer, entries: Mapping[str, PhysicalEntry], locate: Locate, findings: Findings
) -> None:
    identity = _IDENTITY.get(layer.kind, ())
    said = {tuple(entry.text(*field) for field in identity) for entry in entries.values()}
    if len(said) > 1:
        what = " or ".join(".".join(field) for field in identity)
        findings.error(
            "tosca.one_cluster",
            locate(PHYSICAL_PATH, *next(iter(entries.values())).keys),
            f"The resources {' and '.join(entries)} of layer {layer.number} differ in {what}.",
            why="A layer is one cluster with one storage: the parts on it hand files over there.",
            mend="Give each cluster a layer of its own, or place the parts on one of these resources.",
        )


def _check_endpoint(section: str, endpoint: str | None, place: Place, findings: Findings) -> None:
    if endpoint is None:
        return
    # What was written is not repeated in the message: it may hold a password.
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        findings.error(
            "tosca.endpoint",
            place(section, "endpoint"),
            "The endpoint is no http or https address.",
            why="The parts on other layers write to it.",
            mend=f"Write it as https://{section}.example.org.",
        )
    elif parts.username or parts.password or parts.query or parts.fragment:
        findings.error(
            "tosca.endpoint_secret",
            place(section, "endpoint"),
            "The endpoint holds more than an address.",
            why="It is written into every template, where no secret may be.",
            mend="Leave only https://host[:port]; keys have fields of their own.",
        )


def _check_bucket(bucket: str | None, place: Place, findings: Findings) -> None:
    if bucket is not None and not _S3_BUCKET.fullmatch(bucket):
        findings.error(
            "tosca.bucket",
            place("aws", "bucket"),
            f"{bucket!r} cannot be the name of an S3 bucket.",
            why="S3 takes 3 to 63 lower-case letters, digits, - and ., a letter or digit first and last.",
            mend="Choose such a name.",
        )


def _check_machines(
    layer: Layer,
    used: set[str],
    entries: Mapping[str, PhysicalEntry],
    locate: Locate,
    findings: Findings,
) -> None:
    """The machines to be set up over SSH: one front end for the layer, and some worker of each resource.

    Where fewer workers are described than it has nodes, the cluster gets those (see `assumptions`).
    """
    fronts = [entry for entry in entries.values() if entry.holds("fe_node")]
    if not fronts:
        _report_missing(layer, "no fe_node", entries, locate, findings)
    for entry in fronts:
        _check_login(entry, ("fe_node",), locate, findings)
    for resource in layer.resources:
        if resource.name in used:
            _check_workers(layer, resource, entries, locate, findings)


def _check_workers(
    layer: Layer, resource: Resource, entries: Mapping[str, PhysicalEntry], locate: Locate, findings: Findings
) -> None:
    entry = entries.get(resource.name)
    described = entry.count("wns") if entry is not None else 0
    if not described:
        _report_missing(layer, f"no worker of {resource.name} in wns", entries, locate, findings)
    if entry is not None:
        for index in range(min(described, resource.nodes)):
            _check_login(entry, ("wns", index), locate, findings)


def _report_missing(
    layer: Layer, what: str, entries: Mapping[str, PhysicalEntry], locate: Locate, findings: Findings
) -> None:
    first = next(iter(entries.values()), None)
    place = locate(PHYSICAL_PATH, *first.keys) if first else locate(PHYSICAL_PATH, "ComputationalLayers")
    findings.error(
        "tosca.machines",
        place,
        f"Layer {layer.number} is to be set up over SSH, but {PHYSICAL_PATH} describes {what}.",
        why="A cluster needs a front end and its workers, with the addresses they have.",
        mend="Give fe_node and wns with private_ip, ssh_user and ssh_key; or lower totalNodes.",
    )


def _check_login(
    entry: PhysicalEntry, keys: tuple[str | int, ...], locate: Locate, findings: Findings
) -> None:
    """What is needed to log in to one machine. No value is repeated: it may be a key."""
    where = ".".join(map(str, keys))
    for name in ("private_ip", "ssh_user", "ssh_key"):
        if entry.text(*keys, name) is None:
            findings.error(
                "tosca.machine_login",
                locate(PHYSICAL_PATH, *entry.keys, *keys),
                f"{where} has no {name}.",
                why="The machine is set up over SSH under this address, as this user, with this key.",
                mend=f"Give {name}; a key also as file:PATH, env:NAME or keyring:SERVICE/NAME.",
            )
    for name in ("private_ip", "public_ip"):
        address = entry.text(*keys, name)
        if address is not None and not _is_address(address):
            findings.error(
                "tosca.machine_address",
                locate(PHYSICAL_PATH, *entry.keys, *keys, name),
                f"{name} of {where} is no IP address.",
                why="Machines find each other by their addresses.",
                mend="Write it as 192.0.2.10.",
            )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
