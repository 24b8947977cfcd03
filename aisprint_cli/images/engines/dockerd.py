"""BuildKit inside Docker Engine, without buildx: one build for each platform, joined in a list.

It speaks the engine's own API: `POST /build` with `version=2` has BuildKit build a packed context, and its
news come as packed messages. The legacy builder (`version=1`) is never used: asked for arm64 it silently
builds for the machine at hand.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import tarfile
import tempfile
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from aisprint_cli.errors import ExternalError, Retry
from aisprint_cli.images.context import PACKAGES
from aisprint_cli.images.engines import binfmt
from aisprint_cli.images.engines.buildkit_news import read_news
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
from aisprint_cli.images.platforms import architecture_of
from aisprint_cli.images.registry.client import RegistryClient
from aisprint_cli.images.registry.credentials import FindLogin
from aisprint_cli.images.specification import BuildRequest, Built

_OLDEST: Final = (1, 39)
_TAIL: Final = 20
_TIMEOUT_S: Final = 600
_USUAL: Final = "unix:///var/run/docker.sock"
_TRACE: Final = "moby.buildkit.trace"
_IMAGE: Final = "moby.image.id"


class Dockerd:
    """The engine.

    Args:
        registry: joins what was pushed.
        address: the engine's; by default `DOCKER_HOST` or its usual socket.
        find_login: gives the login of a registry; by default that of `registry`.
    """

    name = "buildkit"
    at_once = False

    def __init__(
        self, registry: RegistryClient, address: str | None = None, find_login: FindLogin | None = None
    ) -> None:
        self._registry = registry
        self._address = address
        self._find_login = find_login or registry.login
        self._client: Any = None

    def version(self) -> str | None:
        """The engine's version; None where none answers, or one that has no BuildKit."""
        from docker.errors import DockerException
        from requests import RequestException

        try:
            found = self._api().version()
        except (DockerException, RequestException, OSError):
            return None
        oldest = tuple(int(part) for part in str(found["ApiVersion"]).split("."))
        return str(found["Version"]) if oldest >= _OLDEST else None

    def problems(self, platforms: Collection[str]) -> tuple[Problem, ...]:
        """That no engine answers, or that this machine cannot run another architecture's programs."""
        if self.version() is None:
            return (
                Problem(
                    "No Docker Engine with BuildKit answers.",
                    "Images are built inside it.",
                    "Start it, and see that you may use its socket: `docker info`.",
                ),
            )
        return binfmt.problems(platforms)

    def build(
        self, requests: Sequence[BuildRequest], logs: Path, listen: Listen, stopped: Stopped
    ) -> tuple[Built, ...]:
        """Build one image after the other, its platforms too; see `Engine.build`."""
        return build_each(requests, lambda request: self._build(request, logs, listen, stopped), listen)

    def _build(self, request: BuildRequest, logs: Path, listen: Listen, stopped: Stopped) -> Built:
        began, spec = time.monotonic(), request.spec
        log = logs / f"{spec.name}.log"
        log.unlink(missing_ok=True)
        by_platform: dict[str, str] = {}
        for platform in spec.platforms:
            listen(BuildEvent(spec.name, BuildState.RUNNING, "starting", platform))
            by_platform[platform] = self._build_one(request, platform, log, listen, stopped)
        digest = next(iter(by_platform.values()))
        if request.push:
            listen(BuildEvent(spec.name, BuildState.PUSHING, spec.repository))
            by_platform = {platform: self._push(request, platform) for platform in spec.platforms}
            digest = self._registry.put_index(spec.reference, by_platform)
        listen(BuildEvent(spec.name, BuildState.DONE))
        return Built(spec, digest, by_platform, request.push, time.monotonic() - began, self.name)

    def _build_one(
        self, request: BuildRequest, platform: str, log: Path, listen: Listen, stopped: Stopped
    ) -> str:
        """The identity of the image of one platform."""
        query = {
            "version": "2",
            "platform": platform,
            "t": f"{request.spec.repository}:{_tag(request, platform)}",
            "dockerfile": request.dockerfile.name,
            "buildargs": json.dumps(dict(request.arguments)),
            "labels": json.dumps(dict(request.labels)),
        } | ({"nocache": "1"} if request.no_cache else {})
        step, last, image, error = "", deque[str](maxlen=_TAIL), "", ""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as output, _packed(request, platform) as context:
            for answer in self._answers("/build", query, context, stopped):
                if answer.get("id") == _IMAGE:
                    image = str(answer["aux"]["ID"])
                elif answer.get("id") == _TRACE:
                    news = read_news(base64.b64decode(answer["aux"]))
                    for name in news.steps:
                        step = name
                        listen(BuildEvent(request.spec.name, BuildState.RUNNING, name, platform))
                        output.write(f"{name}\n")
                    output.writelines(f"{line}\n" for line in news.lines)
                    last.extend(news.lines)
                error = str(answer.get("error") or error)
        if error or not image:
            raise BuildFailedError(
                f"The image {request.spec.name} could not be built for {architecture_of(platform)}"
                + (f": {told}." if (told := failed_step(request.dockerfile, step)) else "."),
                why="\n".join([*last, error]),
                mend=f"The whole log is in {log}.",
            )
        return image

    def _answers(
        self, path: str, query: Mapping[str, str], body: IO[bytes], stopped: Stopped
    ) -> Iterator[dict[str, Any]]:
        """The lines of an answer as they come."""
        from docker.errors import DockerException
        from requests import RequestException

        headers = {"Content-Type": "application/x-tar"}
        try:
            client = self._api()
            response = client.post(
                client._url(path), params=dict(query), data=body, headers=headers, stream=True
            )
            if response.status_code >= 300:
                raise ExternalError(
                    f"Docker Engine refuses to {path.strip('/')}.",
                    why=response.text[:500].strip(),
                    mend="See `docker info`, and the engine's own log.",
                )
            for line in response.iter_lines():
                if stopped():
                    response.close()
                    raise KeyboardInterrupt
                if line:
                    yield json.loads(line)
        except (DockerException, RequestException, OSError, ValueError) as error:
            raise ExternalError(
                "Docker Engine stopped answering.",
                why=f"{type(error).__name__}.",
                mend="See whether it still runs: `docker info`.",
                retry=Retry.LATER,
            ) from error

    def _push(self, request: BuildRequest, platform: str) -> str:
        """Push the image of a platform; its digest in the registry."""
        from docker.errors import DockerException
        from requests import RequestException

        login = self._find_login(request.spec.repository.partition("/")[0])
        auth = {"username": login.user, "password": login.password} if login and not login.is_token else {}
        if login and login.is_token:
            auth = {"identitytoken": login.password}
        digest, error = "", ""
        try:
            for answer in self._api().push(
                request.spec.repository,
                tag=_tag(request, platform),
                stream=True,
                decode=True,
                auth_config=auth or None,
            ):
                digest = str((answer.get("aux") or {}).get("Digest") or digest)
                error = str(answer.get("error") or error)
        except (DockerException, RequestException, OSError) as failure:
            error = type(failure).__name__
        if error or not digest:
            raise ExternalError(
                f"{request.spec.reference} could not be pushed for {architecture_of(platform)}.",
                why=error,
                mend="Look at the registry's address, and log in with `docker login`.",
                retry=Retry.LATER,
            )
        return digest

    def _api(self) -> Any:
        if self._client is None:
            import docker

            _require_socket(self._address or os.environ.get("DOCKER_HOST") or _USUAL)
            # a version is named so that nothing is asked yet: what fails while it is made is never closed
            oldest = ".".join(map(str, _OLDEST))
            client = (
                docker.APIClient(base_url=self._address, version=oldest, timeout=_TIMEOUT_S)
                if self._address
                else docker.from_env(version=oldest, timeout=_TIMEOUT_S).api
            )
            try:
                client._version = str(client.version(api_version=False)["ApiVersion"])
            except BaseException:
                client.close()
                raise
            self._client = client
        return self._client


def _require_socket(address: str) -> None:
    """See that somebody listens, where that is a socket of this machine: docker's client would leak its own.

    Raises:
        OSError: when nobody does.
    """
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(address.removeprefix("unix://"))


def _tag(request: BuildRequest, platform: str) -> str:
    """Each platform's image has a tag of its own, beside that of the list."""
    return f"{request.spec.tag}-{architecture_of(platform)}"


@contextmanager
def _packed(request: BuildRequest, platform: str) -> Iterator[IO[bytes]]:
    """The context as BuildKit takes it from the API: an archive, the same for the same files.

    Packages of other platforms are left out. It has to be gzip; compressing it would only cost time here.
    """
    others = {architecture_of(name) for name in request.spec.platforms} - {architecture_of(platform)}
    left_out = {request.context / PACKAGES / name for name in others}
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=0) as archive:
            for path in sorted(request.context.rglob("*")):
                if left_out.isdisjoint({path, *path.parents}):
                    _add(archive, path, path.relative_to(request.context).as_posix(), request.epoch_s)
        packed.seek(0)
        yield packed


def _add(archive: tarfile.TarFile, path: Path, name: str, epoch_s: int) -> None:
    entry = archive.gettarinfo(path, name)
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = epoch_s
    if not entry.isfile() and not entry.islnk():
        archive.addfile(entry)
        return
    entry.type, entry.size, entry.linkname = tarfile.REGTYPE, path.stat().st_size, ""
    with path.open("rb") as stream:
        archive.addfile(entry, stream)
