"""Which engines there are: ours by name, best first, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from aisprint_cli.errors import ExternalError, UsageError
from aisprint_cli.images.engines.interface import Engine
from aisprint_cli.images.registry.client import RegistryClient

if TYPE_CHECKING:
    from aisprint_cli.images.engines.buildx import Extras

ENTRY_POINTS: Final = "aisprint.engines"

Factory = Callable[[RegistryClient], Engine]


def _buildx(registry: RegistryClient) -> Engine:
    from aisprint_cli.images.engines.buildx import Buildx

    return Buildx(registry)


def _dockerd(registry: RegistryClient) -> Engine:
    from aisprint_cli.images.engines.dockerd import Dockerd

    return Dockerd(registry)


def _buildah(registry: RegistryClient) -> Engine:
    from aisprint_cli.images.engines.buildah import Buildah

    return Buildah(registry)


ENGINES: Final[dict[str, Factory]] = {"buildx": _buildx, "buildkit": _dockerd, "buildah": _buildah}
"""In the order in which they are taken."""


def engine_names() -> tuple[str, ...]:
    """Every name that `open_engine` takes, ours first."""
    others = sorted(entry.name for entry in entry_points(group=ENTRY_POINTS))
    return tuple(dict.fromkeys([*ENGINES, *others]))


def open_engine(name: str | None, registry: RegistryClient, extras: Extras | None = None) -> Engine:
    """The engine of a name; without one the first that can be used here.

    Raises:
        UsageError: when there is none of that name, or one that cannot give the extras that are wished.
        ExternalError: when none can be used here.
    """
    if extras is not None:
        return _with_extras(name, registry, extras)
    if name is not None:
        return _factory(name)(registry)
    for factory in ENGINES.values():
        engine = factory(registry)
        if engine.version() is not None:
            return engine
    raise ExternalError(
        "There is nothing here to build images with.",
        why="Neither docker buildx, nor a Docker Engine with BuildKit, nor buildah can be used.",
        mend="Install one, for instance `apt-get install buildah`; `--dry-run` needs none.",
    )


def _with_extras(name: str | None, registry: RegistryClient, extras: Extras) -> Engine:
    if name not in {None, "buildx"}:
        raise UsageError(
            f"The engine {name} has neither caches between machines nor attestations.",
            mend="Use --engine buildx, or leave out --cache-from, --cache-to, --sbom and --provenance.",
        )
    from aisprint_cli.images.engines.buildx import Buildx

    return Buildx(registry, extras=extras)


def _factory(name: str) -> Factory:
    if name in ENGINES:
        return ENGINES[name]
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name == name:
            factory: Factory = entry.load()
            return factory
    raise UsageError(f"There is no engine {name!r}.", mend=f"There are: {', '.join(engine_names())}.")
