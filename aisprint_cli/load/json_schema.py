"""JSON Schema (draft 2020-12) of every file, made from the shapes that read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aisprint_cli.load.documents import KINDS, DocumentKind

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def make_schema(kind: DocumentKind) -> dict[str, Any]:
    """The JSON Schema of a kind of file. Unknown keys are allowed, as they are when it is read."""
    definitions: dict[str, dict[str, Any]] = {}
    body = kind.shape.schema(definitions)
    return {
        "$schema": DIALECT,
        "title": kind.path,
        "description": f"{kind.title}.",
        **body,
        **({"$defs": dict(sorted(definitions.items()))} if definitions else {}),
    }


def make_schemas() -> Mapping[str, str]:
    """All schemas as text, by file name."""
    return {
        f"{name}.json": json.dumps(make_schema(kind), indent=2, ensure_ascii=False) + "\n"
        for name, kind in KINDS.items()
    }
