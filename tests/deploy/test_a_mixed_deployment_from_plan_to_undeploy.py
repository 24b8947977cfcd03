"""One application on two back ends: planned, deployed, watched, moved, repaired and removed as one."""

from __future__ import annotations

import json

import pytest
from directory_backend import DirectoryBackend, plain_secret
from installed_command import CommandLine
from tiny_chain import write_inputs

MIXED = ("--backend", "2=directory")
SIGN = "function/tiny-chain-l2/sign"


def _world(aisprint: CommandLine) -> DirectoryBackend:
    return DirectoryBackend(aisprint.directory / "world", plain_secret)


@pytest.fixture
def mixed(aisprint: CommandLine) -> CommandLine:
    """Layer 1 on the local back end, layer 2 on the double."""
    aisprint("deploy", "tiny", "--base", *MIXED, "--yes")
    return aisprint


def test_each_layer_is_where_it_was_sent_and_later_commands_know(mixed: CommandLine) -> None:
    found = mixed.json("status", "tiny", "--check")

    assert found["deployment"]["backend"] == "cloud"
    assert {entry["name"]: entry["backend"] for entry in found["items"]} == {
        "tiny-chain-l1": "local",
        "tiny-chain-l1/upper": "local",
        "tiny-chain-l2": "directory",
        "tiny-chain-l2/sign": "directory",
    }
    assert set(_world(mixed).existing) == {"cluster/tiny-chain-l2", SIGN}
    assert mixed("plan", "tiny", "--exit-code").returncode == 0
    assert " on " in mixed("status", "tiny").stdout.splitlines()[1]


def test_outputs_and_messages_come_from_both(mixed: CommandLine) -> None:
    clusters = {entry["name"]: entry for entry in mixed.json("outputs", "tiny")["clusters"]}
    said = mixed.json("logs", "tiny", "--infrastructure")

    assert clusters["tiny-chain-l1"]["endpoint"].startswith("http://127.0.0.1:")
    assert clusters["tiny-chain-l2"]["endpoint"] == "https://tiny-chain-l2.example"
    texts = {entry["item"]: entry["messages"] for entry in said["infrastructure"]}
    assert texts["cluster/tiny-chain-l1"] == ""
    assert texts["cluster/tiny-chain-l2"] == "Contextualised tiny-chain-l2 with ***.\n"


def test_a_layer_that_is_given_to_another_back_end_moves(mixed: CommandLine) -> None:
    found = mixed.json("deploy", "tiny", "--backend", "1=directory", "--backend", "2=directory", "--yes")

    steps = [(step["action"], step["item"], step["backend"]) for step in found["plan"]["steps"]]
    assert steps[:4] == [
        ("delete", "function/tiny-chain-l1/upper", "local"),
        ("delete", "cluster/tiny-chain-l1", "local"),
        ("replace", "cluster/tiny-chain-l1", "directory"),
        ("unchanged", "cluster/tiny-chain-l2", "directory"),
    ]
    assert found["plan"]["counts"]["replace"] == 2
    assert len(_world(mixed).existing) == 4
    mixed("status", "tiny", "--check")


def test_drift_on_one_is_seen_and_only_that_is_repaired(mixed: CommandLine) -> None:
    (mixed.directory / "world/items/function~tiny-chain-l2~sign.json").unlink()

    assert f"{SIGN}: it is gone" in mixed("status", "tiny", "--check", code=7).stderr
    found = mixed.json("deploy", "tiny", "--yes")

    assert found["outcome"]["done"] == [SIGN]


def test_one_that_does_not_answer_leaves_the_other_to_be_seen(mixed: CommandLine) -> None:
    document = mixed.directory / "world/items/cluster~tiny-chain-l2.json"
    _world(mixed).setting(silent=True)

    found = mixed.json("status", "tiny")

    assert [entry["backend"] for entry in found["unreachable"]] == ["directory"]
    live = {entry["name"]: entry["live"] for entry in found["items"]}
    assert (live["tiny-chain-l1"], live["tiny-chain-l2"]) == ("ready", None)
    assert "directory did not answer" in mixed("status", "tiny").stdout
    assert "directory did not answer" in mixed("status", "tiny", "--check", code=7).stderr
    assert json.loads(document.read_text())["state"] == "ready"
    _world(mixed).setting(silent=False)


def test_the_same_thing_cannot_belong_to_two_deployments(mixed: CommandLine) -> None:
    refused = mixed("deploy", "tiny", "--base", "--backend", "local", "--yes", code=6)

    assert "part of the deployment on cloud" in refused.stderr
    assert "aisprint undeploy tiny --backend cloud" in refused.stderr


def test_data_is_fed_where_a_component_is(mixed: CommandLine) -> None:
    (hello,) = write_inputs(mixed.directory, hello="hello")

    found = mixed.json("invoke", "tiny", hello, "--component", "sign", "-d", "results")

    assert found["summary"]["succeeded"] == 1
    assert (mixed.directory / "results/hello/sign/hello.txt").read_text() == "hello>sign"


def test_everything_goes_with_one_undeploy(mixed: CommandLine) -> None:
    found = mixed.json("undeploy", "tiny", "--yes")

    assert found["outcome"]["complete"]
    assert _world(mixed).existing == {}
    assert mixed.json("status", "tiny")["deployed"] is False


def test_a_layer_that_is_not_there_cannot_be_sent_anywhere(aisprint: CommandLine) -> None:
    refused = aisprint("plan", "tiny", "--base", "--backend", "7=directory", code=2)

    assert "no layer 7" in refused.stderr
    assert "1, 2, 3" in refused.stderr
