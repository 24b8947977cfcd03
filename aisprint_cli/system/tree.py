"""Directories that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path


def create_tree(target: Path, files: Mapping[str, bytes]) -> None:
    """Make a new directory with files in it, `/`-separated relative paths to contents, in one step.

    It is built in a hidden sibling and renamed, so nobody ever sees a part of it.

    Raises:
        FileExistsError: when the target exists, also when it appears meanwhile; it is left alone.
        OSError: when the parent cannot be written; nothing is left behind.
    """
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        temporary.mkdir()
        for path, content in files.items():
            file = temporary / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        _claim(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _claim(temporary: Path, target: Path) -> None:
    # A rename replaces an empty directory at most; anything else in the way is refused by the system.
    try:
        temporary.rename(target)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        raise
