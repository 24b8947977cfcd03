"""The files of a deployment: what they should hold, how that differs from what is there, the writing.

Every file says in a comment that it was made here, with a hash of its content. So a later run knows
which files it may replace or remove, and leaves alone what a person changed or added.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from aisprint_cli.errors import InvalidInputError, StateError
from aisprint_cli.generate import yaml_text
from aisprint_cli.generate.fdl import FdlFile
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.read import is_ours, read_template
from aisprint_cli.generate.templates import TemplateFile
from aisprint_cli.system.files import write_atomic

TEMPLATES_FOLDER: Final = "im"
FDL_FOLDER: Final = "oscar"
CONTAINERS: Final = "designs/containers.yaml"

_OWN_FILES: Final = ("im/*.yaml", "oscar/fdl.yaml", "oscar/services/*.yaml", "oscar/scripts/*.sh")
_MARK = re.compile(
    r"# Made by `aisprint toscarize`; change the application instead\. sha256:([0-9a-f]{16})\n"
)


class FileState(StrEnum):
    """How a file on disk stands to what it should hold."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    STALE = "stale"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file of a deployment's directory; `text` is None for one that should not be there."""

    path: str
    state: FileState
    text: str | None


def wanted_files(templates: Iterable[TemplateFile], fdl: Iterable[FdlFile]) -> dict[str, str]:
    """What a deployment's directory should hold: texts by path relative to it, marked as ours."""
    files = {f"{TEMPLATES_FOLDER}/{template.file_name}": template.text for template in templates}
    files |= {f"{FDL_FOLDER}/{entry.path}": entry.text for entry in fdl}
    return {path: mark(text) for path, text in files.items()}


def mark(text: str) -> str:
    """A text with the comment that says where it comes from; after the first line of a script."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    line = f"# Made by `aisprint toscarize`; change the application instead. sha256:{digest}\n"
    first, rest = text.split("\n", 1) if text.startswith("#!") else ("", text)
    return f"{first}\n{line}{rest}" if first else line + rest


def is_untouched(text: str) -> bool:
    """Whether a text is as `mark` left it."""
    found = _MARK.search(text)
    if found is None:
        return False
    rest = text[: found.start()] + text[found.end() :]
    return hashlib.sha256(rest.encode()).hexdigest()[:16] == found[1]


def options_in(directory: Path) -> Options:
    """The options that the templates of a deployment's directory were made with, else the defaults.

    So what was chosen once holds for the runs that follow. Whether there is a drift detector is not
    chosen: the images of the application's designs tell.
    """
    detector = detector_image(directory.parent.parent)
    for path in sorted((directory / TEMPLATES_FOLDER).glob("layer*.yaml")):
        try:
            options = read_template(path.read_text(encoding="utf-8"), path.name).options
        except (InvalidInputError, OSError, UnicodeDecodeError):
            continue
        return replace(options, drift_detector=detector)
    return replace(DEFAULTS, drift_detector=detector)


def detector_image(designs_root: Path) -> str:
    """The image of the drift detector that `designs/containers.yaml` names; empty where it names none."""
    import yaml

    try:
        document = yaml_text.load((designs_root / CONTAINERS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""
    components = document.get("components") if isinstance(document, dict) else None
    entry = components.get("drift-detector") if isinstance(components, dict) else None
    images = entry.get("docker_images") if isinstance(entry, dict) else None
    found = [image for image in images if isinstance(image, str)] if isinstance(images, list) else []
    return found[0] if found else ""


def compare(directory: Path, wanted: Mapping[str, str]) -> tuple[OutputFile, ...]:
    """Each file wanted, and each of ours that is wanted no more, with its state.

    Raises:
        StateError: when a file cannot be read.
    """
    compared = [OutputFile(path, _state(directory / path, text), text) for path, text in wanted.items()]
    present = sorted({path for pattern in _OWN_FILES for path in directory.glob(pattern)})
    for path in present:
        name = path.relative_to(directory).as_posix()
        state = None if name in wanted else _leftover_state(path)
        if state is not None:
            compared.append(OutputFile(name, state, None))
    return tuple(compared)


def _state(path: Path, text: str) -> FileState:
    present = _read(path)
    if present is None:
        return FileState.NEW
    if present == text and not path.is_symlink():
        return FileState.UNCHANGED
    return FileState.CHANGED if is_untouched(present) and not path.is_symlink() else FileState.EDITED


def _leftover_state(path: Path) -> FileState | None:
    """A template of ours that was edited must not stay unnoticed: it would be deployed."""
    present = _read(path)
    if present is None or path.is_symlink():
        return None
    if is_untouched(present):
        return FileState.STALE
    return FileState.EDITED if path.parent.name == TEMPLATES_FOLDER and is_ours(present) else None


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"{path} cannot be read: {error.strerror}.", mend="Move it away or mend its permissions."
        ) from error


def write(directory: Path, files: Iterable[OutputFile], *, force: bool = False) -> None:
    """Bring a deployment's directory to what it should hold; each file appears whole.

    Args:
        directory: the deployment's directory.
        files: what `compare` gave for it.
        force: also replace or remove what was edited.

    Raises:
        StateError: when something edited stands in the way, or a file cannot be written. In the first
            case nothing was changed.
    """
    files = tuple(files)
    edited = [file.path for file in files if file.state is FileState.EDITED]
    if edited and not force:
        raise StateError(
            f"Not made by this tool, or changed since: {', '.join(edited)}.",
            why="Writing would lose what a person put there.",
            mend="Move them away, or give --force to replace them.",
        )
    try:
        _apply(directory, files)
    except OSError as error:
        raise StateError(
            f"{error.filename or directory} cannot be written: {error.strerror}.",
            why="The files that were written before it are complete.",
            mend="Mend that, then run the same command again.",
        ) from error


def _apply(directory: Path, files: Iterable[OutputFile]) -> None:
    """Write first, remove last: a reader in between sees too much rather than too little."""
    for file in files:
        if file.text is not None and file.state is not FileState.UNCHANGED:
            write_atomic(directory / file.path, file.text)
    for file in files:
        if file.text is None:
            (directory / file.path).unlink(missing_ok=True)
