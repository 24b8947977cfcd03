"""Small templates of clusters for the Dummy cloud, in the shape of those that `toscarize` makes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from aisprint_cli.backends.im.documents import content_digest
from aisprint_cli.backends.im.function_nodes import properties_of
from aisprint_cli.backends.interface import (
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ResourceCapacity,
)
from aisprint_cli.generate import yaml_text
from aisprint_cli.generate.tosca_types import definitions_for

FUNCTION = "tosca.nodes.aisprint.FaaS.Function"
PLACEMENT = "tosca.policies.indigo.Placement"
SCALABLE = "tosca.capabilities.indigo.Scalable"
COMPUTE = "test.nodes.Compute"
OSCAR = "test.nodes.OSCAR"

_TYPES: dict[str, Any] = {
    COMPUTE: {
        "derived_from": "tosca.nodes.Compute",
        "capabilities": {"scalable": {"type": SCALABLE}},
    },
    OSCAR: {
        "derived_from": "tosca.nodes.SoftwareComponent",
        "properties": {"password": {"type": "string"}, "dns_host": {"type": "string"}},
        "capabilities": {"host": {"type": "tosca.capabilities.Container"}},
        "interfaces": {
            "Standard": {
                "type": "tosca.interfaces.node.lifecycle.Standard",
                "configure": {"implementation": f"file://{Path(__file__).parent / 'set_up.yaml'}"},
            }
        },
        "requirements": [
            {
                "host": {
                    "capability": "tosca.capabilities.Compute",
                    "node": "tosca.nodes.Compute",
                    "relationship": "tosca.relationships.HostedOn",
                }
            }
        ],
    },
}
_HOST = {
    "host": {
        "capability": "tosca.capabilities.Container",
        "node": OSCAR,
        "relationship": "tosca.relationships.HostedOn",
        "occurrences": [0, 1],
    }
}


def _machine(count: int, cores: int) -> dict[str, Any]:
    return {
        "type": COMPUTE,
        "capabilities": {
            "scalable": {"properties": {"count": count}},
            "host": {"properties": {"num_cpus": cores, "mem_size": "2 GB"}},
            "os": {"properties": {"type": "linux"}},
        },
    }


def cluster_document(
    name: str, *, workers: int = 2, cores: int = 2, account: str = "", functions: dict[str, Any] | None = None
) -> dict[str, Any]:
    types = definitions_for({FUNCTION, PLACEMENT, SCALABLE})
    types["node_types"] |= _TYPES
    types["node_types"][FUNCTION]["requirements"] = [_HOST]
    nodes = {"front": _machine(1, cores), "workers": _machine(workers, cores)}
    return {
        "tosca_definitions_version": "tosca_simple_yaml_1_3",
        "metadata": {"infra_name": f"test {name}", "aisprint_cluster": name},
        "topology_template": {
            "inputs": {
                "oscar_password": {"type": "string", "default": f"secret://generated/{name}/oscar_password"}
            },
            "node_templates": {
                **nodes,
                "oscar": {
                    "type": OSCAR,
                    "properties": {"password": {"get_input": "oscar_password"}, "dns_host": f"{name}.test"},
                    "requirements": [{"host": "front"}],
                },
                **{
                    f"oscar_service_{service['name']}": {
                        "type": FUNCTION,
                        "properties": properties_of(service),
                        "requirements": [{"host": "oscar"}],
                    }
                    for service in (functions or {}).values()
                },
            },
            "policies": [
                {
                    "place": {
                        "type": PLACEMENT,
                        "properties": {"cloud_id": account or name},
                        "targets": list(nodes),
                    }
                }
            ],
            "outputs": {
                "oscarui_endpoint": {"value": f"https://{name}.test"},
                "oscar_password": {"value": {"get_input": "oscar_password"}},
                "front_address": {"value": {"get_attribute": ["front", "private_address"]}},
            },
        },
        **types,
    }


def cluster(name: str, *, application: str = "app", kind: str = "Virtual", **shape: Any) -> Item:
    document = cluster_document(name, **shape)
    bare = cluster_document(name, **{**shape, "functions": None})
    spec = ClusterSpec(
        application,
        1,
        (ResourceCapacity("worker", shape.get("workers", 2), 2.0, 2048.0),),
        f"secret://generated/{name}/oscar_password",
        kind=kind,
        backend="im",
        infrastructure=content_digest(bare),
        template=yaml_text.dump(document, name="The template"),
    )
    return Item(ItemKind.CLUSTER, name, spec)


def existing(name: str, account: str, *, kind: str = "PhysicalAlreadyProvisioned") -> Item:
    """A cluster that is there already, under the account's name."""
    spec = ClusterSpec(
        "app", 2, (), f"secret://generated/{name}/p", kind=kind, backend="im", access={"oscar.name": account}
    )
    return Item(ItemKind.CLUSTER, name, spec)


def service(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": f"registry.example/{name}:1",
        "script": "#!/bin/sh\necho 'it works'\n",
        "memory": "256Mi",
        "cpu": "0.5",
        "environment": {"Variables": {"COMPONENT_NAME": name}},
        "input": [{"storage_provider": "minio", "path": f"{name}/input"}],
        "output": [{"storage_provider": "minio", "path": f"{name}/output"}],
        **fields,
    }


def function(name: str, on: str, *, access: dict[str, str] | None = None, **fields: Any) -> Item:
    spec = FunctionSpec(
        cluster=on,
        part=name,
        resource="worker",
        source=f"designs/{name}",
        source_digest="1",
        service=service(name, **fields),
        backend="im",
        node=f"oscar_service_{name}",
        access=access or {},
    )
    return Item(ItemKind.FUNCTION, f"{on}/{name}", spec, (f"cluster/{on}",))


def changed(item: Item, **fields: Any) -> Item:
    """A function whose service has other fields."""
    assert isinstance(item.spec, FunctionSpec)
    return replace(item, spec=replace(item.spec, service={**item.spec.service, **fields}))
