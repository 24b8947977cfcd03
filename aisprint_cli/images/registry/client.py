"""A client of the OCI distribution API: manifests, lists of them, and whether blobs are there.

Written from the OCI Distribution Specification 1.1 and the token authentication of Docker's registry.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aisprint_cli.errors import ExternalError, Retry
from aisprint_cli.images.references import Reference, is_loopback, parse_reference
from aisprint_cli.images.registry.credentials import FindLogin, Login, docker_login

if TYPE_CHECKING:
    from requests import Response

INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
_DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
_ACCEPTED: Final = f"{INDEX}, {_DOCKER_LIST}, {MANIFEST}, {_DOCKER_MANIFEST}"
_HOSTS: Final = {"docker.io": "registry-1.docker.io"}
_TIMEOUT_S: Final = (10.0, 60.0)
_MOST_BYTES: Final = 8 << 20
_UNKNOWN: Final = 404
_UNAUTHORIZED: Final = 401
_REFUSED: Final = frozenset({401, 403})
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as the registry holds it; `document` is its JSON."""

    digest: str
    media_type: str
    document: Mapping[str, Any]
    size: int

    @property
    def is_index(self) -> bool:
        """Whether it lists images for several platforms."""
        return self.media_type in {INDEX, _DOCKER_LIST}

    @property
    def platforms(self) -> dict[str, str]:
        """The digest of each platform's image, of an index; attestations have no platform of their own."""
        found: dict[str, str] = {}
        for entry in self.document.get("manifests") or ():
            platform = entry.get("platform") or {}
            name = f"{platform.get('os', 'linux')}/{platform.get('architecture', '')}"
            if platform.get("architecture") not in {None, "", "unknown"}:
                found.setdefault(name, str(entry["digest"]))
        return found


class RegistryClient:
    """Any number of registries. Used by several threads at once.

    Args:
        find_login: gives the login of a registry; by default what Docker's configuration says.
    """

    def __init__(self, find_login: FindLogin = docker_login) -> None:
        import requests

        self._session = requests.Session()
        self._find_login = find_login
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def login(self, registry: str) -> Login | None:
        """Who we are to a registry; engines push as the same."""
        return self._find_login(registry)

    def ping(self, registry: str) -> None:
        """See whether a registry is there and takes our login.

        Raises:
            ExternalError: when it is not there, or refuses.
        """
        reference = Reference(registry, "")
        response = self._send("GET", reference, f"{_address(registry)}/v2/", {}, None)
        if response.status_code in _REFUSED:
            raise _refusal("reach", reference, response)

    def manifest(self, text: str) -> Manifest | None:
        """The manifest that a reference names; None when the registry has none.

        Raises:
            ExternalError: when the registry refuses, or its answer is not what it says it is.
        """
        reference = parse_reference(text)
        response = self._ask("GET", reference, f"manifests/{reference.pointer}", {"Accept": _ACCEPTED})
        if response is None:
            return None
        content = response.content
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        try:
            document = json.loads(content) if len(content) <= _MOST_BYTES else None
        except ValueError:
            document = None
        if not isinstance(document, dict) or (reference.digest and digest != reference.digest):
            raise ExternalError(
                f"{reference.registry} did not give the manifest of {text}.",
                why="What came is another one, or was cut off.",
                mend="Try again; if it stays so, look at what stands between here and the registry.",
                retry=Retry.LATER,
            )
        media_type = document.get("mediaType") or response.headers.get("Content-Type", "").partition(";")[0]
        return Manifest(digest, str(media_type), document, len(content))

    def put_index(self, text: str, platforms: Mapping[str, str]) -> str:
        """Join images into one list under a reference; its digest.

        The list is written in one way only, so the same images give the same digest.

        Args:
            text: `registry/repository:tag`.
            platforms: the digest of the image of each platform, all in that repository.

        Raises:
            ExternalError: when an image is not there, or the registry refuses.
        """
        reference = parse_reference(text)
        entries = [self._entry(reference, name, digest) for name, digest in sorted(platforms.items())]
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        content = json.dumps(document, separators=(",", ":")).encode()
        self._ask("PUT", reference, f"manifests/{reference.pointer}", {"Content-Type": INDEX}, content)
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    def _entry(self, reference: Reference, platform: str, digest: str) -> dict[str, Any]:
        found = self.manifest(f"{reference.name}@{digest}")
        if found is None:
            raise ExternalError(
                f"{reference.name} has no image {digest} for {platform}.", mend="Push it again."
            )
        system, _, architecture = platform.partition("/")
        return {
            "mediaType": found.media_type,
            "digest": digest,
            "size": found.size,
            "platform": {"architecture": architecture, "os": system},
        }

    def config(self, text: str, manifest: Manifest) -> Mapping[str, Any]:
        """The configuration of an image: its labels, its environment, its history.

        Raises:
            ExternalError: when the registry refuses.
        """
        reference = parse_reference(text)
        response = self._ask("GET", reference, f"blobs/{manifest.document['config']['digest']}", {})
        document: Mapping[str, Any] = response.json() if response is not None else {}
        return document

    def _ask(
        self,
        method: str,
        reference: Reference,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> Response | None:
        url = f"{_address(reference.registry)}/v2/{reference.repository}/{path}"
        response = self._send(method, reference, url, headers, content)
        if response.status_code == _UNKNOWN and method == "GET":
            return None
        if not response.ok:
            raise _refusal("read" if method == "GET" else "write", reference, response)
        return response

    def _send(
        self, method: str, reference: Reference, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Response:
        scope = f"repository:{reference.repository}:pull" + (",push" if method == "PUT" else "")
        key = (reference.registry, scope)
        sent = dict(headers) | ({"Authorization": self._tokens[key]} if key in self._tokens else {})
        response = self._request(method, reference.registry, url, sent, content)
        if response.status_code != _UNAUTHORIZED:
            return response
        authorization = self._authorize(reference.registry, response, scope)
        if not authorization:
            return response
        with self._lock:
            self._tokens[key] = authorization
        return self._request(
            method, reference.registry, url, dict(headers) | {"Authorization": authorization}, content
        )

    def _authorize(self, registry: str, response: Response, scope: str) -> str:
        """The Authorization header that a registry asks for; empty when we have none to give."""
        kind, _, rest = response.headers.get("WWW-Authenticate", "").partition(" ")
        login = self._find_login(registry)
        if kind.lower() == "basic":
            return _basic(login) if login else ""
        if kind.lower() != "bearer":
            return ""
        challenge = dict(_CHALLENGE.findall(rest))
        if urlsplit(challenge.get("realm", "")).scheme != "https" and not is_loopback(registry):
            return ""  # a password is not sent in clear
        query = {"service": challenge.get("service", ""), "scope": challenge.get("scope") or scope}
        headers = {"Authorization": _basic(login)} if login and not login.is_token else {}
        body = None
        if login and login.is_token:
            body = {"grant_type": "refresh_token", "refresh_token": login.password, "client_id": "aisprint"}
        answer = self._token(registry, challenge.get("realm", ""), query, headers, body)
        token = answer.get("token") or answer.get("access_token")
        return f"Bearer {token}" if token else ""

    def _token(
        self,
        registry: str,
        realm: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Mapping[str, str] | None,
    ) -> Mapping[str, Any]:
        import requests

        try:
            if body is None:
                answer = self._session.get(realm, params=query, headers=headers, timeout=_TIMEOUT_S)
            else:
                answer = self._session.post(realm, data={**query, **body}, timeout=_TIMEOUT_S)
            document = answer.json() if answer.ok else {}
        except (requests.RequestException, ValueError) as error:
            raise _unreachable(registry, error) from error
        return document if isinstance(document, dict) else {}

    def _request(
        self, method: str, registry: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Response:
        import requests

        try:
            return self._session.request(method, url, headers=dict(headers), data=content, timeout=_TIMEOUT_S)
        except requests.RequestException as error:
            raise _unreachable(registry, error) from error


def _address(registry: str) -> str:
    scheme = "http" if is_loopback(registry) else "https"
    return f"{scheme}://{_HOSTS.get(registry, registry)}"


def _basic(login: Login) -> str:
    import base64

    return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()


def _unreachable(registry: str, error: Exception) -> ExternalError:
    return ExternalError(
        f"The registry {registry} cannot be reached.",
        why=f"{type(error).__name__}.",
        mend="Check its address and the network.",
        retry=Retry.LATER,
    )


def _refusal(what: str, reference: Reference, response: Response) -> ExternalError:
    status = response.status_code
    mend = "Look at the registry's own logs."
    if status in _REFUSED:
        mend = f"Log in with `docker login {reference.registry}`; the account has to be allowed to {what} it."
    return ExternalError(
        f"{reference.registry} refuses to {what} {reference.repository or 'anything'}.",
        why=f"It answers {status}.",
        mend=mend,
        retry=Retry.LATER if status in _BUSY else Retry.NEVER,
    )
