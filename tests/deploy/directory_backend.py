"""A back end double: a directory is the world. It stands in for a cloud that cannot be had here.

Everything it knows is in files written in one step, so it survives a killed process as a remote
service does. `settings.json` in its root slows it down, makes items fail, or scripts the functions.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aisprint_cli.backends.interface import (
    EVERY_CAPABILITY,
    KEPT_DATA,
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ItemState,
    Job,
    JobState,
    Observed,
    Progress,
    ResourceCapacity,
    SecretResolver,
    Site,
    Trace,
)
from aisprint_cli.deploy.topology import topology_of
from aisprint_cli.errors import ExternalError, Retry
from aisprint_cli.system.files import write_atomic

_SCRIPT = '#!/bin/sh\n"${{AISPRINT_ROOT:-}}/opt/{part}/script.sh"\n'


def plain_secret(reference: str) -> str:
    return f"value-of-{reference.rpartition('/')[2]}"


class DirectoryBackend:
    name = "directory"
    capabilities = EVERY_CAPABILITY

    def __init__(self, root: Path, resolve: SecretResolver) -> None:
        self.root = root
        self.peers: list[DirectoryBackend] = []
        self._resolve = resolve
        self._counting, self._passed = threading.Lock(), 0
        self._numbering = threading.Lock()
        for folder in ("items", "data", "jobs", "calls"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    # -- what a test says and asks

    def setting(self, **values: Any) -> None:
        path = self.root / "settings.json"
        write_atomic(path, json.dumps({**self._settings(), **values}))

    def _settings(self) -> dict[str, Any]:
        path = self.root / "settings.json"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def existing(self) -> dict[str, str]:
        """Item id to the digest it was made from."""
        documents = (json.loads(path.read_text()) for path in (self.root / "items").glob("*.json"))
        return {document["id"]: document["digest"] for document in documents}

    @property
    def calls(self) -> list[str]:
        notes = sorted((self.root / "calls").iterdir(), key=lambda path: path.name)
        return [path.read_text() for path in notes]

    def _note(self, text: str) -> None:
        write_atomic(self.root / "calls" / f"{time.time_ns()}", text)

    def _pause(self, verb: str, item_id: str) -> None:
        settings = self._settings()
        with self._counting:
            self._passed += 1
            if self._passed == settings.get("kill_at"):
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(random.uniform(0, settings.get("delay_s", 0.0)))
        if self._is_to_pass(f"{verb} {item_id}", settings):
            raise ExternalError(f"The world is busy with {item_id}.", retry=Retry.LATER)
        if f"{verb} {item_id}" in settings.get("fail", []):
            secret = self._resolve("secret://generated/planted")
            raise ExternalError(f"The world refuses to {verb} {item_id} (token {secret}).")

    def _is_to_pass(self, call: str, settings: dict[str, Any]) -> bool:
        """Whether a call is one of the first `busy[call]` ones."""
        with self._counting:
            left = settings.get("busy", {}).get(call, 0)
            if left:
                self.setting(busy={**settings["busy"], call: left - 1})
            return bool(left)

    def _path(self, item_id: str) -> Path:
        return self.root / "items" / (item_id.replace("/", "~") + ".json")

    # -- Backend

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        wanted = list(items)
        if wanted and self._settings().get("silent"):
            raise ExternalError("The world does not answer.")
        return {item.id: self._observe(item.id) for item in wanted}

    def _observe(self, item_id: str) -> Observed:
        path = self._path(item_id)
        if not path.exists():
            kept = self.root / "data" / item_id.removeprefix("cluster/")
            return Observed(
                item_id, ItemState.ABSENT, outputs={KEPT_DATA: str(kept)} if kept.exists() else {}
            )
        document = json.loads(path.read_text())
        state = ItemState(document["state"])
        broken = self._settings().get("broken", {}).get(item_id)
        if broken:
            return Observed(item_id, ItemState.FAILED, document["digest"], broken)
        return Observed(item_id, state, document["digest"], outputs=document["outputs"])

    def apply(self, item: Item, progress: Progress) -> Observed:
        self._note(f"apply {item.id}")
        progress(f"making {item.name}")
        self._pause("apply", item.id)
        spec = item.spec
        outputs = {"endpoint": f"https://{item.name}.example"}
        if isinstance(spec, ClusterSpec):
            self._resolve(spec.password)
            outputs |= {"user": "oscar", "password": spec.password}
        elif not self._path(f"cluster/{spec.cluster}").exists():
            raise ExternalError(f"There is no cluster {spec.cluster}.")
        document = {
            "id": item.id,
            "digest": item.digest,
            "kind": item.kind,
            "name": item.name,
            "state": ItemState.PENDING,
            "outputs": outputs,
            "spec": asdict(spec),
        }
        write_atomic(self._path(item.id), json.dumps(document))
        self._pause("settle", item.id)
        write_atomic(self._path(item.id), json.dumps(document | {"state": ItemState.READY}))
        self._pause("end", item.id)
        return self._observe(item.id)

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        self._note(f"remove {item.id}{' keeping data' if keep_data else ''}")
        self._pause("remove", item.id)
        hosted = any(f"function~{item.name}~" in str(path) for path in self._items())
        if item.kind is ItemKind.CLUSTER and hosted:
            raise ExternalError(f"{item.id} still hosts functions.")
        if not keep_data:
            shutil.rmtree(self.root / "data" / item.name, ignore_errors=True)
        self._path(item.id).unlink(missing_ok=True)
        self._pause("end", item.id)

    def _items(self) -> list[Path]:
        return list((self.root / "items").glob("*.json"))

    def close(self) -> None:
        pass

    def messages(self, item: Item) -> str:
        return f"Contextualised {item.name} with {self._resolve('secret://generated/planted')}.\n"

    def strays(self, application: str) -> tuple[Item, ...]:
        documents = [json.loads(path.read_text()) for path in sorted(self._items())]
        clusters = [d for d in documents if d["spec"].get("application") == application]
        names = {document["name"] for document in clusters}
        hosted = [d for d in documents if d["spec"].get("cluster") in names]
        found = [Item(ItemKind.CLUSTER, d["name"], _cluster_spec(d["spec"])) for d in clusters]
        for document in hosted:
            spec = FunctionSpec(**document["spec"])
            needs = (f"cluster/{spec.cluster}",)
            found.append(Item(ItemKind.FUNCTION, document["name"], spec, needs))
        return tuple(found)

    # -- DataPlane: each put runs the whole chain at once, as the settings script it

    def put(self, cluster: str, path: str, source: Path) -> None:
        self._store(cluster, path, source.read_text())

    def _store(self, cluster: str, path: str, text: str) -> None:
        owner = next((peer for peer in self.peers if f"cluster/{cluster}" in peer.existing), self)
        if owner is not self and f"cluster/{cluster}" not in self.existing:
            owner._store(cluster, path, text)
            return
        target = self.root / "data" / cluster / path
        write_atomic(target, text)
        folder, _, name = path.rpartition("/")
        for item in self._functions():
            for source in (i for n in topology_of([item]).functions for i in n.inputs):
                if (source.folder.cluster, source.folder.path) == (cluster, folder):
                    self._run(item, path, name, text)

    def _run(self, item: Item, path: str, name: str, text: str) -> None:
        spec = item.spec
        assert isinstance(spec, FunctionSpec)
        behaviour = self._settings().get("behaviour", {}).get(spec.part, "pass")
        trace = name.removeprefix("aisprint-")[:36]
        ended = JobState.FAILED if behaviour == "fail" else JobState.SUCCEEDED
        outputs = ()
        node = topology_of([item]).functions[0]
        if behaviour == "pass":
            stem = name.partition(".")[0]
            outputs = tuple(f"{f.cluster}:{f.path}/{stem}.txt" for f in node.outputs)
        times = {"created_s": time.time(), "started_s": time.time(), "finished_s": time.time() + 0.5}
        job = {
            "cluster": spec.cluster,
            "function": node.service,
            "trace": trace,
            "state": ended,
            "input_path": path,
            **times,
            "outputs": outputs,
            "exit_code": 1 if behaviour == "fail" else 0,
            "reason": "exit code 1" if behaviour == "fail" else "",
        }
        with self._numbering:  # inputs are fed by several threads
            number = len(self._job_files())
            job["id"] = f"{node.service}-{number:05}"
            write_atomic(self.root / "jobs" / f"{number:05}.json", json.dumps(job))
        for output in outputs:
            where, _, out_path = output.partition(":")
            self._store(where, out_path, f"{text}>{spec.part}")

    def _functions(self) -> list[Item]:
        found = []
        for path in sorted(self._items()):
            document = json.loads(path.read_text())
            if document["kind"] == ItemKind.FUNCTION:
                found.append(Item(ItemKind.FUNCTION, document["name"], FunctionSpec(**document["spec"])))
        return found

    def fetch(self, cluster: str, path: str, target: Path) -> None:
        try:
            write_atomic(target, (self.root / "data" / cluster / path).read_bytes())
        except FileNotFoundError as error:
            raise ExternalError(f"There is no object {path} on {cluster}.") from error

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        return Trace(trace, tuple(job for job in self.jobs() if job.trace == trace), complete=True)

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        documents = [json.loads(path.read_text()) for path in self._job_files()]
        found = [
            Job(**document | {"state": JobState(document["state"]), "outputs": tuple(document["outputs"])})
            for document in documents
        ]
        return tuple(
            job for job in found if cluster in {None, job.cluster} and function in {None, job.function}
        )

    def _job_files(self) -> list[Path]:
        """What is written whole; a file under way has another name."""
        return sorted((self.root / "jobs").glob("[0-9]*.json"))

    def log(self, job: Job) -> str:
        return f"{job.function} read {job.input_path}\nTraceback: no digits\n"


def _cluster_spec(fields: dict[str, Any]) -> ClusterSpec:
    resources = tuple(ResourceCapacity(**entry) for entry in fields["resources"])
    return ClusterSpec(**{**fields, "resources": resources})


# -- values to plan with


def cluster(name: str, *, cores: float = 2.0) -> Item:
    resources = (ResourceCapacity("box", 1, cores, 1024.0),)
    return Item(ItemKind.CLUSTER, name, ClusterSpec("shop", 1, resources, f"secret://generated/{name}"))


def function(
    part: str, on: str, *, reads: str, writes: tuple[tuple[str, str], ...] = (), digest: str = "a"
) -> Item:
    """A function on cluster `on`; `writes` holds (cluster, bucket/folder) pairs."""
    outputs = [
        {"storage_provider": "minio" if where == on else f"minio.{where}", "path": path}
        for where, path in writes
    ]
    service = {
        "name": part,
        "image": "img",
        "memory": "64Mi",
        "cpu": "0.5",
        "script": _SCRIPT.format(part=part),
        "input": [{"storage_provider": "minio", "path": reads}],
        "output": outputs,
    }
    requires = tuple(dict.fromkeys([f"cluster/{on}", *(f"cluster/{where}" for where, _ in writes)]))
    spec = FunctionSpec(on, part, "box", f"aisprint/designs/{part}/base", digest, service)
    return Item(ItemKind.FUNCTION, f"{on}/{part}", spec, requires)


def chain(digest: str = "a") -> tuple[Item, ...]:
    """Two clusters, and find -> read across them."""
    return (
        cluster("shop-l1"),
        cluster("shop-l2"),
        function("find", "shop-l1", reads="find/input", writes=(("shop-l2", "find/output"),), digest=digest),
        function("read", "shop-l2", reads="find/output", writes=(("shop-l2", "read/output"),)),
    )


def open_directory(site: Site) -> DirectoryBackend:
    """What the entry point of the double leads to: its world is beside the application."""
    return DirectoryBackend(site.application.parent / "world", site.resolve)
