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
        kept = _keep_packages(target, packages)
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
        if in_image is not None:
            (target / "requirements.txt").write_text(in_image, encoding="utf-8")
        _settle(target)
        _add_packages(target, packages, kept)
    except (OSError, shutil.Error) as error:
        raise StateError(
            f"The build context {target} cannot be written: {error}.", mend="Look at the free space."
        ) from error


def _keep_packages(target: Path, packages: Mapping[str, Sequence[Path]]) -> Path | None:
    """Set aside the packages of an earlier context when they are the same: they are thousands of files."""
    aside, names = _beside(target, "packages"), _beside(target, "packages.txt")
    shutil.rmtree(aside, ignore_errors=True)  # left by a run that was killed
    same = names.is_file() and names.read_text(encoding="utf-8") == _package_names(packages)
    if not (same and (target / PACKAGES).is_dir()):
        return None
    (target / PACKAGES).rename(aside)
    return aside


def _add_packages(target: Path, packages: Mapping[str, Sequence[Path]], kept: Path | None) -> None:
    if kept is not None:
        kept.rename(target / PACKAGES)
        os.utime(target, (EPOCH_S, EPOCH_S))
        return
    names = _beside(target, "packages.txt")
    names.unlink(missing_ok=True)
    if not packages:
        return
    for platform, folders in packages.items():
        place = target / PACKAGES / architecture_of(platform)
        for folder in folders:
            shutil.copytree(folder, place, copy_function=_link, dirs_exist_ok=True)
    _settle(target / PACKAGES)
    os.utime(target, (EPOCH_S, EPOCH_S))
    names.write_text(_package_names(packages), encoding="utf-8")


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f".{target.name}-{what}")


def _package_names(packages: Mapping[str, Sequence[Path]]) -> str:
    """Which packages there are; a directory of the cache never changes, it is replaced."""
    return "".join(
        f"{platform} {folder} {folder.stat().st_ino}\n"
        for platform, found in packages.items()
        for folder in found
    )


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


def content_digest(context: Path, *facts: str, packages: Mapping[str, str] | None = None) -> str:
    """A hash over the names, modes and contents of a context, and over further facts.

    With `packages`, their digests by platform, the files of unpacked packages are not read again.
    """
    told = [] if packages is None else [f"{name} {digest}" for name, digest in sorted(packages.items())]
    whole = hashlib.sha256("\n".join([*facts, *told]).encode())
    left_out = context / PACKAGES if packages is not None else None
    for path in sorted(_files(context, left_out)):
        executable = os.access(path, os.X_OK)
        whole.update(f"\n{path.relative_to(context).as_posix()} {executable} ".encode())
        with path.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()


def _files(context: Path, left_out: Path | None) -> Iterator[Path]:
    for folder, folders, names in os.walk(context):
        folders[:] = [name for name in folders if Path(folder) / name != left_out]
        yield from (path for name in names if (path := Path(folder) / name).is_file())


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
