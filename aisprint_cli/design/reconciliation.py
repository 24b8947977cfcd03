"""The present output tree against the next one: what changes, what is a person's, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aisprint_cli.design.layout import OPTIMAL_PATH
from aisprint_cli.design.manifest import MANIFEST_NAME
from aisprint_cli.design.records import PresentTree


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths of the output tree that differ between the present tree and the next."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A file of the present tree that the next one would lose.

    `ours` when we wrote it and a person edited it since; otherwise it stands where we have to write.
    """

    path: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What becomes of the present tree.

    `carried` are files that are not ours and stay where they are.
    """

    changes: Changes
    obstacles: tuple[Obstacle, ...]
    carried: tuple[str, ...]


def production_is_anothers(present: PresentTree, written: Mapping[str, str]) -> bool:
    """Whether the optimal production deployment is no longer the one that design wrote first.

    Placement and image completion write it, so it is theirs from then on.
    """
    found = present.record(OPTIMAL_PATH)
    return found is not None and found != written.get(OPTIMAL_PATH)


def reconcile(present: PresentTree, written: Mapping[str, str], planned: Mapping[str, str]) -> Reconciliation:
    """Compare the trees.

    Args:
        present: what is there.
        written: what design wrote last time, with its records.
        planned: what it would write now.

    """
    obstacles: list[Obstacle] = []
    carried: list[str] = []
    removed: list[str] = []
    directories = {parent for path in planned for parent in parents(path)}
    for path in present:
        if path == MANIFEST_NAME:
            continue
        wanted, before = planned.get(path), written.get(path)
        if wanted is None and before is None:
            in_the_way = path in directories or any(parent in planned for parent in parents(path))
            if in_the_way:
                obstacles.append(Obstacle(path, ours=False))
            else:
                carried.append(path)
            continue
        found = present.record(path)
        if found not in (wanted, before):
            obstacles.append(Obstacle(path, ours=before is not None))
        elif wanted is None:
            removed.append(path)
    added = tuple(path for path in planned if path not in present.files)
    updated = tuple(
        path for path in planned if path in present.files and present.record(path) != planned[path]
    )
    return Reconciliation(Changes(added, updated, tuple(removed)), tuple(obstacles), tuple(carried))


def parents(path: str) -> Iterator[str]:
    """The directories above a path, the nearest first."""
    while separator := path.rfind("/") + 1:
        path = path[: separator - 1]
        yield path


def set_aside(path: str, taken: Mapping[str, object], planned: Mapping[str, str]) -> str:
    """Where a file that stands in the way goes: beside its place, as `.orig`, under a free name."""
    blocked = next((parent for parent in parents(path) if parent in planned), path)
    for suffix in _suffixes():
        moved = f"{blocked}{suffix}{path[len(blocked) :]}"
        if moved not in taken and f"{blocked}{suffix}" not in taken and moved not in planned:
            return moved
    raise AssertionError("suffixes never end")


def _suffixes() -> Iterator[str]:
    yield ".orig"
    number = 2
    while True:
        yield f".orig{number}"
        number += 1
