"""A context holds what goes into an image and nothing else, and its digest says when that changed."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
from image_sketches import write_files

from aisprint_cli.errors import StateError
from aisprint_cli.images.context import EPOCH_S, content_digest, write_context, write_own_context


@pytest.fixture
def source(tmp_path: Path) -> Path:
    found = write_files(tmp_path / "design", main__py="print(1)\n", requirements__txt="x\n")
    write_files(found / "__pycache__", main__pyc="junk")
    write_files(found / ".aisprint", ledger__json="secret")
    write_files(found / ".git", config="secret")
    return found


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_files(tmp_path / "cache" / "packages", module__py="x = 1\n")


def _context(target: Path, source: Path, package: Path | None = None, dockerfile: str = "FROM x\n") -> Path:
    packages = {"linux/arm64": [package]} if package else {}
    write_context(target, source=source, dockerfile=dockerfile, packages=packages, in_image=None)
    return target


def test_nothing_else_gets_in(source: Path, package: Path, tmp_path: Path) -> None:
    context = _context(tmp_path / "context", source, package)

    own = {
        path.relative_to(context).as_posix()
        for path in context.rglob("*")
        if path.is_file() and not path.is_relative_to(context / "library")
    }
    assert own == {
        "Dockerfile",
        "part/main.py",
        "part/requirements.txt",
        "part/script.sh",
        "packages/arm64/module.py",
    }
    assert not list(context.rglob("*.pyc"))


def test_times_and_modes_are_the_same_whatever_those_of_the_source(source: Path, tmp_path: Path) -> None:
    (source / "main.py").chmod(0o600)
    os.utime(source / "main.py", (1, 1))
    (source / "tool").write_text("#!/bin/sh\n")
    (source / "tool").chmod(0o711)
    context = _context(tmp_path / "context", source)

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (context / "part").iterdir()
        if path.is_file()
    }
    assert modes == {"main.py": 0o644, "requirements.txt": 0o644, "script.sh": 0o755, "tool": 0o755}
    assert {path.stat().st_mtime for path in context.rglob("*")} == {float(EPOCH_S)}


def test_the_same_content_has_the_same_digest_wherever_and_whenever(source: Path, tmp_path: Path) -> None:
    first = content_digest(_context(tmp_path / "one", source), "base")
    os.utime(source / "main.py", (5, 5))
    again = content_digest(_context(tmp_path / "two", source), "base")

    assert first == again


def test_any_change_has_another_digest(source: Path, tmp_path: Path) -> None:
    digests = [content_digest(_context(tmp_path / "context", source), "base")]
    digests.append(content_digest(tmp_path / "context", "other base"))
    digests.append(content_digest(_context(tmp_path / "context", source, dockerfile="FROM y\n"), "base"))
    (source / "main.py").write_text("print(2)\n")
    digests.append(content_digest(_context(tmp_path / "context", source), "base"))
    (source / "main.py").rename(source / "start.py")
    digests.append(content_digest(_context(tmp_path / "context", source), "base"))
    (source / "start.py").chmod(0o755)
    digests.append(content_digest(_context(tmp_path / "context", source), "base"))

    assert len(set(digests)) == len(digests)


def test_a_script_of_the_part_wins_over_ours(source: Path, tmp_path: Path) -> None:
    (source / "script.sh").write_text("#!/bin/sh\necho own\n")

    context = _context(tmp_path / "context", source)

    assert (context / "part" / "script.sh").read_text() == "#!/bin/sh\necho own\n"


def test_a_context_that_is_there_already_is_replaced_whole(source: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "context" / "part", left__py="x")

    context = _context(tmp_path / "context", source)

    assert not (context / "part" / "left.py").exists()


def test_a_context_of_a_persons_own_is_the_directory_with_its_dockerfile(
    source: Path, tmp_path: Path
) -> None:
    (source / "Dockerfile").write_text("FROM own\n")
    (source / "run").write_text("#!/bin/sh\n")
    (source / "run").chmod(0o755)

    write_own_context(tmp_path / "context", source)

    names = {path.name for path in (tmp_path / "context").iterdir()}
    assert names == {"Dockerfile", "main.py", "requirements.txt", "run"}
    assert os.access(tmp_path / "context" / "run", os.X_OK)


def test_a_source_that_goes_away_is_told(source: Path, tmp_path: Path) -> None:
    shutil.rmtree(source)

    with pytest.raises(StateError, match="build context"):
        _context(tmp_path / "context", source)


def test_the_same_packages_are_kept_and_others_replaced(source: Path, package: Path, tmp_path: Path) -> None:
    context = _context(tmp_path / "context", source, package)
    (context / "packages" / "arm64" / "mark").write_text("kept")
    (source / "main.py").write_text("print(2)\n")

    _context(context, source, package)
    assert (context / "packages" / "arm64" / "mark").exists()
    assert (context / "part" / "main.py").read_text() == "print(2)\n"

    other = write_files(tmp_path / "cache" / "others", module__py="x = 2\n")
    _context(context, source, other)
    assert [path.name for path in (context / "packages" / "arm64").iterdir()] == ["module.py"]
    assert (context / "packages" / "arm64" / "module.py").read_text() == "x = 2\n"

    _context(context, source)
    assert not (context / "packages").exists()


def test_packages_count_by_their_digest(source: Path, package: Path, tmp_path: Path) -> None:
    context = _context(tmp_path / "context", source, package)

    one = content_digest(context, packages={"linux/arm64": "a"})

    assert one == content_digest(context, packages={"linux/arm64": "a"})
    assert one != content_digest(context, packages={"linux/arm64": "b"})
    assert one != content_digest(context, packages={"linux/amd64": "a"})
