"""The local back end's side of the admin API."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import requests

from aisprint_cli.backends.interface import Job, Trace
from aisprint_cli.backends.local import launch
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.backends.local.runtime import transfer
from aisprint_cli.errors import ExternalError

_CONNECT_S: Final = 5.0
_READ_S: Final = 60.0
_REMOVE_S: Final = 900.0  # a hundred thousand files on a slow disk
_ATTEMPTS: Final = 4
_GONE: Final = 404
_ENDING: Final = 503
_LONG_POLL_S: Final = 20.0


class RuntimeClient:
    """Talks to the runtime of a home; starts it, or starts it again, when nobody answers.

    Repeating is safe: every call either changes nothing the second time or carries a key.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._session = requests.Session()
        self._session.trust_env = False
        self._address: launch.Address | None = None

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    @property
    def url(self) -> str:
        """Where the runtime listens; it is started if need be."""
        return self._reach().url

    def has_state(self) -> bool:
        """Whether anything was ever hosted below this home."""
        return self._home.database.exists()

    def _reach(self) -> launch.Address:
        if self._address is None:
            self._address = launch.ensure(self._home)
        return self._address

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Callable[[], BinaryIO] | None = None,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        wait_s: float = 0.0,
    ) -> requests.Response:
        """One call; repeated with a fresh process when the connection fails.

        Raises:
            ExternalError: when the runtime cannot be reached.
        """
        for attempt in range(_ATTEMPTS):
            address = self._reach()
            data = body() if body is not None else None
            try:
                response = self._session.request(
                    method,
                    f"{address.url}/admin{path}",
                    data=data,
                    json=json,
                    params=params,
                    headers={"Authorization": f"Bearer {address.token}", **(headers or {})},
                    timeout=(_CONNECT_S, _READ_S + wait_s),
                    stream=stream,
                )
            except requests.Timeout as error:
                raise _unreachable(self._home, "it did not answer in time") from error
            except requests.RequestException:
                self._address = None
            else:
                if response.status_code not in {401, _ENDING}:
                    return response
                self._address = None
            finally:
                if data is not None:
                    data.close()
            time.sleep(0.1 * (attempt + 1))
        raise _unreachable(self._home, "the connection failed repeatedly")

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        response = self._send(method, path, **options)
        _check(response)
        return response.json() if response.content else None

    # Clusters and services

    def clusters(self) -> list[dict[str, Any]]:
        """All clusters: name, digest, owner, resources."""
        found: list[dict[str, Any]] = self._ask("GET", "/clusters")["clusters"]
        return found

    def services(self) -> list[dict[str, Any]]:
        """All services: cluster, name, item, part, digest, bundle, inputs."""
        found: list[dict[str, Any]] = self._ask("GET", "/services")["services"]
        return found

    def put_cluster(self, name: str, document: Mapping[str, Any]) -> int:
        """Make a cluster or bring it up to date; how many kept objects came back."""
        return int(self._ask("PUT", f"/clusters/{name}", json=dict(document))["restored"])

    def remove_cluster(self, name: str, *, keep_data: bool) -> set[str]:
        """Remove a cluster; the bundles still in use."""
        params = {"keep_data": keep_data}
        answer = self._ask("DELETE", f"/clusters/{name}", params=params, wait_s=_REMOVE_S)
        return set(answer["bundles"])

    def put_service(self, cluster: str, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Make a service or bring it up to date."""
        path = f"/clusters/{cluster}/services/{name}"
        answer: dict[str, Any] = self._ask("PUT", path, json=dict(document))
        return answer

    def remove_service(self, cluster: str, name: str, *, keep_data: bool) -> None:
        """Remove a service."""
        params = {"keep_data": keep_data}
        self._ask("DELETE", f"/clusters/{cluster}/services/{name}", params=params, wait_s=_REMOVE_S)

    def bundles(self) -> set[str]:
        """Digests of the bundles in use."""
        return set(self._ask("GET", "/bundles")["bundles"])

    # Objects and jobs

    def put_object(self, cluster: str, path: str, source: Path) -> None:
        """Store a file as an object, once, however often the connection fails.

        Raises:
            OSError: when the file cannot be read.
        """
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        location = f"/clusters/{cluster}/objects/{quote(path)}"
        self._ask("PUT", location, body=lambda: source.open("rb"), headers=headers)

    @contextmanager
    def object(self, cluster: str, path: str) -> Iterator[Iterator[bytes]]:
        """The content of an object, piece by piece."""
        with self._send("GET", f"/clusters/{cluster}/objects/{quote(path)}", stream=True) as response:
            _check(response)
            yield response.iter_content(1024 * 1024)

    def objects(self, cluster: str, prefix: str = "") -> list[str]:
        """Paths of the objects of a cluster, in order."""
        answer = self._ask("GET", f"/clusters/{cluster}/objects", params={"prefix": prefix})
        return [entry["path"] for entry in answer["objects"]]

    def trace(self, trace: str, *, since: int, wait_s: float) -> tuple[Trace, int]:
        """A trace and its revision, once that is no longer `since`, it is complete, or time is up."""
        deadline = time.monotonic() + wait_s
        while True:
            left = max(0.0, min(_LONG_POLL_S, deadline - time.monotonic()))
            params = {"since": since, "wait_s": left}
            answer = self._ask("GET", f"/traces/{quote(trace, safe='')}", params=params, wait_s=left)
            view = transfer.trace_from_wire(answer)
            if view.complete or answer["revision"] != since or time.monotonic() >= deadline:
                return view, answer["revision"]

    def jobs(self, cluster: str | None, function: str | None) -> tuple[Job, ...]:
        """Runs, oldest first."""
        params = {"cluster": cluster, "function": function}
        return tuple(transfer.job_from_wire(job) for job in self._ask("GET", "/jobs", params=params)["jobs"])

    def job_text(self, job_id: str, kind: str) -> str:
        """The `log` or the `report` of a run."""
        response = self._send("GET", f"/jobs/{quote(job_id, safe='')}/{kind}")
        _check(response)
        return response.content.decode(errors="replace")


def _check(response: requests.Response) -> None:
    if response.ok:
        return
    text = response.text.strip()[:2000] or response.reason
    if response.status_code == _GONE:
        raise ExternalError(f"The local runtime does not know that: {text}.")
    raise ExternalError(f"The local runtime refused: {text}.")


def _unreachable(home: Home, reason: str) -> ExternalError:
    return ExternalError(
        "The local runtime cannot be reached.",
        why=f"{reason[:1].upper()}{reason[1:]}.",
        mend=f"Its log is {home.log}.",
    )
