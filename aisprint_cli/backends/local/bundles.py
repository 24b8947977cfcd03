"""Bundles: what an image holds, unpacked: `opt/<part>/`, the run-time library, an environment."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from aisprint_cli.backends.interface import FunctionSpec, Progress
from aisprint_cli.backends.local.environments import Environments, missing_system_packages
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.errors import InvalidInputError, StateError
from aisprint_cli.load.requirements import read_requirements
from aisprint_cli.system import packaged

_LOCK_S = 120.0
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".git")


@dataclass(frozen=True, slots=True)
class Bundler:
    """Makes the bundles of one application below a home."""

    home: Home
    application_directory: Path
    environments: Environments

    def environment(self, spec: FunctionSpec, progress: Progress) -> Path:
        """The environment of a part, built if need be: what may take minutes, and so is not locked.

        Raises:
            InvalidInputError: when the part's directory is not there or its requirements are not valid.
            ExternalError: when a requirement cannot be installed.
        """
        source = self._source(spec)
        missing = missing_system_packages(source)
        if missing:
            progress(f"{spec.part}: this machine lacks the system packages {', '.join(missing)}")
        return self.environments.ensure(read_requirements(source), progress)

    def make(self, spec: FunctionSpec, environment: Path) -> str:
        """Unpack a part; the digest of its bundle. Call it under `lock`.

        Raises:
            InvalidInputError: when the part's files cannot be used.
            StateError: when the home cannot be written.
        """
        source = self._source(spec)
        digest = _digest(spec, environment)
        target = self.home.bundles / digest
        if (target / "bundle.json").exists():
            return digest
        temporary = self.home.bundles / f".{digest}.{secrets.token_hex(4)}"
        try:
            self._unpack(source, temporary, spec.part, environment)
            shutil.rmtree(target, ignore_errors=True)
            temporary.rename(target)
        except (OSError, shutil.Error) as error:
            raise StateError(
                f"The files of {spec.part} cannot be unpacked below {target}: {error}."
            ) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return digest

    def prune(self, in_use: set[str]) -> None:
        """Delete the bundles that nothing uses. Call it under `lock`."""
        if not self.home.bundles.is_dir():
            return
        for bundle in self.home.bundles.iterdir():
            if bundle.is_dir() and bundle.name not in in_use:
                shutil.rmtree(bundle, ignore_errors=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold off others that make or prune bundles.

        Raises:
            StateError: when another command holds it for too long.
        """
        self.home.prepare()
        try:
            with filelock.FileLock(self.home.root / "bundles.lock", timeout=_LOCK_S):
                yield
        except filelock.Timeout:
            raise StateError("Another command has been unpacking bundles for too long.") from None

    def _source(self, spec: FunctionSpec) -> Path:
        source = self.application_directory / spec.source
        if not source.is_dir():
            raise InvalidInputError(
                f"The design of {spec.part} is not at {source}.", mend="Run `aisprint design` first."
            )
        return source

    def _unpack(self, source: Path, target: Path, part: str, environment: Path) -> None:
        place = target / "opt" / part
        shutil.copytree(source, place, ignore=_LEFT_OUT)
        script = place / "script.sh"
        if not script.exists():
            shutil.copyfile(_standard_script(), script)
        script.chmod(0o755)
        shutil.copytree(packaged.runtime_library_directory(), target / "lib" / "aisprint", ignore=_LEFT_OUT)
        document = {"environment": str(environment), "variables": read_variables(source / "env.yaml")}
        (target / "bundle.json").write_text(json.dumps(document))


def read_variables(file: Path) -> dict[str, str]:
    """The variables of `env.yaml`, a flat map; none is the same as an empty one.

    Raises:
        InvalidInputError: when it is no flat map of names to plain values; with the positions.
    """
    from aisprint_cli.diagnostics import Findings
    from aisprint_cli.load.environment import read_environment
    from aisprint_cli.load.reporter import Reporter

    findings = Findings()
    variables = read_environment(file.parent, file.name, Reporter(findings))
    if findings.has_errors:
        raise InvalidInputError(
            f"{file} is no flat map of names to values.", findings.sorted(), directory=file.parent
        )
    return variables


def _standard_script() -> Path:
    return packaged.templates_directory() / "local" / "script.sh"


def _digest(spec: FunctionSpec, environment: Path) -> str:
    found = hashlib.sha256(f"{spec.part}\n{spec.source_digest}\n{environment}\n".encode())
    library = packaged.runtime_library_directory()
    for file in (_standard_script(), *sorted(library.rglob("*.py"))):
        found.update(file.name.encode())
        found.update(file.read_bytes())
    return found.hexdigest()[:24]
