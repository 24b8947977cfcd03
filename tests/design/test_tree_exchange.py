"""One tree in the place of another, and what a killed run leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisprint_cli.design.exchange import Workshop


def unable(first: Path, second: Path) -> bool:
    """A file system that cannot swap directories."""
    return False


def fill(directory: Path, text: str) -> None:
    directory.mkdir(parents=True)
    (directory / "file").write_text(text)


def content(workshop: Workshop) -> str:
    return (workshop.tree / "file").read_text()


@pytest.fixture(params=["swapping", "renaming"])
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path) if request.param == "swapping" else Workshop(tmp_path, unable)


def test_the_first_tree_is_put_in_place(workshop: Workshop) -> None:
    fill(workshop.next, "new")
    workshop.publish()
    assert content(workshop) == "new"


def test_a_tree_takes_the_place_of_another(workshop: Workshop) -> None:
    fill(workshop.tree, "old")
    fill(workshop.next, "new")
    workshop.publish()
    workshop.clear()
    assert content(workshop) == "new"
    assert not workshop.root.exists()


def test_a_run_killed_before_the_exchange_leaves_the_present_tree(workshop: Workshop) -> None:
    fill(workshop.tree, "old")
    fill(workshop.next, "half")
    assert workshop.recover()
    assert content(workshop) == "old"
    assert not workshop.root.exists()


def test_a_run_killed_between_the_two_renames_is_put_right(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, unable)
    fill(workshop.tree, "old")
    fill(workshop.next, "new")
    workshop.tree.rename(workshop.root / "previous")
    assert workshop.recover()
    assert content(workshop) == "old"
    assert not workshop.root.exists()


def test_nothing_is_done_where_nothing_was_left(workshop: Workshop) -> None:
    assert not workshop.recover()


def test_the_mode_of_the_tree_stays(workshop: Workshop) -> None:
    fill(workshop.tree, "old")
    workshop.tree.chmod(0o750)
    fill(workshop.next, "new")
    workshop.publish()
    assert workshop.tree.stat().st_mode & 0o777 == 0o750
