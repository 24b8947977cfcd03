"""Python packages for another machine: wheels unpacked here, so that no step runs inside the image.

uv resolves for the platform and Python of the image and unpacks wheels. Images for arm64 are thus made on
amd64 without emulation. What only comes as source is built here, which gives a wheel for every platform when
it is plain Python; else uv refuses it, and it is left to a step in the image.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock

from aisprint_cli.errors import ExternalError, StateError
from aisprint_cli.images.context import content_digest
from aisprint_cli.images.platforms import WHEEL_PLATFORMS
from aisprint_cli.load.requirements import Requirements
from aisprint_cli.system.files import write_atomic
from aisprint_cli.system.installers import Installers
from aisprint_cli.system.package_index import find_uv, index_settings

_COMPLETE: Final = ".aisprint-complete"
_WAIT_S: Final = 1800.0
_SHOWN_LINES: Final = 12
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_LEFT_OUT: Final = ("bin", ".lock")
_NO_WHEEL = re.compile(
    r"no (usable|matching|compatible) wheels|building from source|failed to (download and )?build",
    re.IGNORECASE,
)

_NEITHER = re.compile(r"no wheels with a matching (platform|Python( ABI| version| implementation)?) tag")


class NoWheelError(ExternalError):
    """A requirement has no wheel for a platform; `why` holds what uv says."""


@dataclass(frozen=True, slots=True)
class Target:
    """What packages are for: a platform (`linux/arm64`) and a Python version (`3.12`)."""

    platform: str
    python: str


class Packages:
    """Packages unpacked below a cache directory, by what they were asked for.

    Args:
        cache: the directory; several processes may use it.
        progress: told what is being fetched.
    """

    def __init__(self, cache: Path, progress: Callable[[str], None]) -> None:
        self._root = cache / "image-packages"
        self._progress = progress
        self._installers = Installers()

    def close(self) -> None:
        """End what is under way."""
        self._installers.end()

    def ensure(
        self, requirements: Requirements, target: Target, *, refresh: bool = False, alone: bool = False
    ) -> Path | None:
        """A directory with the packages for a target; None where nothing is required.

        Without `refresh` what was resolved before is taken again, so that versions stay as they were.
        With `alone` what they require themselves is left out.

        Raises:
            NoWheelError: when one of them has no wheel for the target.
            ExternalError: when the index cannot be used.
            StateError: when the cache cannot be written.
        """
        if not requirements.lines:
            return None
        place = self._root / _key(requirements, target, alone=alone)
        if (place / _COMPLETE).exists() and not refresh:
            return place / "packages"
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(f"{place}.lock", timeout=_WAIT_S):
                if refresh or not (place / _COMPLETE).exists():
                    self._install(requirements, target, place, alone=alone)
        except filelock.Timeout:
            raise StateError(
                f"Another command has been fetching packages for {place} for too long."
            ) from None
        except OSError as error:
            raise StateError(
                f"The cache {self._root} cannot be written: {error.strerror or error}.",
                mend="Give another directory in AISPRINT_CACHE.",
            ) from error
        return place / "packages"

    def _install(self, requirements: Requirements, target: Target, place: Path, *, alone: bool) -> None:
        uv = find_uv()
        if uv is None:
            raise ExternalError("The program uv is not there.", mend="Install it: `pip install uv`.")
        self._progress(f"Fetching packages for {target.platform}")
        with tempfile.TemporaryDirectory(dir=self._root, prefix=".new-") as folder:
            fresh = Path(folder) / "fresh"
            listing = Path(folder) / "requirements.txt"
            write_atomic(listing, "\n".join(requirements.lines) + "\n", mode=0o600)
            platform = WHEEL_PLATFORMS[target.platform]
            command = [uv, "pip", "install", "--quiet", "--target", str(fresh / "packages")]
            command += ["--python-platform", platform, "--python-version", target.python]
            command += ["--link-mode", "copy", "-r", str(listing)]
            command += ["--no-deps"] if alone else []
            environment = {**os.environ, **index_settings(os.environ)}
            environment.pop("VIRTUAL_ENV", None)
            code, said = self._installers.run(command, requirements.directory, environment)
            if code:
                raise _failure(_CREDENTIALS.sub("***@", said), target)
            for name in _LEFT_OUT:
                _remove(fresh / "packages" / name)
            write_atomic(fresh / _COMPLETE, "")
            shutil.rmtree(place, ignore_errors=True)
            fresh.rename(place)


def packages_digest(packages: Path) -> str:
    """The digest of what `Packages.ensure` gave, kept beside it: to read some thousand files takes seconds.

    Raises:
        StateError: when the cache cannot be read or written.
    """
    kept = packages.parent / _COMPLETE
    try:
        digest = kept.read_text(encoding="ascii")
        if not digest:
            digest = content_digest(packages)
            write_atomic(kept, digest)
    except OSError as error:
        raise StateError(f"The cache {packages} cannot be used: {error.strerror or error}.") from error
    return digest


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _key(requirements: Requirements, target: Target, *, alone: bool) -> str:
    parts = [target.platform, target.python, *(["alone"] if alone else ()), *sorted(requirements.lines)]
    if requirements.local:
        parts.append(str(requirements.directory))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _failure(said: str, target: Target) -> ExternalError:
    why = "\n".join(said.strip().splitlines()[-_SHOWN_LINES:])
    if _NEITHER.search(said):
        return ExternalError(
            f"A requirement has neither a wheel nor a source for {target.platform} and Python"
            f" {target.python}.",
            why=why,
            mend="Ask for another version of it, for another Python with --python, or place the component on"
            " resources of another architecture.",
        )
    if _NO_WHEEL.search(said):
        return NoWheelError(
            f"A requirement has no wheel for {target.platform} and Python {target.python}.",
            why=why,
            mend="It is then built inside the image, which takes a compiler in requirements.sys; or name a"
            " version that has one.",
        )
    return ExternalError(
        f"The packages for {target.platform} cannot be fetched.",
        why=why,
        mend="Mend requirements.txt where the component's source is, or the index that pip or uv use.",
    )
