"""References to images: their parts, and whether a registry is on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DEFAULT_REGISTRY = "docker.io"
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """`registry/repository:tag@digest`, as registries understand it; no tag and no digest means `latest`."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def pointer(self) -> str:
        """What to ask the registry for: the digest, else the tag."""
        return self.digest or self.tag or "latest"


def parse_reference(text: str) -> Reference:
    """A reference from text, Docker's short forms included.

    Raises:
        ValueError: when it is none.
    """
    rest = text.removeprefix("docker://")
    rest, _, digest = rest.partition("@")
    head, slash, tail = rest.rpartition("/")
    tail, _, tag = tail.partition(":")
    name = f"{head}{slash}{tail}"
    if not re.fullmatch(r"[A-Za-z0-9._/:-]+", name) or (digest and not _DIGEST.fullmatch(digest)):
        raise ValueError(f"{text!r} is no image reference")
    first, separator, others = name.partition("/")
    is_registry = bool(separator) and ("." in first or ":" in first or first == "localhost")
    registry, repository = (first, others) if is_registry else (_DEFAULT_REGISTRY, name)
    if registry == _DEFAULT_REGISTRY and "/" not in repository:
        repository = f"library/{repository}"
    return Reference(registry, repository, tag, digest)


def is_loopback(repository: str) -> bool:
    """Whether a registry is on this machine, where engines speak plain HTTP to it."""
    return _LOOPBACK.fullmatch(repository.partition("/")[0]) is not None
