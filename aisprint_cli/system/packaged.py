"""Where the files that come with the tool are, installed from a wheel or run from a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import aisprint_cli


@cache
def _root() -> Path:
    package = Path(aisprint_cli.__file__).resolve().parent
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent


def templates_directory() -> Path:
    """The folder of templates: scaffolds, scripts, TOSCA types."""
    return _root() / "templates"


def schemas_directory() -> Path:
    """The folder of JSON Schemas, one for each file of an application directory."""
    return _root() / "schemas"


def runtime_library_directory() -> Path:
    """The `aisprint` package that components import, to be put beside their code."""
    package = Path(aisprint_cli.__file__).resolve().parent
    return package.parent / "aisprint"
