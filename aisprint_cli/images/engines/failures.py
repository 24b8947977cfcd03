"""Which line of a Dockerfile a failed step stands on."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

_COUNTER = re.compile(r"^(\[[^\]]*\] |\d+/\d+: )*")


def failed_step(dockerfile: Path, step: str) -> str:
    """A step in words, with its line: `step RUN make (Dockerfile:7)`; empty without a step.

    Builders name a step by its text, joined over its lines and with variables filled in, so the line is
    that of the instruction which has most of its beginning in common.
    """
    text = " ".join(_COUNTER.sub("", step).split())
    if not text:
        return ""
    best, line = 0, 0
    for number, instruction in _instructions(dockerfile.read_text(encoding="utf-8", errors="replace")):
        same = _beginning(instruction.lower(), text.lower())
        if same > max(best, len(text.split()[0])):
            best, line = same, number
    return f"step {text}" + (f" ({dockerfile.name}:{line})" if line else "")


def _beginning(one: str, other: str) -> int:
    """How many letters two texts have in common from their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _instructions(text: str) -> list[tuple[int, str]]:
    """Each instruction on one line, with the number of its first."""
    found: list[tuple[int, str]] = []
    goes_on = False
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        body = " ".join(line.removesuffix("\\").split())
        if goes_on:
            found[-1] = (found[-1][0], f"{found[-1][1]} {body}")
        else:
            found.append((number, body))
        goes_on = line.endswith("\\")
    return found
