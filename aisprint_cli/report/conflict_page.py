"""From a conflict to what its page shows: why there is no placement, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.placement.conflict_words import condition_words
from aisprint_cli.report.figures import rate, seconds

if TYPE_CHECKING:
    from aisprint_cli.placement.conflict import Conflict


@dataclass(frozen=True)
class ConflictReport:
    """Everything that the page of a problem without placement shows.

    `parts` are the conflicts by what they are about: a period's name, or nothing for the problem itself.
    `proven` says that there surely is no placement.
    """

    title: str
    program: str
    parts: tuple[tuple[str, Conflict], ...]
    proven: bool
    cpu_s: float
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConflictView:
    """One conflict in words."""

    name: str
    rate: str
    sentence: str
    members: tuple[str, ...]
    proven: bool
    helps: tuple[str, ...]


@dataclass(frozen=True)
class ConflictPage:
    """All that the template writes."""

    kind: str
    title: str
    program: str
    verdict: str
    state: str
    changes: tuple[str, ...]
    conflicts: tuple[ConflictView, ...]
    took: str


def make_conflict_page(report: ConflictReport) -> ConflictPage:
    """The page of a problem without placement."""
    names = [name for name, _ in report.parts if name]
    where = f" in {', '.join(names)}" if names else ""
    if report.proven:
        verdict = f"No placement keeps every limit{where}."
    else:
        verdict = f"No placement was found in time{where}; whether there is one is not known."
    return ConflictPage(
        kind="No placement",
        title=report.title,
        program=report.program,
        verdict=verdict,
        state="bad",
        changes=report.changes,
        conflicts=tuple(_views(report)),
        took=f"{seconds(float(f'{report.cpu_s:.2g}'))} of CPU",
    )


def _views(report: ConflictReport) -> Iterator[ConflictView]:
    for name, conflict in report.parts:
        helps = [item.sentence for item in conflict.changes]
        if conflict.together:
            helps.append(", and ".join(item.sentence for item in conflict.together))
        if conflict.largest_rate_per_s is not None:
            helps.append(conflict.rate_sentence)
        yield ConflictView(
            name=name,
            rate=rate(conflict.problem.entry_rate_per_s),
            sentence=_capital(conflict.sentence),
            members=tuple(_capital(condition_words(item)) for item in conflict.members),
            proven=conflict.proven,
            helps=tuple(map(_capital, helps)),
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:].replace("->", "→")
