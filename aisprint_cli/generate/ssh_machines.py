"""Machines that are there, to be set up over SSH: their fixed addresses and how to log in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.generate.expressions import get_input
from aisprint_cli.generate.fragment import Body, Fragment, secret_input
from aisprint_cli.generate.machines import front_host, machine, node_key, operating_system, worker_host
from aisprint_cli.generate.physical import PhysicalEntry
from aisprint_cli.model.resources import Resource

PUBLIC: Final = "pub_network"
PRIVATE: Final = "priv_network"
_PORT: Final = "tosca.nodes.indigo.network.Port"


@dataclass(frozen=True, slots=True)
class SshMachines:
    """The machines of a cluster: their nodes, and the resource of each worker by its node's name."""

    fragment: Fragment
    workers: dict[str, Resource]


def ssh_machines(cluster: Cluster, resources: Iterable[Resource], front: str) -> SshMachines:
    """The front end and the workers that `physical_nodes.yaml` describes.

    Each resource takes the first of its workers, as many as it has nodes. `checks` sees to it that a front
    end and enough workers are described.
    """
    resources = tuple(resources)
    entry = front_entry(cluster)
    fragment = Fragment(nodes=_networks(entry)) + _front(cluster, entry, resources[0], front)
    workers: dict[str, Resource] = {}
    for resource in resources:
        described = cluster.entries[resource.name]
        for index in range(min(resource.nodes, described.count("wns"))):
            name = f"wn_{node_key(resource)}_{index + 1}"
            workers[name] = resource
            fragment += _worker(described, index, resource, name)
    return SshMachines(fragment, workers)


def front_entry(cluster: Cluster) -> PhysicalEntry:
    """The entry that describes the front end; an empty one where none does."""
    return next((entry for entry in cluster.entries.values() if entry.holds("fe_node")), PhysicalEntry())


def _networks(entry: PhysicalEntry) -> dict[str, Body]:
    kinds = {PRIVATE: "private"} | ({PUBLIC: "public"} if entry.text("fe_node", "public_ip") else {})
    return {
        name: {"type": "tosca.nodes.network.Network", "properties": {"network_type": kind}}
        for name, kind in kinds.items()
    }


def _front(cluster: Cluster, entry: PhysicalEntry, resource: Resource, name: str) -> Fragment:
    key = f"ssh_key_{name}"
    user = entry.text("fe_node", "ssh_user")
    reference = entry.secret("fe_node", "ssh_key") or ""
    system = operating_system(resource) | {"credential": _login(user, key)}
    private = _port(name, PRIVATE, entry.text("fe_node", "private_ip"), 0)
    # Other machines find the front end under this name.
    private["properties"]["dns_name"] = "kubeserver"
    nodes = {name: machine(front_host(), system), f"{name}_{PRIVATE}_port": private}
    public = entry.text("fe_node", "public_ip")
    if public:
        nodes[f"{name}_{PUBLIC}_port"] = _port(name, PUBLIC, public, 1)
    return Fragment({key: secret_input(reference, f"Logs in to the front end of {cluster.name}.")}, nodes)


def _worker(entry: PhysicalEntry, index: int, resource: Resource, name: str) -> Fragment:
    key = f"ssh_key_{name}"
    reference = entry.secret("wns", index, "ssh_key") or ""
    system = operating_system(resource) | {"credential": _login(entry.text("wns", index, "ssh_user"), key)}
    nodes = {
        name: machine(worker_host(resource), system, count=1),
        f"{name}_{PRIVATE}_port": _port(name, PRIVATE, entry.text("wns", index, "private_ip"), 0),
    }
    return Fragment({key: secret_input(reference, f"Logs in to {name}.")}, nodes)


def _login(user: str | None, key: str) -> Body:
    return {"user": user, "token_type": "private_key", "token": get_input(key)}


def _port(machine_name: str, network: str, address: str | None, order: int) -> Body:
    return {
        "type": _PORT,
        "properties": {"ip_address": address, "order": order},
        "requirements": [{"binding": machine_name}, {"link": network}],
    }
