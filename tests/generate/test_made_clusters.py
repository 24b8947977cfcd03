"""Clusters that are made with a deployment: one for each layer, whole, of current versions."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
import yaml
from sketches import Sketch, make_layer, make_machines, make_resource

from aisprint_cli.generate.cluster_settings import cluster_settings
from aisprint_cli.generate.expressions import inputs_used
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.read import read_template
from aisprint_cli.generate.templates import make_component_templates, make_templates
from aisprint_cli.model.qos import LayerQos, LocalConstraint, QosConstraints
from aisprint_cli.model.resources import Accelerator, LayerKind, Processor

EVERYTHING = Options(
    domain="example.org",
    elastic=5,
    influxdb_url="https://influx.example.org",
    influxdb_token="secret://env/CENTRAL",
    registry_server="r.example.org",
    registry_username="puller",
    registry_password="secret://file/registry.txt",
    clouds={1: "one"},
    drift_detector="r.example.org/drift-detector:1",
)
SECRET_FIELDS = {
    "password",
    "token",
    "admin_token",
    "secret_key",
    "minio_secretkey",
    "im_auth",
    "kube_token",
}
MONITORED = QosConstraints((LayerQos(1, ("abc",), (LocalConstraint("abc", 2.5),), (), None),))


def topologies(sketch: Sketch, options: Options = DEFAULTS) -> dict[int, dict[str, Any]]:
    files = make_templates(*sketch.build(), options=options)
    return {file.layer: yaml.safe_load(file.text)["topology_template"] for file in files}


def nodes_of(sketch: Sketch, options: Options = DEFAULTS) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = topologies(sketch, options)[1]["node_templates"]
    return found


def mixed(kinds: tuple[LayerKind, ...]) -> Sketch:
    """A chain with a part on each of these layers, measured, with an image from the private registry."""
    names = [f"part{number}" for number in range(1, len(kinds) + 1)]
    return Sketch(
        places={name: number for number, name in enumerate(names, start=1)},
        edges=tuple(itertools.pairwise(names)),
        kinds=dict(enumerate(kinds, start=1)),
        qos=QosConstraints((LayerQos(1, ("part1",), (LocalConstraint("part1", 1.0),), (), None),)),
        containers={name: {"images": ("r.example.org/x:1",)} for name in names},
    )


MIXES = [mix for size in (1, 2) for mix in itertools.product(LayerKind, repeat=size)] + [tuple(LayerKind)]


@pytest.mark.parametrize("kinds", MIXES, ids=lambda kinds: "-".join(kind.name for kind in kinds))
def test_templates_of_every_mix_hang_together(kinds: tuple[LayerKind, ...]) -> None:
    options = EVERYTHING if kinds[0] is LayerKind.VIRTUAL else Options(influxdb_url="https://i.example.org")
    sketch = mixed(kinds)
    made = (
        *make_templates(*sketch.build(), options=options),
        *make_component_templates(*sketch.build(), options=options),
    )
    assert len(made) == 2 * len(kinds)
    for file in made:
        document = yaml.safe_load(file.text)
        topology = document["topology_template"]
        assert set(inputs_used(topology)) <= topology["inputs"].keys()
        check_requirements(topology)
        check_types(document)
        check_secrets(document)
        assert read_template(file.text).options == options


def check_requirements(topology: dict[str, Any]) -> None:
    """Every requirement and every target of a policy is a node."""
    nodes = topology["node_templates"]
    for body in nodes.values():
        for requirement in body.get("requirements", ()):
            (target,) = requirement.values()
            assert (target["node"] if isinstance(target, dict) else target) in nodes
    for policy in topology.get("policies", ()):
        for body in policy.values():
            assert set(body["targets"]) <= nodes.keys()


def check_types(document: dict[str, Any]) -> None:
    """Every type of ours is inside."""
    for body in document["topology_template"]["node_templates"].values():
        known = body["type"] in document["node_types"]
        assert known or not body["type"].startswith(("tosca.nodes.indigo", "tosca.nodes.aisprint"))


def check_secrets(document: dict[str, Any]) -> None:
    """Whatever a template calls a password, a token or a key is an input, and its default a reference."""
    inputs = document["topology_template"]["inputs"]
    names = {name for name in inputs if any(word in name for word in ("password", "token", "key", "auth"))}
    for name in names:
        assert inputs[name]["default"].startswith("secret://"), name
    for key, value in leaves(document["topology_template"]["node_templates"]):
        if key in SECRET_FIELDS:
            assert value.keys() == {"get_input"}, key


def leaves(value: Any, key: str = "") -> Any:
    if isinstance(value, dict) and value.keys() != {"get_input"}:
        for name, entry in value.items():
            yield from leaves(entry, name)
    elif isinstance(value, list):
        for entry in value:
            yield from leaves(entry, key)
    else:
        yield key, value


def test_parts_of_a_layer_share_one_cluster_with_workers_of_each_resource() -> None:
    layer = make_layer(1, LayerKind.VIRTUAL, make_resource("big", 1, nodes=3), make_resource("idle", 1))
    nodes = nodes_of(Sketch({"abc": 1, "bcd": 1}, (("abc", "bcd"),), layers=(layer,)))
    assert [name for name, body in nodes.items() if body["type"].endswith("indigo.OSCAR")] == ["oscar"]
    workers = {name: body for name, body in nodes.items() if name.startswith("wn_") and "node" not in name}
    assert {name: body["capabilities"]["scalable"]["properties"] for name, body in workers.items()} == {
        "wn_big_key": {"count": 3}
    }
    assert nodes["wn_node_big_key"]["requirements"] == [{"host": "wn_big_key"}]


def test_a_worker_is_bought_as_its_resource_says() -> None:
    document = {
        "flavorName": "g.large",
        "storageType": "SSD",
        "onSpot": True,
        "operatingSystemDistribution": "Debian",
        "operatingSystemVersion": 12,
        "operatingSystemImageId": "aws://eu-south-1/ami-1",
        "accelerators": {"a": {"processors": {"p": {"type": "GPU", "architecture": "NVIDIA Tesla T4"}}}},
    }
    resource = make_resource(
        "big",
        1,
        memory_mib=16000.5,
        storage_gib=99.5,
        processors=(Processor("p", "cpu", "arm64", 2.5, sgx=True),),
        accelerators=(Accelerator("a", "T4", "GPU", 2.0),),
        document=document,
    )
    nodes = nodes_of(Sketch({"abc": 1}, layers=(make_layer(1, LayerKind.VIRTUAL, resource),)))
    capabilities = nodes["wn_big_key"]["capabilities"]
    assert capabilities["host"]["properties"] == {
        "num_cpus": 3,
        "mem_size": "16001 MiB",
        "disk_size": "100 GiB",
        "sgx": True,
        "num_gpus": 2,
        "gpu_vendor": "NVIDIA",
        "gpu_model": "Tesla T4",
        "instance_type": "g.large",
        "disk_type": "gp3",
        "preemtible_instance": True,
    }
    assert capabilities["os"]["properties"] == {
        "type": "linux",
        "distribution": "debian",
        "version": "12",
        "image": "aws://eu-south-1/ami-1",
    }
    assert nodes["wn_node_big_key"]["properties"]["nvidia_support"] is True
    assert nodes["lrms_front_end"]["properties"]["nvidia_support"] is True


def test_only_an_architecture_that_the_infrastructure_manager_knows_is_named() -> None:
    for architecture, expected in (("amd64", "x86_64"), ("arm64", None)):
        resource = make_resource("R1", 1, processors=(Processor("p", "cpu", architecture, 4.0),))
        nodes = nodes_of(Sketch({"abc": 1}, layers=(make_layer(1, LayerKind.VIRTUAL, resource),)))
        for name in ("front", "wn_R1_key"):
            assert nodes[name]["capabilities"]["os"]["properties"].get("architecture") == expected


def test_versions_are_those_of_the_settings() -> None:
    settings = cluster_settings()
    nodes = nodes_of(Sketch({"abc": 1}))
    versions = {
        body["properties"]["version"]
        for name, body in nodes.items()
        if name in {"lrms_front_end", "wn_node_R1_key"}
    }
    assert versions == {settings.kubernetes}
    assert nodes["oscar"]["properties"]["version"] == settings.oscar
    major, minor, _ = map(int, settings.kubernetes.split("."))
    assert (major, minor) >= (1, 35), "older ones get no more fixes"
    text = make_templates(*Sketch({"abc": 1}).build())[0].text
    assert text.count(f"version: {settings.kubernetes}") == 2


def test_certificates_are_asked_for_only_where_somebody_gives_them() -> None:
    for domain, expected in (("example.org", True), ("aisprint.internal", False)):
        nodes = nodes_of(Sketch({"abc": 1}), Options(domain=domain))
        assert nodes["lrms_front_end"]["properties"]["cert_manager"] is expected


def test_an_elastic_cluster_has_limits_and_no_credentials_in_clear() -> None:
    topology = topologies(Sketch({"abc": 1}), Options(elastic=7))[1]
    nodes = topology["node_templates"]
    assert nodes["wn_node_R1_key"]["capabilities"]["wn"]["properties"] == {
        "min_instances": 0,
        "max_instances": 7,
    }
    assert nodes["wn_R1_key"]["capabilities"]["endpoint"]["properties"]["dns_name"] == "vnode-#N#.localdomain"
    clues = nodes["elastic_cluster_front_end"]
    assert clues["requirements"] == [{"host": "front"}, {"lrms": "lrms_front_end"}, {"wn": "wn_node_R1_key"}]
    assert clues["properties"]["im_auth"] == {"get_input": "im_auth"}
    assert topology["inputs"]["im_auth"]["default"] == "secret://file/im/auth.dat"


def test_only_a_layer_with_one_resource_grows() -> None:
    two = make_layer(1, LayerKind.VIRTUAL, make_resource("a", 1), make_resource("b", 1))
    sketch = Sketch({"abc": 1, "bcd": 1, "cde": 2}, (("abc", "bcd"), ("bcd", "cde")), layers=(two,))
    application, deployment = sketch.build()
    placed = list(deployment.placed)
    placed[1] = replace(placed[1], resource="b")
    deployment = replace(deployment, placed=tuple(placed))
    first, second = make_templates(application, deployment, options=Options(elastic=3))
    assert "ElasticCluster" not in first.text
    assert "ElasticCluster" in second.text


def test_machines_that_are_there_keep_their_addresses_and_are_not_bought() -> None:
    resource = make_resource("Pi", 1, nodes=2, document={"onSpot": True, "operatingSystemImageId": "x://y"})
    layer = make_layer(1, LayerKind.PHYSICAL_TO_PROVISION, resource)
    topology = topologies(Sketch({"abc": 1}, layers=(layer,)))[1]
    nodes = topology["node_templates"]
    described = make_machines(resource)
    ports = {name: body["properties"] for name, body in nodes.items() if name.endswith("_port")}
    assert ports == {
        "front_priv_network_port": {
            "ip_address": described["fe_node"]["private_ip"],
            "order": 0,
            "dns_name": "kubeserver",
        },
        "front_pub_network_port": {"ip_address": described["fe_node"]["public_ip"], "order": 1},
        "wn_Pi_key_1_priv_network_port": {"ip_address": described["wns"][0]["private_ip"], "order": 0},
        "wn_Pi_key_2_priv_network_port": {"ip_address": described["wns"][1]["private_ip"], "order": 0},
    }
    for name in ("front", "wn_Pi_key_1", "wn_Pi_key_2"):
        system = nodes[name]["capabilities"]["os"]["properties"]
        assert system["credential"] == {
            "user": "ubuntu",
            "token_type": "private_key",
            "token": {"get_input": f"ssh_key_{name}"},
        }
        assert "image" not in system
        assert "preemtible_instance" not in nodes[name]["capabilities"]["host"]["properties"]
        assert topology["inputs"][f"ssh_key_{name}"]["default"].startswith("secret://yaml/common_config/")
    assert not [name for name, body in nodes.items() if body["type"] == "tosca.nodes.BlockStorage"]


def test_only_as_many_workers_are_set_up_as_nodes_were_chosen() -> None:
    resource = make_resource("Pi", 1, nodes=1)
    entry = make_machines(make_resource("Pi", 1, nodes=4))
    document = {"ComputationalLayers": {"cl": {"number": 1, "Resources": {"r": entry}}}}
    layer = make_layer(1, LayerKind.PHYSICAL_TO_PROVISION, resource)
    nodes = nodes_of(Sketch({"abc": 1}, layers=(layer,), physical_nodes=document))
    assert [name for name in nodes if name.startswith("wn_node")] == ["wn_node_Pi_key_1"]


def test_machines_go_to_the_credentials_that_were_chosen() -> None:
    (policy,) = topologies(Sketch({"abc": 1}), Options(clouds={1: "one"}))[1]["policies"]
    assert policy["place_on_my-app-l1"]["properties"] == {"cloud_id": "one"}
    assert policy["place_on_my-app-l1"]["targets"] == ["front", "wn_R1_key"]


def test_measures_go_up_layer_by_layer_and_end_at_the_centre() -> None:
    sketch = Sketch(
        {"abc": 1, "bcd": 2, "cde": 3},
        (("abc", "bcd"), ("bcd", "cde")),
        {2: LayerKind.FUNCTIONS},
        qos=MONITORED,
    )
    options = Options(
        domain="example.org", influxdb_url="https://centre", influxdb_token="secret://env/CENTRAL"
    )
    found = topologies(sketch, options)
    upper = {
        number: body["node_templates"]["monitoring"]["properties"]
        for number, body in found.items()
        if "monitoring" in body["node_templates"]
    }
    assert upper.keys() == {1, 3}
    assert upper[1]["upper_influx_url"] == {
        "concat": ["https://influx.my-app-l3.", {"get_input": "domain_name"}]
    }
    assert upper[1]["upper_influx_token"] == upper[3]["influx_token"] == {"get_input": "influx_token_l3"}
    assert upper[1]["upper_influx_bucket"] == "my-app-bucket"
    assert (upper[3]["upper_influx_url"], upper[3]["upper_influx_token"]) == (
        "https://centre",
        {"get_input": "top_influx_token"},
    )
    variables = read_template(make_templates(*sketch.build(), options=options)[1].text).functions[0].service
    assert variables["environment"]["Variables"]["INFLUX_ENDPOINT"] == "https://influx.my-app-l3.example.org"
    assert variables["environment"]["Variables"]["INFLUX_TOKEN"].startswith("secret://generated/my-app-l3/")


def test_nothing_is_installed_to_measure_where_nothing_is_measured() -> None:
    assert "monitoring" not in nodes_of(Sketch({"abc": 1}))


def test_the_drift_detector_is_on_the_highest_cluster_and_every_part_finds_its_verdict() -> None:
    sketch = Sketch(
        {"abc": 1, "bcd": 2, "fun": 3},
        (("abc", "bcd"), ("bcd", "fun")),
        {3: LayerKind.FUNCTIONS},
        qos=MONITORED,
    )
    options = Options(drift_detector="r/drift:1")
    found = topologies(sketch, options)
    hosts = [number for number, body in found.items() if "drift_detector" in body["node_templates"]]
    assert hosts == [2]
    spec = found[2]["node_templates"]["drift_detector"]["properties"]["spec"]
    text = "".join("S3CRET" if isinstance(piece, dict) else piece for piece in spec["concat"])
    namespace, workload = yaml.safe_load_all(text)
    assert namespace["metadata"]["name"] == workload["metadata"]["namespace"] == "drift-detector"
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    variables = {entry["name"]: entry["value"] for entry in container["env"]}
    assert container["image"] == "r/drift:1"
    assert variables["DRIFT_DETECTOR_MINIO_SK"] == variables["DRIFT_DETECTOR_INFLUXDB_TOKEN"] == "S3CRET"
    assert variables["BUCKET_NAME"] == "my-app-bucket"
    for file in make_templates(*sketch.build(), options=options):
        (function,) = read_template(file.text).functions
        given = function.service["environment"]["Variables"]
        assert given["DRIFT_DETECTOR_MINIO_SK"] == "secret://generated/my-app-l2/minio_password"
        assert given["DRIFT_DETECTOR_MINIO_BUCKET"] == "bcd"
    assert not [name for name in topologies(sketch)[2]["node_templates"] if "drift" in name]


def test_images_of_the_private_registry_are_pulled_with_its_secret() -> None:
    sketch = Sketch(
        {"abc": 1, "bcd": 1},
        (("abc", "bcd"),),
        containers={"abc": {"images": ("r.example.org/x:1",)}, "bcd": {"images": ("docker.io/y:1",)}},
    )
    options = Options(
        registry_server="r.example.org", registry_username="u", registry_password="secret://env/P"
    )
    nodes = nodes_of(sketch, options)
    secret = nodes["registry_secret"]["properties"]
    assert (secret["namespace"], secret["server"], secret["password"]) == (
        "oscar-svc",
        "r.example.org",
        {"get_input": "registry_password"},
    )
    assert nodes["oscar_service_abc"]["properties"]["image_pull_secrets"] == [secret["name"]]
    assert "image_pull_secrets" not in nodes["oscar_service_bcd"]["properties"]


def test_options_are_read_back_as_they_were_chosen() -> None:
    options = Options(domain="example.org", elastic=3, clouds={1: "one"}, per_component=True)
    assert Options.parse(options.text(), "example.org") == options
    assert Options().text() == "{}"
    for broken in ("[]", '{"unknown": 1}', '{"clouds": 3}', "{"):
        with pytest.raises((ValueError, TypeError)):
            Options.parse(broken, "example.org")


def infrastructure(sketch: Sketch, options: Options = DEFAULTS) -> str:
    return read_template(make_templates(*sketch.build(), options=options)[0].text).infrastructure


def test_a_cluster_changes_with_its_machines_and_software_and_not_with_its_functions() -> None:
    one = Sketch({"abc": 1})
    two = Sketch({"abc": 1, "bcd": 1}, (("abc", "bcd"),), deployment_name="deployment7")
    assert infrastructure(one) == infrastructure(two)
    changed = Sketch({"abc": 1}, containers={"abc": {"memory_mib": 700.0, "images": ("r/x:2",)}})
    assert infrastructure(one) == infrastructure(changed)
    larger = make_layer(1, LayerKind.VIRTUAL, make_resource("R1", 1, nodes=3))
    others = [
        infrastructure(Sketch({"abc": 1}, layers=(larger,))),
        infrastructure(Sketch({"abc": 1}, qos=MONITORED)),
        infrastructure(one, Options(elastic=2)),
        infrastructure(one, Options(domain="example.org")),
        infrastructure(one, Options(clouds={1: "one"})),
    ]
    assert len({infrastructure(one), *others}) == 1 + len(others)
