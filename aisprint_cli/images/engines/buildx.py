"""Docker's buildx: one bake file for all images, their platforms built at the same time."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from aisprint_cli.errors import ExternalError
from aisprint_cli.images.engines import binfmt
from aisprint_cli.images.engines.commands import ask, run
from aisprint_cli.images.engines.failures import failed_step
from aisprint_cli.images.engines.interface import (
    BuildEvent,
    BuildFailedError,
    BuildState,
    Listen,
    Problem,
    Stopped,
)
from aisprint_cli.images.registry.client import RegistryClient
from aisprint_cli.images.registry.lists import join
from aisprint_cli.images.registry.login_files import login_directory
from aisprint_cli.images.specification import BuildRequest, Built
from aisprint_cli.system.files import write_atomic

BAKE_FILE: Final = "docker-bake.json"
_METADATA: Final = "bake-metadata.json"
_PUSHED: Final = "type=image,push=true,rewrite-timestamp=true,oci-mediatypes=true"
_STEP = re.compile(r"^#\d+ \[(?P<target>[^\s\]]+)(?: (?P<platform>linux/\w+))?[^\]]*\] (?P<step>.+)$")
_PLATFORMS = re.compile(r"^Platforms:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Extras:
    """What buildx can do and the other engines cannot.

    `cache_from` and `cache_to` are caches as buildx writes them
    (`type=registry,ref=registry.example.org/app/cache,mode=max`). `sbom` attaches a bill of materials and
    `provenance` how the image was built.
    """

    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    sbom: bool = False
    provenance: bool = False

    @property
    def attest(self) -> bool:
        """Whether anything is attached."""
        return self.sbom or self.provenance


class Buildx:
    """The engine.

    Args:
        registry: joins what was pushed.
        program: where docker is; by default the one on the path.
        extras: caches between machines, and what is attached to images.
    """

    name = "buildx"
    at_once = True

    def __init__(
        self, registry: RegistryClient, program: str | None = None, extras: Extras | None = None
    ) -> None:
        self._registry = registry
        self._program = program or shutil.which("docker") or ""
        self._extras = extras or Extras()

    def version(self) -> str | None:
        """Its version; None where docker or its plugin is missing, or no builder answers."""
        answer = ask([self._program, "buildx", "version"]) if self._program else None
        if not answer or ask([self._program, "buildx", "inspect"]) is None:
            return None
        return next((word for word in answer.split() if re.match(r"v?\d", word)), answer.strip())

    def problems(self, platforms: Collection[str]) -> tuple[Problem, ...]:
        """That it is missing, or that its builder does not know a platform."""
        if self.version() is None:
            return (
                Problem(
                    "docker buildx is not installed, or has no builder that answers.",
                    "It builds every platform of every image at once.",
                    "Install the plugin, then `docker buildx create --use`.",
                ),
            )
        shown = _PLATFORMS.search(ask([self._program, "buildx", "inspect", "--bootstrap"], 120.0) or "")
        known = {entry.strip(" *") for entry in shown[1].split(",")} if shown else set()
        return tuple(
            Problem(
                f"The builder does not know {platform}.",
                f"It knows {', '.join(sorted(known)) or 'none'}.",
                "Install emulation (`apt-get install qemu-user-static binfmt-support`), then"
                " `docker buildx create --use`.",
            )
            for platform in sorted(set(platforms) - known - {binfmt.native()})
        )

    def build(
        self, requests: Sequence[BuildRequest], logs: Path, listen: Listen, stopped: Stopped
    ) -> tuple[Built, ...]:
        """Build all images at once; see `Engine.build`."""
        if not requests:
            return ()
        began = time.monotonic()
        log = logs / "buildx.log"
        log.unlink(missing_ok=True)
        bake_file, metadata = logs / BAKE_FILE, logs / _METADATA
        document = bake_document(requests, **asdict(self._extras))
        write_atomic(bake_file, json.dumps(document, indent=2) + "\n")
        names = {target_name(request.spec.name): request.spec.name for request in requests}
        step, at = "", requests[0]
        by_target = {target_name(request.spec.name): request for request in requests}

        def heard(line: str) -> None:
            nonlocal step, at
            found = _STEP.match(line)
            if found:
                step, at = found["step"], by_target.get(found["target"], at)
                image = names.get(found["target"], "")
                listen(BuildEvent(image, BuildState.RUNNING, step, found["platform"] or ""))

        command = [self._program, "buildx", "bake", "--progress", "plain", "--file", str(bake_file)]
        command += ["--metadata-file", str(metadata)]
        places = [place for request in requests for place in (request.base, request.spec.repository)]
        with login_directory(self._registry.login, places) as logins:
            environment = {"SOURCE_DATE_EPOCH": str(requests[0].epoch_s)}
            environment |= {"DOCKER_CONFIG": str(logins)} if logins is not None else {}
            ended = run(command, log=log, line=heard, stopped=stopped, environment=environment)
        if ended.code:
            for request in requests:
                listen(BuildEvent(request.spec.name, BuildState.FAILED))
            raise BuildFailedError(
                "Images could not be built"
                + (f": {told}." if (told := failed_step(at.dockerfile, step)) else "."),
                why="\n".join(ended.last),
                mend=f"The whole log is in {log}.",
            )
        facts = _read_metadata(metadata)
        seconds = time.monotonic() - began
        return tuple(self._built(request, facts, seconds, listen) for request in requests)

    def _built(self, request: BuildRequest, facts: dict[str, Any], seconds: float, listen: Listen) -> Built:
        spec = request.spec
        own = facts.get(target_name(spec.name)) or {}
        digest = str(own.get("containerimage.digest") or own.get("containerimage.config.digest") or "")
        by_platform = dict.fromkeys(spec.platforms, digest)
        if request.push and self._extras.attest:
            found = self._registry.manifest(spec.reference)
            by_platform = found.platforms if found else by_platform  # joined anew it would lose them
        elif request.push:
            by_platform, digest = join(self._registry, spec.reference)
        listen(BuildEvent(spec.name, BuildState.DONE))
        return Built(spec, digest, by_platform, request.push, seconds, self.name)


def target_name(image: str) -> str:
    """The name of an image's target: letters, digits, `-` and `_` only."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", image)


def bake_document(
    requests: Sequence[BuildRequest],
    *,
    cache_from: Sequence[str] = (),
    cache_to: Sequence[str] = (),
    sbom: bool = False,
    provenance: bool = False,
) -> dict[str, Any]:
    """The bake file of some images, as buildx reads it; the options are those of `Extras`."""
    extras = Extras(tuple(cache_from), tuple(cache_to), sbom, provenance)
    return {
        "group": {"default": {"targets": [target_name(request.spec.name) for request in requests]}},
        "target": {
            target_name(request.spec.name): _literal(_target(request, extras)) for request in requests
        },
    }


def _target(request: BuildRequest, extras: Extras) -> dict[str, Any]:
    target: dict[str, Any] = {
        "context": str(request.context),
        "dockerfile": str(request.dockerfile),
        "platforms": list(request.spec.platforms),
        "tags": [request.spec.reference],
        "args": dict(request.arguments),
        "labels": dict(request.labels),
        "output": [_output(request)],
        "attest": [
            *(["type=sbom"] if extras.sbom else []),
            "type=provenance,mode=max" if extras.provenance else "type=provenance,disabled=true",
        ],
    }
    if request.secrets:
        target["secret"] = [f"type=file,id={name},src={path}" for name, path in request.secrets.items()]
    if extras.cache_from:
        target["cache-from"] = list(extras.cache_from)
    if extras.cache_to:
        target["cache-to"] = list(extras.cache_to)
    if request.no_cache:
        target["no-cache"] = True
    return target


def _output(request: BuildRequest) -> str:
    """Where an image goes. Engines load one platform only; a list that is not pushed stays in the cache."""
    if request.push:
        return _PUSHED
    return "type=docker" if len(request.spec.platforms) == 1 else "type=image,push=false"


def _literal(value: Any) -> Any:
    """A value as a bake file takes it: in JSON too, `${...}` and `%{...}` would be evaluated."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        return {name: _literal(entry) for name, entry in value.items()}
    return [_literal(entry) for entry in value] if isinstance(value, list) else value


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExternalError(
            "docker buildx did not say what it built.",
            why=f"{path} is missing or no JSON.",
            mend="Use a buildx of 0.10 or later.",
        ) from error
    return document
