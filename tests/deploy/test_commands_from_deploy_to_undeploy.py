"""The commands on the local back end, as a person and as a script use them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from installed_command import CommandLine
from tiny_chain import change_component, write_inputs

Deployed = tuple[CommandLine, dict[str, Any]]
DOUBLE = ("--backend", "directory")


def _of(said: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in said["inputs"] if entry["input"].endswith(f"{name}.in"))


def test_results_come_back_under_the_name_of_their_input(deployed: Deployed) -> None:
    command_line, said = deployed
    found = _of(said, "hello")

    assert found["state"] == "succeeded"
    assert found["results"] == [str(command_line.directory / "results/hello/sign/hello.txt")]
    assert Path(found["results"][0]).read_text() == "hello>upper>sign"
    assert [run["component"] for run in found["runs"]] == ["upper", "sign"]
    assert said["schema"] == "aisprint.invoke/1"
    assert said["summary"] == {"total": 3, "succeeded": 2, "failed": 1, "timed_out": 0, "submitted": 0}


def test_a_way_not_taken_is_no_failure(deployed: Deployed) -> None:
    found = _of(deployed[1], "skip")

    assert (found["state"], found["ended_early"], found["results"]) == ("succeeded", ["upper"], [])


def test_a_failure_names_its_component_and_shows_its_last_lines(deployed: Deployed) -> None:
    found = _of(deployed[1], "boom")

    assert (found["state"], found["failure"]["component"]) == ("failed", "sign")
    assert "ValueError: no way to sign a bomb" in found["failure"]["log"]


def test_the_failed_run_is_found_again_by_what_invoke_said(deployed: Deployed) -> None:
    command_line, said = deployed
    job = _of(said, "boom")["failure"]["job"]

    by_job = command_line("logs", "tiny", "--job", job).stdout
    by_failure = command_line.json("logs", "tiny", "sign", "--failed", "--tail", "1")

    assert by_job.startswith(f"== sign, job {job}, failed (exit code 1)")
    assert [entry["job"] for entry in by_failure["jobs"]] == [job]
    assert by_failure["jobs"][0]["log"] == "ValueError: no way to sign a bomb"


def test_a_trace_is_named_as_status_shows_it(deployed: Deployed) -> None:
    command_line, said = deployed
    whole = _of(said, "hello")["trace"]

    words = command_line("status", "tiny").stdout.split()
    (shown,) = [word for word in words if len(word) > 4 and whole.startswith(word)]
    found = command_line.json("logs", "tiny", "--trace", shown)

    assert len(shown) == 8
    assert {entry["trace"] for entry in found["jobs"]} == {whole}


def test_logs_show_the_last_run_of_each_component(deployed: Deployed) -> None:
    found = deployed[0].json("logs", "tiny")

    assert found["schema"] == "aisprint.logs/1"
    assert sorted(entry["component"] for entry in found["jobs"]) == ["sign", "upper"]


def test_inside_the_application_its_directory_may_be_left_out(deployed: Deployed) -> None:
    command_line, _ = deployed
    inside = CommandLine(command_line.directory / "tiny", command_line.environment)

    assert "== upper" in inside("logs", "upper").stdout
    said = inside.json("invoke", "../hello.in", "-d", "../inside")
    assert said["summary"]["succeeded"] == 1
    assert "tiny_chain: deployment base on local" in inside("status").stdout


def test_status_shows_items_runs_and_limits(deployed: Deployed) -> None:
    command_line, said = deployed

    found = command_line.json("status", "tiny", "--qos", "--check")

    assert found["schema"] == "aisprint.status/1"
    assert (found["deployment"]["name"], found["deployment"]["state"]) == ("base", "active")
    assert {(item["recorded"], item["live"], item["drift"]) for item in found["items"]} == {
        ("present", "ready", None)
    }
    assert {entry["component"]: entry["jobs"]["failed"] for entry in found["functions"]} == {
        "upper": 0,
        "sign": 1,
    }
    traces = {entry["trace"]: entry for entry in found["traces"]}
    assert traces[_of(said, "hello")["trace"]]["input"].endswith("hello.in")
    limits = {tuple(entry["path"]): entry for entry in found["qos"]}
    assert limits["upper",]["verdict"] == limits["upper", "sign"]["verdict"] == "ok"
    assert limits["upper", "sign"]["samples"] >= 1


def test_status_reads_as_tables(deployed: Deployed) -> None:
    page = deployed[0]("status", "tiny", "--qos").stdout

    assert "tiny_chain: deployment base on local, active since" in page
    assert "upper -> sign" in page
    assert "boom.in" in page


def test_outputs_give_references_and_only_on_request_values(deployed: Deployed) -> None:
    command_line, _ = deployed

    found = command_line.json("outputs", "tiny")
    shown = command_line.json("outputs", "tiny", "--show-secrets")

    password = found["clusters"][0]["password"]
    assert password.startswith("secret://generated/")
    assert shown["clusters"][0]["password"] != password
    assert len(shown["clusters"][0]["password"]) >= 32
    assert found["functions"][0]["takes_input"] == ["tiny-chain-l1:upper/input"]
    assert found["functions"][1]["gives_results"] == ["tiny-chain-l2:sign/output"]
    assert found["clusters"][0]["endpoint"].startswith("http://127.0.0.1:")


def test_outputs_come_as_table_yaml_and_for_a_shell(deployed: Deployed) -> None:
    command_line, _ = deployed

    document = yaml.safe_load(command_line("outputs", "tiny", "-o", "yaml").stdout)
    variables = command_line("outputs", "tiny", "-o", "env").stdout
    table = command_line("outputs", "tiny").stdout

    assert document["schema"] == "aisprint.outputs/1"
    assert "AISPRINT_INPUT_UPPER=tiny-chain-l1:upper/input" in variables.splitlines()
    assert "input of upper" in table


def test_no_generated_secret_is_anywhere_but_in_the_ledger_and_the_private_home(deployed: Deployed) -> None:
    command_line, _ = deployed
    application = command_line.directory / "tiny"
    with closing(sqlite3.connect(application / ".aisprint" / "ledger.sqlite")) as ledger:
        values = [value.encode() for (value,) in ledger.execute("SELECT value FROM secrets")]
        other = "".join(
            str(row)
            for table in ("deployments", "items", "steps", "invocations")
            for row in ledger.execute(f"SELECT * FROM {table}")
        )
    assert values
    searched = [
        path
        for folder in (application, command_line.directory / "results")
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("ledger.sqlite")
    ]
    assert searched
    said = command_line("status", "tiny", "-vv").stdout + command_line("deploy", "tiny", "-vv").stderr
    for value in values:
        assert value.decode() not in other + said
        assert [path for path in searched if value in path.read_bytes()] == []


def test_many_files_of_a_folder_are_fed(deployed: Deployed) -> None:
    command_line, _ = deployed
    folder = command_line.directory / "many"
    folder.mkdir(exist_ok=True)
    write_inputs(folder, **{f"page{number}": f"page {number}" for number in range(12)})
    (folder / ".hidden").write_text("boom")

    said = command_line.json("invoke", "tiny", "--many", folder, "-d", "pages", "--concurrency", "3")

    assert said["summary"]["succeeded"] == said["summary"]["total"] == 12
    results = {path.name: path.read_text() for path in (command_line.directory / "pages").rglob("*.txt")}
    assert results == {f"page{number}.txt": f"page {number}>upper>sign" for number in range(12)}


def test_without_waiting_the_trace_is_printed(deployed: Deployed) -> None:
    command_line, _ = deployed

    said = command_line.json("invoke", "tiny", "hello.in", "--no-wait")

    (found,) = said["inputs"]
    assert (found["state"], found["results"]) == ("submitted", [])
    assert len(found["trace"]) == 36


def test_the_time_to_follow_can_be_limited(deployed: Deployed) -> None:
    command_line, _ = deployed

    ended = command_line("invoke", "tiny", "slow.in", "-d", "late", "--timeout", "0.1", "-o", "json", code=5)

    (found,) = json.loads(ended.stdout)["inputs"]
    assert found["state"] == "timed out"
    assert f"--trace {found['trace']}" in ended.stderr


def test_feeding_what_is_not_there_is_a_usage_error(deployed: Deployed) -> None:
    command_line, _ = deployed

    assert "none.in" in command_line("invoke", "tiny", "none.in", code=2).stderr
    assert "nothing to feed" in command_line("invoke", "tiny", code=2).stderr
    assert (
        "Did you mean upper?"
        in command_line("invoke", "tiny", "hello.in", "--component", "uper", code=2).stderr
    )
    assert "Did you mean sign?" in command_line("logs", "tiny", "sing", code=2).stderr
    assert "There is no job" in command_line("logs", "tiny", "--job", "none", code=2).stderr


def test_a_second_deploy_does_nothing_and_says_so(deployed: Deployed) -> None:
    command_line, _ = deployed

    assert "nothing to do" in command_line("deploy", "tiny").stdout
    assert command_line.json("deploy", "tiny")["plan"]["changes"] == 0


# -- changes; each test has an application of its own


def test_a_dry_run_makes_nothing(aisprint: CommandLine) -> None:
    aisprint = aisprint.at_home(aisprint.directory / "home")

    found = aisprint.json("deploy", "tiny", "--base", "--dry-run")

    assert found["schema"] == "aisprint.deploy/1"
    assert found["plan"]["schema"] == "aisprint.plan/1"
    assert found["plan"]["counts"]["create"] == 4
    assert found["outcome"] is None
    assert not (aisprint.directory / "tiny/aisprint/deployments/base/im").exists()
    assert not aisprint.home.exists()
    assert aisprint.json("status", "tiny")["deployed"] is False


def test_without_a_terminal_nothing_is_deployed_or_deleted_unasked(aisprint: CommandLine) -> None:
    refused = aisprint("deploy", "tiny", "--base", *DOUBLE, code=2)
    assert "--yes" in refused.stderr
    assert aisprint.json("status", "tiny", *DOUBLE)["deployed"] is False

    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    assert "--yes" in aisprint("undeploy", "tiny", *DOUBLE, code=2).stderr
    assert aisprint.json("status", "tiny", *DOUBLE)["drifted"] is False


def test_a_cloud_function_in_place_of_a_cluster_replaces_what_differs_and_gives_the_same_answer(
    aisprint: CommandLine,
) -> None:
    (hello,) = write_inputs(aisprint.directory, hello="hello")
    aisprint("deploy", "tiny", "--base", "--yes")
    aisprint("invoke", "tiny", hello, "-d", "one")

    found = aisprint.json("deploy", "tiny", "--deployment", "deployment2", "--yes")
    aisprint("invoke", "tiny", hello, "-d", "two")

    actions = {step["item"]: step["action"] for step in found["plan"]["steps"]}
    assert actions == {
        "function/tiny-chain-l2/sign": "delete",
        "cluster/tiny-chain-l2": "delete",
        "cluster/tiny-chain-l1": "unchanged",
        "cluster/tiny-chain-l3": "create",
        "function/tiny-chain-l1/upper": "update",
        "function/tiny-chain-l3/sign": "create",
    }
    results = [(aisprint.directory / name / "hello/sign/hello.txt").read_text() for name in ("one", "two")]
    assert results == ["hello>upper>sign"] * 2
    assert aisprint.json("deploy", "tiny")["deployment"] == "deployment2"


def test_a_changed_component_is_the_only_one_updated(aisprint: CommandLine) -> None:
    application = aisprint.directory / "tiny"
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    change_component(application)

    found = aisprint.json("deploy", "tiny", *DOUBLE, "--yes")

    changes = [
        (step["action"], step["item"]) for step in found["plan"]["steps"] if step["action"] != "unchanged"
    ]
    assert changes == [("update", "function/tiny-chain-l1/upper")]


def test_a_design_that_is_out_of_date_is_refused_with_the_way_out(aisprint: CommandLine) -> None:
    source = aisprint.directory / "tiny/src/upper/main.py"
    source.write_text(source.read_text() + "\n# a change\n")

    refused = aisprint("deploy", "tiny", "--yes", code=6)

    assert "out of date" in refused.stderr
    assert "aisprint design" in refused.stderr


def test_a_template_edited_by_hand_is_not_overwritten(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    template = aisprint.directory / "tiny/aisprint/deployments/base/im/layer1.yaml"
    text = template.read_text().replace("128Mi", "256Mi")
    template.write_text(text)

    refused = aisprint("deploy", "tiny", *DOUBLE, "--yes", code=6)

    assert "layer1.yaml" in refused.stderr
    assert "--force" in refused.stderr
    assert template.read_text() == text


def test_what_differs_from_the_record_is_reported_as_drift_and_repaired(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    with closing(sqlite3.connect(aisprint.directory / "tiny/.aisprint/ledger.sqlite")) as ledger:
        ledger.execute("UPDATE items SET spec = replace(spec, '128Mi', '64Mi') WHERE name LIKE '%/sign'")
        ledger.commit()

    checked = aisprint("status", "tiny", "--check", *DOUBLE, code=7)
    assert "function/tiny-chain-l2/sign: it was changed outside" in checked.stderr

    found = aisprint.json("deploy", "tiny", *DOUBLE, "--yes")
    assert found["outcome"]["complete"]
    aisprint("status", "tiny", "--check", *DOUBLE)


def test_kept_data_is_where_undeploy_says_comes_back_and_goes_when_asked(aisprint: CommandLine) -> None:
    (hello,) = write_inputs(aisprint.directory, hello="hello")
    aisprint("deploy", "tiny", "--base", "--yes")
    aisprint("invoke", "tiny", hello)

    said = aisprint.json("undeploy", "tiny", "--keep-data", "--yes")
    again = aisprint("undeploy", "tiny", "--yes").stdout

    kept = {entry["cluster"]: Path(entry["where"]) for entry in said["kept"]}
    (result,) = (kept["tiny-chain-l2"] / "sign" / "output").iterdir()
    assert result.read_text() == "hello>upper>sign"
    assert again.splitlines() == [
        "Nothing of tiny_chain is deployed.",
        *(f"Kept data of {name}: {place}" for name, place in kept.items()),
        "`aisprint deploy tiny` brings it back, `aisprint undeploy tiny --delete-kept` deletes it.",
    ]
    assert again in aisprint("status", "tiny").stdout.replace("of tiny is", "of tiny_chain is")

    found = aisprint("deploy", "tiny", "--base", "--yes").stderr
    assert "kept objects are back" in found
    assert not any(place.exists() for place in kept.values())

    aisprint("undeploy", "tiny", "--keep-data", "--yes")
    gone = aisprint("undeploy", "tiny", "--delete-kept", "--yes").stdout
    assert gone == "tiny_chain base is undeployed: everything is gone.\n"
    assert not any(place.exists() for place in kept.values())


def test_keeping_and_deleting_what_was_kept_are_opposite(aisprint: CommandLine) -> None:
    refused = aisprint("undeploy", "tiny", "--keep-data", "--delete-kept", code=2)

    assert "opposite" in refused.stderr


def test_undeploying_removes_all_and_may_be_repeated(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", "--yes")

    found = aisprint.json("undeploy", "tiny", "--yes")

    assert found["schema"] == "aisprint.undeploy/1"
    assert found["application"] == "tiny_chain"
    assert found["plan"]["counts"]["delete"] == 4
    assert [path.name for path in (aisprint.home / "clusters").iterdir()] == ["keeper"]
    assert "Nothing of tiny_chain is deployed." in aisprint("undeploy", "tiny", "--yes").stdout
    unfed = aisprint("invoke", "tiny", "tiny/src/upper/main.py", code=6)
    assert "Nothing of tiny is deployed." in unfed.stderr


def test_another_checkout_of_the_application_does_not_take_over(
    aisprint: CommandLine, designed: Path
) -> None:
    aisprint("deploy", "tiny", "--base", "--yes")
    shutil.copytree(designed, aisprint.directory / "copy", symlinks=True)

    refused = aisprint("deploy", "copy", "--base", "--yes", code=6)
    nothing = aisprint("undeploy", "copy", "--yes")

    assert f"of the application in {aisprint.directory / 'tiny'}" in refused.stderr
    assert "Nothing of" in nothing.stdout
    assert aisprint.json("status", "tiny")["drifted"] is False


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["deploy", "tiny", "--base", "--optimal"], 2, "More than one deployment"),
        (["deploy", "tiny", "--backend", "locl"], 2, "Did you mean local?"),
        (["deploy", "tiny", "--backend", "broken"], 2, "does not load"),
        (["deploy", "tiny", "--deployment", "deployment99"], 2, "deployment99"),
        (["deploy", "nowhere"], 2, "There is no directory nowhere"),
        (["status", "tiny", "--watch", "-o", "json"], 2, "no JSON form"),
        (["logs", "tiny"], 6, "Nothing of tiny is deployed."),
        (["outputs", "tiny"], 6, "Nothing of tiny is deployed."),
    ],
)
def test_wrong_requests_say_what_is_wrong(
    aisprint: CommandLine, arguments: list[str], code: int, said: str
) -> None:
    assert said in aisprint(*arguments, code=code).stderr


def test_a_damaged_ledger_is_told_without_a_traceback(aisprint: CommandLine) -> None:
    folder = aisprint.directory / "tiny" / ".aisprint"
    folder.mkdir(exist_ok=True)
    (folder / "ledger.sqlite").write_text("this is no ledger " * 500)

    refused = aisprint("deploy", "tiny", "--yes", code=6)

    assert "is damaged" in refused.stderr
    assert "Traceback" not in refused.stderr
    (folder / "ledger.sqlite").unlink()


def test_json_of_many_inputs_is_one_document_even_when_empty(deployed: Deployed) -> None:
    command_line, _ = deployed
    (command_line.directory / "empty").mkdir()

    said = command_line("invoke", "tiny", "--many", "empty", "-o", "json").stdout

    assert json.loads(said)["inputs"] == []
