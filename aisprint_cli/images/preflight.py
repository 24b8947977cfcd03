"""What would make builds fail, found before the first one begins."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from aisprint_cli.errors import AisprintError, ExternalError
from aisprint_cli.images.engines.interface import Engine, Problem
from aisprint_cli.images.prepare import Prepared
from aisprint_cli.images.references import parse_reference
from aisprint_cli.images.registry.client import RegistryClient

_GIB: Final = 2**30
ROOM_BYTES: Final = 5 * _GIB


def require_ready(
    images: Sequence[Prepared], engine: Engine, registry: RegistryClient, work: Path, *, push: bool
) -> None:
    """See that everything a build needs is there.

    Raises:
        ExternalError: with every problem at once, each with its mend.
    """
    problems = list(find_problems(images, engine, registry, work, push=push))
    if problems:
        raise ExternalError(
            " ".join(problem.what for problem in problems),
            why=" ".join(problem.why for problem in problems),
            mend="\n".join(f"{number}. {problem.mend}" for number, problem in enumerate(problems, 1))
            if len(problems) > 1
            else problems[0].mend,
        )


def find_problems(
    images: Sequence[Prepared],
    engine: Engine,
    registry: RegistryClient,
    work: Path,
    *,
    push: bool,
    room_bytes: int = ROOM_BYTES,
) -> Iterator[Problem]:
    """The problems, those of the engine first; `room_bytes` have to be free on the disk of `work`."""
    run_inside = {name for image in images if image.runs_inside for name in image.request.spec.platforms}
    yield from engine.problems(sorted(run_inside))
    yield from _bases(images, registry)
    if push:
        yield from _registries(images, registry)
    yield from _room(work, room_bytes)


def _bases(images: Sequence[Prepared], registry: RegistryClient) -> Iterator[Problem]:
    wanted: dict[str, set[str]] = {}
    for image in images:
        for base in image.bases:
            wanted.setdefault(base, set()).update(image.request.spec.platforms)
    for base, platforms in wanted.items():
        try:
            found = registry.manifest(base)
        except (AisprintError, ValueError) as error:
            why = getattr(error, "why", "")
            yield Problem(f"The base image {base} cannot be looked up: {error}", why, _CHOOSE)
            continue
        if found is None:
            yield Problem(f"There is no base image {base}.", "Its registry does not know it.", _CHOOSE)
        elif found.is_index and (missing := platforms - set(found.platforms)):
            yield Problem(
                f"The base image {base} is not there for {', '.join(sorted(missing))}.",
                f"It is there for {', '.join(sorted(found.platforms))}.",
                _CHOOSE,
            )
        elif not found.is_index and len(platforms) > 1:
            yield Problem(
                f"The base image {base} is an image of one architecture.",
                f"Images for {', '.join(sorted(platforms))} are wanted.",
                _CHOOSE,
            )


_CHOOSE: Final = "Choose another one with --base-image, or log in to its registry with `docker login`."


def _registries(images: Sequence[Prepared], registry: RegistryClient) -> Iterator[Problem]:
    for name in sorted({parse_reference(image.request.spec.repository).registry for image in images}):
        try:
            registry.ping(name)
        except AisprintError as error:
            yield Problem(error.message, error.why, error.mend)


def _room(work: Path, room_bytes: int) -> Iterator[Problem]:
    nearest = next(path for path in (work, *work.parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    if free < room_bytes:
        yield Problem(
            f"There are {free / _GIB:.1f} GiB left on the disk of {nearest}.",
            f"Builds want at least {room_bytes / _GIB:g} GiB.",
            "Make room, for instance with `docker system prune` or `buildah prune`.",
        )
