"""The images of functions that run in containers, brought to this machine."""

from __future__ import annotations

import shutil
import subprocess
from typing import Final

from aisprint_cli.backends.interface import Progress
from aisprint_cli.backends.local.runtime.containers import RUNNER
from aisprint_cli.errors import ExternalError, InvalidInputError

CONTAINER: Final = RUNNER

_PULL_S: Final = 1800.0
_SHOWN_LINES: Final = 5


def pull_image(image: str, progress: Progress) -> None:
    """Have Docker Engine bring an image, unless it is here.

    Raises:
        InvalidInputError: when the function has no image.
        ExternalError: when there is no engine, or it cannot bring the image.
    """
    if not image or image.endswith(":design"):
        raise InvalidInputError(
            "The function has no image to run from.",
            why="The runner `container` starts functions from their images.",
            mend="Run `aisprint build` and `aisprint publish`, or deploy without `--runner container`.",
        )
    docker = shutil.which("docker")
    if docker is None:
        raise ExternalError("The program docker is not there.", mend="Install Docker Engine.")
    here = subprocess.run([docker, "image", "inspect", image], capture_output=True, check=False, timeout=60)
    if here.returncode == 0:
        return
    progress(f"Pulling {image}")
    try:
        done = subprocess.run(
            [docker, "pull", "--quiet", image], capture_output=True, text=True, check=False, timeout=_PULL_S
        )
    except subprocess.TimeoutExpired as error:
        raise ExternalError(f"{image} was not pulled within {_PULL_S:g} s.") from error
    if done.returncode:
        raise ExternalError(
            f"The image {image} cannot be pulled.",
            why="\n".join(done.stderr.strip().splitlines()[-_SHOWN_LINES:]),
            mend="See `docker info`; log in with `docker login`, or run `aisprint publish` again.",
        )
