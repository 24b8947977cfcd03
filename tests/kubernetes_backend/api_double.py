"""A double of the Kubernetes API server: none can be had on a test machine.

It keeps objects, holds each manifest to the published schemas (kubernetes-validate), gives only the
dispatcher's account what its Role allows, and plays the kubelet: a Deployment's container and each Job's
run as processes of this machine, with ConfigMaps and Secrets mounted as files. It does not schedule,
restart or pull; images are directories.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kubernetes_validate

GROUPS = {"/api/v1": "", "/apis/apps/v1": "apps", "/apis/batch/v1": "batch"}
GROUPS["/apis/rbac.authorization.k8s.io/v1"] = "rbac.authorization.k8s.io"
KINDS = {
    "namespaces": "Namespace",
    "nodes": "Node",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
    "serviceaccounts": "ServiceAccount",
    "pods": "Pod",
    "deployments": "Deployment",
    "jobs": "Job",
    "roles": "Role",
    "rolebindings": "RoleBinding",
}
USER_TOKEN = "token-of-the-user"
POD_TOKEN = "token-of-the-dispatcher"

Key = tuple[str, str, str]


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Process:
    handle: subprocess.Popen[bytes]
    log: Path


@dataclass
class World:
    """The objects of a cluster, and the processes that stand for its pods."""

    root: Path
    images: dict[str, Path] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)
    objects: dict[Key, dict[str, Any]] = field(default_factory=dict)
    processes: dict[Key, Process] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    held: bool = False
    closed: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    address: tuple[str, int] = ("127.0.0.1", 0)

    # -- objects

    def apply(self, key: Key, document: dict[str, Any]) -> dict[str, Any]:
        require_valid(document)
        with self.lock:
            self._require_namespace(key)
            before = self.objects.get(key, {})
            kept = {"status": before["status"]} if "status" in before else {}
            stored = self._stored(document) | kept
            stored["metadata"] |= {
                "creationTimestamp": before.get("metadata", {}).get("creationTimestamp", now())
            }
            self.objects[key] = stored
            if key[0] == "Deployment" and before.get("spec") != stored["spec"]:
                self._end(key)
                self._start_deployment(key, stored)
            return stored

    def create(self, key: Key, document: dict[str, Any]) -> dict[str, Any]:
        require_valid(document)
        with self.lock:
            self._require_namespace(key)
            if key in self.objects:
                raise RefusedError(409, f"{key[0]} {key[2]} already exists")
            stored = self._stored(document)
            stored["metadata"] |= {"creationTimestamp": now(), "namespace": key[1]}
            stored["status"] = {}
            self.objects[key] = stored
            self.created.append(key[2])
            if not self.held:
                self._start_job(key, stored)
            return stored

    def delete(self, key: Key) -> None:
        with self.lock:
            if key not in self.objects:
                raise RefusedError(404, f"{key[2]} not found")
            inside = [other for other in self.objects if key[0] == "Namespace" and other[1] == key[2]]
            for gone in [*inside, key]:
                self._end(gone)
                del self.objects[gone]

    def _require_namespace(self, key: Key) -> None:
        if key[0] != "Namespace" and ("Namespace", "", key[1]) not in self.objects:
            raise RefusedError(404, f'namespaces "{key[1]}" not found')

    @staticmethod
    def _stored(document: dict[str, Any]) -> dict[str, Any]:
        stored = json.loads(json.dumps(document))
        plain = stored.pop("stringData", None)
        if plain is not None:
            stored["data"] = {
                name: base64.b64encode(value.encode()).decode() for name, value in plain.items()
            }
        return stored

    # -- processes

    def _start_deployment(self, key: Key, document: dict[str, Any]) -> None:
        document["status"] = {"availableReplicas": 1}
        account = self.root / f"account-{key[1]}"
        account.mkdir(exist_ok=True)
        (account / "token").write_text(POD_TOKEN)
        (account / "namespace").write_text(key[1])
        facts = {"AISPRINT_ACCOUNT": str(account), "AISPRINT_API_SCHEME": "http", "AISPRINT_POLL_S": "0.1"}
        facts |= {"KUBERNETES_SERVICE_HOST": self.address[0], "KUBERNETES_SERVICE_PORT": str(self.address[1])}
        self.processes[key] = self._run(key, document["spec"]["template"]["spec"], facts)

    def _start_job(self, key: Key, document: dict[str, Any]) -> None:
        pod = document["spec"]["template"]["spec"]
        document["status"] = {"startTime": now(), "active": 1, "ready": 1}
        process = self._run(key, pod, {})
        self.processes[key] = process
        threading.Thread(target=self._await_job, args=(key, process), daemon=True).start()

    def release(self) -> None:
        """Start the Jobs that were held back."""
        with self.lock:
            self.held = False
            for key, document in list(self.objects.items()):
                if key[0] == "Job" and not document["status"]:
                    self._start_job(key, document)

    def _await_job(self, key: Key, process: Process) -> None:
        code = process.handle.wait()
        with self.lock:
            if key not in self.objects:
                return
            kind = "Complete" if code == 0 else "Failed"
            condition = {
                "type": kind,
                "status": "True",
                "lastTransitionTime": now(),
                "message": f"exit {code}",
            }
            status = {"startTime": self.objects[key]["status"]["startTime"], "conditions": [condition]}
            self.objects[key]["status"] = status | ({"completionTime": now()} if code == 0 else {})

    def _run(self, key: Key, pod: dict[str, Any], facts: dict[str, str]) -> Process:
        place = self.root / "-".join(["pod", *key[1:], secrets.token_hex(4)])
        container = pod["containers"][0]
        self._mount(key[1], pod, place)
        tools = str(Path(sys.executable).parent)
        environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "AISPRINT_MOUNT": str(place / "aisprint"),
        } | facts
        environment["AISPRINT_SECRETS"] = str(place / "aisprint" / "secrets")
        if container["image"] in self.images:
            environment["AISPRINT_ROOT"] = str(self.images[container["image"]])
        for entry in container.get("env", ()):
            environment[entry["name"]] = entry["value"] if "value" in entry else self._secret(key[1], entry)
        log = place / "log.txt"
        with log.open("wb") as output:
            handle = subprocess.Popen(
                container["command"],
                env=environment,
                cwd=place,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a pod ends with all its processes
            )
        return Process(handle, log)

    def _mount(self, namespace: str, pod: dict[str, Any], place: Path) -> None:
        mounts = {entry["name"]: entry["mountPath"] for entry in pod["containers"][0].get("volumeMounts", ())}
        for volume in pod.get("volumes", ()):
            folder = place / mounts[volume["name"]].lstrip("/")
            folder.mkdir(parents=True)
            for name, content in self._files(namespace, volume).items():
                (folder / name).write_bytes(content)

    def _files(self, namespace: str, volume: dict[str, Any]) -> dict[str, bytes]:
        if "configMap" in volume:
            data = self.objects["ConfigMap", namespace, volume["configMap"]["name"]].get("data", {})
            return {name: text.encode() for name, text in data.items()}
        data = self.objects["Secret", namespace, volume["secret"]["secretName"]].get("data", {})
        return {name: base64.b64decode(text) for name, text in data.items()}

    def _secret(self, namespace: str, entry: dict[str, Any]) -> str:
        wanted = entry["valueFrom"]["secretKeyRef"]
        data = self.objects["Secret", namespace, wanted["name"]]["data"]
        return base64.b64decode(data[wanted["key"]]).decode()

    def _end(self, key: Key) -> None:
        process = self.processes.pop(key, None)
        if process is not None and process.handle.poll() is None:
            os.killpg(process.handle.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.handle.wait(5)

    def close(self) -> None:
        with self.lock:
            for key in list(self.processes):
                self._end(key)

    # -- rights

    def may(self, token: str, verb: str, group: str, resource: str, namespace: str) -> bool:
        if token == USER_TOKEN:
            return resource not in self.closed
        if token != POD_TOKEN:
            return False
        rules = self.objects.get(("Role", namespace, "aisprint-dispatcher"), {}).get("rules", ())
        return any(
            group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"]
            for rule in rules
        )


def require_valid(document: dict[str, Any]) -> None:
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        raise RefusedError(422, f"{document['kind']}: {error.message}") from error


def matches(document: dict[str, Any], selector: str) -> bool:
    labels = document["metadata"].get("labels", {})
    for term in filter(None, selector.split(",")):
        name, _, value = term.partition("=")
        if name not in labels or (value and labels[name] != value):
            return False
    return True


class Handler(BaseHTTPRequestHandler):
    world: World
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve("get")

    def do_PATCH(self) -> None:
        self._serve("patch")

    def do_POST(self) -> None:
        self._serve("create")

    def do_DELETE(self) -> None:
        self._serve("delete")

    def _serve(self, verb: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        try:
            if self.world.faults:
                raise RefusedError(self.world.faults.pop(0), "planted")
            answer = self._answer(verb, json.loads(body) if body else {})
        except RefusedError as error:
            self._send(error.status, json.dumps({"kind": "Status", "message": str(error)}).encode())
        else:
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self._send(200, content)

    def _answer(self, verb: str, document: dict[str, Any]) -> Any:
        parts = urlsplit(self.path)
        prefix = next(
            entry for entry in sorted(GROUPS, key=len, reverse=True) if parts.path.startswith(entry)
        )
        rest = parts.path.removeprefix(prefix).strip("/").split("/")
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        kind, name = KINDS[rest[0]], rest[1] if len(rest) > 1 else ""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        asked = "list" if verb == "get" and not name else verb
        if not self.world.may(token, asked, GROUPS[prefix], rest[0], namespace):
            raise RefusedError(403, f"not allowed to {asked} {rest[0]}")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if kind == "Pod":
            return self._pods(namespace, name, query)
        if verb == "patch":
            if self.headers["Content-Type"] != "application/apply-patch+yaml" or "fieldManager" not in query:
                raise RefusedError(415, "only server-side apply")
            return self.world.apply((kind, namespace, name), document)
        if verb == "create":
            return self.world.create((kind, namespace, document["metadata"]["name"]), document)
        if verb == "delete":
            self.world.delete((kind, namespace, name))
            return {"kind": "Status", "status": "Success"}
        return self._read(kind, namespace, name, query)

    def _read(self, kind: str, namespace: str, name: str, query: dict[str, str]) -> dict[str, Any]:
        with self.world.lock:
            if name:
                found = self.world.objects.get((kind, namespace, name))
                if found is None:
                    raise RefusedError(404, f"{name} not found")
                return json.loads(json.dumps(found))  # type: ignore[no-any-return]
            items = [
                document
                for key, document in sorted(self.world.objects.items())
                if key[:2] == (kind, namespace) and matches(document, query.get("labelSelector", ""))
            ]
            start = int(query.get("continue", "0"))
            end = start + min(int(query.get("limit", "500")), 2)  # pages are short, so that they are used
            more = {"continue": str(end)} if end < len(items) else {}
            return json.loads(json.dumps({"items": items[start:end], "metadata": more}))  # type: ignore[no-any-return]

    def _pods(self, namespace: str, name: str, query: dict[str, str]) -> Any:
        job = name or query.get("labelSelector", "").removeprefix("job-name=")
        process = self.world.processes.get(("Job", namespace, job))
        if name:
            return process.log.read_bytes() if process else b""
        return {"items": [{"metadata": {"name": job}}] if process else []}

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(content)


@contextlib.contextmanager
def api_server(root: Path) -> Any:
    """A cluster on loopback; gives its world."""
    world = World(root)
    handler = type("Bound", (Handler,), {"world": world})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    world.address = ("127.0.0.1", server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        world.close()
        server.shutdown()
        server.server_close()
        thread.join()


def write_kubeconfig(world: World, path: Path, token: str = USER_TOKEN) -> None:
    """A kubeconfig whose context `test` reaches the double."""
    host, port = world.address
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": f"http://{host}:{port}"}}],
        "users": [{"name": "me", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "me"}}],
    }
    path.write_text(json.dumps(document))


def wait_until(condition: Any, timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come about")
        time.sleep(0.05)
