"""What one run finds around it: its directories, its environment, its event, its script.

The contract is that of OSCAR's FaaS supervisor; the bundle stands in for the image.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from aisprint_cli.backends.local.layout import PRIVATE, Home
from aisprint_cli.backends.local.runtime.containers import RUNNER, contained
from aisprint_cli.backends.local.runtime.definition import Route
from aisprint_cli.backends.local.runtime.objects import Output
from aisprint_cli.backends.local.runtime.processes import Command
from aisprint_cli.backends.local.runtime.records import JobRecord
from aisprint_cli.backends.local.runtime.registry import Hosted
from aisprint_cli.system.files import write_atomic

_SYSTEM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_INHERITED: Final = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")
_EVENT_LIMIT: Final = 100_000
_S3_REGION: Final = "us-east-1"
PAYLOAD_NAME: Final = "event_file"


class JobRefusedError(Exception):
    """The run cannot begin or its outputs cannot be placed; the text says why."""


@dataclass(frozen=True)
class Workplace:
    """The private directory of one run."""

    root: Path

    @property
    def input(self) -> Path:
        """TMP_INPUT_DIR."""
        return self.root / "input"

    @property
    def output(self) -> Path:
        """TMP_OUTPUT_DIR."""
        return self.root / "output"

    def make(self) -> None:
        """Make the directories afresh: an earlier attempt may have left some."""
        if self.root.exists():
            shutil.rmtree(self.root)
        self.root.mkdir(mode=PRIVATE)
        for name in ("input", "output", "home", "tmp"):
            (self.root / name).mkdir()

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self.root, ignore_errors=True)


def payload_file(home: Home, job: JobRecord) -> Path:
    """Where the posted body of a run waits."""
    return home.cluster(job.cluster) / "payloads" / job.id


def prepare(home: Home, job: JobRecord, hosted: Hosted, node: str) -> tuple[Workplace, Command]:
    """Make a run's surroundings and say what to start.

    Raises:
        JobRefusedError: when its input or its bundle is gone.
        OSError: when the directories cannot be made.
    """
    place = Workplace(home.work / job.id)
    place.make()
    input_file = _bring_input(home, job, place)
    script = _script_file(home, hosted)
    environment = _environment(home, job, hosted, place, input_file) | {"RESOURCE_ID": node}
    command = Command(
        arguments=_interpreter(hosted.definition.script, script),
        environment=environment,
        directory=place.root,
        memory_mib=hosted.definition.memory_mib,
        timeout_s=hosted.definition.timeout_s,
    )
    if hosted.record.hosting.runner == RUNNER:
        return place, _in_container(home, job, hosted, command, script)
    return place, command


def _in_container(home: Home, job: JobRecord, hosted: Hosted, command: Command, script: Path) -> Command:
    """The run from the function's image, whose own environment stays as it is."""
    report = home.job_report(job.cluster, job.id)
    report.touch()
    kept = {name: value for name, value in command.environment.items() if name != "PATH"}
    return contained(
        replace(command, environment=kept),
        name=f"aisprint-{job.id}",
        image=str(hosted.definition.document.get("image") or ""),
        engine=hosted.record.hosting.engine,
        cores=hosted.definition.cores,
        mounts={script: script, report: report},
    )


def collect(place: Workplace, routes: Sequence[Route], own_cluster: str) -> list[Output]:
    """The objects that a run's files become; a file wanted in several places is copied."""
    wanted: list[tuple[Path, list[tuple[str, str]]]] = []
    for directory, folders, names in os.walk(place.output):
        folders.sort()
        for name in sorted(names):
            file = Path(directory, name)
            if file.is_symlink() or not file.is_file():
                continue
            relative = file.relative_to(place.output).as_posix()
            targets = [
                (route.cluster or own_cluster, f"{route.path}/{relative}")
                for route in routes
                if route.accepts(name)
            ]
            wanted.append((file, list(dict.fromkeys(targets))))
    outputs: list[Output] = []
    for file, targets in wanted:
        for number, (cluster, path) in enumerate(targets):
            source = file
            if number:
                source = place.root / f"copy-{len(outputs)}"
                shutil.copy2(file, source)
            outputs.append(Output(cluster, path, source))
    return outputs


def event_of(job: JobRecord, storage: str) -> dict[str, Any]:
    """The event that a storage, `minio` or `s3`, sends when an object is put; each quotes its own way."""
    bucket, _, key = job.input_path.partition("/")
    is_s3 = storage == "s3"
    record = {
        "eventVersion": "2.1" if is_s3 else "2.0",
        "eventSource": "aws:s3" if is_s3 else "minio:s3",
        "awsRegion": _S3_REGION if is_s3 else "",
        "eventName": "ObjectCreated:Put" if is_s3 else "s3:ObjectCreated:Put",
        "eventTime": event_time(job.created_s),
        "s3": {
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": quote_plus(key, safe="/") if is_s3 else quote(key, safe="")},
        },
    }
    if is_s3:
        return {"Records": [record]}
    return {"Key": job.input_path, "EventName": "s3:ObjectCreated:Put", "Records": [record]}


def event_time(moment_s: float) -> str:
    """A moment as events carry it: UTC with milliseconds."""
    return datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _bring_input(home: Home, job: JobRecord, place: Workplace) -> Path:
    if job.payload:
        source, name = payload_file(home, job), PAYLOAD_NAME
    else:
        source, name = home.buckets(job.cluster) / job.input_path, job.input_path.rpartition("/")[2]
    try:
        shutil.copyfile(source, place.input / name)
    except FileNotFoundError:
        raise JobRefusedError(f"the input {job.input_path or name} is gone") from None
    return place.input / name


def _environment(
    home: Home, job: JobRecord, hosted: Hosted, place: Workplace, input_file: Path
) -> dict[str, str]:
    """Nothing of the user's shell goes in but language and time zone."""
    found = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    found["PATH"] = _SYSTEM_PATH
    bundle = _bundle(home, hosted)
    found |= bundle.variables
    found |= dict(hosted.definition.variables)
    found |= bundle.paths
    report = home.job_report(job.cluster, job.id)
    report.parent.mkdir(parents=True, exist_ok=True)
    return found | {
        "HOME": str(place.root / "home"),
        "TMPDIR": str(place.root / "tmp"),
        "INPUT_FILE_PATH": str(input_file),
        "TMP_INPUT_DIR": str(place.input),
        "TMP_OUTPUT_DIR": str(place.output),
        "STORAGE_OBJECT_KEY": job.input_path.partition("/")[2],
        "EVENT_TIME": event_time(job.created_s),
        "EVENT": _event_text(job, hosted, input_file),
        "JOB_UUID": job.id,
        "AISPRINT_TRACE": job.trace,
        "AISPRINT_REPORT_FILE": str(report),
    }


def _event_text(job: JobRecord, hosted: Hosted, input_file: Path) -> str:
    if not job.payload:
        return json.dumps(event_of(job, hosted.storage_of(job.input_path)), separators=(",", ":"))
    if input_file.stat().st_size > _EVENT_LIMIT:
        return ""
    text = input_file.read_bytes().replace(b"\0", b"").decode(errors="replace")
    return text if len(text.encode()) <= _EVENT_LIMIT else ""


@dataclass(frozen=True)
class _Bundle:
    variables: Mapping[str, str]
    paths: Mapping[str, str]


def _bundle(home: Home, hosted: Hosted) -> _Bundle:
    """What stands in for the image: the bundle deployed, else an image unpacked here, else nothing."""
    digest = hosted.record.hosting.bundle
    if hosted.record.hosting.runner == RUNNER:
        return _Bundle({}, {})
    if not digest:
        image = home.image(str(hosted.definition.document.get("image") or ""))
        return _read_bundle(image) if (image / "bundle.json").is_file() else _Bundle({}, {})
    try:
        return _read_bundle(home.bundles / digest)
    except OSError:
        raise JobRefusedError(f"its bundle {digest} is gone; deploy again") from None


@lru_cache(maxsize=64)
def _read_bundle(root: Path) -> _Bundle:
    """A bundle never changes under its digest."""
    document = json.loads((root / "bundle.json").read_text())
    variables = {str(name): str(value) for name, value in document["variables"].items()}
    search = variables.get("PATH", _SYSTEM_PATH)
    paths = {
        "AISPRINT_ROOT": str(root),
        "PYTHONPATH": str(root / "lib"),
        "PATH": f"{document['environment']}/bin:{search}",
        "VIRTUAL_ENV": document["environment"],
        "PYTHONUNBUFFERED": "1",
    }
    return _Bundle(variables, paths)


def _script_file(home: Home, hosted: Hosted) -> Path:
    script = hosted.definition.script
    digest = hashlib.sha256(script.encode()).hexdigest()[:16]
    path = home.cluster(hosted.record.cluster) / "scripts" / f"{hosted.record.name}-{digest}"
    if not path.exists():
        write_atomic(path, script, mode=0o700)
    return path


def _interpreter(script: str, path: Path) -> list[str]:
    """How to start a script: as its first line says, else with `sh`.

    Started through its interpreter because executing a file just written may find it busy.
    """
    first = script.split("\n", 1)[0].rstrip("\r")
    words = first[2:].strip().split(None, 1) if first.startswith("#!") else []
    return [*(words or ["/bin/sh"]), str(path)]
