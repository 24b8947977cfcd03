"""A way to moto on which things go wrong: calls are passed on, except those that a fault answers."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Trouble:
    """The next `times` calls that match `call` fail.

    A call reads as `PUT /2015-03-31/functions/x/code`, `iam CreateRole` or `ecr DescribeImages`. With
    status 0 the call is carried out and the answer is lost.
    """

    call: str
    status: int = 500
    code: str = "InternalError"
    message: str = "it is broken"
    times: int = 1
    delay_s: float = 0.0
    body: str | None = None


class TroubledCloud:
    """Listens until `close`."""

    def __init__(self, moto_url: str) -> None:
        self.target = urlsplit(moto_url).netloc
        self.troubles: list[Trouble] = []
        self.calls: list[str] = []
        handler = type("Handler", (_Handler,), {"cloud": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    cloud: TroubledCloud
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: Any) -> None:
        pass

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = self._call(body)
        self.cloud.calls.append(call)
        for trouble in self.cloud.troubles:
            if trouble.times and re.search(trouble.call, call):
                trouble.times -= 1
                time.sleep(trouble.delay_s)
                self._fail(trouble, body)
                return
        self._pass_on(body)

    def _call(self, body: bytes) -> str:
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", ""))
        action = re.search(rb"Action=(\w+)", body)
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        name = target or (action[1].decode() if action and scope and scope[1] in {"iam", "sts"} else "")
        return f"{scope[1] if scope else ''} {name or f'{self.command} {self.path}'}"

    def _fail(self, trouble: Trouble, body: bytes) -> None:
        if trouble.status == 0:
            self._forward(body)
            self.close_connection = True
            return
        text = trouble.body
        if text is None and (self.headers.get("X-Amz-Target") or self.path.startswith("/20")):
            text = json.dumps({"__type": trouble.code, "message": trouble.message})
        elif text is None:
            error = f"<Error><Code>{trouble.code}</Code><Message>{trouble.message}</Message></Error>"
            text = f"<ErrorResponse>{error}</ErrorResponse>" if b"Action=" in body else error
        self.send_response(trouble.status)
        self.send_header("x-amzn-errortype", trouble.code)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = HTTPConnection(self.cloud.target)
        connection.request(self.command, self.path, body, dict(self.headers.items()))
        answer = connection.getresponse()
        found = answer.status, answer.getheaders(), answer.read()
        connection.close()
        return found

    def _pass_on(self, body: bytes) -> None:
        status, headers, content = self._forward(body)
        self.send_response_only(status)
        skipped = {"content-length", "transfer-encoding", "connection"}
        for name, value in headers:
            if name.lower() not in skipped or (self.command == "HEAD" and name.lower() == "content-length"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle
