"""From the present output tree to the next one in a single step, and back to order after a crash.

Everything in preparation lies in `.aisprint/design/`: `next` is the tree being built, and, where the
file system cannot swap two directories, `previous` the one being replaced. Whatever a killed run
left there is put right by the next one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.design.layout import TREE
from aisprint_cli.system.files import exchange

Swap = Callable[[Path, Path], bool]
"""Swaps two directories in one step; False where the file system cannot."""


@dataclass(frozen=True)
class Workshop:
    """The place where the next tree is built. It belongs to whoever holds the application's lock."""

    application: Path
    swap: Swap = exchange

    @property
    def tree(self) -> Path:
        """The output tree that everybody sees."""
        return self.application / TREE

    @property
    def root(self) -> Path:
        """Where everything in preparation lies."""
        return self.application / ".aisprint" / "design"

    @property
    def next(self) -> Path:
        """The tree being built."""
        return self.root / "next"

    @property
    def splits(self) -> Path:
        """Where models are split."""
        return self.root / "splits"

    @property
    def _previous(self) -> Path:
        return self.root / "previous"

    def recover(self) -> bool:
        """Put right what a killed run left; gives whether there was anything.

        Raises:
            OSError: when it cannot be removed.

        """
        if not self.root.exists():
            return False
        if not self.tree.exists() and self._previous.exists():
            self._previous.rename(self.tree)
        self.clear()
        return True

    def clear(self) -> None:
        """Remove everything in preparation.

        Raises:
            OSError: when it cannot be removed.

        """
        if self.root.exists():
            shutil.rmtree(self.root)

    def publish(self) -> None:
        """Put the finished `next` in the place of the present tree.

        A reader sees the one or the other. Where directories cannot be swapped there is a moment
        without any, and a run killed in it is put right by `recover`.

        Raises:
            OSError: when it cannot be done; the present tree is then as it was.

        """
        if not self.tree.exists():
            self.next.rename(self.tree)
            return
        shutil.copymode(self.tree, self.next)
        if self.swap(self.next, self.tree):
            return
        self.tree.rename(self._previous)
        try:
            self.next.rename(self.tree)
        except BaseException:
            self._previous.rename(self.tree)
            raise
