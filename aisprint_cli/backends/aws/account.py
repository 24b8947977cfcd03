"""An AWS account in one region, as a cluster's specification says how to reach it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aisprint_cli.backends.objects.endpoints import s3_endpoint
from aisprint_cli.backends.objects.failures import failure, raised
from aisprint_cli.backends.objects.sessions import new_client
from aisprint_cli.backends.objects.store import Endpoint, ObjectStore
from aisprint_cli.backends.revealed import Revealed

_CONNECT_S: Final = 5.0
_READ_S: Final = 60.0
NAME_LIMIT: Final = 64
TAG: Final = "aisprint:"


class Account:
    """The clients of one account and region. Used by several threads at once.

    Args:
        cluster: what to call it in messages.
        access: `aws.region`, and where they are given `aws.access_key`, `aws.secret_key`,
            `aws.endpoint`; without keys boto3's own chain finds them.
        secrets: looks references up.
    """

    def __init__(self, cluster: str, access: Mapping[str, str], secrets: Revealed) -> None:
        self._endpoint: Endpoint = s3_endpoint(cluster, access, secrets)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._id = ""
        self.store = ObjectStore(self._endpoint)

    @property
    def region(self) -> str:
        """The region of everything that is made here."""
        return self._endpoint.region

    @property
    def where(self) -> str:
        """The account in words."""
        at = f" at {self._endpoint.url}" if self._endpoint.url else ""
        return f"AWS in {self.region} for {self._endpoint.name}{at}"

    def client(self, service: str) -> Any:
        """The client of a service, made once."""
        from botocore.config import Config

        with self._lock:
            if service not in self._clients:
                found = self._endpoint
                keys: dict[str, str] = {}
                if found.access_key:
                    keys = {
                        "aws_access_key_id": found.access_key,
                        "aws_secret_access_key": found.secret_key,
                    }
                self._clients[service] = new_client(
                    service,
                    endpoint_url=found.url or None,
                    region_name=found.region,
                    config=Config(
                        connect_timeout=_CONNECT_S,
                        read_timeout=_READ_S,
                        retries={"mode": "standard", "max_attempts": 3},
                    ),
                    **keys,
                )
            return self._clients[service]

    @contextmanager
    def asking(self, doing: str) -> Iterator[None]:
        """Turn what boto3 raises into one error of ours."""
        try:
            yield
        except raised() as error:
            raise failure(error, doing, self.where) from error

    @property
    def id(self) -> str:
        """The number of the account that the credentials belong to, asked once.

        Raises:
            ExternalError: when it cannot be asked, or the credentials are not accepted.
        """
        if not self._id:
            with self.asking("say who we are"):
                self._id = str(self.client("sts").get_caller_identity()["Account"])
        return self._id


class Accounts:
    """Accounts by cluster, each made once. Used by several threads at once."""

    def __init__(self, secrets: Revealed) -> None:
        self._secrets = secrets
        self._lock = threading.Lock()
        self._found: dict[tuple[str, ...], Account] = {}

    def of(self, cluster: str, access: Mapping[str, str]) -> Account:
        """The account of a cluster."""
        facts = ("aws.region", "aws.endpoint", "aws.access_key")
        key = (cluster, *(access.get(name, "") for name in facts))
        with self._lock:
            if key not in self._found:
                self._found[key] = Account(cluster, access, self._secrets)
            return self._found[key]


def short_name(*words: str) -> str:
    """A name of at most 64 characters from words; one that had to be cut carries a short hash."""
    whole = "-".join(words)
    if len(whole) <= NAME_LIMIT:
        return whole
    mark = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: NAME_LIMIT - len(mark) - 1].rstrip('-')}-{mark}"


def tags(**values: str) -> dict[str, str]:
    """Our tags, by which we know again what we made."""
    return {f"{TAG}{name}": value for name, value in values.items()}


def tag_list(found: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form of S3, IAM and ECR."""
    return [{"Key": key, "Value": value} for key, value in found.items()]
