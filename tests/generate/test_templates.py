"""The templates of a deployment: one for each layer, self-contained, the same every time."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml
from sketches import Sketch, make_layer, make_resource

from aisprint_cli.design.documents import layer_qos_text
from aisprint_cli.generate.names import DEFAULT_DOMAIN
from aisprint_cli.generate.options import Options
from aisprint_cli.generate.qos import qos_document
from aisprint_cli.generate.read import read_template
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.generate.verify import problems_of
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment
from aisprint_cli.model.naming import Part
from aisprint_cli.model.qos import GlobalConstraint, LayerQos, LocalConstraint, QosConstraints
from aisprint_cli.model.resources import LayerKind, Processor


def documents(sketch: Sketch) -> dict[int, Any]:
    return {file.layer: yaml.safe_load(file.text) for file in make_templates(*sketch.build())}


def node(sketch: Sketch, name: str) -> dict[str, Any]:
    nodes = [document["topology_template"]["node_templates"] for document in documents(sketch).values()]
    return next(entries[name] for entries in nodes if name in entries)


def test_only_layers_that_host_a_part_get_a_template() -> None:
    sketch = Sketch({"abc": 2, "bcd": 5}, (("abc", "bcd"),), {1: LayerKind.VIRTUAL, 3: LayerKind.VIRTUAL})
    files = make_templates(*sketch.build())
    assert [(file.layer, file.file_name) for file in files] == [(2, "layer2.yaml"), (5, "layer5.yaml")]


def test_the_same_deployment_gives_the_same_bytes(chain: tuple[Application, Deployment]) -> None:
    first = make_templates(*chain)
    random.seed(1)
    assert make_templates(*chain) == first


@pytest.mark.parametrize("kind", list(LayerKind))
def test_every_kind_of_layer_gives_a_valid_self_contained_template(kind: LayerKind) -> None:
    sketch = Sketch({"abc": 1, "bcd": 2, "cde": 1}, (("abc", "bcd"), ("bcd", "cde")), {1: kind})
    for file in make_templates(*sketch.build()):
        assert problems_of(file.text) == ()
        assert "imports" not in yaml.safe_load(file.text)


def test_aliases_and_anchors_are_not_used(chain: tuple[Application, Deployment]) -> None:
    for file in make_templates(*chain):
        tokens = list(yaml.scan(file.text))
        assert not [token for token in tokens if isinstance(token, yaml.AliasToken | yaml.AnchorToken)]


def test_a_function_carries_its_part_its_needs_and_its_place() -> None:
    part = Part("a_net", "partition1_2")
    sketch = Sketch(
        {"a_net_partition1_2": 1},
        parts={"a_net_partition1_2": part},
        containers={"a_net_partition1_2": {"memory_mib": 1023.5, "cores": 2, "gpu": True}},
    )
    found = node(sketch, "oscar_service_a_net_partition1_2")
    properties = found["properties"]
    assert properties["name"] == "a-net-partition1-2"
    assert properties["memory"] == "1024Mi"
    assert properties["cpu"] == 2.0
    assert isinstance(properties["cpu"], float)
    assert properties["enable_gpu"] is True
    assert "enable_sgx" not in properties
    assert properties["script"] == '#!/bin/sh\n"${AISPRINT_ROOT:-}/opt/a_net_partition1_2/script.sh"\n'
    assert found["metadata"]["aisprint_source"] == "aisprint/designs/a_net/partition1_2"
    assert found["metadata"]["aisprint_resource"] == "R1"
    assert all(isinstance(value, str) for value in found["metadata"].values())


def test_a_part_knows_who_it_is_and_where_its_measures_go() -> None:
    template = read_template(make_templates(*Sketch({"a_net": 1}).build())[0].text)
    assert template.functions[0].service["environment"]["Variables"] == {
        "COMPONENT_NAME": "a_net",
        "COMPUTING_UNITS": "0.9",
        "KCI": f"https://minio.my-app-l1.{DEFAULT_DOMAIN}",
        "MONIT_HOST": "my-app-telegraf",
        "MONIT_PORT": "8094",
        "RESOURCE_ID": "R1",
    }


def test_a_native_function_knows_that_it_is_one() -> None:
    template = read_template(
        make_templates(*Sketch({"fun": 1}, kinds={1: LayerKind.FUNCTIONS}).build())[0].text
    )
    assert template.functions[0].node == "lambda_function_fun"
    variables = template.functions[0].service["environment"]["Variables"]
    assert {variables["KCI"], variables["RESOURCE_ID"]} == {"AWS Lambda"}
    assert variables["MONIT_HOST"] == "localhost"


@pytest.mark.parametrize("kind", [LayerKind.PHYSICAL_PROVISIONED, LayerKind.FUNCTIONS])
def test_functions_are_pinned_to_what_exists(kind: LayerKind) -> None:
    document = documents(Sketch({"abc": 1, "bcd": 1}, (("abc", "bcd"),), {1: kind}))[1]
    (policy,) = document["topology_template"]["policies"]
    prefix = "lambda_function_" if kind is LayerKind.FUNCTIONS else "oscar_service_"
    assert policy == {
        "place_on_my-app-l1": {
            "type": "tosca.policies.indigo.Placement",
            "properties": {"cloud_id": "my-app-l1"},
            "targets": [f"{prefix}abc", f"{prefix}bcd"],
        }
    }


@pytest.mark.parametrize("kind", [LayerKind.VIRTUAL, LayerKind.PHYSICAL_TO_PROVISION])
def test_functions_are_hosted_on_the_cluster_that_is_made_with_them(kind: LayerKind) -> None:
    topology = documents(Sketch({"abc": 1, "bcd": 1}, (("abc", "bcd"),), {1: kind}))[1]["topology_template"]
    assert "policies" not in topology
    for name in ("oscar_service_abc", "oscar_service_bcd"):
        assert topology["node_templates"][name]["requirements"] == [{"host": "oscar"}]


def test_the_domain_is_an_input_and_every_address_follows_it() -> None:
    application, deployment = Sketch({"abc": 1, "bcd": 2}, (("abc", "bcd"),)).build()
    text = make_templates(application, deployment, options=Options(domain="example.org"))[0].text
    assert text.count("example.org") == 1
    moved = read_template(text.replace("default: example.org", "default: other.net"))
    service = moved.functions[0].service
    assert (
        service["storage_providers"]["minio"]["my-app-l2"]["endpoint"] == "https://minio.my-app-l2.other.net"
    )
    assert service["environment"]["Variables"]["KCI"] == "https://minio.my-app-l1.other.net"


def test_constraints_are_carried_under_the_applications_service_name() -> None:
    qos = QosConstraints(
        (
            LayerQos(
                1,
                ("abc", "bcd"),
                (LocalConstraint("abc", 2.5),),
                (GlobalConstraint(("abc", "bcd"), 20.0),),
                throughput_part="abc",
            ),
        )
    )
    sketch = Sketch({"abc": 1, "bcd": 1, "cde": 2}, (("abc", "bcd"), ("bcd", "cde")), qos=qos)
    inputs = {number: each["topology_template"]["inputs"] for number, each in documents(sketch).items()}
    assert inputs[1]["app_name"]["default"] == "my-app"
    assert yaml.safe_load(inputs[1]["qos_constraints"]["default"]) == {
        "system": {
            "name": "my-app",
            "local_constraints": {"local_constraint_1": {"component_name": "abc", "threshold": 2.5}},
            "global_constraints": {
                "global_constraint_1": {"path_components": ["abc", "bcd"], "threshold": 20},
            },
            "throughput_component": "abc",
        }
    }
    assert inputs[2]["qos_constraints"]["default"] == ""


def test_constraints_are_those_that_design_writes_for_the_layer() -> None:
    """The same document in both places, but for the application's name with `-`."""
    found = LayerQos(2, ("abc",), (), (GlobalConstraint(("abc", "bcd"), 0.5),), None)
    assert qos_document("my_app", found) == yaml.safe_load(layer_qos_text("my-app", found))
    assert qos_document("my_app", found)["system"]["throughput_component"] == ""


@pytest.mark.parametrize(
    ("images", "written", "sent"),
    [
        ((), "my-app/a-net:design", "my-app/a-net:design"),
        (("registry.example.org/a:1",), "registry.example.org/a:1", "registry.example.org/a:1"),
        (("python:3.11",), "docker://python:3.11", "python:3.11"),
        (("localhost:5000/a:1",), "docker://localhost:5000/a:1", "localhost:5000/a:1"),
        (("docker://r/a:1",), "docker://r/a:1", "r/a:1"),
        (("r/a_amd64:1", "r/a_arm64:1"), "r/a_arm64:1", "r/a_arm64:1"),
        (("r/a_x:1", "r/a_y:1"), "r/a_x:1", "r/a_x:1"),
    ],
)
def test_the_image_is_the_resources_or_a_placeholder(
    images: tuple[str, ...], written: str, sent: str
) -> None:
    resource = make_resource("Pi", 1, processors=(Processor("p", "cpu", "arm64", 4.0),))
    sketch = Sketch(
        {"a_net": 1},
        containers={"a_net": {"images": images}},
        layers=(make_layer(1, LayerKind.VIRTUAL, resource),),
    )
    text = make_templates(*sketch.build())[0].text
    assert f"image: {written}\n" in text
    assert read_template(text).functions[0].service["image"] == sent


def test_an_exposed_service_is_sent_with_numbers_and_flags() -> None:
    container = {"document": {"ExposeService": {"api_port": 5000, "set_auth": True, "health_path": "/up"}}}
    text = make_templates(*Sketch({"abc": 1}, containers={"abc": container}).build())[0].text
    assert yaml.safe_load(text)["topology_template"]["node_templates"]["oscar_service_abc"]["properties"][
        "exposed"
    ] == {"api_port": "5000", "set_auth": "true", "health_path": "/up"}
    assert read_template(text).functions[0].service["expose"] == {
        "api_port": 5000,
        "set_auth": True,
        "health_path": "/up",
    }


def test_only_resources_in_use_are_nodes_of_the_cluster() -> None:
    used, idle = make_resource("used", 1, nodes=3), make_resource("idle", 1)
    sketch = Sketch({"abc": 1}, layers=(make_layer(1, LayerKind.VIRTUAL, used, idle),))
    (resource,) = read_template(make_templates(*sketch.build())[0].text).resources
    assert (resource.name, resource.nodes, resource.cores, resource.memory_mib) == ("used", 3, 4.0, 8192.0)


PHYSICAL = {
    "ComputationalLayers": {
        "computationalLayer1": {
            "number": 1,
            "Resources": {
                "resource1": {
                    "name": "R1",
                    "minio": {"endpoint": "https://minio.edge.example.org", "secret_key": "planted-1"},
                    "oscar": {"name": "edge-oscar"},
                    "influx": {"token": "planted-2"},
                    "fe_node": {"ssh_key": "planted-3"},
                }
            },
        },
        "computationalLayer3": {
            "number": 3,
            "Resources": {
                "resource1": {
                    "name": "R3",
                    "aws": {
                        "bucket": "my-bucket",
                        "region": "eu-south-1",
                        "access_key": "planted-4",
                        "secret_key": "planted-5",
                    },
                }
            },
        },
    }
}


def test_what_exists_already_is_addressed_as_it_is() -> None:
    sketch = Sketch(
        {"src": 2, "edge": 1, "cloud": 3},
        (("src", "edge"), ("src", "cloud")),
        {1: LayerKind.PHYSICAL_PROVISIONED, 3: LayerKind.FUNCTIONS},
        physical_nodes=PHYSICAL,
    )
    files = {file.layer: file.text for file in make_templates(*sketch.build())}
    providers = read_template(files[2]).functions[0].service["storage_providers"]
    assert providers["minio"]["my-app-l1"]["endpoint"] == "https://minio.edge.example.org"
    assert providers["s3"]["my-app-l3"]["region"] == "eu-south-1"
    outputs = read_template(files[2]).functions[0].service["output"]
    assert outputs[1] == {"storage_provider": "s3.my-app-l3", "path": "my-bucket/src/output"}
    assert "cloud_id: edge-oscar\n" in files[1]


def test_secrets_of_the_application_directory_never_reach_a_template() -> None:
    sketch = Sketch(
        {"src": 2, "edge": 1, "cloud": 3},
        (("src", "edge"), ("edge", "cloud")),
        {1: LayerKind.PHYSICAL_PROVISIONED, 3: LayerKind.FUNCTIONS},
        physical_nodes=PHYSICAL,
    )
    for file in make_templates(*sketch.build()):
        assert "planted" not in file.text
        for reference in read_template(file.text).secrets:
            assert reference.startswith(("secret://generated/my-app-l", "secret://yaml/common_config/"))


def test_a_layer_still_to_be_made_takes_no_address_from_physical_nodes() -> None:
    sketch = Sketch({"src": 2, "edge": 1}, (("src", "edge"),), physical_nodes=PHYSICAL)
    assert (
        "edge.example.org"
        not in make_templates(*sketch.build())[0].text + make_templates(*sketch.build())[1].text
    )
