"""The API server of a cluster, through the official Python client: apply, read, list and delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aisprint_cli.errors import ExternalError, InvalidInputError, Retry

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

MANAGER: Final = "aisprint"
"""The field manager of everything that is applied."""

_TIMEOUT_S: Final = (10.0, 60.0)
_SHOWN: Final = 300
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_FORBIDDEN: Final = 403
_REFUSED: Final = frozenset({401, _FORBIDDEN})
_BUSY: Final = frozenset({409, 429, 500, 502, 503, 504})

_PATHS: Final[Mapping[str, str]] = {
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
    "ConfigMap": "/api/v1/namespaces/{namespace}/configmaps",
    "Secret": "/api/v1/namespaces/{namespace}/secrets",
    "ServiceAccount": "/api/v1/namespaces/{namespace}/serviceaccounts",
    "Pod": "/api/v1/namespaces/{namespace}/pods",
    "Deployment": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "Job": "/apis/batch/v1/namespaces/{namespace}/jobs",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
}


class Api:
    """One cluster, as the user's kubeconfig reaches it. Used by several threads at once.

    Args:
        client: the official client, configured.
        redact: takes secrets out of what the server says.
    """

    def __init__(self, client: ApiClient, redact: Callable[[str], str]) -> None:
        self._client = client
        self._redact = redact

    def apply(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Make an object or bring it up to date by server-side apply; what is there then.

        Raises:
            ExternalError: when the server refuses or does not answer.
        """
        metadata = document["metadata"]
        path = self._path(document["kind"], metadata.get("namespace", ""), metadata["name"])
        query = {"fieldManager": MANAGER, "force": "true"}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        return self._ask("PATCH", path, query, headers=headers, body=json.dumps(document)) or {}

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """An object; None when there is none of that name."""
        return self._ask("GET", self._path(kind, namespace, name))

    def namespace(self, name: str) -> dict[str, Any] | None:
        """A namespace; where the account may not read namespaces, it is taken to be there and not ours."""
        path = self._path("Namespace", "", name)
        status, text = self._send("GET", path, {}, {}, None)
        if status == _FORBIDDEN:
            return {"metadata": {"name": name}}
        return self._document("GET", path, status, text)

    def listed(self, kind: str, namespace: str, selector: str = "") -> list[dict[str, Any]]:
        """All objects of a kind with these labels."""
        found: list[dict[str, Any]] = []
        query = {"labelSelector": selector, "limit": "500"}
        while True:
            answer = self._ask("GET", self._path(kind, namespace), query) or {}
            found += answer.get("items") or []
            token = (answer.get("metadata") or {}).get("continue")
            if not token:
                return found
            query["continue"] = token

    def delete(self, kind: str, namespace: str, name: str) -> bool:
        """Delete an object and what belongs to it; whether there was one."""
        body = json.dumps({"propagationPolicy": "Background"})
        headers = {"Content-Type": "application/json"}
        return self._ask("DELETE", self._path(kind, namespace, name), headers=headers, body=body) is not None

    def log(self, namespace: str, pod: str) -> str:
        """What a pod wrote; empty when it is gone or has not begun."""
        answer = self._send("GET", f"{self._path('Pod', namespace, pod)}/log", {}, {}, None)
        return answer[1].decode(errors="replace") if answer[0] < 300 else ""

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _path(self, kind: str, namespace: str, name: str = "") -> str:
        base = _PATHS[kind].format(namespace=namespace)
        return f"{base}/{name}" if name else base

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> dict[str, Any] | None:
        status, text = self._send(method, path, query or {}, headers or {}, body)
        return self._document(method, path, status, text)

    def _document(self, method: str, path: str, status: int, text: bytes) -> dict[str, Any] | None:
        if status == _NOT_FOUND:
            return None
        if status >= 300:
            raise _refusal(method, path, status, self._redact(_said(text)))
        try:
            answer: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise ExternalError(
                f"The API server's answer to {method} {path} is no JSON.",
                why="Something between here and the cluster answers in its place, or it was cut off.",
                mend="Try `kubectl get namespaces` with the same kubeconfig.",
                retry=Retry.LATER,
            ) from error
        return answer

    def _send(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: str | None
    ) -> tuple[int, bytes]:
        from urllib3.exceptions import HTTPError

        _, url, signed, _, _ = self._client.param_serialize(
            method,
            path,
            header_params={"Accept": "application/json", **headers},
            auth_settings=["BearerToken"],
        )
        address = f"{url}?{urlencode(query)}" if query else url
        try:
            answer = self._client.rest_client.pool_manager.request(
                method, address, headers=signed, body=body, timeout=_timeout(), retries=_retries(method)
            )
        except HTTPError as error:
            raise ExternalError(
                f"The API server {self._client.configuration.host} does not answer.",
                why=f"{type(error).__name__} at {method} {path}.",
                mend="Check the cluster, the network, and the context in the kubeconfig.",
                retry=Retry.LATER,
            ) from error
        return answer.status, answer.data


def _timeout() -> Any:
    from urllib3 import Timeout

    connect_s, read_s = _TIMEOUT_S
    return Timeout(connect=connect_s, read=read_s)


def _retries(method: str) -> Any:
    """Lost connections are tried again where repeating does no harm; answers never are."""
    from urllib3 import Retry as Retries

    return Retries(total=2 if method in {"GET", "PATCH"} else 0, backoff_factor=0.2, status=0, redirect=0)


def _said(text: bytes) -> str:
    try:
        return str(json.loads(text).get("message", ""))
    except (ValueError, AttributeError):
        return ""


def _refusal(method: str, path: str, status: int, said: str) -> ExternalError:
    why = f"It answers {status}" + (f": {said[:_SHOWN]}" if said else ".")
    if status in _REFUSED:
        mend = "Give the account of this kubeconfig context the rights named in docs/kubernetes.md."
    elif status == _CONFLICT:
        mend = "Wait until the earlier change is through, then run the same command again."
    else:
        mend = "See the cluster's own logs; running the same command again goes on."
    retry = Retry.LATER if status in _BUSY else Retry.NEVER
    return ExternalError(f"The API server refuses {method} {path}.", why=why, mend=mend, retry=retry)


def open_api(access: Mapping[str, str], application: Path, redact: Callable[[str], str]) -> Api:
    """The cluster that `kubernetes.kubeconfig` and `kubernetes.context` name; else the user's own default.

    Raises:
        InvalidInputError: when the kubeconfig cannot be used.
    """
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException
    from yaml import YAMLError

    named = access.get("kubernetes.kubeconfig")
    path = str((application / named).expanduser()) if named else None
    configuration = client.Configuration()
    try:
        config.load_kube_config(path, access.get("kubernetes.context"), configuration, persist_config=False)  # type: ignore[no-untyped-call]
    except (ConfigException, YAMLError, OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise InvalidInputError(
            f"The kubeconfig {named or 'of this user'} cannot be used for Kubernetes.",
            why=f"{type(error).__name__}: {str(error)[:_SHOWN]}",
            mend="Name file and context under `kubernetes` in physical_nodes.yaml, or set KUBECONFIG.",
        ) from error
    return Api(client.ApiClient(configuration), redact)
