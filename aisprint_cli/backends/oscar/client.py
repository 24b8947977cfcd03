"""OSCAR's REST API, as its versions 3 and 4 speak it.

Where they differ, callers need not know: a list of runs may be a page of them or all at once, an
existing service answers 409 or 400, a body may be missing where another version has one.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests

from aisprint_cli.backends.unverified import allow_unverified
from aisprint_cli.errors import ExternalError, InvalidInputError, Retry

_CONNECT_S: Final = 5.0
_READ_S: Final = 60.0
_WORDS: Final = 300
_MISSING: Final = 404
_CONFLICT: Final = 409
_REFUSED: Final = 400
_TOO_MANY: Final = 429
_DENIED: Final = frozenset({401, 403})
_TRIES: Final = 3
_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)")
_BODY_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one cluster. `token` goes before user and password; `verify` as `requests` takes it."""

    cluster: str
    endpoint: str
    user: str = "oscar"
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    verify: bool | str = True
    read_s: float = _READ_S


class ServiceExistsError(ExternalError):
    """There is a service of that name already."""


class BucketExistsError(ExternalError):
    """A bucket of a new service exists already, which versions from 3.6 on do not accept."""


class OscarClient:
    """One cluster. Used by several threads at once.

    Args:
        access: its address and what opens it.
        redact: takes secrets out of what the cluster says.

    Every method raises an `ExternalError` when the cluster refuses, fails, or answers as no OSCAR does;
    its words are cut and hold none of the credentials.
    """

    def __init__(self, access: Access, redact: Callable[[str], str] = str) -> None:
        if urlsplit(access.endpoint).scheme not in {"http", "https"}:
            raise InvalidInputError(
                f"The endpoint of {access.cluster} is no http or https address: {access.endpoint!r}.",
                mend="Write it as https://host, as it is in the browser.",
            )
        if access.verify is False:
            allow_unverified()
        self._access = access
        self._redact = redact
        self._local = threading.local()

    def close(self) -> None:
        """Let go of this thread's connections."""
        session = getattr(self._local, "session", None)
        if session is not None:
            session.close()

    @property
    def endpoint(self) -> str:
        """The cluster's address."""
        return self._access.endpoint.rstrip("/")

    # What it is

    def info(self) -> dict[str, Any]:
        """What the cluster says of itself: `version` and more."""
        return _mapping(self._ask("GET", "/system/info"), self._access.cluster)

    def config(self) -> dict[str, Any]:
        """Its configuration, with the access to its MinIO."""
        return _mapping(self._ask("GET", "/system/config"), self._access.cluster)

    # Services

    def services(self) -> list[dict[str, Any]]:
        """The documents of all services."""
        found = self._ask("GET", "/system/services") or []
        if not isinstance(found, list):
            raise _strange(self._access.cluster)
        return [_mapping(entry, self._access.cluster) for entry in found]

    def service(self, name: str) -> dict[str, Any] | None:
        """The document of a service, None where there is none."""
        found = self._ask("GET", f"/system/services/{quote(name, safe='')}", missing=True)
        return None if found is None else _mapping(found, self._access.cluster)

    def create(self, document: Mapping[str, Any]) -> None:
        """Make a service.

        Raises:
            ServiceExistsError: when there is one of that name.
            BucketExistsError: when one of its buckets is there already.
        """
        self._ask("POST", "/system/services", document)

    def update(self, document: Mapping[str, Any]) -> None:
        """Bring a service up to date; its name is in the document, as OSCAR wants it."""
        self._ask("PUT", "/system/services", document)

    def delete(self, name: str) -> None:
        """Remove a service; OSCAR from 3.4 on deletes its buckets with it. One that is gone is success."""
        self._ask("DELETE", f"/system/services/{quote(name, safe='')}", missing=True)

    # Runs

    def jobs(self, service: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The runs of a service with their status and times, page by page where there are pages."""
        page = ""
        while True:
            query = f"?page={quote(page, safe='')}" if page else ""
            path = f"/system/logs/{quote(service, safe='')}{query}"
            answer = _mapping(self._ask("GET", path, missing=True) or {}, self._access.cluster)
            is_page = "jobs" in answer and ("next_page" in answer or "remaining_jobs" in answer)
            jobs = _mapping(answer.get("jobs") or {}, self._access.cluster) if is_page else answer
            for name, entry in jobs.items():
                yield str(name), _mapping(entry, self._access.cluster)
            following = str(answer.get("next_page") or "") if is_page else ""
            if not following or following == page or not jobs:
                return
            page = following

    def log(self, service: str, job: str) -> str | None:
        """What a run wrote; None where it is gone or not there yet."""
        path = f"/system/logs/{quote(service, safe='')}/{quote(job, safe='')}"
        response = self._send("GET", path)
        if response.status_code == _MISSING:
            return None
        self._check(response, "GET", path)
        return response.content.decode(errors="replace")

    # HTTP

    @property
    def _session(self) -> requests.Session:
        """A session of this thread: they must not be shared."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.verify = self._access.verify
            session.headers["Authorization"] = self._authorization()
            self._local.session = session
        return session

    def _authorization(self) -> str:
        if self._access.token:
            return f"Bearer {self._access.token}"
        pair = f"{self._access.user}:{self._access.password}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def _send(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> requests.Response:
        """One call; one that changes nothing is repeated when the connection breaks."""
        for left in reversed(range(_TRIES if method == "GET" else 1)):
            try:
                return self._session.request(
                    method,
                    self.endpoint + path,
                    json=None if document is None else dict(document),
                    timeout=(_CONNECT_S, self._access.read_s),
                    allow_redirects=False,
                )
            except requests.exceptions.SSLError as error:
                raise ExternalError(
                    f"The certificate of the cluster {self._access.cluster} at {self.endpoint} cannot be"
                    " verified.",
                    mend="Give oscar.ssl_verify the file of its certificate authority, or a name that the"
                    " certificate holds.",
                ) from error
            except requests.RequestException as error:
                is_slow = isinstance(error, requests.Timeout)
                if not left or is_slow:
                    raise self._unreachable(error) from error
        raise AssertionError("at least one try was made")

    def _unreachable(self, error: requests.RequestException) -> ExternalError:
        why = (
            f"No answer within {self._access.read_s:g} s"
            if isinstance(error, requests.Timeout)
            else (
                "The answer broke off"
                if isinstance(error, requests.exceptions.ChunkedEncodingError)
                else "The connection failed"
            )
        )
        return ExternalError(
            f"The cluster {self._access.cluster} cannot be reached at {self.endpoint}.",
            why=f"{why}.",
            mend="Check that it runs, its address, and the network.",
            retry=Retry.LATER,
        )

    def _ask(
        self, method: str, path: str, document: Mapping[str, Any] | None = None, *, missing: bool = False
    ) -> Any:
        response = self._send(method, path, document)
        if missing and response.status_code == _MISSING:
            return None
        self._check(response, method, path)
        if method != "GET" or not response.content:
            return None
        try:
            return json.loads(response.content)
        except ValueError as error:
            raise _strange(self._access.cluster) from error

    def _check(self, response: requests.Response, method: str, path: str) -> None:
        status = response.status_code
        if requests.codes.ok <= status < requests.codes.multiple_choices:
            return
        cluster, words = self._access.cluster, self._words(response)
        if status in _DENIED:
            raise ExternalError(
                f"The cluster {cluster} does not let us in ({status}).",
                why="The user, the password or the token is wrong or has expired.",
                mend="Check the credentials of the cluster, and sign in again where they are a token.",
            )
        if method == "POST" and status in {_CONFLICT, _REFUSED, requests.codes.server_error}:
            if "bucket" in words.lower() and "exist" in words.lower():
                raise BucketExistsError(f"The cluster {cluster} refused a service: {words}.")
            if status == _CONFLICT or "already exists" in words.lower():
                raise ServiceExistsError(f"The cluster {cluster} has that service already: {words}.")
        is_later = status == _TOO_MANY or status >= requests.codes.server_error
        raise ExternalError(
            f"The cluster {cluster} {'failed' if is_later else 'refused'} to {method} {path}"
            f" ({status}): {words or response.reason}.",
            mend="Check its address: it sends us elsewhere." if response.is_redirect else "",
            retry=Retry.LATER if is_later else Retry.NEVER,
            retry_after_s=_seconds(response.headers.get("Retry-After", "")),
        )

    def _words(self, response: requests.Response) -> str:
        """What it says went wrong: one line, cut, without secrets that it repeats."""
        text = self._redact(response.content[:_BODY_BYTES].decode(errors="replace"))
        return " ".join(text.split())[:_WORDS].rstrip(".")


def version_of(info: Mapping[str, Any]) -> tuple[int, int]:
    """The major and minor version that `/system/info` names; one without numbers counts as the newest."""
    found = _VERSION.match(str(info.get("version", "")))
    return (int(found[1]), int(found[2])) if found else (99, 0)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0


def _mapping(value: Any, cluster: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _strange(cluster)
    return value


def _strange(cluster: str) -> ExternalError:
    return ExternalError(
        f"What answers for the cluster {cluster} is no OSCAR: its answer cannot be read.",
        mend="Check oscar.endpoint: another service, or a proxy's page, answers there.",
    )
