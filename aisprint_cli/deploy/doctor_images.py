"""Whether images can be made and pushed here: engines, emulation, the registry and our login."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aisprint_cli.deploy.doctor import Finding, Health
from aisprint_cli.errors import AisprintError
from aisprint_cli.images.engines import binfmt
from aisprint_cli.images.engines.registry import ENGINES
from aisprint_cli.images.platforms import PLATFORMS
from aisprint_cli.images.record import read_record
from aisprint_cli.images.registry.client import RegistryClient

_AREA: Final = "images"


def examine_images(directory: Path, client: RegistryClient) -> Iterator[Finding]:
    """The engines that build, best first, what they can build for, and where images go."""
    yield from _engines(client)
    yield from _emulation()
    yield from _registry(directory, client)


def _engines(client: RegistryClient) -> Iterator[Finding]:
    engines = [factory(client) for factory in ENGINES.values()]
    versions = {engine.name: engine.version() for engine in engines}
    chosen = next((name for name, version in versions.items() if version), None)
    for engine in engines:
        version = versions[engine.name]
        if version:
            used = ", used unless another one is named" if engine.name == chosen else ""
            yield Finding(_AREA, engine.name, Health.OK, f"{version}{used}")
            continue
        mend = engine.problems([])[0].mend if chosen is None else "Not needed: another engine is there."
        yield Finding(_AREA, engine.name, Health.ADVICE, "cannot be used", mend)


def _emulation() -> Iterator[Finding]:
    for platform in sorted(set(PLATFORMS.values()) - {binfmt.native()}):
        problems = binfmt.problems([platform])
        if problems:
            mend = f"Only steps that run inside images need it. {problems[0].mend}"
            yield Finding(_AREA, f"emulation of {platform}", Health.ADVICE, "none", mend)
        else:
            yield Finding(_AREA, f"emulation of {platform}", Health.OK, "there")


def _registry(directory: Path, client: RegistryClient) -> Iterator[Finding]:
    try:
        name = read_record(directory).settings.get("registry", "")
        if not name:
            return
        client.ping(name)
        login = "logged in" if client.login(name) is not None else "no login needed to look"
    except AisprintError as error:
        detail = f"{error.message} {error.why}".strip()
        yield Finding(_AREA, "registry", Health.ADVICE, detail, error.mend)
    else:
        yield Finding(_AREA, "registry", Health.OK, f"{name}, {login}")
