"""An image as a value: which part, for which machines, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

TAG_LENGTH = 12


class Variant(StrEnum):
    """What starts the part inside the image."""

    FUNCTION = "function"
    """The script contract: OSCAR, Kubernetes and the local runtime call `/opt/<part>/script.sh`."""
    LAMBDA = "lambda"
    """The Lambda runtime client, with the same script behind it."""
    DRIFT = "drift-detector"
    """The application's own detector, from a Dockerfile of its own."""


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """One image: a manifest list over its platforms.

    `name` is the reference's: `<component>_<design>`, with `-lambda` behind it for that variant.
    `platforms` are sorted (`linux/amd64`). `repository` has no tag; the tag is the beginning of
    `content_digest`, a hash over everything that goes in, so the same content has the same reference.
    """

    name: str
    part: str
    component: str
    design: str
    variant: Variant
    platforms: tuple[str, ...]
    repository: str
    content_digest: str

    @property
    def tag(self) -> str:
        """The tag that stands for the content."""
        return self.content_digest[:TAG_LENGTH]

    @property
    def reference(self) -> str:
        """`repository:tag`."""
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """An image to be built from a context directory that holds all it needs.

    `base` is the image it starts from, `arguments` are build arguments, `secrets` files by id, mounted
    while a step runs and never kept.
    `epoch_s` is the time that files and the image carry (SOURCE_DATE_EPOCH).
    """

    spec: ImageSpec
    context: Path
    dockerfile: Path
    base: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict, hash=False)
    secrets: Mapping[str, Path] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    epoch_s: int = 0
    push: bool = False
    no_cache: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build.

    `digest` (`sha256:...`) is that of the manifest list where it was pushed, else of the image;
    `by_platform` those of the platforms' own images.
    """

    spec: ImageSpec
    digest: str
    by_platform: Mapping[str, str] = field(hash=False)
    pushed: bool
    seconds: float
    engine: str
