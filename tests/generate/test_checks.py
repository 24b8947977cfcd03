"""What the target systems would refuse is found before any template is made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sketches import Sketch, make_layer, make_resource

from aisprint_cli.diagnostics import Diagnostic, Location
from aisprint_cli.errors import ExitCode, InvalidInputError
from aisprint_cli.generate.deployment_files import make_deployment_files
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.model.naming import Part
from aisprint_cli.model.resources import LayerKind

NATIVE = {1: LayerKind.FUNCTIONS}


def findings(sketch: Sketch) -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInputError) as caught:
        make_templates(*sketch.build())
    assert caught.value.exit_code is ExitCode.INVALID_INPUT
    return caught.value.diagnostics


def codes(sketch: Sketch) -> list[str]:
    return [found.code for found in findings(sketch)]


@pytest.mark.parametrize("name", ["a" * 40, "ab", "a.bc", "_abc", "abc_"])
def test_a_name_that_is_no_service_is_refused(name: str) -> None:
    assert codes(Sketch({name: 1})) == ["tosca.service_name"]


def test_the_name_of_a_segment_counts_not_only_the_components() -> None:
    component = "c" * 30
    part = Part(component, "partition1_1")
    assert codes(Sketch({part.name: 1}, parts={part.name: part})) == ["tosca.service_name"]


def test_two_parts_that_would_share_a_bucket_are_refused() -> None:
    (found,) = findings(Sketch({"a_net": 1, "a-net": 2}))
    assert found.code == "tosca.service_clash"
    assert "a_net and a-net" in found.message


@pytest.mark.parametrize("memory", [0.0, -1.0, float("inf"), float("nan")])
def test_memory_that_is_no_amount_is_refused(memory: float) -> None:
    assert codes(Sketch({"abc": 1}, containers={"abc": {"memory_mib": memory}})) == ["tosca.memory"]


@pytest.mark.parametrize("cores", [0.0, -0.5, float("inf"), float("nan")])
def test_cores_that_are_no_amount_are_refused(cores: float) -> None:
    assert codes(Sketch({"abc": 1}, containers={"abc": {"cores": cores}})) == ["tosca.cores"]


def test_more_than_a_node_has_is_refused() -> None:
    sketch = Sketch({"abc": 1}, containers={"abc": {"memory_mib": 8193.0, "cores": 4.5}})
    assert codes(sketch) == ["tosca.cores", "tosca.memory"]


@pytest.mark.parametrize(
    ("memory", "legal"), [(127.0, False), (128.0, True), (10240.0, True), (10241.0, False)]
)
def test_native_functions_have_limits_of_their_own(memory: float, legal: bool) -> None:
    resource = make_resource("Lambda", 1, memory_mib=20000.0, processors=(), architecture="arm64")
    layer = make_layer(1, LayerKind.FUNCTIONS, resource)
    sketch = Sketch({"abc": 1}, layers=(layer,), containers={"abc": {"memory_mib": memory}})
    if legal:
        assert make_templates(*sketch.build())
    else:
        assert codes(sketch) == ["tosca.native_memory"]


@pytest.mark.parametrize("image", ["has space:1", "https//x y", "a;b", "$(id)"])
def test_an_image_that_is_no_reference_is_refused(image: str) -> None:
    assert codes(Sketch({"abc": 1}, containers={"abc": {"images": (image,)}})) == ["tosca.image"]


def test_a_service_can_only_be_exposed_by_a_map() -> None:
    container = {"document": {"ExposeService": True}}
    assert codes(Sketch({"abc": 1}, containers={"abc": container})) == ["tosca.expose"]


def test_an_unknown_layer_names_those_that_exist() -> None:
    application, _ = Sketch({"abc": 1}).build()
    _, deployment = Sketch({"abc": 7}).build()
    with pytest.raises(InvalidInputError) as caught:
        make_templates(application, deployment)
    (found,) = caught.value.diagnostics
    assert found.code == "tosca.layer"
    assert found.mend == "Use one of 1."


def test_a_resource_of_another_layer_is_refused() -> None:
    application, _ = Sketch(
        {"abc": 1}, layers=(make_layer(1, LayerKind.VIRTUAL, make_resource("Pi", 1)),)
    ).build()
    _, deployment = Sketch({"abc": 1}).build()
    with pytest.raises(InvalidInputError) as caught:
        make_templates(application, deployment)
    assert [found.code for found in caught.value.diagnostics] == ["tosca.resource"]


def physical(**facts: Any) -> dict[str, Any]:
    resource = {"name": "R1", **facts}
    return {"ComputationalLayers": {"cl": {"number": 1, "Resources": {"r": resource}}}}


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("minio.example.org", "tosca.endpoint"),
        ("ftp://minio.example.org", "tosca.endpoint"),
        ("https://user:planted@minio.example.org", "tosca.endpoint_secret"),
        ("https://minio.example.org?token=planted", "tosca.endpoint_secret"),
    ],
)
def test_an_endpoint_is_an_address_and_nothing_else(endpoint: str, code: str) -> None:
    kinds = {1: LayerKind.PHYSICAL_PROVISIONED}
    (found,) = findings(
        Sketch({"abc": 1}, kinds=kinds, physical_nodes=physical(minio={"endpoint": endpoint}))
    )
    assert found.code == code
    assert "planted" not in f"{found.message}{found.why}{found.mend}"


def test_a_layer_on_two_clusters_is_refused_and_the_one_in_use_is_addressed() -> None:
    pair = (make_resource("Rack", 1), make_resource("Shelf", 1))
    nodes = {
        "ComputationalLayers": {
            "cl": {
                "number": 1,
                "Resources": {
                    key: {"name": key, "minio": {"endpoint": f"https://{key}.example.org"}}
                    for key in ("Shelf", "Rack")
                },
            }
        }
    }
    layers = (make_layer(1, LayerKind.PHYSICAL_PROVISIONED, *pair),)
    sketch = Sketch({"abc": 1, "bcd": 1}, (("abc", "bcd"),), layers=layers, physical_nodes=nodes)
    application, deployment = sketch.build()
    (template,) = make_templates(application, deployment)
    assert "https://Rack.example.org" in template.text
    assert "https://Shelf.example.org" not in template.text

    first, second = deployment.placed
    apart = replace(deployment, placed=(first, replace(second, resource="Shelf")))
    with pytest.raises(InvalidInputError) as caught:
        make_templates(application, apart)
    assert [found.code for found in caught.value.diagnostics] == ["tosca.one_cluster"]


@pytest.mark.parametrize("bucket", ["My-Bucket", "ab", "a/b", "-abc", 12])
def test_a_bucket_follows_the_rules_of_s3(bucket: object) -> None:
    facts = physical(aws={"bucket": bucket})
    assert codes(Sketch({"abc": 1}, kinds=NATIVE, physical_nodes=facts)) == ["tosca.bucket"]


@pytest.mark.parametrize(
    "document",
    [
        {"ComputationalLayers": None},
        {"ComputationalLayers": {"cl": None}},
        {"ComputationalLayers": {"cl": {"number": 1, "Resources": None}}},
        {"ComputationalLayers": {"cl": {"number": 1, "Resources": {"r": None}}}},
        physical(minio=None, aws=None),
        physical(aws={"bucket": ""}),
    ],
)
def test_gaps_in_physical_nodes_are_no_harm(document: dict[str, Any]) -> None:
    assert make_templates(*Sketch({"abc": 1}, kinds=NATIVE, physical_nodes=document).build())


def test_every_problem_is_reported_at_once_and_where_it_stands() -> None:
    sketch = Sketch(
        {"x": 1, "abc": 1},
        containers={"x": {"memory_mib": 0.0}, "abc": {"cores": 0.0, "images": ("a b",)}},
    )
    asked = []

    def locate(path: str, *keys: str | int) -> Location:
        asked.append((path, keys))
        return Location(path, len(asked), 3)

    with pytest.raises(InvalidInputError) as caught:
        make_templates(*sketch.build(), locate=locate)
    found = caught.value.diagnostics
    assert {each.code for each in found} == {
        "tosca.service_name",
        "tosca.memory",
        "tosca.cores",
        "tosca.image",
    }
    assert all(each.location.column == 3 and each.why and each.mend for each in found)
    assert (
        "common_config/candidate_deployments.yaml",
        ("Components", "component1", "Containers", "container1", "memorySize"),
    ) in asked


def test_a_part_without_a_place_is_refused() -> None:
    application, deployment = Sketch({"abc": 1, "xyz": 1}).build()
    lost = type(deployment)(deployment.name, deployment.dag, deployment.placed[:1], deployment.qos)
    with pytest.raises(InvalidInputError) as caught:
        make_templates(application, lost)
    assert [found.code for found in caught.value.diagnostics] == ["tosca.unplaced"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"timeout": 901}, ["tosca.native_timeout"]),
        ({"timeout": 0}, ["tosca.native_timeout"]),
        ({"ephemeral_storage": 511}, ["tosca.native_ephemeral_storage"]),
        (
            {"timeout": "1000", "ephemeral_storage": 20480},
            ["tosca.native_ephemeral_storage", "tosca.native_timeout"],
        ),
    ],
)
def test_limits_of_native_functions_are_kept(facts: dict[str, Any], expected: list[str]) -> None:
    sketch = Sketch({"abc": 1}, kinds=NATIVE, physical_nodes=physical(aws=facts))
    assert sorted(codes(sketch)) == expected
    legal = physical(aws={"timeout": 900, "ephemeral_storage": 512})
    assert make_templates(*Sketch({"abc": 1}, kinds=NATIVE, physical_nodes=legal).build())


@pytest.mark.parametrize(
    ("images", "legal"),
    [
        (("r/a_arm64:1",), False),
        (("r/a:1-aarch64",), False),
        (("r/a_amd64:1", "r/a_arm64:1"), True),
        (("r/a:1",), True),
        (("r/charm64:1",), True),
        (("r/a_x86_64:1",), True),
        (("r/a_amd64_arm64:1",), True),
    ],
)
def test_an_image_for_another_architecture_is_refused(images: tuple[str, ...], legal: bool) -> None:
    sketch = Sketch({"abc": 1}, containers={"abc": {"images": images}})
    if legal:
        assert make_templates(*sketch.build())
    else:
        assert codes(sketch) == ["tosca.image_architecture"]


def two_sites(*names: str | None) -> Sketch:
    """Two clusters that exist already, each under its own address and with these names."""
    layers = {
        f"cl{number}": {
            "number": number,
            "Resources": {
                "r": {
                    "name": f"R{number}",
                    "minio": {"endpoint": f"https://site{number}.example.org", "secret_key": "env:K"},
                    "oscar": {"name": name} if name else {},
                }
            },
        }
        for number, name in enumerate(names, start=1)
    }
    kinds = dict.fromkeys((1, 2), LayerKind.PHYSICAL_PROVISIONED)
    nodes = {"ComputationalLayers": layers}
    return Sketch({"abc": 1, "bcd": 2}, (("abc", "bcd"),), kinds, physical_nodes=nodes)


def test_two_clusters_of_one_name_would_get_the_credentials_of_one() -> None:
    assert codes(two_sites("lab", "lab")) == ["tosca.cluster_name"]
    assert make_templates(*two_sites("lab", "field").build())


def machines(**changes: Any) -> dict[str, Any]:
    """A front end and one worker, with these changes to the front end."""
    login = {"private_ip": "10.0.0.1", "ssh_user": "u", "ssh_key": "planted"}
    front = {key: value for key, value in (login | changes).items() if value is not None}
    return physical(fe_node=front, wns=[login])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (machines(), []),
        (machines(ssh_key="file:keys/id"), []),
        (machines(ssh_user=None), ["tosca.machine_login"]),
        (machines(private_ip=None, ssh_key=""), ["tosca.machine_login", "tosca.machine_login"]),
        (machines(private_ip="front.example.org"), ["tosca.machine_address"]),
        (machines(public_ip="planted"), ["tosca.machine_address"]),
        (physical(wns=[]), ["tosca.machines", "tosca.machines"]),
        ({"ComputationalLayers": {"cl": {"number": 1, "Resources": {}}}}, ["tosca.machines"] * 2),
    ],
)
def test_machines_over_ssh_are_described_as_far_as_they_are_needed(
    document: dict[str, Any], expected: list[str]
) -> None:
    layer = make_layer(1, LayerKind.PHYSICAL_TO_PROVISION, make_resource("R1", 1, nodes=1))
    sketch = Sketch({"abc": 1}, layers=(layer,), physical_nodes=document)
    if not expected:
        assert "planted" not in make_templates(*sketch.build())[0].text
        return
    found = findings(sketch)
    assert [each.code for each in found] == expected
    assert "planted" not in "".join(f"{each.message}{each.why}{each.mend}" for each in found)


@pytest.mark.parametrize(
    ("options", "kind", "code"),
    [
        (Options(elastic=2), LayerKind.PHYSICAL_TO_PROVISION, "tosca.elastic"),
        (Options(elastic=2), LayerKind.FUNCTIONS, "tosca.elastic"),
        (Options(clouds={1: "one"}), LayerKind.PHYSICAL_PROVISIONED, "tosca.cloud"),
        (Options(clouds={9: "one"}), LayerKind.VIRTUAL, "tosca.cloud"),
        (Options(registry_server="r", registry_username="u"), LayerKind.VIRTUAL, "tosca.registry"),
    ],
)
def test_an_option_that_nothing_can_follow_is_refused(options: Options, kind: LayerKind, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make_templates(*Sketch({"abc": 1}, kinds={1: kind}).build(), options=options)
    assert [found.code for found in caught.value.diagnostics] == [code]


def test_a_component_may_not_take_the_file_of_a_layer() -> None:
    built = Sketch({"layer1": 1}).build()
    assert make_templates(*built)
    with pytest.raises(InvalidInputError) as caught:
        make_templates(*built, options=Options(per_component=True))
    assert [found.code for found in caught.value.diagnostics] == ["tosca.component_file"]


def notes(sketch: Sketch, options: Options = DEFAULTS) -> str:
    return "\n".join(make_deployment_files(*sketch.build(), options=options).assumptions)


def test_what_is_taken_for_granted_is_said() -> None:
    assert notes(Sketch({"abc": 1})) == ""
    assert notes(two_sites("lab", "field")) == ""
    assert "no oscar.name for layer 2" in notes(two_sites("lab", None))
    native = Sketch({"abc": 1, "bcd": 2}, (("abc", "bcd"),), {2: LayerKind.FUNCTIONS})
    assert "gives no aws.access_key and aws.secret_key" in notes(native)
    image = Sketch({"abc": 1}, kinds=NATIVE, containers={"abc": {"images": ("r/a:1",)}})
    assert "images of its own registry (ECR) only" in notes(image)
    over_ssh = Sketch({"abc": 1, "bcd": 2}, (("abc", "bcd"),), {1: LayerKind.PHYSICAL_TO_PROVISION})
    said = notes(over_ssh, Options(domain="example.org", elastic=2, drift_detector="r/d:1"))
    assert "my-app-l1.example.org and minio.my-app-l1.example.org have to lead to 192.0.2.1" in said
    assert "the cluster of layer 1 keeps its size" in said
    assert "the drift detector is left out" in said
