"""Every application a person gets from us: the examples and an untouched one from each scaffold."""

from __future__ import annotations

import shutil
from pathlib import Path

from aisprint_cli.generate.scaffold import render_scaffold, scaffolds
from aisprint_cli.system.tree import create_tree

EXAMPLES = ("digit_reader", "word_count")
SCAFFOLDS = tuple(scaffold.name for scaffold in scaffolds())


def place(name: str, examples: Path, parent: Path) -> Path:
    """Put the example or scaffold of that name below `parent`; gives its application directory."""
    target = parent / f"{name}_app"
    if name in EXAMPLES:
        shutil.copytree(examples / name, target, ignore=shutil.ignore_patterns("aisprint", ".aisprint"))
    else:
        create_tree(target, render_scaffold(name, f"{name}_app"))
    return target
