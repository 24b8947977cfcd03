"""What the target systems would refuse is found before any template is made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sketches import Sketch, make_layer, make_resource

from aisprint_cli.diagnostics import Diagnostic, Location
from aisprint_cli.errors import ExitCode, InvalidInputError
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
