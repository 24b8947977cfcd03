"""Did you mean: the known word that an unknown one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

_SHORTEST: Final = 4
_LONG: Final = 9
_LONGEST: Final = 100


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word most like `word`, or None when none is like it."""
    if len(word) > 200:
        return None
    table = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower(), table, n=1, cutoff=cutoff)
    return table[matches[0]] if matches else None


@dataclass(slots=True)
class Suggester:
    """Finds closest names while its budget of comparisons lasts.

    A file that was written for another application has a thousand unknown names against a thousand
    known ones: after the first of them suggestions are no help, and comparing all would take minutes.
    """

    comparisons: int = 20_000

    def closest(self, word: str, known: Iterable[str]) -> str | None:
        """The known word most like `word`; None when none is like it or the budget is spent."""
        names = list(known)
        if len(names) > self.comparisons:
            return None
        self.comparisons -= len(names)
        return closest(word, names)


def misspelling_of(word: str, known: Iterable[str]) -> str | None:
    """The known key that `word` is so near to that it can hardly be another key; None otherwise.

    Case, `_` and `-` do not count. Beyond that one letter may be wrong, missing, too many or swapped
    with the next (two from nine letters on), or four fifths of a longer key's letters must agree.
    A known key with a number at its end is taken as another key.
    """
    plain = _plain(word)
    by_plain = {_plain(name): name for name in known}
    if plain in by_plain:
        return by_plain[plain]
    if not _SHORTEST <= len(plain) <= _LONGEST or plain.rstrip("0123456789") in by_plain:
        return None
    allowed = 1 if len(plain) < _LONG else 2
    distance, nearest = min(((_distance(plain, name), name) for name in by_plain), default=(len(plain), ""))
    if distance <= allowed:
        return by_plain[nearest]
    if len(plain) < _LONG - 2:
        return None
    alike = get_close_matches(plain, by_plain, n=1, cutoff=0.8)
    return by_plain[alike[0]] if alike else None


def _distance(first: str, second: str) -> int:
    """The number of letters to change, add, take away or swap (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        following = [i]
        for j, other in enumerate(second, start=1):
            cost = min(row[j] + 1, following[-1] + 1, row[j - 1] + (letter != other))
            if before and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1]


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
