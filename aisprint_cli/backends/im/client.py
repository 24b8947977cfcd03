"""The calls of the Infrastructure Manager's REST interface that a deployment needs."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry as ConnectionRetry

from aisprint_cli.backends.im.messages import Redact, refusal
from aisprint_cli.errors import ExternalError, InvalidInputError, Retry, UsageError

_CONNECT_S: Final = 10.0
_READ_S: Final = 120.0
_REDUCED_READS: Final = 2
_BACKOFF_S: Final = 0.2
_TOSCA: Final = "text/yaml; charset=utf-8"
_IDENTIFIER: Final = re.compile(r"/infrastructures/([\w.-]+)/?$")
_DRY_RUN_SINCE: Final = (2, 0)
_CUT_OFF: Final = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
_LATER: Final = frozenset({409, 425, 429, 500, 502, 503, 504})

_T = TypeVar("_T")


class State(StrEnum):
    """What an Infrastructure Manager says of an infrastructure or of one of its machines."""

    PENDING = "pending"
    RUNNING = "running"
    CONFIGURED = "configured"
    UNCONFIGURED = "unconfigured"
    FAILED = "failed"
    OFF = "off"
    STOPPED = "stopped"
    DELETING = "deleting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """The state of an infrastructure and of each of its machines by number."""

    state: State
    machines: Mapping[str, State]

    def count(self, *states: State) -> int:
        """How many machines are in one of those states."""
        return sum(state in states for state in self.machines.values())


class GoneError(ExternalError):
    """An infrastructure is not there, not any more, or lacks what was asked for; `status` is the answer's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ImClient:
    """Speaks to one Infrastructure Manager as one user. Used by several threads at once.

    Args:
        url: where it is, such as `https://im.egi.eu/im`.
        authorization: the header with all accounts.
        redact: takes secrets out of what the server says.
        verify: whether to verify its TLS certificate, or the file of the authorities to trust.
        timeout_s: how long to wait for an answer.

    Raises:
        UsageError: when the address is none.
    """

    def __init__(
        self,
        url: str,
        authorization: str,
        redact: Redact,
        *,
        verify: bool | str = True,
        timeout_s: float = _READ_S,
    ) -> None:
        self.url = _checked(url)
        self._authorization = authorization
        self._redact = redact
        self._verify = verify
        self._timeout = (min(_CONNECT_S, timeout_s), timeout_s)
        self._can_estimate: bool | None = None
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of connections."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _session(self) -> requests.Session:
        """A session of this thread. Only calls that change nothing are repeated when a connection fails."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers.update({"Authorization": self._authorization, "Accept": "application/json"})
            session.auth = _keep_header
            again = ConnectionRetry(
                _REDUCED_READS, status=0, backoff_factor=_BACKOFF_S, allowed_methods=frozenset({"GET"})
            )
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=again))
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    # -- calls

    def version(self) -> str:
        """The server's version."""
        response = self._send("GET", "/version")
        found = response.text.strip().strip('"')
        if found.startswith("{"):
            found = str(self._field(response, "version", str))
        if not re.fullmatch(r"\d+(\.\d+)*[\w.+-]*", found):
            raise self._not_understood(response)
        return found

    def infrastructures(self) -> tuple[str, ...]:
        """The identifiers of all infrastructures of this user."""
        response = self._send("GET", "/infrastructures")
        entries = self._field(response, "uri-list", list)
        found = [self._identifier(str(entry.get("uri")), response) for entry in entries]
        return tuple(found)

    def create(self, template: str) -> str:
        """Begin to make an infrastructure; gives its identifier."""
        response = self._send("POST", "/infrastructures", {"async": "1"}, template)
        return self._identifier(str(self._field(response, "uri", str)), response)

    def can_estimate(self) -> bool:
        """Whether the server knows `dry_run`; an older one would make the infrastructure."""
        if self._can_estimate is None:
            numbers = tuple(int(part) for part in re.findall(r"\d+", self.version())[:2])
            self._can_estimate = numbers >= _DRY_RUN_SINCE
        return self._can_estimate

    def estimate(self, template: str) -> Mapping[str, Any]:
        """Check a template as far as is possible without making anything; what it would take, by cloud."""
        response = self._send("POST", "/infrastructures", {"dry_run": "1"}, template)
        found = self._json(response)
        if not isinstance(found, dict):
            raise self._not_understood(response)
        return found

    def update(self, identifier: str, template: str) -> None:
        """Merge a template into that of an infrastructure, and bring it there."""
        self._send("POST", _path(identifier), {}, template)

    def health(self, identifier: str) -> Health:
        """The state of an infrastructure and of its machines."""
        response = self._send("GET", _path(identifier, "state"))
        found = self._field(response, "state", dict)
        machines = found.get("vm_states")
        if not isinstance(machines, dict):
            raise self._not_understood(response)
        try:
            states = {str(number): State(state) for number, state in machines.items()}
            return Health(State(str(found.get("state"))), states)
        except ValueError as error:
            raise self._not_understood(response) from error

    def messages(self, identifier: str, *, header_only: bool = False) -> str:
        """What contextualisation wrote."""
        query = {"headeronly": "1"} if header_only else {}
        return str(self._field(self._send("GET", _path(identifier, "contmsg"), query), "contmsg", str))

    def template(self, identifier: str) -> str:
        """The present TOSCA template, secrets in clear; empty where there is none (yet)."""
        try:
            response = self._send("GET", _path(identifier, "tosca"), absent=(403, 404))
        except GoneError as error:
            if error.status == 403:
                return ""
            raise
        return str(self._field(response, "tosca", str))

    def outputs(self, identifier: str) -> Mapping[str, Any]:
        """The values of the template's outputs, secrets in clear; empty where they cannot be told yet."""
        try:
            response = self._send("GET", _path(identifier, "outputs"), absent=(400, 403, 404))
        except GoneError:
            return {}
        found: Mapping[str, Any] = self._field(response, "outputs", dict)
        return found

    def reconfigure(self, identifier: str) -> None:
        """Contextualise an infrastructure again."""
        self._send("PUT", _path(identifier, "reconfigure"))

    def start(self, identifier: str) -> None:
        """Start the stopped machines of an infrastructure."""
        self._send("PUT", _path(identifier, "start"))

    def remove_machine(self, identifier: str, number: str) -> None:
        """Remove one machine, without contextualising the others again."""
        self._send("DELETE", _path(identifier, "vms", number), {"context": "0"})

    def remove(self, identifier: str, *, wait: bool, force: bool = False) -> None:
        """Remove an infrastructure; only with `wait` is it told why that fails.

        With `force` the server forgets it, whatever becomes of its machines.
        """
        query = {} if wait else {"async": "1"}
        self._send("DELETE", _path(identifier), {**query, "force": "1"} if force else query)

    # -- sending and understanding

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        template: str | None = None,
        *,
        absent: tuple[int, ...] = (404,),
    ) -> requests.Response:
        """One call.

        Raises:
            GoneError: when the answer is one of `absent`.
            InvalidInputError: when the server does not know us.
            ExternalError: when it cannot be reached, refuses or fails.
        """
        try:
            response = self._session().request(
                method,
                self.url + path,
                params=dict(query or {}),
                data=None if template is None else template.encode(),
                headers={} if template is None else {"Content-Type": _TOSCA},
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise self._untrusted() from error
        except requests.RequestException as error:
            raise self._unreachable(error) from error
        if response.is_redirect or not response.ok:
            raise self._refused(response, absent)
        return response

    def _refused(self, response: requests.Response, absent: tuple[int, ...]) -> Exception:
        code = response.status_code
        reason = refusal(response.text, self._redact) or response.reason
        if code in absent:
            return GoneError(f"The Infrastructure Manager does not have that: {reason}.", code)
        if code == 401:
            return InvalidInputError(
                f"The Infrastructure Manager does not accept the credentials: {reason}.",
                why="They are wrong or have expired.",
                mend="Renew the line `type = InfrastructureManager` of the credentials.",
            )
        if code == 403:
            return ExternalError(
                f"The Infrastructure Manager does not allow that: {reason}.",
                why="The infrastructure belongs to another user, or the credentials have expired.",
                mend="Use the credentials it was made with.",
            )
        if response.is_redirect:
            return ExternalError(
                f"{self.url} redirects elsewhere, and credentials are not sent there.",
                mend="Give the address it redirects to as AISPRINT_IM_URL.",
            )
        return ExternalError(
            f"The Infrastructure Manager answered {code}: {reason}.",
            retry=Retry.LATER if code in _LATER else Retry.NEVER,
            retry_after_s=_seconds(response.headers.get("Retry-After", "")),
        )

    def _untrusted(self) -> ExternalError:
        return ExternalError(
            f"The TLS certificate of {self.url} cannot be verified.",
            why="It is expired, for another name, or of an authority this machine does not know.",
            mend="Set AISPRINT_IM_CA to the file of its authority.",
        )

    def _unreachable(self, error: requests.RequestException) -> ExternalError:
        if isinstance(error, requests.exceptions.ConnectTimeout):
            why = f"No connection within {self._timeout[0]:g} s."
        elif isinstance(error, requests.Timeout):
            why = f"No answer within {self._timeout[1]:g} s."
        elif isinstance(
            error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
        ):
            why = "The answer was cut off."
        else:
            why = "The connection was refused or broke off."
        return ExternalError(
            f"The Infrastructure Manager at {self.url} cannot be reached.",
            why=why,
            mend="See whether that is its address (AISPRINT_IM_URL), and whether it is up.",
            retry=Retry.LATER,
        )

    def _json(self, response: requests.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise self._not_understood(response) from error

    def _field(self, response: requests.Response, name: str, kind: type[_T]) -> _T:
        document = self._json(response)
        value = document.get(name) if isinstance(document, dict) else None
        if not isinstance(value, kind):
            raise self._not_understood(response)
        return value

    def _identifier(self, uri: str, response: requests.Response) -> str:
        """The last part of an infrastructure's address; its host may be an inner name of the server."""
        found = _IDENTIFIER.search(uri)
        if found is None:
            raise self._not_understood(response)
        return found[1]

    def _not_understood(self, response: requests.Response) -> ExternalError:
        """An answer that is not one: cut off, or of something else. Its body may hold secrets."""
        kind = response.headers.get("Content-Type", "no type").split(";")[0]
        return ExternalError(
            f"The answer of {self.url} cannot be understood ({len(response.content)} bytes, {kind}).",
            why="It was cut off, or no Infrastructure Manager answers there.",
            mend="See whether that is its address (AISPRINT_IM_URL).",
            retry=Retry.LATER,
        )


def _keep_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Our header is the authorization, also where a .netrc file has another one for that host."""
    return request


def _path(identifier: str, *parts: str) -> str:
    return "/".join(["/infrastructures", quote(identifier, safe=""), *parts])


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,5}", text) else 0.0


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"{url!r} is no address of an Infrastructure Manager.",
            mend="Give one such as https://im.egi.eu/im as AISPRINT_IM_URL.",
        )
    if parts.username or parts.password:
        raise UsageError(
            "The address of the Infrastructure Manager holds a password.",
            mend="Write it in the credentials (im/auth.dat) instead.",
        )
    return url.rstrip("/")
