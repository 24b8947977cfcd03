"""What an Infrastructure Manager says, cut down to what helps: no traceback, no secret, not too long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

_LIMIT: Final = 2000
_LINES: Final = 12
_TRACE_LINE: Final = re.compile(r'^\s+(?:\^+|~+\^*~*|File "?[^"\n]+"?, line \d+.*)\s*$')
_TOSCA_ERROR: Final = re.compile(r"^\t(\w+(?:Error|Exception): .*)$", re.MULTILINE)
_TOSCA_PREFIX: Final = "The pre-parsed input failed validation"
_TROUBLE: Final = re.compile(
    r"fatal:|FAILED!|\berror\b|exception|unreachable|timeout|no .* found", re.IGNORECASE
)
_TIMESTAMP: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?: ")

Redact = Callable[[str], str]
"""Takes secrets out of a text."""


def refusal(body: str, redact: Redact) -> str:
    """The reason in the body of a refused call, in one line.

    A template that the parser refuses is answered with the errors and the server's own stack below
    each: only the errors are kept.
    """
    text = _message(body)
    if _TOSCA_PREFIX in text:
        errors = _TOSCA_ERROR.findall(text)
        text = " ".join(errors) or text.split("\n\t\t", 1)[0]
    lines = [line.strip() for line in without_tracebacks(text).splitlines() if line.strip()]
    return shortened(redact(" ".join(lines))).rstrip(".")


def _message(body: str) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return re.sub(r"<[^>]*>", " ", body) if body.lstrip().startswith("<") else body
    message = document.get("message") if isinstance(document, dict) else None
    return str(message) if message else body


def without_tracebacks(text: str) -> str:
    """A text without the stacks that Python programs print; the error at the end of each stays."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.lstrip().startswith("Traceback (most recent call last)"):
            inside = True
        elif inside and (not line.strip() or line[:1] in {" ", "\t"}):
            continue
        elif not _TRACE_LINE.match(line):
            inside = False
            kept.append(line)
    return "\n".join(kept)


def failure_of(messages: str, redact: Redact) -> str:
    """The part of contextualisation messages that says why it failed, in one line.

    It is the last lines that speak of trouble; where none does, the last lines.
    """
    lines = [_TIMESTAMP.sub("", line).strip() for line in without_tracebacks(messages).splitlines()]
    told = [line for line in lines if line and not set(line) <= set("*-=")]
    trouble = [line for line in told if _TROUBLE.search(line)]
    chosen = list(dict.fromkeys(trouble or told))[-_LINES:]
    return shortened(redact(" ".join(chosen)))


def last_news(messages: str, redact: Redact) -> str:
    """The newest line of contextualisation messages."""
    lines = [_TIMESTAMP.sub("", line).strip() for line in messages.splitlines() if line.strip()]
    return shortened(redact(lines[-1]), 160) if lines else ""


def shortened(text: str, limit: int = _LIMIT) -> str:
    """A text of at most `limit` characters; what was left out is its middle."""
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"
