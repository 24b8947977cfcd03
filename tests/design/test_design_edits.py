"""What other hands put into the output is kept; what they changed is never overwritten unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from design_directories import snapshot, times
from design_runs import Designer

from aisprint_cli.design.report import Outcome
from aisprint_cli.errors import InvalidInputError, StateError

SHARED = "aisprint/deployments/deployment2/application_dag.yaml"
EDITABLE = (
    "aisprint/designs/first/base/main.py",
    "aisprint/designs/second/partition1_1/main.py",
    "aisprint/designs/component_partitions.yaml",
    "common_config/annotations.yaml",
    "space4ai-d/qos_constraints.yaml",
)


def replace(path: Path, text: str) -> None:
    """As an editor does: a new file under the old name."""
    path.unlink(missing_ok=True)
    path.write_text(text)


def change_input(directory: Path) -> None:
    """A longer limit: constraints, annotations and a design change."""
    main = directory / "src/first/main.py"
    main.write_text(main.read_text().replace("local_time_thr=8", "local_time_thr=9"))


def test_files_of_other_tools_and_notes_are_carried_over(designed: Path, design: Designer) -> None:
    notes = {
        "aisprint/deployments/base/im/layer1.yaml": "template",
        "aisprint/deployments/base/oscar/fdl.yaml": "fdl",
        "aisprint/designs/containers.yaml": "images",
        "aisprint/logs/.gitkeep": "",
        "aisprint/notes.txt": "mine",
    }
    for name, text in notes.items():
        (designed / name).parent.mkdir(parents=True, exist_ok=True)
        (designed / name).write_text(text)
    (designed / "aisprint/empty").mkdir()
    (designed / "aisprint/latest").symlink_to("deployments/base")
    change_input(designed)
    assert design(designed).outcome is Outcome.WRITTEN
    for name, text in notes.items():
        assert (designed / name).read_text() == text
    assert (designed / "aisprint/empty").is_dir()
    assert (designed / "aisprint/latest").readlink() == Path("deployments/base")
    assert design(designed).outcome is Outcome.UNCHANGED


def test_what_others_wrote_for_a_deployment_that_is_no_more_is_kept_and_named(
    undesigned: Path, design: Designer
) -> None:
    design(undesigned)
    template = undesigned / "aisprint/deployments/deployment1/im/layer1.yaml"
    template.parent.mkdir()
    template.write_text("template")
    path = undesigned / "common_config/candidate_deployments.yaml"
    document = yaml.safe_load(path.read_text())
    component = document["Components"]["component1"]
    component["candidateExecutionLayers"] = [1]
    component["Containers"]["container1"]["candidateExecutionResources"] = ["VM1"]
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    report = design(undesigned)
    assert report.design.count == 1
    assert template.read_text() == "template"
    assert not (template.parents[1] / "application_dag.yaml").exists()
    assert any("deployment1" in note for note in report.notes)


def test_a_deployment_beyond_the_cap_is_not_said_to_be_gone(undesigned: Path, design: Designer) -> None:
    design(undesigned)
    template = undesigned / "aisprint/deployments/deployment1/im/layer1.yaml"
    template.parent.mkdir()
    template.write_text("template")
    report = design(undesigned, maximum=1)
    assert (report.is_capped, report.notes) == (True, ())
    assert template.read_text() == "template"


def test_what_python_leaves_in_a_design_that_is_run_counts_for_nothing(
    undesigned: Path, design: Designer
) -> None:
    design(undesigned)
    cache = undesigned / "aisprint/designs/first/base/__pycache__"
    cache.mkdir()
    (cache / "main.pyc").write_bytes(b"x")
    assert design(undesigned).outcome is Outcome.UNCHANGED
    change_input(undesigned)
    assert design(undesigned).outcome is Outcome.WRITTEN
    assert not cache.exists()


@pytest.mark.parametrize("name", [*EDITABLE, SHARED])
def test_an_edited_file_stops_the_run_and_stays(designed: Path, design: Designer, name: str) -> None:
    replace(designed / name, "edited\n")
    change_input(designed)
    before = times(designed)
    with pytest.raises(InvalidInputError) as caught:
        design(designed)
    assert [item.location.path for item in caught.value.diagnostics] == [name]
    assert "--force" in caught.value.diagnostics[0].mend
    assert times(designed) == before


def test_every_edited_file_is_named_at_once(designed: Path, design: Designer) -> None:
    for name in EDITABLE:
        replace(designed / name, "edited\n")
    with pytest.raises(InvalidInputError) as caught:
        design(designed)
    assert sorted(item.location.path for item in caught.value.diagnostics) == sorted(EDITABLE)


@pytest.mark.parametrize("name", EDITABLE)
def test_force_writes_and_keeps_the_edit_beside(designed: Path, design: Designer, name: str) -> None:
    wanted = (designed / name).read_bytes()
    for edit in ("first edit\n", "second edit\n"):
        replace(designed / name, edit)
        report = design(designed, force=True)
        assert (designed / name).read_bytes() == wanted
        (kept,) = report.kept
        assert (designed / kept).read_text() == edit
    assert (designed / f"{name}.orig").read_text() == "first edit\n"
    assert (designed / f"{name}.orig2").read_text() == "second edit\n"
    assert design(designed).outcome is Outcome.UNCHANGED


def test_an_edit_that_equals_what_would_be_written_is_no_obstacle(designed: Path, design: Designer) -> None:
    change_input(designed)
    text = (designed / "src/first/main.py").read_text()
    replace(designed / "aisprint/designs/first/base/main.py", text)
    assert design(designed).outcome is Outcome.WRITTEN


def test_a_file_that_was_removed_is_written_again(designed: Path, design: Designer) -> None:
    before = snapshot(designed)
    (designed / SHARED).unlink()
    (designed / "common_config/annotations.yaml").unlink()
    report = design(designed)
    assert report.changes.added == (SHARED.removeprefix("aisprint/"),)
    assert snapshot(designed) == before


def test_a_half_of_a_model_that_was_edited_is_split_anew(designed: Path, design: Designer) -> None:
    half = designed / "aisprint/designs/second/partition1_1/onnx/partition1_1.onnx"
    wanted = half.read_bytes()
    half.write_bytes(b"broken")
    report = design(designed, force=True)
    assert half.read_bytes() == wanted
    assert (designed / report.kept[0]).read_bytes() == b"broken"


def test_a_tree_that_is_not_ours_is_not_overwritten(undesigned: Path, design: Designer) -> None:
    other = {
        "aisprint/deployments/base/application_dag.yaml": "theirs",
        "aisprint/deployments/base/src": "a file where a directory has to be",
        "aisprint/designs/first/base/main.py/inner": "a directory where a file has to be",
    }
    for name, text in other.items():
        (undesigned / name).parent.mkdir(parents=True, exist_ok=True)
        (undesigned / name).write_text(text)
    with pytest.raises(InvalidInputError) as caught:
        design(undesigned)
    assert sorted(item.location.path for item in caught.value.diagnostics) == sorted(other)
    report = design(undesigned, force=True)
    assert {(undesigned / name).read_text() for name in report.kept} == set(other.values())
    assert (undesigned / "aisprint/deployments/base/src/first/main.py").is_file()
    assert design(undesigned).outcome is Outcome.UNCHANGED


def test_what_an_earlier_tool_left_outside_is_replaced_and_kept(undesigned: Path, design: Designer) -> None:
    path = undesigned / "common_config/annotations.yaml"
    path.write_text("my_app/src/first/main.py: {}\n")
    report = design(undesigned)
    assert report.kept == ("common_config/annotations.yaml.orig",)
    assert "src/second/main.py" in path.read_text()
    assert design(undesigned).outcome is Outcome.UNCHANGED


def test_constraints_that_are_no_more_are_removed_unless_edited(undesigned: Path, design: Designer) -> None:
    design(undesigned)
    path = undesigned / "space4ai-d/qos_constraints.yaml"
    assert path.exists()
    for name in ("first", "second"):
        main = undesigned / "src" / name / "main.py"
        main.write_text("\n".join(line for line in main.read_text().splitlines() if "@exec_time" not in line))
    design(undesigned)
    assert not path.exists()
    path.write_text("mine")
    assert design(undesigned).outcome is Outcome.UNCHANGED
    assert path.read_text() == "mine"


def test_a_placement_another_tool_wrote_is_kept_and_said_so(designed: Path, design: Designer) -> None:
    path = designed / "aisprint/deployments/optimal_deployment/production_deployment.yaml"
    replace(path, "System: {name: placed}\n")
    report = design(designed)
    assert report.outcome is Outcome.UNCHANGED
    assert any("production_deployment.yaml" in note for note in report.notes)
    change_input(designed)
    assert design(designed).outcome is Outcome.WRITTEN
    assert path.read_text() == "System: {name: placed}\n"
    path.unlink()
    design(designed)
    assert "DeploymentName: base" in path.read_text()


def test_a_record_that_cannot_be_read_stops_the_run(designed: Path, design: Designer) -> None:
    (designed / "aisprint/.design.json").write_text("{")
    with pytest.raises(StateError, match=r"\.design\.json"):
        design(designed)


def test_an_output_tree_that_is_a_link_is_refused(undesigned: Path, design: Designer, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (undesigned / "aisprint").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError):
        design(undesigned)
    assert not list((tmp_path / "elsewhere").iterdir())
