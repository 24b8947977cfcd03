"""Where things that can be made again are kept between commands: environments, packages of images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "AISPRINT_CACHE"


def find_cache(cache: Path | None = None) -> Path:
    """The cache directory: the one asked for, of `AISPRINT_CACHE`, or the user's cache."""
    if cache is None:
        named = os.environ.get(CACHE_VARIABLE)
        if named:
            cache = Path(named)
        else:
            import platformdirs

            cache = Path(platformdirs.user_cache_dir("aisprint"))
    return cache.expanduser().resolve()
