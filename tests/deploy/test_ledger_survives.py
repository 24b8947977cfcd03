"""The ledger is private, grows with the tool, and is never a traceback."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from directory_backend import chain

from aisprint_cli.deploy.ledger import DeploymentState, Ledger
from aisprint_cli.deploy.ledger_schema import MIGRATIONS
from aisprint_cli.deploy.planner import Action, RecordState
from aisprint_cli.errors import StateError
from aisprint_cli.system.state_directory import state_directory


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = state_directory(tmp_path) / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.begin("local", "shop", "base", {})
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("ledger*")}

    assert len(modes) > 1
    assert set(modes.values()) == {0o600}
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"not a database, but long enough to be looked at" * 40, b"\0" * 5000])
def test_a_damaged_ledger_says_how_to_go_on(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(damage)

    with pytest.raises(StateError, match="is damaged") as caught:
        Ledger(path)

    assert "Move" in caught.value.mend
    assert path.read_bytes() == damage


def test_damage_inside_a_row_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        deployment = ledger.begin("local", "shop", "base", {})
        ledger.intend(deployment, Action.CREATE, chain()[0], "new")
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE items SET spec = '{'")
    raw.close()

    with Ledger(path) as ledger, pytest.raises(StateError, match="is damaged"):
        ledger.records("local")


def test_a_newer_ledger_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()

    with pytest.raises(StateError, match="version 99"):
        Ledger(path)


def test_a_ledger_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match="cannot be opened"):
        Ledger(tmp_path / "file" / "ledger.sqlite")


def test_items_come_back_as_they_were_written(ledger: Ledger) -> None:
    deployment = ledger.begin("local", "shop", "base", {})
    for item in chain():
        step = ledger.intend(deployment, Action.CREATE, item, "new")
        ledger.finish(deployment, step, item.id, RecordState.PRESENT, outputs={"endpoint": "x"})

    records = ledger.records("local")

    assert [record.item for record in records.values()] == list(chain())
    assert [record.item.digest for record in records.values()] == [item.digest for item in chain()]
    assert records["cluster/shop-l1"].outputs == {"endpoint": "x"}


def test_a_deployment_of_another_name_makes_the_first_one_history(ledger: Ledger) -> None:
    first = ledger.begin("local", "shop", "base", {})
    ledger.mark(first.id, DeploymentState.ACTIVE)

    again = ledger.begin("local", "shop", "base", {"new": 1})
    other = ledger.begin("local", "shop", "deployment3", {})

    assert (again.id, again.qos) == (first.id, {"new": 1})
    assert [entry.state for entry in ledger.history()] == [
        DeploymentState.REPLACED,
        DeploymentState.DEPLOYING,
    ]
    assert ledger.current("local") == other
    assert ledger.current("elsewhere") is None


def test_a_generated_secret_is_made_once(ledger: Ledger) -> None:
    assert ledger.generated_secret("minio", lambda: "first") == "first"
    assert ledger.generated_secret("minio", lambda: "second") == "first"


def test_a_ledger_of_the_first_version_is_read_and_its_digests_stay(tmp_path: Path) -> None:
    """What a new version adds to a specification takes its default and changes no digest."""
    path = tmp_path / "ledger.sqlite"
    cluster_spec = {
        "application": "shop",
        "layer": 1,
        "resources": [{"name": "box", "nodes": 1, "cores": 2.0, "memory_mib": 1024.0}],
        "password": "secret://generated/shop-l1",
    }
    row = ("local", "cluster/shop-l1", "cluster", "shop-l1", json.dumps(cluster_spec), "[]", "9bb7e0ae")
    raw = sqlite3.connect(path, isolation_level=None)
    for statement in MIGRATIONS[0]:
        raw.execute(statement)
    raw.execute("INSERT INTO deployments VALUES (1, 'local', 'shop', 'base', 'active', '{}', 1.0, 2.0)")
    raw.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, 'present', '{}', 1, 2.0)", row)
    raw.execute("PRAGMA user_version = 1")
    raw.close()

    with Ledger(path) as ledger:
        (record,) = ledger.records("local").values()
        current = ledger.current("local")

    as_it_was = json.dumps(cluster_spec, sort_keys=True, separators=(",", ":"))
    assert record.item == chain()[0]
    assert record.item.digest == hashlib.sha256(as_it_was.encode()).hexdigest()[:16]
    assert current is not None
    assert (current.state, current.routing, current.desired) == (DeploymentState.ACTIVE, {}, "")


def test_what_makes_no_difference_is_kept_up_to_date(ledger: Ledger) -> None:
    deployment = ledger.begin("local", "shop", "base", {})
    item = chain()[0]
    ledger.finish(
        deployment, ledger.intend(deployment, Action.CREATE, item, ""), item.id, RecordState.PRESENT
    )
    newer = replace(item, spec=replace(item.spec, template="with another function"))
    other = replace(item, spec=replace(item.spec, layer=9))

    ledger.refresh("local", [newer, other])

    assert ledger.records("local")[item.id].item == newer
