"""A proxy before the real server that does what was asked, and loses some of the answers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class ForgetfulProxy:
    """Cuts the connection instead of giving the answer to the next `loses` calls of each method."""

    def __init__(self, url: str, **loses: int) -> None:
        self._left = dict(loses)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kept = {
                    name: value
                    for name, value in self.headers.items()
                    if name.lower() not in {"host", "connection"}
                }
                answer = requests.request(self.command, url + self.path, data=body, headers=kept, timeout=60)
                if outer._left.get(self.command, 0) > 0 and "dry_run" not in self.path:
                    outer._left[self.command] -= 1
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_DELETE = _forward

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
