"""The environment variables of a component, `env.yaml`: a flat map, its values as they are written."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from aisprint_cli.load.documents import ENVIRONMENT_FILE
from aisprint_cli.load.documents_reader import read_document
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.source_map import SourceMap

ENVIRONMENT: Final = "env.yaml"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_environment(directory: Path, path: str, reporter: Reporter) -> dict[str, str]:
    """The variables of a file by name; none where there is no such file.

    Args:
        directory: the directory that findings' paths start at.
        path: the file, relative to it.
        reporter: takes what is wrong.

    """
    document = read_document(directory, replace(ENVIRONMENT_FILE, path=path), reporter)
    variables = {str(name): str(value) for name, value in (document.value or {}).items()}
    sources = SourceMap({path: document.root} if document.root else {})
    for name in variables:
        if not _NAME.fullmatch(name):
            message = f"`{name[:60]}` cannot be the name of a variable."
            reporter.report("environment.name", sources.locate_key(path, name), message)
    return variables
