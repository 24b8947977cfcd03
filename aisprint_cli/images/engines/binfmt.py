"""Whether this machine can run another architecture's programs, by emulation."""

from __future__ import annotations

import platform
from collections.abc import Collection
from pathlib import Path
from typing import Final

from aisprint_cli.images.engines.interface import Problem
from aisprint_cli.images.platforms import architecture_of, platform_of

_REGISTERED: Final = Path("/proc/sys/fs/binfmt_misc")
_NAMES: Final = {"arm64": "qemu-aarch64", "amd64": "qemu-x86_64"}


def native() -> str:
    """This machine's own platform."""
    return platform_of(platform.machine()) or "linux/amd64"


def emulated(registered: Path = _REGISTERED) -> frozenset[str]:
    """The platforms whose programs run here by emulation, as the kernel's list of formats says."""
    return frozenset(
        f"linux/{architecture}" for architecture, name in _NAMES.items() if _is_enabled(registered / name)
    )


def _is_enabled(entry: Path) -> bool:
    try:
        return entry.read_text(encoding="ascii").startswith("enabled")
    except (OSError, UnicodeDecodeError):
        return False


def problems(platforms: Collection[str], registered: Path = _REGISTERED) -> tuple[Problem, ...]:
    """The platforms whose programs cannot run here, for builds with steps that run them."""
    missing = sorted(set(platforms) - {native()} - emulated(registered))
    return tuple(
        Problem(
            f"This machine cannot run programs for {architecture_of(name)}.",
            "Steps of a Dockerfile that run inside the image need that.",
            "Install emulation: `apt-get install qemu-user-static binfmt-support`.",
        )
        for name in missing
    )
