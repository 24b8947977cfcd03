"""A double of MinIO: S3's protocol over the bucket directories of the local runtime.

MinIO's server cannot be had here. What is put lies where the runtime looks for dropped files, so an
object sets a function off as a bucket notification does. Only what boto3 needs to put, get, list and
delete is spoken; keys are checked by name, signatures are not.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS_KEY, SECRET_KEY = "minio", "planted-minio-secret"


class BucketServer:
    """Serves the buckets below a directory until `close`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.access_key = ACCESS_KEY
        self.on_get: Callable[[], None] = lambda: None
        handler = type("Handler", (_Handler,), {"buckets": self})
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

    def keys(self, bucket: str) -> dict[str, os.stat_result]:
        folder = self.root / bucket
        files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name[0] != ".")
        return {path.relative_to(folder).as_posix(): path.stat() for path in files}


class _Handler(BaseHTTPRequestHandler):
    buckets: BucketServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: Any) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        length = headers.get("Content_Length")
        if length is None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _begin(self) -> tuple[Path, str, dict[str, list[str]], bytes] | None:
        """The bucket's directory, the key, the query and the body; None where we do not let in."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        found = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        if found is None or found[1] != self.buckets.access_key:
            self._error(403, "InvalidAccessKeyId")
            return None
        query = parse_qs(parts.query, keep_blank_values=True)
        return self.buckets.root / bucket, key, query, body

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        asked = self._begin()
        if asked is None:
            return
        bucket, key, query, _ = asked
        if not bucket.is_dir():
            self._error(404, "NoSuchBucket")
        elif not key:
            self._list(bucket.name, query.get("prefix", [""])[0])
        elif not (bucket / key).is_file():
            self._error(404, "NoSuchKey")
        else:
            self.buckets.on_get()
            content = (bucket / key).read_bytes()
            stored = datetime.fromtimestamp((bucket / key).stat().st_mtime, UTC)
            self._answer(
                200,
                content,
                ETag=f'"{md5(content, usedforsecurity=False).hexdigest()}"',
                Last_Modified=stored.strftime("%a, %d %b %Y %H:%M:%S GMT"),
                Content_Length=str(len(content)),
            )

    def _list(self, bucket: str, prefix: str) -> None:
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{status.st_size}</Size><LastModified>"
            f"{datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec='milliseconds')[:-6]}Z"
            "</LastModified></Contents>"
            for key, status in self.buckets.keys(bucket).items()
            if key.startswith(prefix)
        )
        self._answer(
            200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()
        )

    def do_PUT(self) -> None:
        asked = self._begin()
        if asked is None:
            return
        bucket, key, _, body = asked
        if not key:
            bucket.mkdir(parents=True, exist_ok=True)
        elif not bucket.is_dir():
            self._error(404, "NoSuchBucket")
            return
        else:
            (bucket / key).parent.mkdir(parents=True, exist_ok=True)
            temporary = self.buckets.root.parent / f".{uuid.uuid4()}"
            temporary.write_bytes(body)
            temporary.replace(bucket / key)
        self._answer(200, ETag=f'"{md5(body, usedforsecurity=False).hexdigest()}"')

    def do_DELETE(self) -> None:
        asked = self._begin()
        if asked is None:
            return
        bucket, key, _, _ = asked
        if key:
            (bucket / key).unlink(missing_ok=True)
        elif self.buckets.keys(bucket.name):
            self._error(409, "BucketNotEmpty")
            return
        else:
            shutil.rmtree(bucket, ignore_errors=True)
        self._answer(204)

    def do_POST(self) -> None:
        asked = self._begin()
        if asked is None:
            return
        bucket, _, _, body = asked
        for key in re.findall(r"<Key>([^<]+)</Key>", body.decode()):
            (bucket / key).unlink(missing_ok=True)
        self._answer(200, b"<DeleteResult/>")
