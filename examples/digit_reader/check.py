"""Compare what the digit reader read with what stands on the pages.

    python check.py RESULTS              a table; exit code 1 below the stated share of digits
    python check.py RESULTS OTHER        also: both folders hold the same answers

A results folder is searched as a whole, whatever the layout below it: every JSON file with digits counts,
for the page that its path names (`aisprint invoke` brings results to `<page>/<component>/<page>.json`).
A page without digits has no result, and that is right.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIRED_SHARE = 0.95
"""Of the digits on the pages; the model reads 98.7 % of held-out digits, and pages add a little."""

CONFIDENCE_TOLERANCE = 1e-3
"""Confidences of a split model differ in the last bits: other operations are fused."""


@dataclass(frozen=True)
class Reading:
    """What was read from one page, in reading order."""

    digits: tuple[int, ...]
    confidences: tuple[float, ...]


def readings(results: Path, pages: Iterable[str]) -> dict[str, Reading]:
    """Every result below a folder, by page name."""
    if not results.is_dir():
        sys.exit(f"There is no folder {results}.")
    names = {known: page for page in pages for known in (page, Path(page).stem)}
    found: dict[str, Reading] = {}
    for path in sorted(results.rglob("*.json")):
        result = _result(path)
        if result is None:
            continue
        inside = path.relative_to(results)
        page = next((names[part] for part in inside.with_suffix("").parts if part in names), str(inside))
        if found.setdefault(page, result) != result:
            sys.exit(f"{results} holds two different results of {page}; check one run at a time.")
    return found


def _result(path: Path) -> Reading | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Reading(tuple(document["digits"]), tuple(document["confidences"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def compare_with_truth(found: dict[str, Reading], truth: dict[str, list[list[int]]]) -> bool:
    """Print page by page what stands there and what was read; whether enough digits are right."""
    total = right = 0
    wrong_pages = sorted(found.keys() - truth.keys())
    print(f"{'page':<12} {'expected':<20} {'read':<20} ok")
    for page, rows in truth.items():
        expected = [digit for row in rows for digit in row]
        read = list(found[page].digits) if page in found else []
        total += max(len(expected), len(read))
        right += sum(
            block.size for block in SequenceMatcher(None, expected, read, False).get_matching_blocks()
        )
        print(f"{page:<12} {_text(expected):<20} {_text(read):<20} {'yes' if expected == read else 'NO'}")
    for page in wrong_pages:
        print(f"{page:<12} {'(no such page)':<20} {_text(list(found[page].digits)):<20} NO")
    share = right / total if total else 1.0
    print(f"{right} of {total} digits right, {share:.1%}; {REQUIRED_SHARE:.0%} are required")
    return share >= REQUIRED_SHARE and not wrong_pages


def _text(digits: list[int]) -> str:
    return "".join(map(str, digits)) or "(none)"


def compare_runs(first: dict[str, Reading], second: dict[str, Reading]) -> bool:
    """Print where two runs differ; whether they agree."""
    differing = [
        page for page in sorted(first.keys() | second.keys()) if not _same(first.get(page), second.get(page))
    ]
    for page in differing:
        print(f"{page}: the two runs differ: {first.get(page)} and {second.get(page)}")
    if not differing:
        print(f"Both runs give the same answers for {len(first)} pages.")
    return not differing


def _same(first: Reading | None, second: Reading | None) -> bool:
    if first is None or second is None or first.digits != second.digits:
        return False
    pairs = zip(first.confidences, second.confidences, strict=True)
    return all(abs(one - other) <= CONFIDENCE_TOLERANCE for one, other in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare results of the digit reader with the truth.")
    parser.add_argument("results", type=Path, help="the folder with the results of a run")
    parser.add_argument("other", type=Path, nargs="?", help="the results of another run, to be equal")
    parser.add_argument("--truth", type=Path, default=HERE / "truth.json")
    arguments = parser.parse_args()
    truth = json.loads(arguments.truth.read_text(encoding="utf-8"))
    found = readings(arguments.results, truth)
    good = compare_with_truth(found, truth)
    if arguments.other is not None:
        good = compare_runs(found, readings(arguments.other, truth)) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
