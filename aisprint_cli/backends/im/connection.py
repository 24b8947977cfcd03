"""One user of one Infrastructure Manager: the server, what is there, and what must not be shown."""

from __future__ import annotations

import hashlib
from typing import Final

from aisprint_cli.backends.im import documents
from aisprint_cli.backends.im.client import ImClient
from aisprint_cli.backends.im.credentials import Credentials, header, read_credentials
from aisprint_cli.backends.im.infrastructures import Infrastructures
from aisprint_cli.backends.im.settings import Settings
from aisprint_cli.backends.im.waiting import Patience, Waiting
from aisprint_cli.backends.interface import Site
from aisprint_cli.backends.revealed import Revealed
from aisprint_cli.errors import ExternalError

_OWNER: Final = "secret://generated/im/owner"
_PUBLIC: Final = frozenset(
    {"id", "type", "host", "role", "domain", "project", "tenant", "region", "vo", "auth_version"}
)
_SHORTEST: Final = 4  # a shorter word would take too much out of a message, and is no secret
_KEYED: Final = frozenset({"Lambda", "EC2"})  # their user name is an access key


def _is_secret(kind: str, key: str) -> bool:
    """Whether the value of a key must not be shown."""
    return key not in _PUBLIC and (key != "username" or kind in _KEYED)


class Connection:
    """What every call on items needs. Opening it reads the credentials and sends nothing.

    Args:
        site: the application and its secrets.
        settings: where the server is.
        patience: how long to wait for it.

    Raises:
        InvalidInputError: when the credentials cannot be used.
        UsageError: when the address is none.
    """

    def __init__(self, site: Site, settings: Settings, patience: Patience) -> None:
        self.credentials: Credentials = read_credentials(settings.auth, site.application)
        self.secrets = Revealed(site.resolve)
        accounts = self.credentials.resolved(self.secrets)
        self._values = {
            value
            for account in accounts
            for key, value in account.items()
            if _is_secret(account.get("type", ""), key) and len(value) >= _SHORTEST
        }
        self.client = ImClient(
            settings.url_of(self.credentials.manager_url, site.recorded().values()),
            header(accounts),
            self.redact,
            verify=settings.verify,
            timeout_s=settings.timeout_s,
        )
        self.present = Infrastructures(self.client)
        self.waiting = Waiting(self.client, self.redact, patience)
        self._checked: set[tuple[str, ...]] = set()
        self.owner = hashlib.sha256(site.resolve(_OWNER).encode()).hexdigest()[:12]

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    def redact(self, text: str) -> str:
        """A text without any secret that was looked up, or that stands in the credentials."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, "***")
        return self.secrets.redact(text)

    def uri(self, identifier: str) -> str:
        """The address of an infrastructure, as we reach it."""
        return f"{self.client.url}/infrastructures/{identifier}"

    def create(self, document: documents.Document) -> str:
        """Begin to make an infrastructure from a stamped document; gives its identifier.

        The first for a set of accounts is checked before: an account that does not fit is then told at
        once, where otherwise the infrastructure would be pending for ever.

        Raises:
            ExternalError: when the server refuses it.
        """
        text, accounts = documents.text_of(document), documents.cloud_ids(document)
        if accounts not in self._checked and self.client.can_estimate():
            self.client.estimate(text)
            self._checked.add(accounts)
        try:
            identifier = self.client.create(text)
        except ExternalError:
            self.present.doubt()
            raise
        self.present.add(identifier, documents.identity_of(document))
        return identifier

    def own(self, *, fresh: bool = False) -> dict[str, tuple[str, ...]]:
        """The infrastructures of this ledger by item; more than one of an item only after a fault."""
        found: dict[str, tuple[str, ...]] = {}
        for name, identity in self.present.all(fresh=fresh).items():
            if identity.owner == self.owner:
                found[identity.item] = (*found.get(identity.item, ()), name)
        return found

    def stranger(self, application: str, item_id: str) -> str:
        """The infrastructure that another ledger made for such an item; empty where there is none."""
        for name, identity in self.present.all().items():
            is_same = (identity.application, identity.item) == (application, item_id)
            if is_same and identity.owner != self.owner:
                return name
        return ""
