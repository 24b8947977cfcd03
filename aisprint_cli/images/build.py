"""Building an application's images as a whole: what changed, with one engine, recorded as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aisprint_cli.errors import ExternalError
from aisprint_cli.images.containers_file import write_containers
from aisprint_cli.images.engines.interface import BuildFailedError, Engine, Listen, Stopped
from aisprint_cli.images.prepare import Prepared
from aisprint_cli.images.record import BuildRecord, read_record, write_record
from aisprint_cli.images.registry.client import RegistryClient
from aisprint_cli.images.specification import BuildRequest, Built


@dataclass(frozen=True)
class Outcome:
    """What came of a build: images made now, and those that were there already, unchanged."""

    built: tuple[Built, ...]
    unchanged: tuple[Built, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """How images are built: with what, where logs go, and who is told."""

    engine: Engine
    registry: RegistryClient
    logs: Path
    listen: Listen
    stopped: Stopped


def build(
    application: Path, images: Sequence[Prepared], work: Work, *, push: bool, force: bool = False
) -> Outcome:
    """Build those of some images that changed, and push them if that is wished.

    The record is written after each image, or after those that an engine builds at the same time, so
    that what was built before a failure or a Ctrl-C counts.

    Raises:
        BuildFailedError: when a step of a Dockerfile fails; every other image is built first.
        ExternalError: when the engine or the registry refuses.
        StateError: when the record cannot be written.
    """
    record = read_record(application)
    built: list[Built] = []
    unchanged: list[Built] = []
    failures: list[ExternalError] = []
    requests: list[BuildRequest] = []
    for prepared in images:
        known = None if force else _known(record, prepared, work.registry, push=push)
        if known is None:
            requests.append(replace(prepared.request, push=push, no_cache=force))
        else:
            unchanged.append(known)
    together = [requests] if work.engine.at_once and requests else [[request] for request in requests]
    for batch in together:
        try:
            made = work.engine.build(batch, work.logs, work.listen, work.stopped)
        except BuildFailedError as error:
            failures.append(error)
            continue
        built += made
        record = record.with_builds(made)
        write_record(application, record)
    if push:
        write_containers(application, record)
    if failures:
        raise failures[0] if len(failures) == 1 else _several(failures)
    return Outcome(tuple(built), tuple(unchanged))


def _known(record: BuildRecord, prepared: Prepared, registry: RegistryClient, *, push: bool) -> Built | None:
    """The earlier build of exactly this; a pushed one only where the registry still has it."""
    found = record.has(prepared.request.spec, pushed=push)
    if found is None or not push:
        return found
    there = registry.manifest(f"{found.spec.repository}@{found.digest}")
    return found if there is not None else None


def _several(failures: Sequence[ExternalError]) -> ExternalError:
    return BuildFailedError(
        f"{len(failures)} images could not be built.",
        why="\n\n".join(f"{failure.message}\n{failure.why}" for failure in failures),
        mend=failures[0].mend,
    )
