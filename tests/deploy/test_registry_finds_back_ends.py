"""Back ends by name: ours, installed ones, and a helpful answer to any other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend, plain_secret

from aisprint_cli.backends.interface import Site
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.registry import BACKENDS, backend_names, open_backend
from aisprint_cli.errors import UsageError


@pytest.fixture
def installed(plugins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(plugins), *sys.path])


def test_ours_and_installed_ones_are_listed(installed: None) -> None:
    assert backend_names() == (*BACKENDS, "broken", "directory")
    assert {"local", "oscar"} <= BACKENDS.keys()


def test_ours_opens_without_starting_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISPRINT_HOME", str(tmp_path / "home"))

    opened = open_backend("local", Site(tmp_path, plain_secret))
    opened.close()

    assert isinstance(opened, LocalBackend)
    assert not (tmp_path / "home").exists()


def test_an_installed_one_opens(installed: None, tmp_path: Path) -> None:
    assert isinstance(open_backend("directory", Site(tmp_path / "app", plain_secret)), DirectoryBackend)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("lokal", "Did you mean local?"),
        ("mainframe", f"There are: {', '.join(BACKENDS)}, broken, directory."),
    ],
)
def test_an_unknown_one_is_answered_with_names(installed: None, tmp_path: Path, name: str, mend: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_backend(name, Site(tmp_path, plain_secret))

    assert caught.value.mend == mend


def test_one_that_does_not_load_names_where_it_comes_from(installed: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not load: ModuleNotFoundError") as caught:
        open_backend("broken", Site(tmp_path, plain_secret))

    assert "no_such_module:x" in caught.value.why
