"""Whose a cluster is, and what becomes of its data when it goes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from private_runtime import PASSWORD, Local, cluster_item, processes_of, wait_until

from aisprint_cli.backends.interface import KEPT_DATA, ItemState
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.errors import StateError


def test_data_are_kept_when_asked_and_the_place_is_told(local: Local) -> None:
    local.cluster()
    local.script("part", "true")
    local.put("part/input/a", "precious")
    local.settled(1)
    local.backend._client.remove_service("edge", "part", keep_data=True)
    local.backend.remove(cluster_item("edge"), keep_data=True, progress=local.notes.append)
    kept = Path(local.backend.observe([cluster_item("edge")])["cluster/edge"].outputs[KEPT_DATA])
    assert (kept / "part" / "input" / "a").read_text() == "precious"


def test_kept_data_come_back_with_their_cluster_and_set_nothing_off_again(local: Local) -> None:
    local.cluster()
    local.script("copy", 'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"')
    local.put("copy/input/a", "precious")
    local.settled(1)
    local.backend.remove(cluster_item("edge"), keep_data=True, progress=local.notes.append)

    seen = local.backend.apply(cluster_item(), local.notes.append)
    local.script("copy", 'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"')
    (local.home.buckets("edge") / "copy" / "input" / "b").write_text("new")
    (job,) = local.settled(1)

    assert seen.detail == "2 kept objects are back"
    assert job.input_path == "copy/input/b"
    assert local.backend.objects("edge") == tuple(
        f"copy/{way}/{n}" for way in ("input", "output") for n in "ab"
    )
    assert not local.home.all_kept.exists()


def test_kept_data_are_deleted_when_asked_and_without_the_runtime(private: Local) -> None:
    private.cluster()
    private.script("copy", "true")
    private.put("copy/input/a", "precious")
    private.backend.remove(cluster_item("edge"), keep_data=True, progress=private.notes.append)
    wait_until(lambda: not processes_of(private.home), "the runtime to end")

    private.backend.remove(cluster_item("edge"), keep_data=False, progress=private.notes.append)

    assert not private.home.all_kept.exists()
    assert not processes_of(private.home)


def test_kept_data_of_one_application_are_not_given_to_another(local: Local, tmp_path: Path) -> None:
    local.cluster()
    local.script("copy", "true")
    local.put("copy/input/a", "precious")
    local.backend.remove(cluster_item("edge"), keep_data=True, progress=local.notes.append)
    other = LocalBackend(tmp_path, lambda _: "another", local.home.root)

    assert other.observe([cluster_item("edge")])["cluster/edge"].outputs == {}
    assert other.apply(cluster_item(), local.notes.append).detail == ""

    assert other.objects("edge") == ()
    other.remove(cluster_item("edge"), keep_data=False, progress=local.notes.append)
    other.close()
    assert KEPT_DATA in local.backend.observe([cluster_item("edge")])["cluster/edge"].outputs


def test_a_cluster_of_another_application_is_neither_taken_nor_removed(local: Local, tmp_path: Path) -> None:
    local.cluster()
    other = LocalBackend(tmp_path, lambda _: "another", local.home.root)

    with pytest.raises(StateError, match=re.escape(str(local.application))):
        other.observe([cluster_item("edge")])

    other.close()


def test_a_cluster_whose_ledger_was_lost_is_made_anew_with_the_new_password(local: Local) -> None:
    local.cluster()
    values = {"secret://generated/password": "other", "secret://generated/local/owner": "another"}
    again = LocalBackend(local.application, values.__getitem__, local.home.root)

    before = again.observe([cluster_item("edge")])["cluster/edge"]
    again.apply(cluster_item(), local.notes.append)
    after = again.observe([cluster_item("edge")])["cluster/edge"]

    assert (before.state, before.digest == cluster_item().digest) == (ItemState.READY, False)
    assert after.digest == cluster_item().digest
    url = f"{after.outputs['endpoint']}/system/services"
    answers = [
        requests.get(url, auth=("oscar", word), timeout=30).status_code for word in ("other", PASSWORD)
    ]
    assert answers == [200, 401]
    again.close()
