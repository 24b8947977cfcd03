"""Runs that start from the function's image: the same contract, inside a container of Docker Engine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from aisprint_cli.backends.local.runtime.processes import Command, Ending
from aisprint_cli.system.files import write_atomic

RUNNER: Final = "container"
_KILLED: Final = 137
_ASK_S: Final = 60.0
_UNBOUNDED: Final = float("inf")


def contained(
    command: Command, *, name: str, image: str, engine: str, cores: float, mounts: Mapping[Path, Path]
) -> Command:
    """The same command inside a container; Docker Engine keeps its bounds.

    Args:
        command: what would run on this machine; its directory is mounted at the same path.
        name: the container's name; one that was left of that name goes first.
        image: what it starts from.
        engine: the address of the engine, empty for the usual one.
        cores: how many it gets.
        mounts: further files and directories, by their path inside.
    """
    docker = shutil.which("docker") or "docker"
    variables = command.directory / "environment"
    lines = [f"{key}={value}" for key, value in command.environment.items() if "\n" not in value]
    write_atomic(variables, "\n".join(lines) + "\n", mode=0o600)
    outside = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(command.directory)}
    outside |= {"DOCKER_HOST": engine} if engine else {}
    _ask([docker, "rm", "--force", name], outside)
    arguments = [docker, "run", "--init", "--name", name, "--pull", "never"]
    arguments += ["--user", f"{os.getuid()}:{os.getgid()}", "--workdir", str(command.directory)]
    arguments += ["--memory", f"{max(6, round(command.memory_mib))}m", "--cpus", f"{max(0.01, cores):g}"]
    for inside, path in {command.directory: command.directory, **mounts}.items():
        arguments += ["--volume", f"{path}:{inside}"]
    program, *rest = command.arguments
    arguments += ["--env-file", str(variables), "--entrypoint", program, image, *rest]

    def after(ending: Ending) -> Ending:
        killed = (
            _ask([docker, "inspect", "--format", "{{.State.OOMKilled}}", name], outside).strip() == "true"
        )
        _ask([docker, "rm", "--force", "--volumes", name], outside)
        if ending.reason or not (killed or ending.exit_code == _KILLED):
            return ending
        return replace(ending, reason=f"out of memory: limit {command.memory_mib:.0f} MiB")

    return replace(command, arguments=arguments, environment=outside, memory_mib=_UNBOUNDED, after=after)


def _ask(command: list[str], environment: Mapping[str, str]) -> str:
    """What Docker answers; nothing where it does not."""
    try:
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, check=False, timeout=_ASK_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
