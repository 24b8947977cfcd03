"""A plan only reads; saved, it is carried out as it is, or refused where the world has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from directory_backend import DirectoryBackend, plain_secret
from installed_command import CommandLine
from tiny_chain import change_component

from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.plan_file import SavedPlan, read_plan, require_same, write_plan
from aisprint_cli.errors import InvalidInputError, StateError

DOUBLE = ("--backend", "directory")


def _world(aisprint: CommandLine) -> DirectoryBackend:
    return DirectoryBackend(aisprint.directory / "world", plain_secret)


def test_it_shows_every_step_and_the_cost_and_changes_nothing(aisprint: CommandLine) -> None:
    found = aisprint.json("plan", "tiny", "--base", *DOUBLE)

    assert found["schema"] == "aisprint.deployment-plan/1"
    assert found["plan"]["counts"]["create"] == 4
    assert {step["backend"] for step in found["plan"]["steps"]} == {"directory"}
    assert found["cost"]["hourly"] == pytest.approx(0.1 * 2 * 2)  # two layers of two nodes
    assert found["cost"]["monthly"] == pytest.approx(found["cost"]["hourly"] * 730)
    assert found["cost"]["hourly_before"] == 0
    assert any("front-end node" in text for text in found["cost"]["unknown"])
    assert _world(aisprint).calls == []
    assert aisprint.json("status", "tiny", *DOUBLE)["deployed"] is False


def test_a_script_sees_by_the_exit_code_whether_there_is_something_to_do(aisprint: CommandLine) -> None:
    aisprint("plan", "tiny", "--base", *DOUBLE, "--exit-code", code=1)
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")

    assert "0 to adopt, 4 unchanged.\n" in aisprint("plan", "tiny", "--exit-code").stdout


def test_a_merge_request_gets_it_as_markdown(aisprint: CommandLine) -> None:
    said = aisprint("plan", "tiny", "--base", *DOUBLE, "--format", "markdown").stdout

    assert said.startswith("### tiny\\_chain: base on directory\n\n**Plan: 4 to create,")
    assert "| create | cluster | tiny-chain-l1 | directory | it is new |" in said
    assert "| then | 0.4 | 292 |" in said


def test_a_saved_plan_is_carried_out_once(aisprint: CommandLine) -> None:
    aisprint("plan", "tiny", "--base", *DOUBLE, "--out", "plan.json")

    done = aisprint.json("deploy", "plan.json", "--yes")

    assert (done["deployment"], done["backend"], done["outcome"]["complete"]) == ("base", "directory", True)
    assert len(_world(aisprint).existing) == 4
    refused = aisprint("deploy", "plan.json", "--yes", code=6)
    assert "plan.json is out of date" in refused.stderr
    assert "cluster/tiny-chain-l1 in the ledger (absent, now present" in refused.stderr


def test_what_changed_since_is_named_whether_in_the_application_or_the_world(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    aisprint("plan", "tiny", *DOUBLE, "--out", "plan.json")
    change_component(aisprint.directory / "tiny")
    changed = aisprint("deploy", "plan.json", "--yes", code=6)
    aisprint("plan", "tiny", *DOUBLE, "--out", "plan.json")
    (aisprint.directory / "world/items/function~tiny-chain-l2~sign.json").unlink()

    gone = aisprint("deploy", "plan.json", "--yes", code=6)

    assert "function/tiny-chain-l1/upper in the application" in changed.stderr
    assert "function/tiny-chain-l2/sign in what is there (ready" in gone.stderr
    assert "now absent" in gone.stderr


def test_a_plan_says_itself_what_goes_where(aisprint: CommandLine) -> None:
    aisprint("plan", "tiny", "--base", *DOUBLE, "--out", "plan.json", "--only", "upper")

    assert "it says itself" in aisprint("deploy", "plan.json", "--optimal", code=2).stderr
    done = aisprint.json("deploy", "plan.json", "--yes")
    assert "function/tiny-chain-l2/sign" not in _world(aisprint).existing
    assert done["outcome"]["complete"]


def test_no_value_of_a_secret_is_in_a_plan_whatever_a_back_end_says(aisprint: CommandLine) -> None:
    _world(aisprint).setting(fail=["apply cluster/tiny-chain-l1"])
    failed = aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes", code=5)
    with Ledger(aisprint.directory / "tiny/.aisprint/ledger.sqlite") as ledger:
        values = ledger.secret_values()
    _world(aisprint).setting(fail=[], broken={"cluster/tiny-chain-l2": f"bad token {values[0]}"})

    said = aisprint("plan", "tiny", "--out", "plan.json", "--format", "markdown")
    shown = aisprint("plan", "tiny", "-o", "json")
    checked = aisprint("status", "tiny", "--check", code=7)
    texts = [failed.stderr, said.stdout, said.stderr, (aisprint.directory / "plan.json").read_text()]
    texts += [shown.stdout, checked.stdout, checked.stderr]

    assert "it failed: bad token ***" in texts[3]
    assert r"it failed: bad token \*\*\*" in texts[1]
    assert len(values) > 1
    assert "bad token ***" in checked.stderr
    plain = [text.replace("\\", "") for text in texts]  # Markdown escapes what a value may hold
    assert [value for value in values for text in plain if value in text] == []


def test_what_is_no_plan_is_told(aisprint: CommandLine) -> None:
    (aisprint.directory / "notes.json").write_text("{}")
    (aisprint.directory / "old.json").write_text('{"schema": "aisprint.plan-file/0"}')

    assert "is not a plan file" in aisprint("deploy", "notes.json", "--yes", code=3).stderr
    assert "another version" in aisprint("deploy", "old.json", "--yes", code=3).stderr


def _saved(**values: Any) -> SavedPlan:
    step = {"id": "a", "action": "create", "after": [], "keep_data": False, "reason": "it is new"}
    fields: dict[str, Any] = {
        "application": "shop",
        "directory": "shop",
        "deployment": "base",
        "routing": {"*": "local"},
        "only": (),
        "desired": {"a": "1"},
        "recorded": {},
        "live": {"a": "absent"},
        "plan": {"steps": [step]},
        "cost": None,
        "made_s": 1.0,
        "made_by": "0",
    }
    return SavedPlan(**fields | values)


def test_a_plan_comes_back_as_it_was_written_but_for_secrets(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    told = {"steps": [{"id": "a", "reason": 'it failed: token "hunter2\\n" refused'}]}

    write_plan(path, _saved(plan=told), lambda text: text.replace('hunter2\\n"', '***"'))

    assert "hunter2" not in path.read_text()
    assert read_plan(path) == _saved(
        plan={"steps": [{"id": "a", "reason": 'it failed: token "***" refused'}]}
    )
    assert json.loads(path.read_text())["schema"] == "aisprint.plan-file/1"


@pytest.mark.parametrize(
    ("now", "named"),
    [
        ({"desired": {"a": "2"}}, "a in the application"),
        ({"recorded": {"b": "present 1"}}, "b in the ledger"),
        ({"live": {}}, "a in what is there"),
        ({"deployment": "optimal"}, "the deployment, which was base"),
        ({"plan": {"steps": []}}, "the steps that lead there"),
    ],
)
def test_each_difference_is_named(now: dict[str, Any], named: str) -> None:
    with pytest.raises(StateError) as caught:
        require_same(Path("plan.json"), _saved(), _saved(**now))

    assert named in caught.value.why


def test_the_time_it_was_made_makes_no_difference() -> None:
    require_same(Path("plan.json"), _saved(), _saved(made_s=2.0, made_by="1"))


def test_a_plan_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidInputError, match="cannot be written"):
        write_plan(tmp_path / "file" / "plan.json", _saved(), str)
