"""A build context: a directory with all that goes into an image, and nothing else.

Times are set to one moment and modes to two kinds, so that the same content makes the same layers.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from aisprint_cli.errors import StateError
from aisprint_cli.images.platforms import architecture_of
from aisprint_cli.system.packaged import runtime_library_directory, templates_directory

EPOCH_S: Final = 315532800
"""1980-01-01: the earliest time that every archive format can carry."""

DOCKERFILE: Final = "Dockerfile"
PACKAGES: Final = "packages"
"""The folder of a context with the unpacked packages of each architecture."""

_CHUNK: Final = 1 << 20
_NEVER: Final = ("__pycache__", "*.pyc", ".git", ".aisprint", ".venv")
_LEFT_OUT_OF_OWN = shutil.ignore_patterns(*_NEVER)
_LEFT_OUT = shutil.ignore_patterns(*_NEVER, DOCKERFILE)


def write_context(
    target: Path,
    *,
    source: Path,
    dockerfile: str,
    packages: Mapping[str, Sequence[Path]],
    in_image: str | None,
    modules: Sequence[Path] = (),
) -> None:
    """Write a context.

    Args:
        target: the directory to make; what is there already goes.
        source: the part's design directory.
        dockerfile: its text.
        packages: directories of unpacked packages by platform, laid over each other.
        in_image: the requirements to install inside the image, when they are.
        modules: further Python files beside the run-time library.

    Raises:
        StateError: when it cannot be written.
    """
    try:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        (target / DOCKERFILE).write_text(dockerfile, encoding="utf-8")
        shutil.copytree(source, target / "part", ignore=_LEFT_OUT)
        script = target / "part" / "script.sh"
        if not script.exists():
            shutil.copyfile(templates_directory() / "local" / "script.sh", script)
        shutil.copytree(runtime_library_directory(), target / "library" / "aisprint", ignore=_LEFT_OUT)
        for module in modules:
            shutil.copyfile(module, target / "library" / module.name)
        for platform, folders in packages.items():
            place = target / PACKAGES / architecture_of(platform)
            for folder in folders:
                shutil.copytree(folder, place, copy_function=_link, dirs_exist_ok=True)
        if in_image is not None:
            (target / "requirements.txt").write_text(in_image, encoding="utf-8")
        _settle(target)
    except (OSError, shutil.Error) as error:
        raise StateError(
            f"The build context {target} cannot be written: {error}.", mend="Look at the free space."
        ) from error


def write_own_context(target: Path, source: Path) -> None:
    """Write the context of an image that has its own Dockerfile and nothing of ours: the directory as it is.

    Raises:
        StateError: when it cannot be written.
    """
    try:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=_LEFT_OUT_OF_OWN)
        _settle(target)
    except (OSError, shutil.Error) as error:
        raise StateError(
            f"The build context {target} cannot be written: {error}.", mend="Look at the free space."
        ) from error


def content_digest(context: Path, *facts: str) -> str:
    """A hash over the names, modes and contents of a context, and over further facts."""
    whole = hashlib.sha256("\n".join(facts).encode())
    for path in sorted(_files(context)):
        executable = os.access(path, os.X_OK)
        whole.update(f"\n{path.relative_to(context).as_posix()} {executable} ".encode())
        with path.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()


def _files(context: Path) -> Iterator[Path]:
    return (path for path in context.rglob("*") if path.is_file())


def _link(source: str, target: str) -> None:
    """Packages are large and do not change: a link where the file system takes one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _settle(context: Path) -> None:
    script = context / "part" / "script.sh"
    if script.exists():
        script.chmod(0o755)
    for path in (*context.rglob("*"), context):
        if path.is_symlink():
            continue
        executable = path.is_dir() or os.access(path, os.X_OK)
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (EPOCH_S, EPOCH_S))
