"""Whether every function has an image where its back end pulls one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.checks import CANDIDATES_PATH
from aisprint_cli.generate.positions import Locate
from aisprint_cli.generate.read import Template
from aisprint_cli.model.deployment import Deployment

PULLING: Final = frozenset({"im", "oscar", "lambda", "kubernetes"})
"""The back ends that run nothing but images; the local one runs the designs themselves."""


def require_images(
    deployment: Deployment,
    templates: Iterable[Template],
    backend_of: Callable[[Template], str],
    locate: Locate,
) -> None:
    """Check that each part has an image that its back end can pull, before anything is sent.

    Raises:
        InvalidInputError: naming each part that has none, and where one is to be named.
    """
    findings = Findings()
    backends = {template.layer: backend_of(template) for template in templates}
    for placed in deployment.placed:
        backend = backends.get(placed.layer, "")
        if backend not in PULLING or placed.container.images:
            continue
        keys = ("Components", placed.candidate_key, "Containers", placed.container.key, "image")
        findings.error(
            "deploy.image",
            locate(CANDIDATES_PATH, *keys),
            f"No image is named for {placed.part.name}, which goes to the back end {backend}.",
            why="It runs images only: what `aisprint design` made is not sent there.",
            mend="Build and push an image, and name it here; or deploy to the local back end.",
        )
    if findings.has_errors:
        raise InvalidInputError(
            f"The deployment {deployment.name} cannot be sent where it is to run.", findings.sorted()
        )
