"""An S3 client for what a run needs: get, put and list, requests signed with AWS Signature Version 4.

The signature follows AWS's public description of "Signature Version 4" for Amazon S3; MinIO takes the
same. Buckets are addressed by path, which every S3 server understands.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import quote, urlsplit

_TIMEOUT_S = 60.0
_CHUNK = 1 << 20
_UNSIGNED = "UNSIGNED-PAYLOAD"
_ATTEMPTS = 4


class StoreError(Exception):
    """A storage did not do what it was asked; never holds a credential."""


class Stored(NamedTuple):
    """An object: its key, the tag that changes with its content, and when it was written."""

    key: str
    tag: str
    modified: str


class Credentials(NamedTuple):
    """The two keys of a storage account."""

    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return "Credentials(***)"


class Store:
    """One storage endpoint."""

    def __init__(self, endpoint: str, region: str, credentials: Credentials, *, verify: bool = True) -> None:
        parts = urlsplit(endpoint)
        self._secure = parts.scheme == "https"
        self._host = parts.netloc
        self._base = parts.path.rstrip("/")
        self._region = region
        self._credentials = credentials
        self._verify = verify

    def get(self, bucket: str, key: str, target: Path) -> None:
        """Bring an object as a file, which appears whole.

        Raises:
            StoreError: when there is none, or the storage fails.
        """
        part = target.with_name(f"{target.name}.part")
        with closing(self._connect()) as connection:
            response = self._ask(connection, "GET", bucket, key)
            with part.open("wb") as stream:
                while chunk := response.read(_CHUNK):
                    stream.write(chunk)
        part.replace(target)

    def read(self, bucket: str, key: str) -> bytes | None:
        """The content of a small object; None when there is none."""
        with closing(self._connect()) as connection:
            try:
                return self._ask(connection, "GET", bucket, key).read()
            except _NotFoundError:
                return None

    def put(self, bucket: str, key: str, content: bytes | Path) -> None:
        """Store bytes, or a file, in one step.

        Raises:
            StoreError: when the storage fails.
        """
        for attempt in range(_ATTEMPTS):
            try:
                self._put_once(bucket, key, content)
            except StoreError:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(0.5 * 2**attempt)
            else:
                return

    def _put_once(self, bucket: str, key: str, content: bytes | Path) -> None:
        with closing(self._connect()) as connection:
            if isinstance(content, bytes):
                self._ask(connection, "PUT", bucket, key, body=content).read()
                return
            with content.open("rb") as stream:
                self._ask(connection, "PUT", bucket, key, body=stream, size=content.stat().st_size).read()

    def listed(self, bucket: str, prefix: str) -> Iterator[Stored]:
        """The objects whose keys begin with `prefix`; of a bucket that is not there, none."""
        token = ""
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            with closing(self._connect()) as connection:
                try:
                    text = self._ask(connection, "GET", bucket, "", query=query).read()
                except _NotFoundError:
                    return
            found, token = _listing(text)
            yield from found
            if not token:
                return

    def _connect(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, timeout=_TIMEOUT_S)
        context = ssl.create_default_context()
        if not self._verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(self._host, timeout=_TIMEOUT_S, context=context)

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        bucket: str,
        key: str,
        *,
        query: dict[str, str] | None = None,
        body: bytes | IO[bytes] | None = None,
        size: int = 0,
    ) -> http.client.HTTPResponse:
        path = quote(f"{self._base}/{bucket}/{key}" if key else f"{self._base}/{bucket}", safe="/~")
        text = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted((query or {}).items()))
        headers = self._signed(method, path, text)
        if body is not None:
            headers["Content-Length"] = str(len(body) if isinstance(body, bytes) else size)
        try:
            connection.request(method, f"{path}?{text}" if text else path, body=body, headers=headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(f"{self._host} does not answer: {type(error).__name__}") from error
        if response.status == http.client.NOT_FOUND:
            raise _NotFoundError(f"{self._host} has no {bucket}/{key}")
        if response.status >= http.client.MULTIPLE_CHOICES:
            raise StoreError(f"{self._host} answers {response.status} to {method} {bucket}/{key}")
        return response

    def _signed(self, method: str, path: str, query: str) -> dict[str, str]:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {"host": self._host, "x-amz-content-sha256": _UNSIGNED, "x-amz-date": moment}
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{_UNSIGNED}"
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.new(
            self._key(moment[:8]), f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}".encode(), hashlib.sha256
        ).hexdigest()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._credentials.access_key}/{scope},"
            f"SignedHeaders={names},Signature={signature}"
        )
        return headers

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self._credentials.secret_key}".encode()
        for part in (day, self._region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


class _NotFoundError(StoreError):
    """There is no such object or bucket."""


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _listing(text: bytes) -> tuple[list[Stored], str]:
    root = ET.fromstring(text)  # noqa: S314 - the answer of the storage we are configured for
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    found = [
        Stored(
            entry.findtext(f"{space}Key") or "",
            (entry.findtext(f"{space}ETag") or "").strip('"'),
            entry.findtext(f"{space}LastModified") or "",
        )
        for entry in root.iter(f"{space}Contents")
    ]
    truncated = root.findtext(f"{space}IsTruncated") == "true"
    return found, (root.findtext(f"{space}NextContinuationToken") or "") if truncated else ""
