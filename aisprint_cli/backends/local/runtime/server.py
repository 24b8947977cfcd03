"""The process itself: one for each home, reachable on loopback, ending with its last cluster."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from aisprint_cli import __version__
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.backends.local.runtime.admin_api import admin_router
from aisprint_cli.backends.local.runtime.host import Host, UnknownError
from aisprint_cli.backends.local.runtime.orphans import adopt_orphans
from aisprint_cli.backends.local.runtime.oscar_api import oscar_router
from aisprint_cli.backends.local.runtime.transfer import PROTOCOL
from aisprint_cli.system.files import write_atomic

UNUSED_S = 10.0
"""How long a process without any cluster stays, at its start."""

LINGER_S = 0.3
"""How long it stays after its last cluster: time to answer, and for another to be made."""

_LOGGER = logging.getLogger(__name__)


class AlreadyRunningError(RuntimeError):
    """Another process hosts this home."""


class Lifetime:
    """Ends the process once it hosts nothing; the end is announced before it happens."""

    def __init__(self, home: Home, is_empty: Callable[[], bool], end: Callable[[], None]) -> None:
        self._home, self._is_empty, self._end = home, is_empty, end
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self.closing = False

    def look_after(self, delay_s: float) -> None:
        """Decide after a while; a later call replaces an earlier one."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(delay_s, self._decide)
            self._timer.daemon = True
            self._timer.start()

    def removed(self) -> None:
        """A cluster has been removed."""
        if self._is_empty():
            self.look_after(LINGER_S)

    def close(self) -> None:
        """Stop waiting."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()

    def _decide(self) -> None:
        if self._is_empty():
            self.closing = True
            if self._is_empty():
                self._home.address.unlink(missing_ok=True)
                self._end()
            else:
                self.closing = False


def make_app(host: Host, token: str, lifetime: Lifetime, address: dict[str, Any]) -> FastAPI:
    """The application: health, admin API, and an OSCAR for each cluster."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(host.start)
        write_atomic(host.home.address, json.dumps({**address, "token": token}), mode=0o600)
        lifetime.look_after(UNUSED_S)
        yield

    app = FastAPI(
        title="aisprint local runtime", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "pid": os.getpid(), "version": __version__}

    @app.exception_handler(HTTPException)
    def explain(_: Request, error: HTTPException) -> Response:
        return PlainTextResponse(str(error.detail), error.status_code, headers=error.headers)

    @app.exception_handler(UnknownError)
    def miss(_: Request, error: UnknownError) -> Response:
        return PlainTextResponse(str(error), 404)

    @app.exception_handler(ClientDisconnect)
    def forget(_: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it

    @app.exception_handler(RequestValidationError)
    def refuse(_: Request, error: RequestValidationError) -> Response:
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return PlainTextResponse(said, 400)

    app.include_router(admin_router(host, token, lambda: lifetime.closing, lifetime.removed))
    app.include_router(oscar_router(host))
    return app


def serve(home: Home) -> None:
    """Host a home until its last cluster is gone or the process is told to end.

    Raises:
        AlreadyRunningError: when another process hosts it.
        OSError: when the home or a port cannot be used.
    """
    home.prepare()
    # Only a socket that names its protocol gets TCP_NODELAY from asyncio; without it each answer waits 40 ms.
    with _only_one(home), socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        home.address.unlink(missing_ok=True)
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        adopt_orphans()
        host = Host(home)
        server: uvicorn.Server

        def end() -> None:
            server.should_exit = True

        lifetime = Lifetime(home, lambda: host.registry.is_empty, end)
        address = {
            "port": listener.getsockname()[1],
            "pid": os.getpid(),
            "version": __version__,
            "protocol": PROTOCOL,
        }
        app = make_app(host, secrets.token_urlsafe(32), lifetime, address)
        server = uvicorn.Server(
            uvicorn.Config(app, access_log=False, log_config=None, timeout_graceful_shutdown=2, ws="none")
        )
        _LOGGER.info("process %d begins", os.getpid())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stay)
        try:
            server.run(sockets=[listener])
        finally:
            lifetime.close()
            home.address.unlink(missing_ok=True)
            host.stop()
            _LOGGER.info("process %d ends", os.getpid())


def _stay(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the server raises the signal it ended for once more, and there is still work to do."""


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    """Hold the home's lock; the kernel frees it when the process ends, however it does."""
    with (home.root / "process.lock").open("a") as lock:
        waiting = 200
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting -= 1
                if not waiting:
                    raise AlreadyRunningError(f"another process hosts {home.root}") from None
                threading.Event().wait(0.05)
        yield
