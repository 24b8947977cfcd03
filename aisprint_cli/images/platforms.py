"""Names of architectures as the files write them, and the platforms that builders know."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PLATFORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amd64": "linux/amd64",
        "x86_64": "linux/amd64",
        "x86-64": "linux/amd64",
        "x64": "linux/amd64",
        "arm64": "linux/arm64",
        "aarch64": "linux/arm64",
        "arm64v8": "linux/arm64",
        "armv8": "linux/arm64",
    }
)
"""What images are built for: the architectures of AI-SPRINT's resources and of AWS Lambda."""

DEFAULT: Final = "linux/amd64"

WHEEL_PLATFORMS: Final[Mapping[str, str]] = MappingProxyType(
    {"linux/amd64": "x86_64-manylinux_2_28", "linux/arm64": "aarch64-manylinux_2_28"}
)
"""Whose wheels run there, in uv's words; glibc 2.28 is that of every base in use since 2018."""


def platform_of(architecture: str) -> str | None:
    """The platform of an architecture; None when nothing is built for it."""
    return PLATFORMS.get(architecture.strip().lower())


def architecture_of(platform: str) -> str:
    """What a Dockerfile finds in TARGETARCH."""
    return platform.rpartition("/")[2]
