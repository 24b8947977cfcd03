"""The digits and how they get onto paper.

The data are the UCI handwritten digits that scikit-learn ships: 1,797 grey images of 8x8 pixels.
Three in ten are held out: no model sees them, and the sample pages are written with them alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SPLIT_SEED = 7
HELD_OUT = 0.3


@dataclass(frozen=True)
class Digits:
    """`images` is N x 8 x 8 with ink from 0 to 1, `labels` the N digits."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def load_split() -> tuple[Digits, Digits]:
    """The digits to learn from, and the held-out ones; each digit equally frequent in both."""
    data = load_digits()
    images = (data.images / 16).astype(np.float32)
    learn_images, held_images, learn_labels, held_labels = train_test_split(
        images,
        data.target.astype(np.int64),
        test_size=HELD_OUT,
        random_state=SPLIT_SEED,
        stratify=data.target,
    )
    return Digits(learn_images, learn_labels), Digits(held_images, held_labels)


def write_digit(
    page: NDArray[np.float32], digit: NDArray[np.float32], top: int, left: int, side: int, ink: float
) -> None:
    """Write a digit onto a page (1 is white) as a square of `side` pixels, `ink` dark at its darkest."""
    drawn = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    page[top : top + side, left : left + side] -= ink * np.clip(np.asarray(drawn), 0, 1)


def paper(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Unwritten paper: not quite white, and lit unevenly."""
    down = np.linspace(0, rng.uniform(-0.1, 0.1), height)[:, np.newaxis]
    across = np.linspace(0, rng.uniform(-0.1, 0.1), width)[np.newaxis, :]
    return (rng.uniform(0.86, 0.96) + down + across).astype(np.float32)


def scanned(page: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """What a cheap scanner makes of a page: noise, and 16 levels of grey."""
    noisy = page + rng.normal(0, 0.02, page.shape)
    return (np.round(np.clip(noisy, 0, 1) * 15) / 15).astype(np.float32)
