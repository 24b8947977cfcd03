"""How to reach existing clusters: a client and a storage for each, made once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

from aisprint_cli.backends.objects.endpoints import REGION, minio_endpoint, verification
from aisprint_cli.backends.objects.store import Endpoint, ObjectStore
from aisprint_cli.backends.oscar.client import Access, OscarClient, version_of
from aisprint_cli.backends.revealed import Revealed
from aisprint_cli.errors import ExternalError, InvalidInputError

USER: Final = "oscar"


class Clusters:
    """Clients and storages by cluster name and access. Used by several threads at once.

    Args:
        secrets: looks references up when a cluster is first reached.
    """

    def __init__(self, secrets: Revealed) -> None:
        self._secrets = secrets
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], OscarClient] = {}
        self._stores: dict[tuple[str, str], ObjectStore | None] = {}
        self._versions: dict[tuple[str, str], tuple[int, int]] = {}

    def close(self) -> None:
        """Let go of connections."""
        for client in self._clients.values():
            client.close()

    def client(self, cluster: str, access: Mapping[str, str]) -> OscarClient:
        """The REST client of a cluster.

        Raises:
            InvalidInputError: when its endpoint or its credentials are not known.
        """
        endpoint = access.get("oscar.endpoint", "")
        if not endpoint:
            raise InvalidInputError(
                f"The address of the OSCAR cluster {cluster} is not known.",
                mend="Give oscar.endpoint, user and password for its resource in physical_nodes.yaml.",
            )
        with self._lock:
            found = self._clients.get((cluster, endpoint))
            if found is None:
                found = OscarClient(self._access(cluster, access), self._secrets.redact)
                self._clients[cluster, endpoint] = found
        return found

    def _access(self, cluster: str, access: Mapping[str, str]) -> Access:
        password = self._secrets.fact(access, "oscar.password")
        token = self._secrets.fact(access, "oscar.token")
        if not (password or token):
            raise InvalidInputError(
                f"There are no credentials for the OSCAR cluster {cluster}.",
                mend="Give oscar.password or oscar.token for its resource in physical_nodes.yaml, as"
                " env:NAME or file:PATH.",
            )
        return Access(
            cluster,
            access["oscar.endpoint"],
            self._secrets.fact(access, "oscar.user") or USER,
            password,
            token,
            verification(access.get("oscar.ssl_verify", "")),
        )

    def version(self, cluster: str, access: Mapping[str, str]) -> tuple[int, int]:
        """The cluster's version, asked once.

        Raises:
            ExternalError: when it does not answer.
        """
        key = (cluster, access.get("oscar.endpoint", ""))
        if key not in self._versions:
            self._versions[key] = version_of(self.client(cluster, access).info())
        return self._versions[key]

    def store(self, cluster: str, access: Mapping[str, str]) -> ObjectStore | None:
        """The object storage of a cluster: as given, else as the cluster's configuration says.

        None where neither says.
        """
        key = (cluster, access.get("oscar.endpoint", ""))
        with self._lock:
            if key in self._stores:
                return self._stores[key]
        endpoint = minio_endpoint(cluster, access, self._secrets) or self._own_minio(cluster, access)
        with self._lock:
            return self._stores.setdefault(key, ObjectStore(endpoint) if endpoint else None)

    def _own_minio(self, cluster: str, access: Mapping[str, str]) -> Endpoint | None:
        found = self.client(cluster, access).config().get("minio_provider")
        facts: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        url, secret = str(facts.get("endpoint") or ""), str(facts.get("secret_key") or "")
        if not (url and secret):
            return None
        return Endpoint(
            cluster,
            access.get("minio.endpoint") or url,
            str(facts.get("region") or REGION),
            str(facts.get("access_key") or ""),
            secret,
            verification(str(facts.get("verify", ""))),
        )

    def require_store(self, cluster: str, access: Mapping[str, str]) -> ObjectStore:
        """The object storage of a cluster.

        Raises:
            ExternalError: when its address or its keys are not known.
        """
        found = self.store(cluster, access)
        if found is None:
            raise ExternalError(
                f"The object storage of the cluster {cluster} is not known.",
                why="Neither physical_nodes.yaml nor the cluster's configuration gives its address and keys.",
                mend="Give minio.endpoint, access_key and secret_key of its resource in physical_nodes.yaml.",
            )
        return found
