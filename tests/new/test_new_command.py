from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Aisprint = Callable[..., subprocess.CompletedProcess[str]]


def test_makes_an_application_and_says_what_is_next(aisprint: Aisprint, tmp_path: Path) -> None:
    done = aisprint("new", "my_app")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "my_app" / "src" / "summarise" / "main.py").is_file()
    assert "cd my_app\n" in done.stdout
    assert "aisprint invoke input/sample.txt --output-dir results\n" in done.stdout
    assert done.stderr == ""


def test_json_lists_the_files_made(aisprint: Aisprint, tmp_path: Path) -> None:
    document = json.loads(aisprint("new", "my_app", "--template", "chain", "-o", "json").stdout)
    made = sorted(path.relative_to(tmp_path / "my_app") for path in (tmp_path / "my_app").rglob("*"))
    assert document["schema"] == "aisprint.new/1"
    assert document["name"] == "my_app"
    assert document["template"] == "chain"
    assert document["directory"] == str(tmp_path / "my_app")
    assert document["files"] == [str(path) for path in made if (tmp_path / "my_app" / path).is_file()]


def test_lists_the_templates(aisprint: Aisprint, tmp_path: Path) -> None:
    done = aisprint("new", "--list")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["minimal", "chain", "onnx"]
    document = json.loads(aisprint("new", "--list", "-o", "json").stdout)
    assert document["schema"] == "aisprint.new.templates/1"
    assert all(item["summary"] for item in document["templates"])
    assert list(tmp_path.iterdir()) == []


def test_another_place_for_the_application(aisprint: Aisprint, tmp_path: Path) -> None:
    place = tmp_path / "my projects"
    place.mkdir()
    done = aisprint("new", "my_app", "--directory", str(place))
    assert done.returncode == 0
    assert (place / "my_app" / "README.md").is_file()
    assert "cd 'my projects/my_app'\n" in done.stdout


def test_the_older_spelling_works(aisprint: Aisprint, tmp_path: Path) -> None:
    done = aisprint("new-application", "--application_name", "my_app")
    assert done.returncode == 0
    assert (tmp_path / "my_app" / "common_config").is_dir()
    assert "new-application" not in aisprint("--help").stdout


@pytest.mark.parametrize("kind", ["directory", "empty directory", "file", "broken link"])
def test_what_exists_is_left_alone(aisprint: Aisprint, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "my_app"
    if kind == "file":
        target.write_text("mine")
    elif kind == "broken link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
    if kind == "directory":
        (target / "mine.txt").write_text("mine")
    done = aisprint("new", "my_app")
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert "mend:" in done.stderr
    assert list(tmp_path.iterdir()) == [target]
    if kind == "directory":
        assert [path.name for path in target.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("name", "reason", "suggestion"),
    [
        ("../evil", "letters, digits", "evil"),
        ("my app", "letters, digits", "my_app"),
        ("café", "letters, digits", "cafe"),
        ("_hidden", "letters, digits", "hidden"),
        ("ab", "fewer than 3", "ab_app"),
        ("a" * 40, "more than 39", "a" * 39),
        ("tail_", "ends with", "tail"),
        ("", "fewer than 3", "app"),
        ("[bold]", "letters, digits", "bold"),
    ],
)
def test_unsafe_names_are_refused_with_one_that_would_do(
    aisprint: Aisprint, tmp_path: Path, name: str, reason: str, suggestion: str
) -> None:
    done = aisprint("new", "--", name)
    assert done.returncode == 2
    assert f"{name!r} cannot be the name" in done.stderr
    assert reason in done.stderr
    assert done.stderr.rstrip().endswith(f"For instance: {suggestion}")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_template_names_those_there_are(aisprint: Aisprint, tmp_path: Path) -> None:
    done = aisprint("new", "my_app", "--template", "chian")
    assert done.returncode == 2
    assert "minimal, chain, onnx" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_shared_parts_are_no_template(aisprint: Aisprint, tmp_path: Path) -> None:
    assert aisprint("new", "my_app", "--template", "_shared").returncode == 2


def test_a_name_is_needed(aisprint: Aisprint) -> None:
    done = aisprint("new")
    assert done.returncode == 2
    assert "aisprint new my_app" in done.stderr


def test_a_place_that_is_not_there_is_not_made(aisprint: Aisprint, tmp_path: Path) -> None:
    done = aisprint("new", "my_app", "--directory", "no/where")
    assert done.returncode == 2
    assert "mkdir -p no/where" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_takes_no_files_is_an_outside_failure(aisprint: Aisprint) -> None:
    done = aisprint("new", "my_app", "--directory", f"/proc/{os.getpid()}")
    assert done.returncode == 5
    assert "could not be made" in done.stderr
