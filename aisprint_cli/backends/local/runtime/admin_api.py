"""The runtime's own API for the local back end; every call needs the token of `runtime.json`."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.concurrency import run_in_threadpool

from aisprint_cli.backends.local.runtime import transfer
from aisprint_cli.backends.local.runtime.bodies import Document
from aisprint_cli.backends.local.runtime.definition import ServiceRefusedError, is_cluster_name
from aisprint_cli.backends.local.runtime.host import Host
from aisprint_cli.backends.local.runtime.records import JobRecord

_LONGEST_WAIT_S = 60.0
_LOOK_S = 0.03
_NOT_VALID = (ServiceRefusedError, TypeError, ValueError, KeyError, AttributeError)
_Wait = Annotated[float, Query(ge=0.0, le=_LONGEST_WAIT_S, allow_inf_nan=False)]


def admin_router(
    host: Host, token: str, is_closing: Callable[[], bool], on_removed: Callable[[], None]
) -> APIRouter:
    """The routes below `/admin`.

    `is_closing` tells that nothing new may begin; `on_removed` is told after each removed cluster.
    """

    def check(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "This needs the admin token of the local runtime")

    router = APIRouter(prefix="/admin", dependencies=[Depends(check)])
    _add_clusters(router, host, is_closing, on_removed)
    _add_services(router, host)
    _add_objects(router, host)
    _add_jobs(router, host)
    return router


def _add_clusters(
    router: APIRouter, host: Host, is_closing: Callable[[], bool], on_removed: Callable[[], None]
) -> None:
    @router.get("/clusters")
    def list_clusters() -> dict[str, Any]:
        return {"clusters": [transfer.cluster_to_wire(cluster) for cluster in host.registry.clusters()]}

    @router.put("/clusters/{cluster}")
    def put_cluster(cluster: str, body: Document) -> dict[str, Any]:
        if not is_cluster_name(cluster):
            raise HTTPException(400, f"{cluster!r} is no name for a cluster: letters, digits, '-' and '_'")
        if is_closing():
            raise HTTPException(503, "The runtime is ending")
        try:
            wanted = transfer.cluster_from_wire(body)
        except _NOT_VALID as error:
            raise HTTPException(400, f"The cluster {cluster!r} is not valid: {error}") from None
        return {"restored": host.put_cluster(cluster, wanted)}

    @router.delete("/clusters/{cluster}")
    def remove_cluster(cluster: str, keep_data: bool = False) -> dict[str, Any]:
        host.remove_cluster(cluster, keep_data=keep_data)
        used = sorted(host.bundles_in_use())
        on_removed()
        return {"bundles": used}

    @router.get("/bundles")
    def list_bundles() -> dict[str, Any]:
        return {"bundles": sorted(host.bundles_in_use())}


def _add_services(router: APIRouter, host: Host) -> None:
    @router.get("/services")
    def list_services() -> dict[str, Any]:
        return {"services": [transfer.service_to_wire(hosted) for hosted in host.registry.services()]}

    @router.put("/clusters/{cluster}/services/{name}")
    def put_service(cluster: str, name: str, body: Document) -> dict[str, Any]:
        try:
            hosting = transfer.hosting_from_wire(body.get("hosting", {}))
            hosted = host.put_service(cluster, {**body["service"], "name": name}, lambda _before: hosting)
        except _NOT_VALID as error:
            raise HTTPException(400, f"The service {name!r} is not valid: {error}") from None
        return transfer.service_to_wire(hosted)

    @router.delete("/clusters/{cluster}/services/{name}")
    def remove_service(cluster: str, name: str, keep_data: bool = False) -> dict[str, Any]:
        host.remove_service(cluster, name, keep_data=keep_data)
        return {"bundles": sorted(host.bundles_in_use())}


def _add_objects(router: APIRouter, host: Host) -> None:

    @router.get("/clusters/{cluster}/objects")
    def list_objects(cluster: str, prefix: str = "") -> dict[str, Any]:
        found = host.objects.names(cluster, prefix)
        return {"objects": [{"path": path, "size": identity.size} for path, identity in found]}

    @router.put("/clusters/{cluster}/objects/{path:path}")
    async def put_object(cluster: str, path: str, request: Request) -> dict[str, Any]:
        host.object_file(cluster, path)
        staged = host.objects.new_staging_file()
        try:
            with staged.open("wb") as stream:
                async for piece in _pieces(request):
                    stream.write(piece)
            key = request.headers.get("idempotency-key", "")
            trace = await run_in_threadpool(host.put_object, cluster, path, staged, key=key)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise HTTPException(409, f"Cannot store {path}: another object is in its way") from None
        except OSError as error:
            raise HTTPException(507, f"Cannot store {path}: {error.strerror or error}") from None
        finally:
            staged.unlink(missing_ok=True)
        return {"trace": trace}

    @router.get("/clusters/{cluster}/objects/{path:path}")
    def get_object(cluster: str, path: str) -> Response:
        file = host.object_file(cluster, path)
        if not file.is_file():
            raise HTTPException(404, f"There is no object {path} on {cluster}")
        return FileResponse(file, media_type="application/octet-stream")

    @router.delete("/clusters/{cluster}/objects/{path:path}", status_code=204)
    def delete_object(cluster: str, path: str) -> None:
        host.object_file(cluster, path)
        host.objects.delete(cluster, path)


def _add_jobs(router: APIRouter, host: Host) -> None:
    def find(job_id: str) -> JobRecord:
        job = host.store.job(job_id)
        if job is None:
            raise HTTPException(404, f"There is no job {job_id}")
        return job

    @router.get("/jobs")
    def list_jobs(cluster: str | None = None, function: str | None = None) -> Response:
        jobs = host.store.jobs(cluster, function)
        return JSONResponse({"jobs": [transfer.job_to_wire(job.public()) for job in jobs]})

    @router.get("/jobs/{job_id}/log")
    def job_log(job_id: str) -> Response:
        return Response(host.log(find(job_id)), media_type="text/plain")

    @router.get("/jobs/{job_id}/report")
    def job_report(job_id: str) -> Response:
        return Response(host.report(find(job_id)), media_type="text/plain")

    @router.get("/traces/{trace}")
    async def trace(trace: str, wait_s: _Wait = 0.0, since: int = -1) -> Response:
        """The trace; with `wait_s`, once its revision is no longer `since` or it is complete."""
        deadline = time.monotonic() + wait_s
        looked = -1
        while True:
            present = host.store.last_change(trace)
            if present != looked:
                looked = present
                view = await run_in_threadpool(host.trace, trace)
            if view.complete or view.revision != since or time.monotonic() >= deadline:
                return JSONResponse(transfer.trace_to_wire(trace, view))
            await asyncio.sleep(_LOOK_S)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        yield piece
