"""What the log of a run says of it: its input, its outputs, how its script ended.

Two hands write there. The FaaS supervisor names what it downloads and uploads, but hides how the script
ended. The frame that we put around a script (`framed`) says all three, whatever version of the
supervisor runs it, and keeps a failed script's output back, which the supervisor would send on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from aisprint_cli.backends.folders import Folder

_EVENT: Final = "aisprint: event "
_WRITES: Final = "aisprint: writes "
_ENDED: Final = "aisprint: ended with "
_DOWNLOAD: Final = re.compile(r"Downloading item from bucket '(?P<bucket>[^']+)' with key '(?P<key>.+)'")
_TARGET: Final = re.compile(r"Checking files for uploading to '(?P<provider>[^']+)' on path: '(?P<path>.*)'")
_UPLOAD: Final = re.compile(r"Uploading file '(?P<key>.+)' to bucket '(?P<bucket>[^']+)'")
_EXIT: Final = re.compile(r"User script exited with code (?P<code>-?\d+)!")

_FRAME: Final = """\
#!/bin/sh
case "${{EVENT:-}}" in
*'"Records"'*) printf '{event}%s\\n' "$EVENT" ;;
esac
(
{script}
)
aisprint_status=$?
if [ "$aisprint_status" -ne 0 ] && [ -n "${{TMP_OUTPUT_DIR:-}}" ]; then
    find "$TMP_OUTPUT_DIR" -mindepth 1 -delete
fi
if [ -n "${{TMP_OUTPUT_DIR:-}}" ]; then
    (cd "$TMP_OUTPUT_DIR" && find . -type f) | sed 's|^[.]/|{writes}|'
fi
echo "{ended}$aisprint_status"
exit "$aisprint_status"
"""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a log tells. `input_path` is `bucket/folder/file`, empty where the log does not say.

    `outputs` are `<cluster>:<bucket/folder/file>`; `exit_code` is None while not known.
    """

    input_path: str = ""
    outputs: tuple[str, ...] = ()
    exit_code: int | None = None


def framed(script: str) -> str:
    """A script that does the same and says in its log what it read, what it wrote and how it ended."""
    return _FRAME.format(script=script.rstrip("\n"), event=_EVENT, writes=_WRITES, ended=_ENDED)


def read_run_log(text: str, cluster: str, outputs: Iterable[Folder]) -> RunFacts:
    """The facts in a log of a run on a cluster whose function has these output folders."""
    lines = text.splitlines()
    by_supervisor = _supervised(lines, cluster)
    input_path = next(filter(None, map(_event_input, lines)), "") or by_supervisor.input_path
    ended = next((line for line in reversed(lines) if _ENDED in line), None)
    if ended is None:
        return RunFacts(input_path, by_supervisor.outputs, by_supervisor.exit_code)
    names = [line.partition(_WRITES)[2] for line in lines if _WRITES in line]
    code = ended.partition(_ENDED)[2].strip()
    return RunFacts(
        input_path, tuple(_placed(names, tuple(outputs))), int(code) if code.isdecimal() else None
    )


def _placed(names: Iterable[str], outputs: tuple[Folder, ...]) -> Iterator[str]:
    """Each file once for each folder that takes it, as the supervisor sends them."""
    for folder in outputs:
        for name in names:
            if folder.accepts(name.rpartition("/")[2]):
                yield f"{folder.cluster}:{folder.path}/{name}"


def _event_input(line: str) -> str:
    _, found, text = line.partition(_EVENT)
    try:
        record: Any = json.loads(text)["Records"][0] if found else None
        bucket, key = record["s3"]["bucket"]["name"], str(record["s3"]["object"]["key"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
    return f"{bucket}/{unquote_plus(key)}"


def _supervised(lines: Iterable[str], cluster: str) -> RunFacts:
    """The facts in the supervisor's own lines."""
    input_path, outputs, code = "", list[str](), None
    target = cluster
    for line in lines:
        if found := _DOWNLOAD.search(line):
            input_path = f"{found['bucket']}/{found['key']}"
        elif found := _TARGET.search(line):
            identity = found["provider"].partition(".")[2]
            target = cluster if identity in {"", "default"} else identity
        elif found := _UPLOAD.search(line):
            outputs.append(f"{target}:{found['bucket']}/{found['key']}")
        elif found := _EXIT.search(line):
            code = int(found["code"])
    return RunFacts(input_path, tuple(outputs), code)
