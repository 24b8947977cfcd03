"""Every engine gives the same image for the same input: real ones, against a real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from image_servers import clear_storage
from image_tools import BOTH, Tools

from aisprint_cli.images.engines.buildah import Buildah
from aisprint_cli.images.engines.buildx import Buildx
from aisprint_cli.images.engines.dockerd import Dockerd
from aisprint_cli.images.engines.interface import BuildFailedError, BuildState, Engine
from aisprint_cli.images.registry.client import RegistryClient
from aisprint_cli.images.specification import BuildRequest, Built


class EngineContract:
    def _build(self, engine: Engine, tools: Tools, *requests: BuildRequest) -> tuple[Built, ...]:
        return engine.build(requests, tools.logs, tools.events.append, lambda: False)

    def test_it_says_its_version_and_finds_nothing_wrong_for_its_own_platform(self, engine: Engine) -> None:
        assert engine.version()
        assert engine.problems([]) == ()

    def test_all_platforms_are_pushed_as_one_list(
        self, engine: Engine, tools: Tools, client: RegistryClient
    ) -> None:
        request = tools.request()

        (built,) = self._build(engine, tools, request)
        found = client.manifest(f"{request.spec.repository}@{built.digest}")

        assert found is not None
        assert found.platforms == built.by_platform
        assert tuple(sorted(found.platforms)) == BOTH
        for platform, digest in built.by_platform.items():
            image = client.manifest(f"{request.spec.repository}@{digest}")
            assert image is not None
            config = client.config(request.spec.repository, image)
            assert f"linux/{config['architecture']}" == platform
            assert config["config"]["Labels"]["eu.aisprint.part"] == "part"

    def test_the_same_input_gives_the_same_digest(self, engine: Engine, tools: Tools) -> None:
        first = tools.request()
        again = replace(tools.request(repository=first.spec.repository), spec=first.spec)

        digests = {self._build(engine, tools, request)[0].digest for request in (first, again)}

        assert len(digests) == 1

    def test_a_changed_line_changes_the_last_layer_only(
        self, engine: Engine, tools: Tools, client: RegistryClient
    ) -> None:
        repository = tools.request().spec.repository
        dockerfile = "ARG BASE\nFROM ${BASE}\nCOPY Dockerfile /opt/first\nCOPY part/ /opt/part/\n"
        layers = []
        for content in ("print(1)\n", "print(2)\n"):
            request = tools.request(dockerfile, content=content, repository=repository)
            (built,) = self._build(engine, tools, request)
            image = client.manifest(f"{repository}@{built.by_platform['linux/amd64']}")
            assert image is not None
            layers.append([layer["digest"] for layer in image.document["layers"]])

        assert layers[0][:-1] == layers[1][:-1]
        assert layers[0][-1] != layers[1][-1]

    def test_a_step_that_fails_is_named_with_its_last_lines_and_the_others_are_built(
        self, engine: Engine, tools: Tools, client: RegistryClient
    ) -> None:
        bad = tools.request(
            "ARG BASE\nFROM ${BASE}\nRUN echo the last words; exit 3\n", platforms=("linux/amd64",)
        )
        bad = replace(bad, spec=replace(bad.spec, name="bad_base"))
        good = tools.request(platforms=("linux/amd64",))

        with pytest.raises(BuildFailedError) as caught:
            self._build(engine, tools, bad, good)

        assert "bad_base" in caught.value.message
        assert "RUN echo the last words" in caught.value.message
        assert "(Dockerfile:3)" in caught.value.message
        assert "the last words" in caught.value.why
        assert "the last words" in (tools.logs / "bad_base.log").read_text()
        assert client.manifest(good.spec.reference) is not None
        states = {event.image: event.state for event in tools.events}
        assert states == {"bad_base": BuildState.FAILED, "part_base": BuildState.DONE}

    def test_stopping_ends_the_build(self, engine: Engine, tools: Tools) -> None:
        request = tools.request("ARG BASE\nFROM ${BASE}\nRUN sleep 600\n", platforms=("linux/amd64",))
        heard = tools.events

        with pytest.raises(KeyboardInterrupt):
            engine.build(
                [request], tools.logs, heard.append, lambda: any("sleep" in event.text for event in heard)
            )

    def test_without_a_push_nothing_reaches_the_registry(
        self, engine: Engine, tools: Tools, client: RegistryClient
    ) -> None:
        request = tools.request(push=False, platforms=("linux/amd64",))

        (built,) = self._build(engine, tools, request)

        assert not built.pushed
        assert built.digest.startswith("sha256:")
        assert client.manifest(request.spec.reference) is None


class TestBuildah(EngineContract):
    @pytest.fixture
    def engine(
        self, client: RegistryClient, bases: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Engine]:
        folder = tmp_path_factory.mktemp("buildah")
        yield Buildah(client, storage=folder)
        clear_storage(folder)


class TestDockerd(EngineContract):
    @pytest.fixture
    def engine(self, client: RegistryClient, docker_address: str) -> Engine:
        return Dockerd(client, docker_address, find_login=lambda _registry: None)


class TestBuildx(EngineContract):
    @pytest.fixture
    def engine(self, client: RegistryClient) -> Engine:
        found = Buildx(client)
        if found.version() is None:
            pytest.skip("docker buildx is not to be had here; its bake file is tested by itself")
        return found


def test_both_engines_give_the_same_files_and_settings(
    tools: Tools, client: RegistryClient, docker_address: str, buildah_storage: Path
) -> None:
    engines: list[Engine] = [
        Buildah(client, storage=buildah_storage),
        Dockerd(client, docker_address, find_login=lambda _registry: None),
    ]
    settings = []
    for engine in engines:
        request = tools.request(
            'ARG BASE\nFROM ${BASE}\nENV A="b c"\nCOPY part/ /opt/part/\nWORKDIR /opt/part\nUSER 10001\n',
            platforms=("linux/amd64",),
        )
        (built,) = engine.build([request], tools.logs, tools.events.append, lambda: False)
        image = client.manifest(f"{request.spec.repository}@{built.by_platform['linux/amd64']}")
        assert image is not None
        config = client.config(request.spec.repository, image)["config"]
        settings.append({key: value for key, value in config.items() if value})

    assert json.dumps(settings[0], sort_keys=True) == json.dumps(settings[1], sort_keys=True)


def test_a_health_check_stays_whatever_the_engine(
    tools: Tools, client: RegistryClient, docker_address: str, buildah_storage: Path
) -> None:
    engines: list[Engine] = [
        Buildah(client, storage=buildah_storage),
        Dockerd(client, docker_address, find_login=lambda _registry: None),
    ]
    checks = []
    for engine in engines:
        request = tools.request(
            'ARG BASE\nFROM ${BASE}\nHEALTHCHECK --interval=30s CMD ["true"]\n', platforms=("linux/amd64",)
        )
        (built,) = engine.build([request], tools.logs, tools.events.append, lambda: False)
        image = client.manifest(f"{request.spec.repository}@{built.by_platform['linux/amd64']}")
        assert image is not None
        checks.append(client.config(request.spec.repository, image)["config"]["Healthcheck"])

    assert checks[0] == checks[1] == {"Test": ["CMD", "true"], "Interval": 30_000_000_000}
