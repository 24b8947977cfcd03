"""A JSON document whose long list is printed entry by entry, so that it never has to be held."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any


class JsonStream:
    """Prints `{"schema": ..., <head>, "<list>": [...], <tail>}` to stdout.

    Args:
        schema: the versioned name of the document's shape.
        head: what comes before the list.
        list_name: the key of the list.
    """

    def __init__(self, schema: str, head: Mapping[str, Any], list_name: str) -> None:
        start = json.dumps({"schema": schema, **head, list_name: []}, indent=2, ensure_ascii=False)
        self._write(start.removesuffix("]\n}"))
        self._separator = "\n"

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def add(self, entry: Mapping[str, Any]) -> None:
        """Print one entry of the list."""
        text = json.dumps(entry, indent=2, ensure_ascii=False)
        self._write(self._separator + "\n".join(f"    {line}" for line in text.splitlines()))
        self._separator = ",\n"

    def close(self, tail: Mapping[str, Any]) -> None:
        """End the list and print what comes after it."""
        rest = json.dumps(tail, indent=2, ensure_ascii=False).removeprefix("{")
        self._write(("\n  ]" if self._separator != "\n" else "]") + "," + rest + "\n")
