"""What went wrong in earlier generators of such templates: a test named after each."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sketches import Sketch, make_layer, make_machines, make_resource

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.fdl import make_fdl_files
from aisprint_cli.generate.options import Options
from aisprint_cli.generate.output import CONTAINERS, options_in
from aisprint_cli.generate.read import Template, read_template
from aisprint_cli.generate.templates import make_component_templates, make_templates
from aisprint_cli.generate.verify import problems_of
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment
from aisprint_cli.model.qos import LayerQos, LocalConstraint, QosConstraints
from aisprint_cli.model.resources import LayerKind

LAMBDA = LayerKind.FUNCTIONS
EXISTING = LayerKind.PHYSICAL_PROVISIONED
OVER_SSH = LayerKind.PHYSICAL_TO_PROVISION
MONITORED = QosConstraints((LayerQos(1, ("abc",), (LocalConstraint("abc", 2.5),), (), None),))


def templates(built: tuple[Application, Deployment], options: Options = Options()) -> list[Template]:  # noqa: B008
    return [read_template(file.text) for file in make_templates(*built, options=options)]


def pair(first: LayerKind, second: LayerKind, **changes: Any) -> Sketch:
    """Two parts on two layers; the second takes what the first gives."""
    return Sketch({"abc": 1, "bcd": 2}, (("abc", "bcd"),), {1: first, 2: second}, **changes)


def codes(sketch: Sketch, options: Options = Options()) -> list[str]:  # noqa: B008
    with pytest.raises(InvalidInputError) as caught:
        make_templates(*sketch.build(), options=options)
    return [found.code for found in caught.value.diagnostics]


def test_machines_over_ssh_are_not_an_unbound_variable() -> None:
    """Each such layer ended in an UnboundLocalError."""
    (file,) = make_templates(*Sketch({"abc": 1}, kinds={1: OVER_SSH}).build())
    assert problems_of(file.text) == ()


def test_workers_over_ssh_are_hosted_on_machines_that_exist() -> None:
    """`wn_node_*` required a `wn_<resource>` that no template had."""
    (file,) = make_templates(*Sketch({"abc": 1}, kinds={1: OVER_SSH}).build())
    nodes = yaml.safe_load(file.text)["topology_template"]["node_templates"]
    workers = [body for name, body in nodes.items() if name.startswith("wn_node_")]
    assert len(workers) == 2
    assert {body["requirements"][0]["host"] for body in workers} <= nodes.keys()


def test_no_volume_is_attached_to_a_machine_that_is_there() -> None:
    (file,) = make_templates(*Sketch({"abc": 1}, kinds={1: OVER_SSH}).build())
    assert "BlockStorage" not in file.text


def test_missing_machines_are_said_with_their_place_instead_of_null() -> None:
    """Any missing key of physical_nodes.yaml silently became null."""
    entry = make_machines(make_resource("R1", 1))
    del entry["fe_node"]["ssh_key"]
    entry["wns"] = []
    document = {"ComputationalLayers": {"cl": {"number": 1, "Resources": {"r": entry}}}}
    sketch = Sketch({"abc": 1}, kinds={1: OVER_SSH}, physical_nodes=document)
    assert codes(sketch) == ["tosca.machine_login", "tosca.machines"]


def test_an_application_of_native_functions_alone_is_no_empty_sequence() -> None:
    """`max() arg is an empty sequence`."""
    options = Options(drift_detector="r/d:1", influxdb_url="https://influx.example.org")
    found = templates(pair(LAMBDA, LAMBDA, qos=MONITORED).build(), options)
    assert [len(template.functions) for template in found] == [1, 1]


@pytest.mark.parametrize("text", [None, "", "[", "components: 3", "components: {drift-detector: null}"])
def test_no_file_of_images_is_no_crash(tmp_path: Path, text: str | None) -> None:
    """containers.yaml had to be there even without a drift detector."""
    folder = tmp_path / "aisprint" / "deployments" / "base"
    folder.mkdir(parents=True)
    if text is not None:
        (tmp_path / "aisprint" / "designs").mkdir()
        (tmp_path / "aisprint" / CONTAINERS).write_text(text)
    assert options_in(folder) == Options()


def test_the_drift_detector_is_found_among_the_images(tmp_path: Path) -> None:
    (tmp_path / "designs").mkdir()
    (tmp_path / CONTAINERS).write_text("components: {drift-detector: {docker_images: ['r/d:1', 'r/d:2']}}\n")
    assert options_in(tmp_path / "deployments" / "base").drift_detector == "r/d:1"


def test_a_native_function_has_the_storage_of_an_existing_cluster_it_writes_to() -> None:
    """`minio.<cluster>` was named without a provider of that name."""
    first, _ = templates(pair(LAMBDA, EXISTING).build())
    service = first.functions[0].service
    assert service["output"][0]["storage_provider"] == "minio.my-app-l2"
    assert service["storage_providers"]["minio"].keys() == {"my-app-l2"}


@pytest.mark.parametrize(("first", "second"), list(itertools.product(LayerKind, repeat=2)))
def test_every_storage_that_is_named_has_a_provider(first: LayerKind, second: LayerKind) -> None:
    writer, reader = templates(pair(first, second).build())
    service = writer.functions[0].service
    (output,) = service["output"]
    kind, _, name = output["storage_provider"].partition(".")
    assert kind == ("s3" if second is LAMBDA else "minio")
    provider = service["storage_providers"][kind][name]
    assert provider.keys() >= {"access_key", "secret_key", "region"}
    assert provider["secret_key"].startswith("secret://")
    (taken,) = reader.functions[0].service["input"]
    assert (taken["storage_provider"], taken["path"]) == (kind, output["path"])
    assert "storage_providers" not in reader.functions[0].service


def test_functions_are_pinned_so_the_order_of_the_credentials_does_not_matter() -> None:
    """A Lambda function landed on OSCAR, and several OSCAR clusters got what was meant for one each."""
    nodes = {
        "ComputationalLayers": {
            f"cl{number}": {
                "number": number,
                "Resources": {"r": {"name": f"R{number}", "oscar": {"name": f"site-{number}"}}},
            }
            for number in (1, 2)
        }
    }
    kinds = {1: EXISTING, 2: EXISTING, 3: LAMBDA}
    sketch = Sketch({"abc": 1, "bcd": 2, "cde": 3}, (("abc", "bcd"), ("bcd", "cde")), kinds)
    sketch.physical_nodes = nodes
    clouds = {}
    for file in make_templates(*sketch.build()):
        (policy,) = yaml.safe_load(file.text)["topology_template"]["policies"]
        (body,) = policy.values()
        clouds[body["targets"][0]] = body["properties"]["cloud_id"]
    assert clouds == {
        "oscar_service_abc": "site-1",
        "oscar_service_bcd": "site-2",
        "lambda_function_cde": "my-app-l3",
    }


def test_elastic_and_drift_templates_are_valid_for_the_stock_parser() -> None:
    options = Options(elastic=3, drift_detector="r/d:1")
    (file,) = make_templates(*Sketch({"abc": 1}, qos=MONITORED).build(), options=options)
    assert "ElasticCluster" in file.text
    assert "drift_detector" in file.text
    assert problems_of(file.text) == ()


def test_whole_cores_are_a_float_and_an_exposed_service_is_a_known_property() -> None:
    container = {"cores": 2, "document": {"ExposeService": {"api_port": 5000}}}
    (file,) = make_templates(*Sketch({"abc": 1}, containers={"abc": container}).build())
    assert problems_of(file.text) == ()


def test_suffixes_are_lists_for_the_parser_as_for_oscar() -> None:
    (file,) = make_templates(*Sketch({"abc": 1}).build())
    types = yaml.safe_load(file.text)["data_types"]["tosca.datatypes.oscar.StorageIOConfig"]["properties"]
    assert {types["suffix"]["type"], types["prefix"]["type"]} == {"list"}
    suffixed = file.text.replace("path: abc/output", "path: abc/output\n          suffix: [_A, _B]")
    assert suffixed != file.text
    assert problems_of(suffixed) == ()


def test_a_component_whose_name_is_part_of_anothers_keeps_its_own_file() -> None:
    """`detector` was looked up as a part of file names, and found mask-detector.yaml."""
    built = Sketch({"mask-detector": 1, "detector": 1}, (("mask-detector", "detector"),)).build()
    files = {file.file_name: read_template(file.text) for file in make_component_templates(*built)}
    assert {name: template.functions[0].part for name, template in files.items()} == {
        "mask-detector.yaml": "mask-detector",
        "detector.yaml": "detector",
    }


def test_a_second_run_makes_no_new_names_and_no_new_secrets() -> None:
    sketch = pair(LayerKind.VIRTUAL, LAMBDA)
    assert [file.text for file in make_templates(*sketch.build())] == [
        file.text for file in make_templates(*sketch.build())
    ]


def test_no_template_holds_a_secret_or_the_file_of_credentials() -> None:
    sketch = pair(OVER_SSH, LayerKind.VIRTUAL, qos=MONITORED)
    for file in make_templates(*sketch.build(), options=Options(elastic=2)):
        assert "planted" not in file.text
        inputs = yaml.safe_load(file.text)["topology_template"]["inputs"]
        assert inputs.get("im_auth", {}).get("default", "secret://").startswith("secret://")


def test_parts_of_a_layer_share_a_cluster() -> None:
    """Two components of one layer gave two whole clusters."""
    names = ("abc", "bcd", "cde")
    sketch = Sketch(dict.fromkeys(names, 1), tuple(itertools.pairwise(names)))
    (file,) = make_templates(*sketch.build())
    assert file.text.count("type: tosca.nodes.indigo.OSCAR\n") == 1
    assert len(read_template(file.text).functions) == 3


def test_every_problem_is_found_before_anything_is_written() -> None:
    arm = make_resource("Pi", 1, memory_mib=1000.0)
    sketch = Sketch(
        {"x" * 40: 1, "abc": 1},
        layers=(make_layer(1, LayerKind.VIRTUAL, arm),),
        containers={"abc": {"memory_mib": 2000.0, "images": ("r/abc_arm64:1",)}},
    )
    assert sorted(codes(sketch)) == ["tosca.image_architecture", "tosca.memory", "tosca.service_name"]


def test_versions_of_what_is_installed_are_not_dead_ones() -> None:
    (file,) = make_templates(*Sketch({"abc": 1}).build())
    assert "1.23.6" not in file.text
    assert "cri_runtime: docker" not in file.text


def test_a_native_function_is_not_listed_as_a_service_of_oscar() -> None:
    (fdl, *_) = make_fdl_files(*pair(LayerKind.VIRTUAL, LAMBDA).build())
    listed = yaml.safe_load(fdl.text)["functions"]["oscar"]
    assert [service["name"] for entry in listed for service in entry.values()] == ["abc"]


def test_fdl_keeps_gpus_enclaves_and_exposure() -> None:
    container = {"gpu": True, "trusted_execution": True, "document": {"ExposeService": {"api_port": 80}}}
    (fdl, *_) = make_fdl_files(*Sketch({"abc": 1}, containers={"abc": container}).build())
    ((service,),) = (entry.values() for entry in yaml.safe_load(fdl.text)["functions"]["oscar"])
    assert (service["enable_gpu"], service["enable_sgx"], service["expose"]) == (True, True, {"api_port": 80})


def test_pull_secrets_are_a_list_of_legal_names_where_oscar_runs_services() -> None:
    """A string, with `_` in it, in the namespace `default`."""
    container = {"images": ("r.example.org/x:1",)}
    options = Options(
        registry_server="r.example.org", registry_username="u", registry_password="secret://env/P"
    )
    (file,) = make_templates(*Sketch({"abc": 1}, containers={"abc": container}).build(), options=options)
    secret = yaml.safe_load(file.text)["topology_template"]["node_templates"]["registry_secret"]["properties"]
    assert read_template(file.text).functions[0].service["image_pull_secrets"] == [secret["name"]]
    assert "_" not in secret["name"]
    assert secret["namespace"] == "oscar-svc"


def test_a_resource_of_several_containers_or_layers_is_not_taken_from_the_first() -> None:
    """Only the first container and the first candidate resource were looked at."""
    layer = make_layer(1, LayerKind.VIRTUAL, make_resource("a", 1), make_resource("b", 1, nodes=4))
    application, deployment = Sketch({"abc": 1}, layers=(layer,)).build()
    deployment = replace(deployment, placed=(replace(deployment.placed[0], resource="b"),))
    (template,) = templates((application, deployment))
    assert [(resource.name, resource.nodes) for resource in template.resources] == [("b", 4)]
