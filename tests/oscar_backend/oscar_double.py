"""A double of OSCAR's REST API that differs by version, as the real ones do. It runs nothing.

OSCAR itself cannot run without Kubernetes. What it answers here was read in its sources: an existing
service is 409, from version 4 on 400; from 3.6 on no service is created with a bucket that exists; from
3.4 on deleting a service deletes its buckets; up to 3.5 the runs of a service come all at once.
Buckets are directories, so that a `BucketServer` can stand beside it as MinIO.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PASSWORD = "planted-oscar-password"
TOKEN = "planted-oidc-token"


class OscarDouble:
    """One cluster of a version, until `close`."""

    def __init__(self, version: str, buckets: Path) -> None:
        self.version = version
        self.buckets = buckets
        self.services: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, dict[str, str]]] = {}
        self.logs: dict[str, str] = {}
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.hidden: set[str] = set()
        self.slow = "never"
        buckets.mkdir(parents=True, exist_ok=True)
        handler = type("Handler", (_Handler,), {"oscar": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def number(self) -> tuple[int, int]:
        major, minor = self.version.removeprefix("v").split(".")[:2]
        return int(major), int(minor)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # What it does

    def own_buckets(self, document: dict[str, Any]) -> list[str]:
        entries = [*(document.get("input") or []), *(document.get("output") or [])]
        own = (e for e in entries if e["storage_provider"] in {"minio", "minio.default"})
        return list(dict.fromkeys(entry["path"].partition("/")[0] for entry in own))

    def create(self, document: dict[str, Any]) -> tuple[int, str]:
        name = document["name"]
        if name in self.services:
            text = f"A service with the name '{name}' already exists"
            return (409 if self.number < (4, 0) else 400), text
        for bucket in self.own_buckets(document):
            if (self.buckets / bucket).exists() and self.number >= (3, 6):
                return 500, f"error creating bucket '{bucket}': the bucket already exists"
        return self._keep(document, 201)

    def update(self, document: dict[str, Any]) -> tuple[int, str]:
        if document["name"] not in self.services:
            return 404, "Not Found"
        return self._keep(document, 204)

    def _keep(self, document: dict[str, Any], status: int) -> tuple[int, str]:
        for bucket in self.own_buckets(document):
            (self.buckets / bucket).mkdir(exist_ok=True)
        shown = dict(document)
        environment = shown.get("environment") or {}
        if self.number < (3, 4):
            environment = {"Variables": environment.get("Variables", {})}
        elif self.number >= (4, 0):
            environment = {"variables": environment.get("Variables", {}), "secrets": {}}
        defaults = {"alpine": False, "log_level": "INFO", "token": "0" * 64}
        self.services[document["name"]] = {**defaults, **shown, "environment": environment}
        return status, ""

    def delete(self, name: str) -> tuple[int, str]:
        document = self.services.pop(name, None)
        if document is None:
            return 404, "Not Found"
        if self.number >= (3, 4):
            for bucket in self.own_buckets(document):
                shutil.rmtree(self.buckets / bucket, ignore_errors=True)
        return 204, ""

    def listed(self, name: str, page: str) -> dict[str, Any]:
        jobs = self.jobs.get(name, {})
        if self.number < (3, 6):
            return jobs
        names = sorted(jobs)
        first = int(page or 0)
        some = names[first : first + 2]
        left = len(names) - first - len(some)
        following = str(first + 2) if left else ""
        return {"jobs": {n: jobs[n] for n in some}, "next_page": following, "remaining_jobs": left}


class Fault:
    """What goes wrong with the next calls whose method and path begin with `call`, from the `after`th on.

    With status 0 the call is carried out and its answer is lost.
    """

    def __init__(self, call: str, status: int = 0, body: str = "", *, times: int = 1, **how: Any) -> None:
        self.call, self.status, self.body, self.times = call, status, body, times
        self.headers: dict[str, str] = how.get("headers", {})
        self.cut: int = how.get("cut", 0)
        self.delay_s: float = how.get("delay_s", 0.0)
        self.after: int = how.get("after", 1)


class _Handler(BaseHTTPRequestHandler):
    oscar: OscarDouble
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: Any) -> None:
        pass

    def _answer(self, status: int, text: str = "", **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _handle(self) -> None:
        oscar = self.oscar
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length).decode()
        call = f"{self.command} {self.path}"
        oscar.calls.append(call)
        if call == oscar.slow:
            time.sleep(0.3)  # so that what is done side by side meets here
        for fault in oscar.faults:
            if fault.times and call.startswith(fault.call):
                fault.after -= 1
                if fault.after <= 0:
                    fault.times -= 1
                    self._fail(fault, text)
                    return
        wanted = "Basic " + base64.b64encode(f"oscar:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") not in {wanted, f"Bearer {TOKEN}"}:
            self._answer(401, "Unauthorized")
            return
        self._route(oscar, json.loads(text) if text else {})

    def _fail(self, fault: Fault, sent: str) -> None:
        time.sleep(fault.delay_s)
        if not fault.status:
            self.wfile = io.BytesIO()
            self._route(self.oscar, json.loads(sent) if sent else {})
            self.close_connection = True
        elif fault.cut:
            self.send_response(200)
            self.send_header("Content-Length", str(len(fault.body) + fault.cut))
            self.end_headers()
            self.wfile.write(fault.body.encode())
            self.close_connection = True
        else:
            self._answer(fault.status, fault.body.replace("{sent}", sent), **fault.headers)

    def _route(self, oscar: OscarDouble, document: dict[str, Any]) -> None:
        path, _, query = self.path.partition("?")
        parts = path.strip("/").split("/")
        match (self.command, parts):
            case ("GET", ["system", "info"]):
                self._answer(200, json.dumps({"version": oscar.version}))
            case ("GET", ["system", "config"]):
                self._answer(200, json.dumps({"minio_provider": {"endpoint": "", "secret_key": ""}}))
            case ("GET", ["system", "services"]):
                self._answer(200, json.dumps(list(oscar.services.values())))
            case ("POST", ["system", "services"]):
                self._answer(*oscar.create(document))
            case ("PUT", ["system", "services"]):
                self._answer(*oscar.update(document))
            case ("GET", ["system", "services", name]):
                found = None if name in oscar.hidden else oscar.services.get(name)
                oscar.hidden.discard(name)
                self._answer(200 if found else 404, json.dumps(found) if found else "Not Found")
            case ("DELETE", ["system", "services", name]):
                self._answer(*oscar.delete(name))
            case ("GET", ["system", "logs", name]):
                self._answer(200, json.dumps(oscar.listed(name, query.removeprefix("page="))))
            case ("GET", ["system", "logs", _, job]) if job in oscar.logs:
                self._answer(200, oscar.logs[job])
            case _:
                self._answer(404, "404 page not found")

    do_GET = do_POST = do_PUT = do_DELETE = _handle
