"""ECR as a registry of images: who we are to it, and the repositories that it wants beforehand."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.backends.objects.failures import code_of, failure, raised
from aisprint_cli.backends.objects.sessions import new_client
from aisprint_cli.images.references import parse_reference
from aisprint_cli.images.registry.credentials import Login

_HOST: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
)
_MARGIN_S: Final = 300.0
"""A login that ends sooner is got anew: a push may take that long."""


@dataclass(frozen=True, slots=True)
class _Registry:
    account: str
    region: str


def is_ecr(registry: str) -> bool:
    """Whether a registry (`host`) is one of Amazon's."""
    return _HOST.fullmatch(registry) is not None


class ContainerRegistry:
    """Amazon's registries, with the credentials that boto3 finds. Used by several threads at once.

    Args:
        endpoint: the address of ECR's interface; by default Amazon's own, or what boto3's settings say.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._logins: dict[str, tuple[Login, float]] = {}
        self._lock = threading.Lock()

    def login(self, registry: str) -> Login:
        """The login of a registry, kept for as long as it holds (12 hours with Amazon).

        Raises:
            ExternalError: when AWS gives none.
        """
        found = _parse(registry)
        with self._lock:
            login, until = self._logins.get(registry, (None, 0.0))
            if login is None or until - time.time() < _MARGIN_S:
                login, until = self._new_login(found)
                self._logins[registry] = (login, until)
            return login

    def require_repositories(self, names: Iterable[str]) -> tuple[str, ...]:
        """Make the repositories that are not there (`registry/repository`); those that were made.

        Raises:
            ExternalError: when AWS refuses.
        """
        return tuple(name for name in dict.fromkeys(names) if self._make(name))

    def _make(self, name: str) -> bool:
        reference = parse_reference(name)
        found = _parse(reference.registry)
        client = self._client(found)
        try:
            client.create_repository(registryId=found.account, repositoryName=reference.repository)
        except raised() as error:
            if code_of(error) == "RepositoryAlreadyExistsException":
                return False
            raise failure(error, f"make the repository {reference.repository}", _where(found)) from error
        return True

    def _new_login(self, registry: _Registry) -> tuple[Login, float]:
        try:
            answer = self._client(registry).get_authorization_token(registryIds=[registry.account])
            data = answer["authorizationData"][0]
            user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
            return Login(user, password), data["expiresAt"].timestamp()
        except raised() as error:
            raise failure(error, "get a login", _where(registry)) from error

    def _client(self, registry: _Registry) -> Any:
        where = {"endpoint_url": self._endpoint} if self._endpoint else {}
        return new_client("ecr", region_name=registry.region, **where)


def _parse(registry: str) -> _Registry:
    found = _HOST.fullmatch(registry)
    if found is None:
        raise ValueError(f"{registry!r} is no registry of Amazon's")
    return _Registry(found["account"], found["region"])


def _where(registry: _Registry) -> str:
    return f"ECR of the account {registry.account} in {registry.region}"
