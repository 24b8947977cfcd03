"""`aisprint toscarize` as a person or a pipeline runs it, after a real `aisprint design`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from two_layers import aisprint, generated

from aisprint_cli.generate.read import read_template


def test_it_writes_the_base_deployment_when_nothing_was_placed(app: Path) -> None:
    done = aisprint("toscarize", app)
    assert (done.status, done.err) == (0, "")
    assert set(generated(app, "base")) == {
        "im/layer1.yaml",
        "im/layer2.yaml",
        "oscar/fdl.yaml",
        "oscar/services/crop.yaml",
        "oscar/services/count.yaml",
        "oscar/scripts/crop.sh",
        "oscar/scripts/count.sh",
    }
    for word in (
        "two-layers-l1",
        "two-layers-l2",
        "crop/output on two-layers-l2",
        "aisprint/deployments/base/im/layer1.yaml",
    ):
        assert word in done.out
    template = read_template(generated(app, "base")["im/layer1.yaml"].decode())
    assert (app / template.functions[0].source / "main.py").is_file()
    constraints = yaml.safe_load(generated(app, "base")["im/layer1.yaml"])["topology_template"]["inputs"]
    assert "threshold: 5" in constraints["qos_constraints"]["default"]


def test_a_second_run_changes_nothing_and_says_so(app: Path) -> None:
    aisprint("toscarize", app)
    before = generated(app, "base")
    done = aisprint("toscarize", app)
    assert done.status == 0
    assert "Nothing had to be written." in done.out
    assert generated(app, "base") == before


def test_the_result_as_json_has_a_versioned_shape(app: Path) -> None:
    found = aisprint("toscarize", app, "--deployment", "deployment1", "-o", "json").json
    assert found["schema"] == "aisprint.toscarize/1"
    assert (found["application"], found["deployment"]) == ("two_layers", "deployment1")
    assert [layer["layer"] for layer in found["layers"]] == [1]
    (layer,) = found["layers"]
    assert [function["part"] for function in layer["functions"]] == ["crop", "count"]
    assert layer["file"] == "aisprint/deployments/deployment1/im/layer1.yaml"
    assert {entry["state"] for entry in found["files"]} == {"new"}
    for entry in found["files"]:
        assert (app / entry["path"]).is_file()


def test_the_optimal_deployment_is_taken_once_there_is_one(app: Path) -> None:
    placed = app / "aisprint/deployments/optimal_deployment/production_deployment.yaml"
    document = yaml.safe_load(placed.read_text())
    component = document["System"]["Components"]["component2"]
    component["executionLayer"] = 1
    component["Containers"]["container1"]["selectedExecutionResource"] = "Pi"
    document["System"]["DeploymentName"] = "deployment1"
    placed.write_text(yaml.safe_dump(document))
    done = aisprint("toscarize", app, "-o", "json")
    assert done.status == 0, done.err
    assert [layer["layer"] for layer in done.json["layers"]] == [1]
    assert set(generated(app, "optimal_deployment")) >= {"im/layer1.yaml", "oscar/fdl.yaml"}
    assert generated(app, "base") == {}


def test_printing_writes_nothing(app: Path) -> None:
    done = aisprint("toscarize", app, "--stdout")
    assert done.status == 0
    assert generated(app, "base") == {}
    documents = list(yaml.safe_load_all(done.out))
    assert [document.get("metadata", {}).get("aisprint_layer") for document in documents[:2]] == ["1", "2"]
    assert "functions" in documents[2]


def test_printing_as_json_carries_the_texts(app: Path) -> None:
    found = aisprint("toscarize", app, "--stdout", "-o", "json").json
    texts = {entry["path"]: entry["text"] for entry in found["texts"]}
    aisprint("toscarize", app)
    for path, text in texts.items():
        assert (app / path).read_text() == text


def test_the_check_tells_a_pipeline_what_is_not_up_to_date(app: Path) -> None:
    missing = aisprint("toscarize", app, "--check")
    assert missing.status == 7
    assert "aisprint/deployments/base/im/layer1.yaml (new)" in missing.err
    assert generated(app, "base") == {}
    aisprint("toscarize", app)
    assert aisprint("toscarize", app, "--check").status == 0
    target = app / "aisprint/deployments/base/im/layer2.yaml"
    target.write_text(target.read_text() + "# mine\n")
    edited = aisprint("toscarize", app, "--check")
    assert edited.status == 7
    assert "layer2.yaml (edited)" in edited.err


def test_an_edited_file_is_only_replaced_when_asked(app: Path) -> None:
    aisprint("toscarize", app)
    target = app / "aisprint/deployments/base/im/layer1.yaml"
    before = target.read_text()
    target.write_text(before + "# mine\n")
    refused = aisprint("toscarize", app)
    assert refused.status == 6
    assert "layer1.yaml" in refused.err
    assert "--force" in refused.err
    assert target.read_text().endswith("# mine\n")
    assert aisprint("toscarize", app, "--force").status == 0
    assert target.read_text() == before


def test_designing_again_leaves_the_templates_where_they_are(app: Path) -> None:
    aisprint("toscarize", app)
    before = generated(app, "base")
    done = aisprint("design", app)
    assert done.status == 0, done.err
    assert generated(app, "base") == before
    source = app / "src/crop/main.py"
    source.write_text(source.read_text() + "\n# changed\n")
    done = aisprint("design", app)
    assert done.status == 0, done.err
    assert generated(app, "base") == before


def test_the_domain_reaches_every_address(app: Path) -> None:
    found = aisprint("toscarize", app, "--stdout", "--domain", "Example.org", "-o", "json").json
    assert found["domain"] == "example.org"
    assert "minio.two-layers-l2.example.org" in json.dumps(found["texts"])


def test_a_domain_chosen_once_holds(app: Path) -> None:
    assert aisprint("toscarize", app, "--domain", "example.org").status == 0
    before = generated(app, "base")
    assert aisprint("toscarize", app, "--check").status == 0
    assert aisprint("toscarize", app).status == 0
    assert generated(app, "base") == before
    assert aisprint("toscarize", app, "--check", "--domain", "other.org").status == 7


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--base", "--optimal"], "More than one deployment"),
        (["--base", "--deployment", "base"], "More than one deployment"),
        (["--stdout", "--check"], "exclude each other"),
        (["--check", "--force"], "exclude each other"),
        (["--domain", "not a domain"], "not a DNS domain"),
        (["--deployment", "deployment99"], "no deployment deployment99"),
        (["--no-verify"], "No such option"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(designed: Path, arguments: list[str], says: str) -> None:
    done = aisprint("toscarize", designed, *arguments)
    assert done.status == 2
    assert says in done.err
    assert "Traceback" not in done.err


def test_without_a_design_it_says_what_to_run(app: Path) -> None:
    shutil.rmtree(app / "aisprint")
    done = aisprint("toscarize", app)
    assert done.status == 6
    assert "aisprint design" in done.err
    assert not (app / "aisprint").exists()


def test_what_cannot_be_deployed_is_shown_with_its_place_and_nothing_is_written(app: Path) -> None:
    candidates = app / "common_config/candidate_deployments.yaml"
    candidates.write_text(candidates.read_text().replace("image: null", "image: 'no image'", 1))
    aisprint("design", app)
    done = aisprint("toscarize", app)
    assert done.status == 3
    assert "common_config/candidate_deployments.yaml:6:" in done.err
    assert "no image" in done.err
    assert generated(app, "base") == {}


def test_an_address_that_no_file_gives_is_made_up_and_said_so(app: Path) -> None:
    resources = app / "common_config/candidate_resources.yaml"
    resources.write_text(
        resources.read_text().replace("type: Virtual", "type: PhysicalAlreadyProvisioned", 1)
    )
    aisprint("design", app)
    done = aisprint("toscarize", app, "--domain", "example.org")
    assert done.status == 0
    assert "https://minio.two-layers-l1.example.org" in done.err

    entry = "{name: Pi, minio: {endpoint: 'https://minio.edge.example.org'}}"
    (app / "common_config/physical_nodes.yaml").write_text(
        f"ComputationalLayers: {{computationalLayer1: {{number: 1, Resources: {{resource1: {entry}}}}}}}\n"
    )
    assert "note:" not in aisprint("toscarize", app).err


def options_of(app: Path) -> dict[str, Any]:
    found: dict[str, Any] = aisprint("toscarize", app, "-o", "json").json["options"]
    return found


def test_a_choice_holds_until_it_is_undone(app: Path) -> None:
    chosen = (
        *("--elastic", "4", "--cloud", "1=one", "--cloud", "2=two", "--im-auth", "im/few.dat"),
        *("--registry-server", "r.example.org:5000", "--registry-username", "u"),
        *("--registry-password", "keyring:registry/u", "--influxdb-url", "https://influx.example.org"),
    )
    assert aisprint("toscarize", app, *chosen).status == 0
    assert options_of(app) == {
        "elastic": 4,
        "clouds": {"1": "one", "2": "two"},
        "im_auth": "secret://file/im/few.dat",
        "registry_server": "r.example.org:5000",
        "registry_username": "u",
        "registry_password": "secret://keyring/registry/u",
        "influxdb_url": "https://influx.example.org",
    }
    assert "secret://file/im/few.dat" in generated(app, "base")["im/layer1.yaml"].decode()
    undone = ("--elastic", "0", "--cloud", "1=", "--registry-server", "", "--influxdb-url", "")
    assert aisprint("toscarize", app, *undone, "--im-auth", "", "--registry-username", "").status == 0
    assert options_of(app) == {"clouds": {"2": "two"}, "registry_password": "secret://keyring/registry/u"}


def test_templates_by_component_come_and_go(app: Path) -> None:
    assert aisprint("toscarize", app, "--per-component").status == 0
    files = generated(app, "base")
    assert {"im/crop.yaml", "im/count.yaml", "im/layer1.yaml", "im/layer2.yaml"} <= files.keys()
    crop = yaml.safe_load(files["im/crop.yaml"])
    assert crop["metadata"]["infra_name"] == "OSCAR crop"
    (name,) = (name for name in crop["topology_template"]["node_templates"] if "service" in name)
    assert name == "oscar_service_crop"
    output = read_template(files["im/crop.yaml"].decode()).functions[0].service["output"]
    assert output == [{"storage_provider": "minio.two-layers-count", "path": "crop/output"}]

    (app / "aisprint/deployments/base/im/infras.yaml").write_text(
        "crop: [http://127.0.0.1, configured, '']\n"
    )
    assert aisprint("toscarize", app).status == 0
    assert "im/crop.yaml" in generated(app, "base")
    assert aisprint("toscarize", app, "--per-layer").status == 0
    assert {name for name in generated(app, "base") if name.startswith("im/")} == {
        "im/layer1.yaml",
        "im/layer2.yaml",
        "im/infras.yaml",
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--cloud", "one"), "no layer and identifier"),
        (("--registry-server", "https://r.example.org"), "no host name"),
        (("--registry-password", "hunter2"), "env:NAME"),
        (("--elastic", "-1"), "--elastic"),
        (("--per-component", "--per-layer"), "exclude each other"),
    ],
)
def test_an_option_that_cannot_be_meant_so_is_a_usage_error(
    app: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = aisprint("toscarize", app, *arguments)
    assert (done.status, generated(app, "base")) == (2, {})
    assert says in done.err
    assert "hunter2" not in done.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--cloud", "7=one"), "layer 7 has no machines"),
        (("--registry-server", "r.example.org"), "without a user or a password"),
    ],
)
def test_an_option_that_nothing_can_follow_is_said(app: Path, arguments: tuple[str, ...], code: str) -> None:
    done = aisprint("toscarize", app, *arguments)
    assert (done.status, generated(app, "base")) == (3, {})
    assert code in " ".join(done.err.split())
