"""The contract of an engine that builds images, and the news it gives while it works."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from aisprint_cli.errors import ExternalError
from aisprint_cli.images.specification import BuildRequest, Built


class BuildState(StrEnum):
    """How far a build is."""

    RUNNING = "running"
    PUSHING = "pushing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BuildEvent:
    """News of an image: `text` is the step it is at, or why it failed; `platform` is empty for all."""

    image: str
    state: BuildState
    text: str = ""
    platform: str = ""


Listen = Callable[[BuildEvent], None]
Stopped = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an engine cannot do what is asked of it, and what to do about it."""

    what: str
    why: str
    mend: str


class BuildFailedError(ExternalError):
    """An image could not be built; `why` holds the step that failed and the last lines it wrote."""


class Engine(Protocol):
    """Something that builds images."""

    name: str
    at_once: bool
    """Whether it is given all images together, since it builds them at the same time."""

    def version(self) -> str | None:
        """Its version; None when it cannot be used here."""

    def problems(self, platforms: Collection[str]) -> tuple[Problem, ...]:
        """What keeps it from building for these platforms; asks, and changes nothing."""

    def build(
        self, requests: Sequence[BuildRequest], logs: Path, listen: Listen, stopped: Stopped
    ) -> tuple[Built, ...]:
        """Build images, and push those that are to be pushed.

        Args:
            requests: the images; they do not depend on each other.
            logs: a directory that gets a log for each image and platform.
            listen: told how each comes on.
            stopped: asked now and then; true ends what runs.

        Raises:
            BuildFailedError: when a step of a Dockerfile fails; the others are built first.
            ExternalError: when the engine or a registry refuses.
            KeyboardInterrupt: when stopped.
        """
