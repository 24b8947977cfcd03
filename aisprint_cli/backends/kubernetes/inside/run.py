"""One run: the object comes, the script runs as under the FaaS supervisor, its files go out.

Started in a Job with the object in the environment: AISPRINT_BUCKET, AISPRINT_KEY, AISPRINT_IDENTITY.
What came of it is stored beside the input as a record and a log. A script that fails sends nothing on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from .function import Function, log_key, open_store, read_function, record_key, trace_of
from .objects import StoreError

_LOG_LIMIT = 1 << 20
_NOT_STARTED = 127
_STORAGE_FAILED = 74


class _Place(NamedTuple):
    """The private directory of this run."""

    root: Path

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"


def main() -> int:
    """Do the run; the exit code is the script's."""
    mount = Path(os.environ.get("AISPRINT_MOUNT", "/aisprint"))
    function = read_function((mount / "function" / "function.json").read_text("utf-8"))
    bucket, key = os.environ["AISPRINT_BUCKET"], os.environ["AISPRINT_KEY"]
    identifier = os.environ["AISPRINT_IDENTITY"]
    secrets = mount / "secrets"
    own = open_store(function, function.inputs[0].store, secrets)
    record: dict[str, Any] = {
        "input": f"{bucket}/{key}",
        "trace": trace_of(key, identifier),
        "started_s": time.time(),
        "outputs": [],
    }
    with tempfile.TemporaryDirectory(prefix="aisprint-") as folder:
        place = _Place(Path(folder))
        place.input.mkdir()
        place.output.mkdir()
        try:
            own.get(bucket, key, place.input / key.rsplit("/", 1)[-1])
            record["exit_code"] = _run_script(function, place, bucket, key, record["trace"])
            if record["exit_code"] == 0:
                record["outputs"] = list(_send(function, place, secrets))
            else:
                record["reason"] = f"the script ended with exit code {record['exit_code']}"
        except (StoreError, OSError) as error:
            record["exit_code"], record["reason"] = _STORAGE_FAILED, str(error)
            sys.stderr.write(f"aisprint: {error}\n")
        record["finished_s"] = time.time()
        own.put(bucket, log_key(function.name, identifier), _tail(place.log))
    own.put(bucket, record_key(function.name, identifier), json.dumps(record).encode())
    return int(record["exit_code"])


def _run_script(function: Function, place: _Place, bucket: str, key: str, trace: str) -> int:
    script = place.root / "script.sh"
    script.write_text(function.script, "utf-8")
    script.chmod(0o700)
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    facts = {
        "INPUT_FILE_PATH": str(place.input / key.rsplit("/", 1)[-1]),
        "TMP_INPUT_DIR": str(place.input),
        "TMP_OUTPUT_DIR": str(place.output),
        "STORAGE_OBJECT_KEY": key,
        "EVENT_TIME": moment,
        "EVENT": json.dumps(_event(bucket, key, moment)),
        "AISPRINT_TRACE": trace,
    }
    with place.log.open("wb") as log:
        try:
            started = subprocess.Popen(
                [script],
                env={**os.environ, **facts},
                cwd=place.root,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            log.write(f"aisprint: the script could not be started: {error.strerror}\n".encode())
            return _NOT_STARTED
        with started:
            for line in started.stdout or ():
                log.write(line)
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
        return started.returncode


def _event(bucket: str, key: str, moment: str) -> dict[str, Any]:
    """The event of a new object, in the form of MinIO."""
    place = {"bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}, "object": {"key": quote_plus(key)}}
    record = {"eventSource": "minio:s3", "eventTime": moment, "s3": place}
    return {"EventName": "s3:ObjectCreated:Put", "Key": f"{bucket}/{key}", "Records": [record]}


def _send(function: Function, place: _Place, secrets: Path) -> Iterator[str]:
    """Store each file of the output directory wherever it belongs; what was stored, by cluster."""
    files = sorted(path for path in place.output.rglob("*") if path.is_file() and not path.is_symlink())
    for folder in function.outputs:
        store = open_store(function, folder.store, secrets)
        cluster = function.stores[folder.store]["cluster"]
        for path in files:
            if folder.takes(path.name):
                relative = path.relative_to(place.output).as_posix()
                key = f"{folder.path}/{relative}" if folder.path else relative
                store.put(folder.bucket, key, path)
                yield f"{cluster}:{folder.bucket}/{key}"


def _tail(log: Path) -> bytes:
    """The end of the log: what is kept of it has a limit."""
    if not log.exists():
        return b""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _LOG_LIMIT))
        return stream.read()


if __name__ == "__main__":
    sys.exit(main())
