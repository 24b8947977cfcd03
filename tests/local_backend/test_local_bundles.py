"""A design directory becomes a function: its files, its environment, its variables."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from private_runtime import Local, cluster_item, processes_of, wait_until

from aisprint_cli.backends.interface import ItemState, JobState
from aisprint_cli.errors import InvalidInputError

MAIN = """
import argparse, os, sys
import aisprint
parser = argparse.ArgumentParser()
parser.add_argument("-i")
parser.add_argument("-o")
arguments = parser.parse_args()
with open(arguments.o, "w") as out:
    for word in (os.getcwd(), os.environ["UUID"], os.environ.get("COLOUR", "")):
        print(word, file=out)
    print(sys.prefix, file=out)
    print(aisprint.__file__, file=out)
"""


def write_part(local: Local, part: str, main: str = MAIN, **files: str) -> Path:
    directory = local.application / "designs" / part
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "main.py").write_text(main)
    for name, text in files.items():
        (directory / name.replace("__", ".")).write_text(text)
    return directory


def test_a_part_runs_in_its_own_environment_as_in_its_image(local: Local, cache: Path) -> None:
    write_part(
        local, "my_part", env__yaml="COLOUR: blue\nDEBUG: true\n", requirements__txt="# none\naisprint\n"
    )
    local.cluster()
    item = local.function_item("my_part")
    made = local.backend.apply(item, local.notes.append)
    assert (made.state, made.digest) == (ItemState.READY, item.digest)
    seen = local.backend.observe([item, cluster_item("edge"), local.function_item("none")])
    assert seen[item.id].digest == item.digest
    assert seen["function/none"].state is ItemState.ABSENT
    trace = str(uuid.uuid4())
    local.put(f"my-part/input/aisprint-{trace}.png")
    (job,) = local.complete(trace).jobs
    assert job.state is JobState.SUCCEEDED, local.backend.log(job)
    assert job.outputs == (f"edge:my-part/output/aisprint-{trace}",)
    place, identifier, colour, prefix, library = local.text(f"my-part/output/aisprint-{trace}").splitlines()
    assert place.endswith("/opt/my_part")
    assert place.startswith(str(local.home.bundles))
    assert identifier == trace
    assert colour == "blue"
    assert prefix.startswith(str(cache))
    assert library.startswith(str(local.home.bundles))


def test_an_input_without_a_trace_gets_the_one_of_its_run(local: Local) -> None:
    write_part(local, "solo")
    local.cluster()
    local.backend.apply(local.function_item("solo"), local.notes.append)
    local.put("solo/input/.png")
    (job,) = local.settled(1)
    assert job.outputs == (f"edge:solo/output/aisprint-{job.trace}",)
    assert local.text(f"solo/output/aisprint-{job.trace}").splitlines()[1] == job.trace


def test_applying_again_changes_nothing_and_an_update_replaces_the_files(local: Local) -> None:
    write_part(local, "part", "import os; open(os.environ['TMP_OUTPUT_DIR'] + '/x', 'w').write('old')")
    local.cluster()
    for _ in range(2):
        local.backend.apply(local.function_item("part"), local.notes.append)
    before = list(local.home.bundles.iterdir())
    assert len(before) == 1
    write_part(local, "part", "import os; open(os.environ['TMP_OUTPUT_DIR'] + '/x', 'w').write('new')")
    local.backend.apply(local.function_item("part", digest="2"), local.notes.append)
    after = list(local.home.bundles.iterdir())
    assert len(after) == 1
    assert after != before
    local.put("part/input/a")
    local.settled(1)
    assert local.text("part/output/x") == "new"


def test_removing_is_repeatable_and_leaves_nothing(private: Local) -> None:
    write_part(private, "part")
    private.cluster()
    item = private.function_item("part")
    private.backend.apply(item, private.notes.append)
    private.put("part/input/a")
    private.settled(1)
    for _ in range(2):
        private.backend.remove(item, keep_data=False, progress=private.notes.append)
    assert private.backend.observe([item])[item.id].state is ItemState.ABSENT
    assert list(private.home.bundles.iterdir()) == []
    assert private.backend.objects("edge") == ()
    for _ in range(2):
        private.backend.remove(cluster_item("edge"), keep_data=False, progress=private.notes.append)
    wait_until(lambda: not processes_of(private.home), "the runtime to end")
    assert not (private.home.root / "clusters" / "edge").exists()


def test_a_bucket_that_another_function_uses_stays(local: Local) -> None:
    local.cluster()
    local.script("one", "true", outputs=[{"storage_provider": "minio", "path": "shared/output"}])
    local.script("two", "true", inputs=[{"storage_provider": "minio", "path": "shared/output"}], outputs=[])
    local.put("shared/other/a")
    local.backend._client.remove_service("edge", "one", keep_data=False)
    assert local.backend.objects("edge") == ("shared/other/a",)
    local.backend._client.remove_service("edge", "two", keep_data=False)
    assert local.backend.objects("edge") == ()


def test_a_components_own_script_wins(local: Local) -> None:
    write_part(local, "own", script__sh='#!/bin/sh\necho mine > "$TMP_OUTPUT_DIR/x"\n')
    local.cluster()
    local.backend.apply(local.function_item("own"), local.notes.append)
    local.put("own/input/a")
    local.settled(1)
    assert local.text("own/output/x") == "mine\n"


def test_secrets_of_a_function_are_filled_in_and_storage_keys_are_not_asked_for(local: Local) -> None:
    write_part(local, "part", "import os; print(os.environ['KEY'])")
    local.cluster()
    item = local.function_item(
        "part",
        environment={"Variables": {"KEY": "secret://generated/password"}},
        storage_providers={"minio": {"mars": {"secret_key": "secret://generated/unknown"}}},
    )
    local.backend.apply(item, local.notes.append)
    local.put("part/input/a")
    (job,) = local.settled(1)
    assert local.backend.log(job) == "correct horse battery\n"


def test_what_is_wrong_with_a_source_is_said(local: Local) -> None:
    local.cluster()
    with pytest.raises(InvalidInputError, match="is not at") as caught:
        local.backend.apply(local.function_item("missing"), local.notes.append)
    assert "aisprint design" in caught.value.mend


def test_an_environment_file_that_is_no_flat_map_is_refused(local: Local) -> None:
    write_part(local, "part", env__yaml="A: [1]\n")
    local.cluster()
    with pytest.raises(InvalidInputError, match="flat map"):
        local.backend.apply(local.function_item("part"), local.notes.append)
    assert list(local.home.bundles.iterdir()) == []
