"""Did you mean: the known word that an unknown one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word most like `word`, or None when none is like it."""
    if len(word) > 200:
        return None
    table = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower(), table, n=1, cutoff=cutoff)
    return table[matches[0]] if matches else None


def misspelling_of(word: str, known: Iterable[str]) -> str | None:
    """The known key that `word` is so near to that it can hardly be another key; None otherwise.

    Case, `_` and `-` do not count. Beyond that a difference of about one letter in five is allowed,
    and names that differ only in a number at the end are taken as different.
    """
    plain = _plain(word)
    by_plain = {_plain(name): name for name in known}
    if plain in by_plain:
        return by_plain[plain]
    if len(plain) < 3 or plain.rstrip("0123456789") in by_plain:
        return None
    matches = get_close_matches(plain, by_plain, n=1, cutoff=0.8)
    if not matches:
        return None
    same = SequenceMatcher(None, plain, matches[0]).ratio()
    return by_plain[matches[0]] if same >= (0.85 if len(plain) < 6 else 0.8) else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
