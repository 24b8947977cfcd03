"""Write the sample pages, with held-out digits only, and what stands on them.

    python train/make_pages.py                 writes input/*.png and truth.json
    python train/make_pages.py --output DIR    writes DIR/input/*.png and DIR/truth.json

Two pages in eight bear no digits: one is empty, one has only specks. That is the 0.75 of the DAG.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from data import Digits, load_split, paper, scanned, write_digit
from numpy.typing import NDArray
from PIL import Image

APPLICATION = Path(__file__).resolve().parent.parent
SEED = 5
HEIGHT, WIDTH = 200, 320
ROWS_ON_PAGES = (3, 2, 0, 3, 1, 3, 0, 2)
SPECKS_ON_PAGES = (0, 3, 0, 0, 2, 0, 9, 5)


def compose(
    digits: Digits, order: list[int], rows: int, specks: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], list[list[int]]]:
    """A page with up to `rows` rows of digits taken from `order`; the page, and its digits row by row."""
    page = paper(HEIGHT, WIDTH, rng)
    written = []
    for row in range(rows):
        side = int(rng.integers(24, 33))
        middle = round(HEIGHT * (row + 1) / (rows + 1))
        written.append(_write_row(page, digits, order, side, middle, rng))
    for _ in range(specks):
        size = int(rng.integers(1, 4))
        top, left = int(rng.integers(4, HEIGHT - 8)), int(rng.integers(4, WIDTH - 8))
        page[top : top + size, left : left + size] -= 0.5
    return scanned(page, rng), written


def _write_row(
    page: NDArray[np.float32],
    digits: Digits,
    order: list[int],
    side: int,
    middle: int,
    rng: np.random.Generator,
) -> list[int]:
    written = []
    left = int(rng.integers(20, 60))
    ink = rng.uniform(0.55, 0.8)
    for _ in range(int(rng.integers(3, 8))):
        if left + side + 8 > WIDTH:
            break
        index = order.pop()
        top = middle - side // 2 + int(rng.integers(-3, 4))
        write_digit(page, digits.images[index], top, left, side, ink)
        written.append(int(digits.labels[index]))
        left += side + int(rng.integers(4, 16))
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample pages and their truth.")
    parser.add_argument("--output", type=Path, default=APPLICATION)
    output = parser.parse_args().output
    rng = np.random.default_rng(SEED)
    _, held_out = load_split()
    order = rng.permutation(len(held_out)).tolist()
    pages = output / "input"
    pages.mkdir(parents=True, exist_ok=True)
    truth = {}
    for number, (rows, specks) in enumerate(zip(ROWS_ON_PAGES, SPECKS_ON_PAGES, strict=True), start=1):
        page, written = compose(held_out, order, rows, specks, rng)
        name = f"page-{number}.png"
        Image.fromarray(np.round(page * 255).astype(np.uint8)).save(pages / name, optimize=True)
        truth[name] = written
    (output / "truth.json").write_text(_as_text(truth), encoding="utf-8")
    print(f"{len(truth)} pages, {sum(len(row) for rows in truth.values() for row in rows)} digits")


def _as_text(truth: dict[str, list[list[int]]]) -> str:
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(rows)}" for name, rows in truth.items())
    return f"{{\n{lines}\n}}\n"


if __name__ == "__main__":
    main()
