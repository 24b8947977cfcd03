"""The files of a component's directory, as they go into its designs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.design.records import is_executable, record_file
from aisprint_cli.diagnostics import Findings, Location

LEFT_OUT = frozenset({"__pycache__", ".git", ".DS_Store"})


@dataclass(frozen=True, slots=True)
class ComponentFile:
    """A file: `path` is relative to the component's directory, `record` identifies its content."""

    path: str
    source: Path
    record: str

    @property
    def executable(self) -> bool:
        """Whether its owner may execute it."""
        return self.record.endswith(" x")


def component_files(application: Path, directory: str, findings: Findings) -> tuple[ComponentFile, ...]:
    """Every file of a component by path, those that links lead to included.

    Designs go into images and stand alone, so links are followed. What Python and version control
    leave behind (`LEFT_OUT`) is no part of a component.

    Args:
        application: the application directory.
        directory: the component's, relative to it.
        findings: takes links that lead nowhere or in a circle, and names that are not UTF-8.

    Raises:
        OSError: when something cannot be read.

    """
    root = application / directory
    found = [
        ComponentFile(path, source, record_file(source, executable=is_executable(source.stat())))
        for path, source in _walk(root, "", (root.resolve(),), directory, findings)
    ]
    return tuple(sorted(found, key=lambda file: file.path))


def check_names(application: Path, directory: str, findings: Findings) -> None:
    """Find the names and links of a component that cannot be taken over, without reading any file.

    Raises:
        OSError: when a directory cannot be read.

    """
    root = application / directory
    for _ in _walk(root, "", (root.resolve(),), directory, findings):
        pass


def _walk(
    directory: Path, prefix: str, above: tuple[Path, ...], base: str, findings: Findings
) -> Iterator[tuple[str, Path]]:
    with os.scandir(directory) as entries:
        names = sorted(entry.name for entry in entries if entry.name not in LEFT_OUT)
    for name in names:
        path, relative = directory / name, prefix + name
        if not is_text(name):
            _report_name(f"{base}/{relative}", findings)
        elif path.is_symlink() and not path.exists():
            _report_link(f"{base}/{relative}", "leads nowhere", findings)
        elif path.is_dir():
            resolved = path.resolve()
            if resolved in above:
                _report_link(f"{base}/{relative}", "leads back to a directory it is in", findings)
            else:
                yield from _walk(path, f"{relative}/", (*above, resolved), base, findings)
        elif path.is_file():
            yield relative, path


def is_text(name: str) -> bool:
    """Whether a file's name is UTF-8; the bytes of any other stand in it as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _report_name(path: str, findings: Findings) -> None:
    shown = path.encode("utf-8", "backslashreplace").decode()
    findings.error(
        "design.name",
        Location(shown),
        f"The name of {shown} is not UTF-8.",
        why="Neither the record of the design nor a container image can hold it.",
        mend="Rename the file.",
    )


def _report_link(path: str, what: str, findings: Findings) -> None:
    findings.error(
        "design.link",
        Location(path),
        f"The link {path} {what}.",
        why="A design is copied into an image, where the link would be broken too.",
        mend="Remove the link, or make it lead to a file.",
    )
