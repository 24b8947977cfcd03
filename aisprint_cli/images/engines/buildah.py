"""Buildah: no daemon, no root; every platform in one run, joined in a manifest list."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from aisprint_cli.errors import ExternalError, Retry
from aisprint_cli.images.engines import binfmt
from aisprint_cli.images.engines.commands import Finished, ask, run
from aisprint_cli.images.engines.failures import failed_step
from aisprint_cli.images.engines.interface import (
    BuildEvent,
    BuildFailedError,
    BuildState,
    Listen,
    Problem,
    Stopped,
)
from aisprint_cli.images.engines.one_by_one import build_each
from aisprint_cli.images.references import is_loopback
from aisprint_cli.images.registry.client import RegistryClient
from aisprint_cli.images.registry.lists import join
from aisprint_cli.images.registry.login_files import login_directory
from aisprint_cli.images.specification import BuildRequest, Built

_STEP = re.compile(r"^(?:\[[^\]]+\] )?STEP (?P<step>\d+/\d+: .+)$")


class Buildah:
    """The engine.

    Args:
        registry: for what the program cannot do.
        program: where buildah is; by default the one on the path.
        storage: a storage of its own, instead of the user's.
    """

    name = "buildah"
    at_once = False

    def __init__(
        self, registry: RegistryClient, program: str | None = None, storage: Path | None = None
    ) -> None:
        self._registry = registry
        self._program = program or shutil.which("buildah") or ""
        self._storage = (
            ["--root", str(storage / "root"), "--runroot", str(storage / "run")] if storage else []
        )

    def version(self) -> str | None:
        """Its version; None where it is not installed."""
        answer = ask([self._program, "version", "--json"]) if self._program else None
        return str(json.loads(answer)["version"]) if answer else None

    def problems(self, platforms: Collection[str]) -> tuple[Problem, ...]:
        """That it is missing, or that this machine cannot run another architecture's programs."""
        if self.version() is None:
            return (
                Problem(
                    "buildah is not installed.",
                    "It builds images without a daemon.",
                    "Install it: `apt-get install buildah`.",
                ),
            )
        return binfmt.problems(platforms)

    def build(
        self, requests: Sequence[BuildRequest], logs: Path, listen: Listen, stopped: Stopped
    ) -> tuple[Built, ...]:
        """Build one image after the other; see `Engine.build`."""
        return build_each(requests, lambda request: self._build(request, logs, listen, stopped), listen)

    def _build(self, request: BuildRequest, logs: Path, listen: Listen, stopped: Stopped) -> Built:
        began, spec = time.monotonic(), request.spec
        log = logs / f"{spec.name}.log"
        log.unlink(missing_ok=True)
        step = ""

        def heard(line: str) -> None:
            nonlocal step
            found = _STEP.match(line)
            if found:
                step = found["step"]
                listen(BuildEvent(spec.name, BuildState.RUNNING, step))

        local = f"localhost/aisprint/{spec.name}:{spec.tag}"
        ask([self._program, *self._storage, "manifest", "rm", local])
        listen(BuildEvent(spec.name, BuildState.RUNNING, "starting"))
        with login_directory(self._registry.login, [request.base, spec.repository]) as logins:
            command = self._command(request, local, _login_option(logins))
            ended = run(command, log=log, line=heard, stopped=stopped)
            if ended.code:
                raise _failed(request, step, ended, log)
            by_platform = self._platforms(local)
            digest = next(iter(by_platform.values()), "")
            if request.push:
                listen(BuildEvent(spec.name, BuildState.PUSHING, spec.repository))
                self._push(request, local, _login_option(logins), log, stopped)
                by_platform, digest = join(self._registry, spec.reference)
        listen(BuildEvent(spec.name, BuildState.DONE))
        seconds = time.monotonic() - began
        return Built(spec, digest, by_platform, request.push, seconds, self.name)

    def _command(self, request: BuildRequest, local: str, login: list[str]) -> list[str]:
        command = [self._program, *self._storage, "build", "--isolation", "chroot", *login]
        command += ["--format", _format(request)[0]]
        command += ["--platform", ",".join(request.spec.platforms), "--manifest", local]
        command += ["--timestamp", str(request.epoch_s), "--layers", "--force-rm", "--identity-label=false"]
        command += ["--no-cache"] if request.no_cache else []
        command += ["--tls-verify=false"] if is_loopback(request.base) else []
        for name, value in request.arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        for name, value in request.labels.items():
            command += ["--label", f"{name}={value}"]
        for name, path in request.secrets.items():
            command += ["--secret", f"id={name},src={path}"]
        return [*command, "--file", str(request.dockerfile), str(request.context)]

    def _platforms(self, local: str) -> dict[str, str]:
        answer = ask([self._program, *self._storage, "manifest", "inspect", local])
        manifests: list[dict[str, Any]] = json.loads(answer)["manifests"] if answer else []
        return {
            f"{entry['platform']['os']}/{entry['platform']['architecture']}": str(entry["digest"])
            for entry in manifests
        }

    def _push(self, request: BuildRequest, local: str, login: list[str], log: Path, stopped: Stopped) -> None:
        reference = request.spec.reference
        command = [self._program, *self._storage, "manifest", "push", "--all", *login]
        command += ["--format", _format(request)[1]]
        command += ["--tls-verify=false"] if is_loopback(request.spec.repository) else []
        command += [local, f"docker://{reference}"]
        ended = run(command, log=log, line=lambda _line: None, stopped=stopped)
        if ended.code:
            raise ExternalError(
                f"{reference} could not be pushed.",
                why="\n".join(ended.last[-3:]),
                mend="Look at the registry's address, and log in with `docker login` or `buildah login`.",
                retry=Retry.LATER,
            )


def _format(request: BuildRequest) -> tuple[str, str]:
    """How to build, and how to push: OCI's form has no health checks, Docker's a host's name at random."""
    is_checked = "HEALTHCHECK" in request.dockerfile.read_text(encoding="utf-8")
    return ("docker", "v2s2") if is_checked else ("oci", "oci")


def _login_option(logins: Path | None) -> list[str]:
    return ["--authfile", str(logins / "config.json")] if logins is not None else []


def _failed(request: BuildRequest, step: str, ended: Finished, log: Path) -> BuildFailedError:
    return BuildFailedError(
        f"The image {request.spec.name} could not be built"
        + (f": {told}." if (told := failed_step(request.dockerfile, step)) else "."),
        why="\n".join(ended.last),
        mend=f"The whole log is in {log}.",
    )
