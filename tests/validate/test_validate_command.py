"""`aisprint validate`: what it shows in each form, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import run, spoil

DAG = "common_config/application_dag.yaml"
CANDIDATES = "common_config/candidate_deployments.yaml"
PHYSICAL = "common_config/physical_nodes.yaml"


def test_a_sound_application_is_summed_up(continuum: Path) -> None:
    outcome = run("validate", continuum)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "street_watch",
        "  components    4",
        "  dependencies  3",
        "  layers        4",
        "  resources     5",
        "  annotations   component_name 4, device_constraints 1, exec_time 3, expected_throughput 1,"
        " partitionable_model 1, security 1",
        "The application is sound.",
    ]


@pytest.mark.parametrize("option", ["--application-dir", "--application_dir"])
def test_the_directory_may_be_an_option(continuum: Path, option: str) -> None:
    assert run("validate", option, continuum).code == 0
    assert run("validate", f"{option}={continuum}").code == 0


def test_the_current_directory_is_the_default(continuum: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(continuum)
    assert run("validate").code == 0


def test_a_problem_is_shown_with_its_line_and_how_to_mend_it(continuum: Path) -> None:
    spoil(continuum, CANDIDATES, "[AWS-FaaS]", "[AWS-FAS]")
    outcome = run("validate", continuum)
    assert outcome.code == 3
    expected = [
        CANDIDATES,
        f"  {CANDIDATES}:51:39: error: `report` may run on `AWS-FAS`, which does not exist."
        " [candidates.unknown-resource]",
        "    51 |         candidateExecutionResources: [AWS-FAS]",
        "       |                                       ^",
        "    why:  The component cannot be placed there.",
        "    mend: Did you mean `AWS-FaaS`?",
        "",
        "1 error, 0 warnings.",
    ]
    assert outcome.out.splitlines() == expected


def test_findings_are_grouped_by_file_and_counted(continuum: Path) -> None:
    spoil(continuum, DAG, "0.7", "0.9")
    spoil(continuum, CANDIDATES, "GPURequirement: false", "GPURequirement: true")
    (continuum / "src" / "report" / "requirements.txt").unlink()
    outcome = run("validate", continuum)
    headings = [line for line in outcome.out.splitlines() if line and not line.startswith(" ")]
    assert headings == [DAG, CANDIDATES, "src/report/main.py", "2 errors, 1 warning."]


def test_warnings_stop_only_when_strict(continuum: Path) -> None:
    (continuum / "src" / "report" / "requirements.txt").unlink()
    lenient, strict = run("validate", continuum), run("validate", continuum, "--strict")
    assert (lenient.code, strict.code) == (0, 3)
    assert "The application is sound (0 errors, 1 warning)." in lenient.out
    assert strict.out.endswith("0 errors, 1 warning.\n")


def test_quiet_shows_nothing_of_a_sound_application(continuum: Path) -> None:
    outcome = run("validate", continuum, "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_many_findings_alike_are_counted_unless_asked_for(continuum: Path) -> None:
    names = "".join(
        f"  spare{n}: {{name: s{n}, candidateExecutionLayers: [9], Containers: {{}}}}\n" for n in range(30)
    )
    with (continuum / CANDIDATES).open("a") as stream:
        stream.write(names)
    short, full = run("validate", continuum).out, run("validate", continuum, "-v").out
    assert "... and 10 more of candidates.no-container in this file (-v shows all)" in short
    assert full.count("[candidates.no-container]") == 30


def test_json_has_every_finding_and_a_summary(continuum: Path) -> None:
    spoil(continuum, DAG, "0.7", "0.9")
    outcome = run("validate", continuum, "-o", "json")
    data = json.loads(outcome.out)
    assert outcome.code == 3
    assert (data["schema"], data["valid"]) == ("aisprint.validate/1", False)
    assert data["summary"] == {"errors": 1, "warnings": 0, "application": None}
    (finding,) = data["findings"]
    assert list(finding) == ["code", "severity", "path", "line", "column", "message", "why", "mend"]
    assert (finding["code"], finding["path"], finding["line"], finding["column"]) == (
        "dag.probability-sum",
        DAG,
        4,
        93,
    )


def test_json_of_a_sound_application_tells_what_it_is(continuum: Path) -> None:
    data = json.loads(run("validate", continuum, "-o", "json").out)
    assert data["valid"] is True
    assert data["findings"] == []
    assert data["summary"]["application"]["components"] == 4
    assert data["summary"]["application"]["annotations"]["exec_time"] == 3


def test_json_under_strict_says_that_it_failed(continuum: Path) -> None:
    (continuum / "src" / "report" / "requirements.txt").unlink()
    assert json.loads(run("validate", continuum, "-o", "json", "--strict").out)["valid"] is False


def test_github_gets_workflow_commands(continuum: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(continuum, DAG, "0.7", "0.9")
    (continuum / "src" / "report" / "requirements.txt").unlink()
    monkeypatch.chdir(continuum.parent)
    outcome = run("validate", continuum, "-o", "github")
    assert outcome.code == 3
    error, warning = outcome.out.splitlines()
    assert error.startswith(
        f"::error file=continuum/{DAG},line=4,col=93,title=dag.probability-sum::The probab"
    )
    assert "%0AMend: " in error
    assert warning.startswith("::warning file=continuum/src/report/main.py,line=1,col=1,")
    strict = run("validate", continuum, "-o", "github", "--strict").out
    assert all(line.startswith("::error ") for line in strict.splitlines())


def test_github_commands_escape_what_files_contain(continuum: Path) -> None:
    spoil(continuum, DAG, "'archive']", "'a%b::c']")
    lines = run("validate", continuum, "-o", "github").out.splitlines()
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    assert any("a%25b" in line for line in lines)


def test_secrets_never_reach_the_report(continuum: Path) -> None:
    spoil(
        continuum,
        PHYSICAL,
        "secret_key: not-a-secret}\n        oscar",
        "secret_key: [hunter2]}\n        oscar",
    )
    spoil(continuum, PHYSICAL, 'ssh_key: "not-a-key"}\n        wns', 'ssh_key: {a: "hunter2"}}\n        wns')
    for form in ("table", "json", "github"):
        outcome = run("validate", continuum, "-o", form)
        assert outcome.code == 3
        assert "hunter2" not in outcome.out + outcome.err


def test_lines_of_a_broken_secret_file_are_not_repeated(continuum: Path) -> None:
    (continuum / PHYSICAL).write_text('ComputationalLayers:\n  key: "-----BEGIN\nhunter2hunter2\n   : x: y\n')
    outcome = run("validate", continuum)
    assert outcome.code == 3
    assert "hunter2" not in outcome.out


def test_names_cannot_send_commands_to_the_terminal(continuum: Path) -> None:
    spoil(continuum, DAG, "'archive']", '"\\e[31mred"]')
    outcome = run("validate", continuum)
    assert outcome.code == 3
    assert "\x1b" not in outcome.out


def test_long_lines_are_cut_around_the_caret(continuum: Path) -> None:
    spoil(
        continuum, DAG, "components: [", "components: [" + ", ".join(f"'part{n}'" for n in range(200)) + ", "
    )
    spoil(continuum, DAG, "'archive', 0.7", "'archive', 0.9")
    shown = [line for line in run("validate", continuum).out.splitlines() if " | " in line]
    assert shown
    assert max(map(len, shown)) < 130


def test_a_directory_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert run("validate", tmp_path / "nowhere").code == 2


def test_an_empty_directory_is_invalid_and_stays_empty(tmp_path: Path) -> None:
    assert run("validate", tmp_path).code == 3
    assert list(tmp_path.iterdir()) == []


def test_validating_writes_nothing(continuum: Path) -> None:
    before = sorted(path for path in continuum.rglob("*"))
    run("validate", continuum)
    assert sorted(path for path in continuum.rglob("*")) == before


def test_the_installed_command_ends_with_3_and_without_a_traceback(continuum: Path) -> None:
    spoil(continuum, DAG, "System:", "System: [")
    program = Path(sys.executable).parent / "aisprint"
    done = subprocess.run([program, "validate", continuum], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "[yaml.syntax]" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_other_commands_show_the_same_problems_on_stderr(continuum: Path) -> None:
    spoil(continuum, DAG, "0.7", "0.9")
    program = Path(sys.executable).parent / "aisprint"
    done = subprocess.run([program, "design", continuum], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "[dag.probability-sum]" in done.stderr
    assert "The application directory has 1 problem." in done.stderr


def test_a_directory_without_any_application_is_said_to_be_the_wrong_one(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "aisprint"
    done = subprocess.run([program, "design", tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "holds no application" in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []
