"""The Kubernetes API as a pod sees it: the account mounted into it, and the few calls needed."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_TIMEOUT_S = 30.0


class ClusterError(Exception):
    """The API did not do what it was asked."""


class Cluster:
    """The API server, for the namespace of this pod."""

    def __init__(self, account: str | None = None) -> None:
        self._account = Path(account or os.environ.get("AISPRINT_ACCOUNT", _ACCOUNT))
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._namespace = self._mounted("namespace")

    def listed(self, kind: str, selector: str) -> list[dict[str, Any]]:
        """All objects of a kind with these labels: `configmaps` or `jobs`."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            query = f"labelSelector={quote(selector)}&limit=500" + (
                f"&continue={quote(token)}" if token else ""
            )
            answer = self._ask("GET", f"{self._path(kind)}?{query}")
            found += answer.get("items", [])
            token = (answer.get("metadata") or {}).get("continue") or ""
            if not token:
                return found

    def create(self, kind: str, document: dict[str, Any]) -> bool:
        """Make an object; whether it is new: False when there is one of that name."""
        return bool(self._ask("POST", self._path(kind), document))

    def _path(self, kind: str) -> str:
        group = "/apis/batch/v1" if kind == "jobs" else "/api/v1"
        return f"{group}/namespaces/{self._namespace}/{kind}"

    def _mounted(self, name: str) -> str:
        return (self._account / name).read_text("utf-8").strip()

    def _connect(self) -> http.client.HTTPConnection:
        if os.environ.get("AISPRINT_API_SCHEME") == "http":  # an API server on loopback
            return http.client.HTTPConnection(self._address, timeout=_TIMEOUT_S)
        context = ssl.create_default_context(cafile=str(self._account / "ca.crt"))
        return http.client.HTTPSConnection(self._address, timeout=_TIMEOUT_S, context=context)

    def _ask(self, method: str, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        # The token is read each time: Kubernetes renews it while the pod runs.
        headers = {"Authorization": f"Bearer {self._mounted('token')}", "Content-Type": "application/json"}
        body = None if document is None else json.dumps(document).encode()
        connection = self._connect()
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ClusterError(f"the API does not answer: {type(error).__name__}") from error
        finally:
            connection.close()
        if response.status == http.client.CONFLICT:
            return {}
        if response.status >= http.client.MULTIPLE_CHOICES:
            raise ClusterError(f"the API answers {response.status} to {method} {path.partition('?')[0]}")
        try:
            answer: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise ClusterError("the API's answer is no JSON") from error
        return answer
