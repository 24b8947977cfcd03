from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from aisprint_cli.system.tree import create_tree


class Interrupted(Mapping[str, bytes]):
    """Files of which the second never comes."""

    def __getitem__(self, key: str) -> bytes:
        if key == "b/two":
            raise KeyboardInterrupt
        return b"one"

    def __iter__(self) -> Iterator[str]:
        return iter(["a/one", "b/two"])

    def __len__(self) -> int:
        return 2


class Raced(Mapping[str, bytes]):
    """Files during whose writing somebody else takes the name."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __getitem__(self, key: str) -> bytes:
        self.target.mkdir()
        (self.target / "theirs").write_text("theirs")
        return b"ours"

    def __iter__(self) -> Iterator[str]:
        return iter(["ours"])

    def __len__(self) -> int:
        return 1


def test_writes_files_in_folders(tmp_path: Path) -> None:
    create_tree(tmp_path / "new", {"a/b/one": b"1", "two": b"\x00"})
    assert (tmp_path / "new" / "a" / "b" / "one").read_bytes() == b"1"
    assert (tmp_path / "new" / "two").read_bytes() == b"\x00"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        create_tree(tmp_path / "new", Interrupted())
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_appears_meanwhile_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        create_tree(tmp_path / "new", Raced(tmp_path / "new"))
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["theirs"]
