"""OSCAR's REST API below `/clusters/<cluster>`, as its version 3 speaks it.

Where versions differ: an existing service answers 409 (version 4: 400); the list of jobs comes in
pages (from 3.6 on); deleting a service deletes its buckets (from 3.4 on). Errors are plain text.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import platform
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote_plus

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool

from aisprint_cli import __version__
from aisprint_cli.backends.local.runtime.bodies import Document, read_body
from aisprint_cli.backends.local.runtime.capacity import Node
from aisprint_cli.backends.local.runtime.definition import ServiceRefusedError, is_safe_path
from aisprint_cli.backends.local.runtime.host import Host
from aisprint_cli.backends.local.runtime.records import Hosting, JobRecord, Stage
from aisprint_cli.backends.local.runtime.registry import Hosted
from aisprint_cli.backends.local.runtime.workplace import event_time

VERSION: Final = "v3.6.1"
USER: Final = "oscar"
_PAGE: Final = 100
_PAGE_DIGITS: Final = 18  # what the state's numbers hold
_PAYLOAD_BYTES: Final = 64 << 20
_STATUS: Final = {
    Stage.QUEUED: "Pending",
    Stage.RUNNING: "Running",
    Stage.PUBLISHING: "Running",
    Stage.SUCCEEDED: "Succeeded",
    Stage.FAILED: "Failed",
}


def oscar_router(host: Host) -> APIRouter:
    """The routes of every cluster."""

    def check_user(cluster: str, request: Request) -> None:
        if not _is_user(host, cluster, request):
            raise HTTPException(
                401, "Unauthorized", {"WWW-Authenticate": "Basic realm=Authorization Required"}
            )

    root = APIRouter(prefix="/clusters/{cluster}")
    system = APIRouter(prefix="/system", dependencies=[Depends(check_user)])
    _add_services(system, host)
    _add_logs(system, host)
    _add_cluster(system, host)
    root.include_router(system)
    _add_calls(root, host)

    @root.get("/health")
    def health(cluster: str) -> Response:
        known = host.registry.cluster(cluster) is not None
        return PlainTextResponse("Ok" if known else "There is no such cluster", 200 if known else 404)

    return root


def _is_user(host: Host, cluster: str, request: Request) -> bool:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return host.registry.accepts_password(cluster, password) and user == USER


def _find(host: Host, cluster: str, name: str) -> Hosted:
    hosted = host.registry.service(cluster, name)
    if hosted is None:
        raise HTTPException(404, f"The service {name!r} does not exist")
    return hosted


def _shown(hosted: Hosted) -> dict[str, Any]:
    return {**hosted.record.document, "token": hosted.record.token}


def _save(host: Host, cluster: str, document: Any, *, exists: bool) -> Response:
    def hosting(before: Hosted | None) -> Hosting:
        if before is None and exists:
            raise HTTPException(404, f"The service {document['name']!r} does not exist")
        if before is not None and not exists:
            raise HTTPException(409, f"A service with the name {document['name']!r} already exists")
        present = before.record.hosting if before else Hosting()
        return replace(present, digest="")  # no longer what was deployed

    try:
        host.put_service(cluster, document, hosting)
    except ServiceRefusedError as error:
        raise HTTPException(400, f"The service specification is not valid: {error}") from None
    return Response(status_code=204 if exists else 201)


def _add_services(router: APIRouter, host: Host) -> None:
    @router.post("/services")
    def create(cluster: str, document: Document) -> Response:
        return _save(host, cluster, document, exists=False)

    @router.put("/services")
    def update(cluster: str, document: Document) -> Response:
        return _save(host, cluster, document, exists=True)

    @router.get("/services")
    def list_all(cluster: str) -> Response:
        return JSONResponse([_shown(hosted) for hosted in host.registry.services(cluster)])

    @router.get("/services/{name}")
    def get(cluster: str, name: str) -> Response:
        return JSONResponse(_shown(_find(host, cluster, name)))

    @router.delete("/services/{name}", status_code=204)
    def delete(cluster: str, name: str) -> None:
        _find(host, cluster, name)
        host.remove_service(cluster, name, keep_data=False)


def _add_calls(router: APIRouter, host: Host) -> None:
    def allowed(cluster: str, name: str, request: Request) -> None:
        given = request.headers.get("authorization", "")
        hosted = host.registry.service(cluster, name)
        token = hosted.record.token if hosted else ""
        by_token = bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
        if not by_token and not _is_user(host, cluster, request):
            raise HTTPException(401, "Unauthorized")
        _find(host, cluster, name)

    @router.post("/job/{name}")
    async def job(cluster: str, name: str, request: Request) -> Response:
        await run_in_threadpool(allowed, cluster, name, request)
        body = await read_body(request, _PAYLOAD_BYTES)
        path = _event_object(body)
        if path is not None and not is_safe_path(path):
            raise HTTPException(400, f"The event names no valid object: {path!r}")
        identifier = await run_in_threadpool(_submit, host, cluster, name, path, body)
        return PlainTextResponse("", 201, headers={"X-Job-Name": identifier})

    @router.post("/run/{name}")
    async def run(cluster: str, name: str, request: Request) -> Response:
        await run_in_threadpool(allowed, cluster, name, request)
        body = _decoded(await read_body(request, _PAYLOAD_BYTES))
        pending = await run_in_threadpool(host.run_payload, cluster, name, body)
        answer = await asyncio.shield(asyncio.wrap_future(pending))
        return PlainTextResponse(answer.body, 200 if answer.succeeded else 500)


def _submit(host: Host, cluster: str, name: str, path: str | None, body: bytes) -> str:
    if path is None:
        return host.submit_payload(cluster, name, _decoded(body))
    return host.submit(cluster, name, path)


def _add_logs(router: APIRouter, host: Host) -> None:
    def find(cluster: str, name: str, job_id: str) -> JobRecord:
        _find(host, cluster, name)
        job = host.store.job(job_id)
        if job is None or (job.cluster, job.service) != (cluster, name):
            raise HTTPException(404, f"The job {job_id!r} of the service {name!r} does not exist")
        return job

    @router.get("/logs/{name}")
    def list_jobs(cluster: str, name: str, page: str = "") -> Response:
        _find(host, cluster, name)
        if page and not (page.isdecimal() and len(page) <= _PAGE_DIGITS):
            raise HTTPException(400, f"There is no page {page!r}")
        jobs = host.store.jobs(cluster, name, after=int(page or 0), limit=_PAGE)
        last = jobs[-1].seq if jobs else 0
        left = host.store.count_jobs(cluster, name, after=last) if jobs else 0
        shown = {job.id: _job_view(job) for job in jobs}
        return JSONResponse({"jobs": shown, "next_page": str(last) if left else "", "remaining_jobs": left})

    @router.delete("/logs/{name}", status_code=204)
    def delete_jobs(cluster: str, name: str) -> None:
        _find(host, cluster, name)
        host.forget_jobs(cluster, name)

    @router.get("/logs/{name}/{job_id}")
    def read(cluster: str, name: str, job_id: str, timestamps: bool = False) -> Response:
        return PlainTextResponse(host.log(find(cluster, name, job_id), timestamps=timestamps))

    @router.delete("/logs/{name}/{job_id}", status_code=204)
    def delete_job(cluster: str, name: str, job_id: str) -> None:
        find(cluster, name, job_id)
        if not host.forget_jobs(cluster, name, job_id):
            raise HTTPException(409, f"The job {job_id!r} is running")


def _add_cluster(router: APIRouter, host: Host) -> None:
    @router.get("/info")
    def info() -> dict[str, Any]:
        return {
            "version": VERSION,
            "git_commit": "",
            "architecture": platform.machine(),
            "kubernetes_version": "",
            "serverless_backend": {"name": "aisprint-local", "version": __version__},
        }

    @router.get("/config")
    def config(cluster: str) -> dict[str, Any]:
        return {
            "name": cluster,
            "namespace": "",
            "services_namespace": "",
            "gpu_available": False,
            "serverless_backend": "aisprint-local",
            "yunikorn_enable": False,
            "minio_provider": {
                "endpoint": "",
                "verify": True,
                "access_key": "",
                "secret_key": "",
                "region": "us-east-1",
            },
        }

    @router.get("/status")
    def status(cluster: str) -> dict[str, Any]:
        rooms = [_room(node, host.capacity.limit) for node in host.capacity.nodes(cluster)]
        free_cpu = [room.cpu - room.cpu_taken for room in rooms]
        free_memory = [room.memory - room.memory_taken for room in rooms]
        return {
            "numberNodes": len(rooms),
            "cpuFreeTotal": sum(free_cpu),
            "cpuMaxFree": max(free_cpu, default=0),
            "memoryFreeTotal": sum(free_memory),
            "memoryMaxFree": max(free_memory, default=0),
            "detail": [
                {
                    "nodeName": room.name,
                    "cpuCapacity": str(room.cpu),
                    "cpuUsage": str(room.cpu_taken),
                    "memoryCapacity": str(room.memory),
                    "memoryUsage": str(room.memory_taken),
                }
                for room in rooms
            ],
        }


@dataclass(frozen=True, slots=True)
class _Room:
    """A node as OSCAR shows it: cores in thousandths, memory in bytes, never more taken than there is."""

    name: str
    cpu: int
    cpu_taken: int
    memory: int
    memory_taken: int


def _room(node: Node, job_limit: int) -> _Room:
    """Of a node without bounds, what the machine lets it have: a core and its memory for each run."""
    cores, times = (job_limit, job_limit) if node.is_elastic else (node.cores, 1)
    cpu, memory = round(1000 * cores), round(2**20 * node.memory_mib * times)
    cpu_taken, memory_taken = round(1000 * node.cores_taken), round(2**20 * node.memory_taken_mib)
    return _Room(node.name, cpu, min(cpu, cpu_taken), memory, min(memory, memory_taken))


def _job_view(job: JobRecord) -> dict[str, str]:
    view = {"status": _STATUS[job.stage], "creation_time": event_time(job.created_s)}
    if job.started_s is not None:
        view["start_time"] = event_time(job.started_s)
    if job.finished_s is not None:
        view["finish_time"] = event_time(job.finished_s)
    return view


def _event_object(body: bytes) -> str | None:
    """The object a posted storage event is about, None when the body is no such event."""
    try:
        document = json.loads(body)
        if isinstance(document, dict) and isinstance(document.get("event"), str):
            document = json.loads(document["event"])
        record = document["Records"][0]["s3"]
        return f"{record['bucket']['name']}/{unquote_plus(record['object']['key'])}"
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None


def _decoded(body: bytes) -> bytes:
    """A posted body: clients send base64, but plain bytes are taken as they are."""
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return body
