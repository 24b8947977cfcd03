"""Builds one after the other: one that fails does not keep the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aisprint_cli.images.engines.interface import BuildEvent, BuildFailedError, BuildState, Listen
from aisprint_cli.images.specification import BuildRequest, Built


def build_each(
    requests: Sequence[BuildRequest], build_one: Callable[[BuildRequest], Built], listen: Listen
) -> tuple[Built, ...]:
    """Build each image.

    Raises:
        BuildFailedError: the first failure, after all were tried.
    """
    built: list[Built] = []
    failures: list[BuildFailedError] = []
    for request in requests:
        try:
            built.append(build_one(request))
        except BuildFailedError as error:
            listen(BuildEvent(request.spec.name, BuildState.FAILED, error.message))
            failures.append(error)
    if failures:
        raise failures[0]
    return tuple(built)
