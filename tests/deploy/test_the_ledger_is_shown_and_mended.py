"""`aisprint state`: the ledger as it is, things taken in and struck off, and who holds the lock."""

from __future__ import annotations

import subprocess
import sys

from directory_backend import DirectoryBackend, plain_secret
from installed_command import CommandLine

DOUBLE = ("--backend", "directory")
LEDGER = "tiny/.aisprint/ledger.sqlite"
SIGN = "function/tiny-chain-l2/sign"


def _world(aisprint: CommandLine) -> DirectoryBackend:
    return DirectoryBackend(aisprint.directory / "world", plain_secret)


def test_items_and_steps_are_shown_without_asking_a_back_end(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    (aisprint.directory / "world/items/function~tiny-chain-l2~sign.json").unlink()

    found = aisprint.json("state", "show", "tiny", "--steps")
    page = aisprint("state", "show", "tiny", "--steps").stdout

    assert found["schema"] == "aisprint.state/1"
    assert [(entry["name"], entry["backend"]) for entry in found["deployments"]] == [("base", "directory")]
    assert {entry["id"]: entry["state"] for entry in found["items"]}[SIGN] == "present"
    assert [step["action"] for step in found["steps"]] == ["create"] * 4
    assert all(step["error"] == "" for step in found["steps"])
    assert page.startswith("tiny_chain: deployment base on directory, active\n")
    assert "it is new" in page


def test_what_is_gone_is_shown_when_asked(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    aisprint("undeploy", "tiny", "--yes")

    assert aisprint.json("state", "show", "tiny", *DOUBLE)["items"] == []
    gone = aisprint.json("state", "show", "tiny", *DOUBLE, "--all")["items"]
    assert {entry["state"] for entry in gone} == {"removed"}


def test_no_value_of_a_secret_is_shown(aisprint: CommandLine) -> None:
    _world(aisprint).setting(fail=["apply cluster/tiny-chain-l1"])
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes", code=5)

    said = aisprint("state", "show", "tiny", "--steps", "-o", "json").stdout

    assert "(token ***)" in said
    assert "secret://generated/" in said


def test_a_lost_ledger_is_filled_again_with_what_is_there(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    (aisprint.directory / LEDGER).unlink()

    for item in ("cluster/tiny-chain-l1", "cluster/tiny-chain-l2", "upper", "sign"):
        said = aisprint("state", "import", "tiny", item, "--base", *DOUBLE).stdout
        assert "is in the ledger" in said

    assert aisprint.json("status", "tiny", "--check")["deployment"]["state"] == "active"
    assert "already" in aisprint("state", "import", "tiny", "sign", code=6).stderr


def test_what_is_not_there_cannot_be_taken_in(aisprint: CommandLine) -> None:
    refused = aisprint("state", "import", "tiny", "sign", "--base", *DOUBLE, code=6)

    assert f"{SIGN} is not there" in refused.stderr
    assert aisprint.json("state", "show", "tiny", *DOUBLE)["items"] == []


def test_what_is_struck_off_stays_where_it_is(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    before = _world(aisprint).existing
    needed = aisprint("state", "rm", "tiny", "cluster/tiny-chain-l2", "--yes", code=6)
    assert "Strike off function/" in needed.stderr
    assert "--yes" in aisprint("state", "rm", "tiny", "sign", code=2).stderr

    said = aisprint("state", "rm", "tiny", "sign", "--yes").stdout

    assert "nobody looks after it" in said
    assert _world(aisprint).existing == before
    assert SIGN not in {entry["id"] for entry in aisprint.json("state", "show", "tiny")["items"]}
    assert aisprint.json("state", "show", "tiny", "--steps")["steps"][-1]["action"] == "forget"


def test_undeploy_sweeps_what_the_ledger_does_not_know(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    aisprint("state", "rm", "tiny", "sign", "--yes")

    found = aisprint.json("undeploy", "tiny", "--yes")

    reasons = {step["item"]: step["reason"] for step in found["plan"]["steps"]}
    assert reasons[SIGN] == "not in the ledger, but it carries this application's identity"
    assert _world(aisprint).existing == {}


def test_undeploy_finds_everything_without_a_ledger_where_it_is_told_to_look(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    (aisprint.directory / LEDGER).unlink()
    assert "Nothing of tiny is deployed" in aisprint("undeploy", "tiny", "--yes").stdout
    assert len(_world(aisprint).existing) == 4

    found = aisprint.json("undeploy", "tiny", *DOUBLE, "--yes")

    assert found["plan"]["counts"]["delete"] == 4
    assert found["outcome"]["complete"]
    assert _world(aisprint).existing == {}


def test_nobody_holds_the_lock_of_an_application_at_rest(aisprint: CommandLine) -> None:
    assert aisprint("state", "unlock", "tiny").stdout == "Nobody holds the lock.\n"


def test_who_holds_the_lock_is_named_with_what_can_be_done(aisprint: CommandLine) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    program = (
        "import sys; from pathlib import Path\n"
        "from aisprint_cli.system.application_lock import application_lock\n"
        "with application_lock(Path(sys.argv[1]), 'aisprint deploy tiny', timeout_s=5, waiting=print):\n"
        "    print('held', flush=True); sys.stdin.readline()\n"
    )
    folder = aisprint.directory / "tiny/.aisprint"
    words = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        refused = aisprint("state", "unlock", "tiny", code=6)
        holder.communicate("\n")

    assert f"(process {holder.pid}, since" in refused.stderr
    assert "gone on with" in refused.stderr
