"""What would make a build fail is said before the first one begins: every problem at once, with its mend."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from image_sketches import spec
from registry_double import Answer, registry_double

from aisprint_cli.errors import ExternalError, UsageError
from aisprint_cli.images.engines import binfmt
from aisprint_cli.images.engines.buildah import Buildah
from aisprint_cli.images.engines.buildx import Buildx
from aisprint_cli.images.engines.dockerd import Dockerd
from aisprint_cli.images.engines.interface import Engine, Problem
from aisprint_cli.images.engines.registry import engine_names, open_engine
from aisprint_cli.images.preflight import find_problems, require_ready
from aisprint_cli.images.prepare import Prepared
from aisprint_cli.images.registry.client import INDEX, RegistryClient
from aisprint_cli.images.specification import BuildRequest

FOREIGN = "linux/arm64" if binfmt.native() == "linux/amd64" else "linux/amd64"


class AnyEngine(Buildah):
    """An engine with nothing to complain of but what it is told."""

    def __init__(self, *found: Problem) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._found = found

    def problems(self, platforms: Collection[str]) -> tuple[Problem, ...]:
        self.asked.append(tuple(platforms))
        return self._found


@pytest.fixture
def client() -> Iterator[RegistryClient]:
    made = RegistryClient(lambda _registry: None)
    yield made
    made.close()


def prepared(base: str, repository: str = "127.0.0.1:9/team/find-base", *, inside: bool = False) -> Prepared:
    found = spec(repository=repository)
    return Prepared(
        BuildRequest(found, Path("/c"), Path("/c/Dockerfile"), base=base), runs_inside=inside, bases=(base,)
    )


def _index(*architectures: str) -> bytes:
    entries = [
        {"digest": f"sha256:{'1' * 64}", "platform": {"os": "linux", "architecture": name}}
        for name in architectures
    ]
    return json.dumps({"mediaType": INDEX, "manifests": entries}).encode()


def _problems(
    client: RegistryClient, tmp_path: Path, *images: Prepared, push: bool = False, room_bytes: int = 0
) -> list[Problem]:
    return list(find_problems(images, AnyEngine(), client, tmp_path, push=push, room_bytes=room_bytes))


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """A program that answers as a shell script says."""

    def write(body: str) -> str:
        path = tmp_path / "docker"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return write


def test_an_engine_that_is_missing_says_how_to_get_it(client: RegistryClient, tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing")
    engines: list[Engine] = [
        Buildx(client, program=missing),
        Buildah(client, program=missing),
        Dockerd(client, f"unix://{missing}"),
    ]

    for engine in engines:
        assert engine.version() is None
        (problem,) = engine.problems([])
        assert problem.what
        assert problem.mend


def test_a_docker_without_the_plugin_has_no_buildx(
    client: RegistryClient, program: Callable[[str], str]
) -> None:
    engine = Buildx(client, program=program("exit 1"))

    assert "buildx" in engine.problems([])[0].what


def test_a_builder_that_does_not_know_a_platform_says_what_it_knows(
    client: RegistryClient, program: Callable[[str], str]
) -> None:
    engine = Buildx(
        client,
        program=program(
            'case "$2" in version) echo "github.com/docker/buildx v0.17.1 abc";;'
            ' inspect) printf "Name: default\\nPlatforms: linux/amd64*, linux/386\\n";; esac'
        ),
    )

    assert engine.version() == "v0.17.1"
    problems = engine.problems(["linux/amd64", "linux/arm64"])
    assert [problem.what for problem in problems] == ["The builder does not know linux/arm64."]
    assert "linux/386" in problems[0].why
    assert "qemu-user-static" in problems[0].mend


def test_emulation_that_is_missing_or_switched_off_is_told(tmp_path: Path) -> None:
    name = "qemu-aarch64" if FOREIGN == "linux/arm64" else "qemu-x86_64"
    platforms = [binfmt.native(), FOREIGN]

    (missing,) = binfmt.problems(platforms, tmp_path)
    (tmp_path / name).write_text("disabled\n")
    (disabled,) = binfmt.problems(platforms, tmp_path)
    (tmp_path / name).write_text("enabled\ninterpreter /usr/bin/qemu\n")

    assert missing == disabled
    assert "binfmt-support" in missing.mend
    assert binfmt.problems(platforms, tmp_path) == ()


def test_emulation_is_asked_for_only_where_a_step_runs_inside(client: RegistryClient, tmp_path: Path) -> None:
    engine = AnyEngine()
    with registry_double(lambda *_: Answer(body=_index("amd64", "arm64"))) as address:
        base = f"{address}/base:1"
        for inside in (False, True):
            list(find_problems([prepared(base, inside=inside)], engine, client, tmp_path, push=False))

    assert engine.asked == [(), ("linux/amd64", "linux/arm64")]


def test_a_base_without_an_architecture_says_which_it_has(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(lambda *_: Answer(body=_index("amd64", "s390x"))) as address:
        (problem,) = _problems(client, tmp_path, prepared(f"{address}/base:1"))

    assert "linux/arm64" in problem.what
    assert "linux/s390x" in problem.why
    assert "--base-image" in problem.mend


def test_a_base_of_one_architecture_is_not_enough_for_two(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(lambda *_: Answer(body=b'{"schemaVersion": 2, "layers": []}')) as address:
        (problem,) = _problems(client, tmp_path, prepared(f"{address}/base:1"))

    assert "one architecture" in problem.what


def test_a_base_that_is_not_there_or_not_given_is_told(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(lambda *_: Answer(404)) as address:
        (unknown,) = _problems(client, tmp_path, prepared(f"{address}/base:1"))
    with registry_double(lambda *_: Answer(403)) as address:
        (refused,) = _problems(client, tmp_path, prepared(f"{address}/base:1"))
    (nonsense,) = _problems(client, tmp_path, prepared("no such: thing"))

    assert "There is no base image" in unknown.what
    assert "docker login" in refused.mend
    assert "cannot be looked up" in nonsense.what


def test_a_base_that_several_images_share_is_told_once(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(lambda *_: Answer(404)) as address:
        base = f"{address}/base:1"
        assert len(_problems(client, tmp_path, prepared(base), prepared(base))) == 1


def test_a_registry_that_is_away_or_asks_for_a_login_is_told_before_a_push(
    client: RegistryClient, tmp_path: Path
) -> None:
    def respond(_method: str, path: str, _headers: dict[str, str]) -> Answer:
        if path == "/v2/":
            return Answer(401, headers={"WWW-Authenticate": 'Basic realm="r"'})
        return Answer(body=_index("amd64", "arm64"))

    with registry_double(respond) as address:
        image = prepared(f"{address}/base:1", f"{address}/team/find")
        (login,) = _problems(client, tmp_path, image, push=True)
        (away,) = _problems(client, tmp_path, prepared(f"{address}/base:1"), push=True)
        assert _problems(client, tmp_path, image) == []

    assert "docker login" in login.mend
    assert "cannot be reached" in away.what


def test_a_full_disk_is_told(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(lambda *_: Answer(body=_index("amd64", "arm64"))) as address:
        (problem,) = _problems(client, tmp_path, prepared(f"{address}/base:1"), room_bytes=2**60)

    assert "GiB left" in problem.what
    assert "prune" in problem.mend


def test_every_problem_is_told_at_once_each_with_its_mend(client: RegistryClient, tmp_path: Path) -> None:
    engine = AnyEngine(Problem("The engine sleeps.", "It is night.", "Wake it."))
    with registry_double(lambda *_: Answer(404)) as address:
        images = [prepared(f"{address}/one:1"), prepared(f"{address}/two:1")]
        with pytest.raises(ExternalError) as caught:
            require_ready(images, engine, client, tmp_path, push=True)

    error = caught.value
    assert "The engine sleeps." in error.message
    assert f"{address}/one:1" in error.message
    assert f"{address}/two:1" in error.message
    assert "127.0.0.1:9" in error.message
    assert error.mend.splitlines()[0] == "1. Wake it."
    assert len(error.mend.splitlines()) == 4


def test_where_nothing_can_build_it_says_what_to_install(
    client: RegistryClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    with pytest.raises(ExternalError) as caught:
        open_engine(None, client)

    assert "apt-get install buildah" in caught.value.mend
    assert "--dry-run" in caught.value.mend


def test_an_engine_that_nobody_knows_is_refused_with_those_there_are(client: RegistryClient) -> None:
    with pytest.raises(UsageError) as caught:
        open_engine("legacy", client)

    assert all(name in caught.value.mend for name in ("buildx", "buildkit", "buildah"))
    assert engine_names()[:3] == ("buildx", "buildkit", "buildah")


def test_the_legacy_builder_is_never_used(client: RegistryClient) -> None:
    """A Docker Engine too old for BuildKit counts as none: its builder makes amd64 when asked for arm64."""
    answer = {"ApiVersion": "1.38", "Version": "18.06.0", "MinAPIVersion": "1.12"}

    def respond(_method: str, _path: str, _headers: dict[str, str]) -> Answer:
        return Answer(body=json.dumps(answer).encode(), headers={"Content-Type": "application/json"})

    with registry_double(respond) as address:
        engine = Dockerd(client, f"tcp://{address}")
        assert engine.version() is None
        assert "BuildKit" in engine.problems([])[0].what
