"""Names: what paths, services, buckets and designs allow, and which names collide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from aisprint_cli.load.build.dag import DagDraft
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.documents import DAG
from aisprint_cli.model.naming import (
    OSCAR_NAME_LIMIT,
    Part,
    is_path_safe,
    is_service_safe,
    segment_design,
    service_name,
)

APPLICATION_NAME_LIMIT: Final = 53
_RESERVED: Final = re.compile(r"-base|.*(?:-base|-partition(?:[0-9]+|x)-[0-9]+)", re.DOTALL)
_DESIGN_WORD: Final = re.compile(r"_base|_partition")
_NAMESPACE: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def check_names(draft: DagDraft, partitionable: Iterable[str], checker: Checker) -> None:
    """Check the application's name and those of components and alternatives.

    Args:
        draft: the DAG with the names.
        partitionable: the components whose segments get names of their own.
        checker: takes what is wrong.

    """
    _check_application(draft.name, checker)
    splittable = set(partitionable)
    taken: dict[str, str] = {}
    for name, place in _places(draft):
        _check_form(name, place, checker)
        if name in splittable:
            _check_segments(name, place, checker)
        other = taken.setdefault(service_name(name), name)
        if other != name:
            message = f"`{name}` and `{other}` both become the service `{service_name(name)}`."
            checker.value("name.collision", DAG, place, message)


def _places(draft: DagDraft) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for index, name in draft.components:
        yield name, ("System", "components", index)
    for owner, names in draft.alternatives.items():
        for index, name in names:
            yield name, ("System", "alternative_components", owner, index)


def _check_application(name: str, checker: Checker) -> None:
    service = service_name(name)
    if name and (len(service) > APPLICATION_NAME_LIMIT or not _NAMESPACE.fullmatch(service)):
        message = (
            f"The application's name `{_short(name)}` would become `{_short(service)}`, which is not allowed."
        )
        checker.value("name.unsafe-application", DAG, ("System", "name"), message)


def _check_form(name: str, place: tuple[str | int, ...], checker: Checker) -> None:
    if not is_path_safe(name):
        message = f"The name `{_short(name)}` cannot be a directory name."
        checker.value("name.unsafe-component", DAG, place, message)
    elif not is_service_safe(name):
        service = service_name(name)
        message = (
            f"The name `{_short(name)}` gives the service `{_short(service)}` of {len(service)} characters."
        )
        checker.value("name.unsafe-service", DAG, place, message)
    if _RESERVED.fullmatch(service_name(name)):
        message = f"The name `{_short(name)}` ends like the name of a design."
        checker.value("name.reserved-suffix", DAG, place, message)
    elif _DESIGN_WORD.search(name):
        message = f"The name `{_short(name)}` contains a word that designs use."
        checker.value("name.design-word", DAG, place, message)


def _check_segments(name: str, place: tuple[str | int, ...], checker: Checker) -> None:
    segment = service_name(Part(name, segment_design(1, 1)).name)
    if len(segment) > OSCAR_NAME_LIMIT and is_service_safe(name):
        message = f"The segment `{segment}` of `{name}` would have {len(segment)} characters."
        checker.value("name.long-segment", DAG, place, message)


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."
