"""The output tree of an application with a model that is split."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
import yaml
from design_directories import snapshot, times, write_application, write_component, write_model
from design_runs import Designer

from aisprint_cli.design.report import Outcome
from aisprint_cli.errors import InvalidInputError

PLAIN_DEPLOYMENTS = 2
ALL_DEPLOYMENTS = 6


def test_every_file_of_the_documented_tree_is_there(designed: Path) -> None:
    found = set(snapshot(designed))
    for split in (1, 2):
        for segment in (1, 2):
            folder = f"aisprint/designs/second/partition{split}_{segment}"
            files = {name.removeprefix(f"{folder}/") for name in found if name.startswith(f"{folder}/")}
            model = f"onnx/partition{split}_{segment}.onnx"
            assert files == {"main.py", "requirements.txt", "labels.txt", model}
    deployments = sorted(path.name for path in (designed / "aisprint/deployments").iterdir())
    assert deployments == [
        "base",
        *(f"deployment{number}" for number in range(1, ALL_DEPLOYMENTS)),
        "multi_cluster_qos_constraints.yaml",
        "optimal_deployment",
    ]
    assert {"common_config/annotations.yaml", "space4ai-d/qos_constraints.yaml"} <= found


def test_the_base_design_is_the_component_and_base_has_its_graph(designed: Path) -> None:
    for component in ("first", "second"):
        assert snapshot(designed / "src" / component) == snapshot(
            designed / "aisprint/designs" / component / "base"
        )
    graph = "application_dag.yaml"
    written = (designed / "aisprint/deployments/base" / graph).read_bytes()
    assert written == (designed / "common_config" / graph).read_bytes()


def test_a_partitioned_deployment_has_its_graph_and_its_constraints_where_paths_end(designed: Path) -> None:
    folder = designed / "aisprint/deployments/deployment2"
    halves = ["second_partition1_1", "second_partition1_2"]
    assert yaml.safe_load((folder / "application_dag.yaml").read_text())["System"] == {
        "name": "my_app",
        "components": ["first", *halves],
        "dependencies": [["first", halves[0], 0.5], [*halves, 1]],
    }
    on_layer_2 = yaml.safe_load((folder / "ams/qos_constraints_L2.yaml").read_text())["system"]
    assert on_layer_2["local_constraints"] == {}
    assert on_layer_2["global_constraints"] == {
        "global_constraint_1": {"path_components": halves, "threshold": 10},
        "global_constraint_2": {"path_components": ["first", *halves], "threshold": 20},
    }
    assert sorted(path.name for path in (folder / "ams").iterdir()) == [
        "qos_constraints_L1.yaml",
        "qos_constraints_L2.yaml",
    ]


def test_links_lead_to_the_designs_and_to_the_application_s_tools(designed: Path) -> None:
    for deployment in ("base", "deployment1", "deployment2", "deployment3"):
        folder = designed / "aisprint/deployments" / deployment
        names = yaml.safe_load((folder / "application_dag.yaml").read_text())["System"]["components"]
        assert sorted(path.name for path in (folder / "src").iterdir()) == sorted(names)
        for name in names:
            component, _, design = name.partition("_")
            target = designed / "aisprint/designs" / component / (design or "base")
            assert (folder / "src" / name / "main.py").resolve() == (target / "main.py").resolve()
        assert (folder / "space4ai-d/SPACE4AI-D.yaml").samefile(designed / "space4ai-d/SPACE4AI-D.yaml")


def test_credentials_are_in_no_deployment(designed: Path) -> None:
    assert not any("/im" in name for name in snapshot(designed / "aisprint"))
    assert not any("secret" in str(content) for content in snapshot(designed / "aisprint").values())


def test_base_and_optimal_are_the_same_placement_until_one_is_made(designed: Path) -> None:
    folder = designed / "aisprint/deployments"
    text = (folder / "optimal_deployment/production_deployment.yaml").read_text()
    assert text == (folder / "base/production_deployment.yaml").read_text()
    system = yaml.safe_load(text)["System"]
    assert list(system) == ["name", "NetworkDomains", "Components", "DeploymentName"]
    assert system["DeploymentName"] == "base"
    first = system["Components"]["component1"]
    assert (first["name"], first["executionLayer"]) == ("first", 1)
    container = first["Containers"]["container1"]
    assert container["selectedExecutionResource"] == "VM1"
    assert "candidateExecutionResources" not in container
    layers = system["NetworkDomains"]["ND1"]["ComputationalLayers"]
    assert list(layers) == ["computationalLayer1", "computationalLayer2"]
    assert layers["computationalLayer1"]["Resources"]["resource1"]["totalNodes"] == 5


def test_the_halves_answer_as_the_whole_does(designed: Path, checkout: Path) -> None:
    designs = designed / "aisprint/designs/second"
    given = designed / "x.json"
    given.write_text("[[0.1, -0.2, 0.3, 0.4]]")
    environment = {**os.environ, "PYTHONPATH": str(checkout)}

    def run(design: str, source: Path, target: Path) -> Path:
        command = [sys.executable, "main.py", "-i", str(source), "-o", str(target)]
        subprocess.run(command, cwd=designs / design, env=environment, check=True)
        written = [path for path in target.parent.iterdir() if path.name.startswith(target.name)]
        assert len(written) == 1
        return written[0]

    def folder(name: str) -> Path:
        (designed / name).mkdir()
        return designed / name

    whole = run("base", given, folder("whole") / "out")
    between = run("partition1_1", given, folder("between") / "out")
    halves = run("partition1_2", between, folder("halves") / "out")
    expected = yaml.safe_load(whole.read_text())[0]
    assert yaml.safe_load(halves.read_text())[0] == pytest.approx(expected, rel=1e-5)


def test_the_same_input_gives_the_same_tree_anywhere(
    designed: Path, tmp_path: Path, design: Designer
) -> None:
    other = write_application(tmp_path / "elsewhere" / "other_name", splits=2)
    design(other)
    assert snapshot(other) == snapshot(designed)


def test_designing_again_touches_nothing(designed: Path, design: Designer) -> None:
    before = times(designed)
    report = design(designed)
    assert report.outcome is Outcome.UNCHANGED
    assert times(designed) == before


def test_only_what_an_input_changes_is_written_again(designed: Path, design: Designer) -> None:
    before = times(designed)
    (designed / "src/first/main.py").write_text("# a remark\n" + (designed / "src/first/main.py").read_text())
    report = design(designed)
    assert report.inputs == ("src/first/main.py",)
    assert report.changes.updated == ("designs/first/base/main.py",)
    assert not report.changes.added
    assert not report.changes.removed
    model = (designed / "aisprint/designs/second/partition1_1/onnx/partition1_1.onnx").as_posix()
    assert times(designed)[model] == before[model]
    assert next(item for item in report.components if item.name == "second").reused


def test_a_changed_model_is_split_anew(designed: Path, design: Designer) -> None:
    half = designed / "aisprint/designs/second/partition1_1/onnx/partition1_1.onnx"
    before = half.read_bytes()
    write_model(designed / "src/second/onnx/net.onnx", seed=7)
    report = design(designed)
    assert half.read_bytes() != before
    assert not next(item for item in report.components if item.name == "second").reused


def test_an_input_that_changes_no_output_only_renews_the_record(designed: Path, design: Designer) -> None:
    graph = designed / "common_config/candidate_deployments.yaml"
    graph.write_text(graph.read_text() + "# a remark\n")
    tree = (designed / "aisprint").stat().st_ino
    report = design(designed)
    assert not report.changes
    assert report.inputs == ("common_config/candidate_deployments.yaml",)
    assert (designed / "aisprint").stat().st_ino == tree
    assert design(designed).outcome is Outcome.UNCHANGED


def test_deployments_that_are_no_more_go_and_those_that_come_appear(designed: Path, design: Designer) -> None:
    path = designed / "common_config/candidate_deployments.yaml"
    document = yaml.safe_load(path.read_text())
    component = document["Components"]["component1"]
    component["candidateExecutionLayers"] = [1]
    component["Containers"]["container1"]["candidateExecutionResources"] = ["VM1"]
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    report = design(designed)
    assert report.design.count == ALL_DEPLOYMENTS // 2
    assert not (designed / "aisprint/deployments/deployment3").exists()
    design_count = len(list((designed / "aisprint/deployments").glob("deployment*")))
    assert design_count == report.design.count - 1


def test_a_cap_writes_the_first_deployments_and_says_so(undesigned: Path, design: Designer) -> None:
    report = design(undesigned, maximum=1)
    assert (report.written, report.design.count, report.is_capped) == (1, PLAIN_DEPLOYMENTS, True)
    assert not (undesigned / "aisprint/deployments/deployment1").exists()
    assert design(undesigned, maximum=1).outcome is Outcome.UNCHANGED
    assert design(undesigned).changes.added
    assert (undesigned / "aisprint/deployments/deployment1").exists()


def test_a_dry_run_writes_nothing_and_tells_the_same(undesigned: Path, design: Designer) -> None:
    before = times(undesigned)
    planned = design(undesigned, dry_run=True)
    assert planned.outcome is Outcome.PLANNED
    assert times(undesigned) == before
    assert not (undesigned / ".aisprint").exists()
    assert design(undesigned).changes == planned.changes


def test_equal_files_of_deployments_are_one_file_that_asks_before_it_is_changed(
    designed_template: Path,
) -> None:
    deployments = designed_template / "aisprint/deployments"
    one, other = (deployments / name / "application_dag.yaml" for name in ("deployment2", "deployment3"))
    assert one.read_bytes() == other.read_bytes()
    assert one.samefile(other)
    assert one.stat().st_mode & 0o777 == 0o444


def test_a_file_that_other_tools_write_is_shared_with_no_other(designed: Path, design: Designer) -> None:
    deployments = designed / "aisprint/deployments"
    optimal = deployments / "optimal_deployment/production_deployment.yaml"
    optimal.unlink()
    design(designed)
    assert not optimal.samefile(deployments / "base/production_deployment.yaml")
    assert optimal.stat().st_mode & 0o777 == 0o644


def test_a_component_s_links_are_followed_and_leftovers_left_out(undesigned: Path, design: Designer) -> None:
    source = undesigned / "src/first"
    (undesigned / "shared.txt").write_text("shared")
    (source / "shared.txt").symlink_to("../../shared.txt")
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "main.pyc").write_text("x")
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    design(undesigned)
    base = undesigned / "aisprint/designs/first/base"
    assert not (base / "shared.txt").is_symlink()
    assert (base / "shared.txt").read_text() == "shared"
    assert not (base / "__pycache__").exists()
    assert os.access(base / "run.sh", os.X_OK)
    assert design(undesigned).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("target", ["nowhere", "."])
def test_a_link_that_cannot_be_followed_stops_the_run(
    undesigned: Path, design: Designer, target: str
) -> None:
    (undesigned / "src/first/data").symlink_to(target)
    with pytest.raises(InvalidInputError) as caught:
        design(undesigned)
    assert caught.value.diagnostics[0].location.path == "src/first/data"
    assert not (undesigned / "aisprint").exists()


def test_a_name_that_is_not_utf_8_stops_the_run(undesigned: Path, design: Designer) -> None:
    (undesigned / "src/first" / os.fsdecode(b"odd\xff.txt")).write_text("x")
    with pytest.raises(InvalidInputError) as caught:
        design(undesigned)
    assert "src/first/odd\\udcff.txt is not UTF-8" in caught.value.diagnostics[0].message
    assert not (undesigned / "aisprint").exists()


def test_a_segment_has_every_model_of_the_component_but_the_one_that_was_split(
    tmp_path: Path, design: Designer
) -> None:
    """The weights of the whole stay away too, also where they lie in a file of their own."""
    directory = write_application(tmp_path / "my_app")
    models = directory / "src/second/onnx"
    for name, weights in (("net.onnx", "net.bin"), ("shared.onnx", "both.bin"), ("other.onnx", "both.bin")):
        model = onnx.load(models / "net.onnx")
        onnx.save_model(model, models / name, save_as_external_data=True, location=weights, size_threshold=0)
    (models / "labels.txt").write_text("one\n")
    design(directory)
    half = "partition1_1.onnx"
    segment = directory / "aisprint/designs/second/partition1_1/onnx"
    wanted = {half, f"{half}.data", "shared.onnx", "other.onnx", "both.bin", "labels.txt"}
    assert {path.name for path in segment.iterdir()} == wanted
    (directory / "src/first/requirements.txt").write_text("")
    assert design(directory).components[1].reused
    assert {path.name for path in segment.iterdir()} == wanted


def test_weights_that_another_model_reads_too_stay(tmp_path: Path, design: Designer) -> None:
    directory = write_application(tmp_path / "my_app")
    models = directory / "src/second/onnx"
    model = onnx.load(models / "net.onnx")
    onnx.save_model(
        model, models / "net.onnx", save_as_external_data=True, location="w.bin", size_threshold=0
    )
    shutil.copy(models / "net.onnx", models / "twin.onnx")
    (models / "broken.onnx").write_text("version https://git-lfs.github.com/spec/v1")
    design(directory)
    segment = directory / "aisprint/designs/second/partition1_2/onnx"
    assert {"w.bin", "twin.onnx", "broken.onnx"} <= {path.name for path in segment.iterdir()}
    assert not (segment / "net.onnx").exists()


def test_a_model_without_a_cut_is_designed_whole_with_a_warning(tmp_path: Path, design: Designer) -> None:
    directory = write_application(tmp_path / "my_app")
    write_model(directory / "src/second/onnx/net.onnx", splittable=False)
    report = design(directory)
    (finding,) = [item for item in report.findings if item.code == "design.no-cut"]
    assert finding.location.path == "src/second/main.py"
    assert finding.location.line > 1
    assert report.design.count == PLAIN_DEPLOYMENTS
    assert not (directory / "aisprint/designs/second/partition1_1").exists()
    again = design(directory)
    assert (again.outcome, again.findings) == (Outcome.UNCHANGED, report.findings)


def test_strict_takes_a_model_without_a_cut_for_an_error(tmp_path: Path, design: Designer) -> None:
    directory = write_application(tmp_path / "my_app")
    write_model(directory / "src/second/onnx/net.onnx", splittable=False)
    with pytest.raises(InvalidInputError):
        design(directory, strict=True)
    assert not (directory / "aisprint").exists()


def test_fewer_splits_than_asked_for_are_explained(tmp_path: Path, design: Designer) -> None:
    directory = write_application(tmp_path / "my_app", splits=9)
    report = design(directory)
    (note,) = report.notes
    assert note.startswith("second: 3 of 9 splits found: all other places are closer than 6%")
    component = report.to_json()["components"][1]
    assert note == f"second: {component['shortage']}."
    assert [split["bit_exact"] for split in component["splits"]] == [True, True, True]
    assert report.design.splits["second"] < 9


def test_code_that_cannot_be_split_is_an_error_with_its_place_and_nothing_is_written(
    tmp_path: Path, design: Designer
) -> None:
    directory = write_application(tmp_path / "my_app")
    write_component(
        directory, "second", NO_INFERENCE, '@partitionable_model(onnx_file="net.onnx", num_partitions=1)\n'
    )
    before = times(directory)
    with pytest.raises(InvalidInputError) as caught:
        design(directory)
    assert {item.location.path for item in caught.value.diagnostics} == {"src/second/main.py"}
    assert times(directory) == before


def test_code_in_another_encoding_is_refused_where_it_has_to_be_split(
    tmp_path: Path, design: Designer
) -> None:
    directory = write_application(tmp_path / "my_app")
    main = directory / "src/second/main.py"
    main.write_bytes("# -*- coding: latin-1 -*-\n# é\n".encode("latin-1") + main.read_bytes())
    with pytest.raises(InvalidInputError) as caught:
        design(directory)
    (finding,) = caught.value.diagnostics
    assert "UTF-8" in finding.message


NO_INFERENCE = """\
from aisprint.annotations import component_name, partitionable_model


@component_name(name="{name}")
{decorators}def main(args):
    return args


if __name__ == "__main__":
    main({{}})
"""


def test_annotations_that_are_not_acted_on_are_named(undesigned: Path, design: Designer) -> None:
    main = undesigned / "src/first/main.py"
    drift = (
        '@detect_metric_drift(metric="m", field="f", statistical_test="kolmogorov-smirnov",'
        " test_threshold=0.1, detection_interval=1, monitoring_period=1, data_collection_period=1)\n"
    )
    text = main.read_text().replace(
        "component_name, exec_time", "component_name, detect_metric_drift, exec_time"
    )
    main.write_text(text.replace("def main", f"{drift}def main"))
    report = design(undesigned)
    assert any("detect_metric_drift" in note for note in report.notes)


def test_an_application_without_limits_has_no_constraint_files(tmp_path: Path, design: Designer) -> None:
    directory = write_application(tmp_path / "my_app", splittable=False)
    for name in ("first", "second"):
        main = directory / "src" / name / "main.py"
        main.write_text("\n".join(line for line in main.read_text().splitlines() if "@exec_time" not in line))
    design(directory)
    assert not [name for name in snapshot(directory) if "qos_constraints" in name and "multi" not in name]
    document = yaml.safe_load(
        (directory / "aisprint/deployments/multi_cluster_qos_constraints.yaml").read_text()
    )
    assert document == {"System": {"Deployments": {"base": None, "deployment1": None}}}
