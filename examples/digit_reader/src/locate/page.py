"""From a page image to the digits written on it: plain image processing, no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.float32]
"""A grey image, rows by columns; in a page 0 is black and 1 white, in ink 0 is paper and 1 full ink."""

CROP_SIDE = 16
"""Side of a normalised digit in pixels: what the classifier reads."""

PAPER_TILE = 40
MINIMUM_INK = 0.16
MINIMUM_HEIGHT = 9


@dataclass(frozen=True)
class Box:
    """Half-open pixel ranges: rows `top` to `bottom`, columns `left` to `right`."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def joined(self, other: Box) -> Box:
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )


def read_grey(path: str) -> Grey:
    """Read an image file as grey values from 0 to 1."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=np.float32) / 255


def find_digits(page: Grey) -> tuple[list[Box], list[Grey]]:
    """The digits of a page in reading order: where they are, and each as a `CROP_SIDE` square."""
    ink = ink_of(page)
    mask = ink > MINIMUM_INK
    boxes = in_reading_order(keep_digits(join_pieces(component_boxes(mask))))
    return boxes, [normalised(ink, box) for box in boxes]


def ink_of(page: Grey) -> Grey:
    """How much darker than the paper around it each pixel is, lightly smoothed.

    The paper's brightness is the 80th percentile of each tile, interpolated: light falls unevenly.
    """
    height, width = page.shape
    rows, columns = max(1, round(height / PAPER_TILE)), max(1, round(width / PAPER_TILE))
    paper = np.array(
        [
            [np.percentile(tile, 80) for tile in np.array_split(band, columns, axis=1)]
            for band in np.array_split(page, rows, axis=0)
        ],
        dtype=np.float32,
    )
    ink = np.clip(resized(paper, height, width) - page, 0, 1)
    padded = np.pad(ink, 1, mode="edge")
    smooth = sum(
        padded[row : row + height, column : column + width] for row in range(3) for column in range(3)
    )
    return np.asarray(smooth / 9, dtype=np.float32)


def component_boxes(mask: NDArray[np.bool_]) -> list[Box]:
    """The bounding boxes of the 8-connected components of a mask, from runs joined row by row."""
    parent: list[int] = []
    boxes: list[Box] = []

    def root(label: int) -> int:
        while parent[label] != label:
            parent[label] = parent[parent[label]]
            label = parent[label]
        return label

    above: list[tuple[int, int, int]] = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
        current = []
        for left, right in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            label = len(parent)
            parent.append(label)
            boxes.append(Box(row, left, row + 1, right))
            for other_left, other_right, other in above:
                if other_left <= right and left <= other_right:
                    parent[root(other)] = label
            current.append((left, right, label))
        above = current
    found: dict[int, Box] = {}
    for label, box in enumerate(boxes):
        top = root(label)
        found[top] = found[top].joined(box) if top in found else box
    return list(found.values())


def join_pieces(boxes: list[Box]) -> list[Box]:
    """Join pieces of one digit: boxes above each other that nearly touch, as a broken stroke leaves them."""
    joined: list[Box] = []
    for piece in sorted(boxes, key=lambda item: item.height * item.width, reverse=True):
        box = piece
        for index, other in enumerate(joined):
            overlap = min(box.right, other.right) - max(box.left, other.left)
            gap = max(box.top, other.top) - min(box.bottom, other.bottom)
            if overlap > 0.6 * min(box.width, other.width) and gap <= 3:
                joined[index] = other.joined(box)
                break
        else:
            joined.append(box)
    return joined


def keep_digits(boxes: list[Box]) -> list[Box]:
    """Drop specks: what is too small to be a digit, absolutely or beside the others."""
    tall = [box for box in boxes if box.height >= MINIMUM_HEIGHT]
    if not tall:
        return []
    typical = float(np.median([box.height for box in tall]))
    return [box for box in tall if box.height >= 0.5 * typical]


def in_reading_order(boxes: list[Box]) -> list[Box]:
    """Boxes row by row from the top, each row from the left."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda item: item.top + item.bottom):
        middle = (box.top + box.bottom) / 2
        if rows and middle < max(item.bottom for item in rows[-1]) - 0.25 * box.height:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda item: item.left)]


def normalised(ink: Grey, box: Box) -> Grey:
    """One digit as a square of `CROP_SIDE`: its proportions kept, centred, its darkest ink 1."""
    patch = ink[box.top : box.bottom, box.left : box.right]
    scale = CROP_SIDE / max(box.height, box.width)
    height, width = max(1, round(box.height * scale)), max(1, round(box.width * scale))
    small = np.clip(resized(patch / patch.max(), height, width), 0, 1)
    crop = np.zeros((CROP_SIDE, CROP_SIDE), dtype=np.float32)
    top, left = (CROP_SIDE - height) // 2, (CROP_SIDE - width) // 2
    crop[top : top + height, left : left + width] = small
    return crop


def resized(image: Grey, height: int, width: int) -> Grey:
    """An image at another size, by area-true bilinear interpolation."""
    return np.asarray(
        Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32
    )
