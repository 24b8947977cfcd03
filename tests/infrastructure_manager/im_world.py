"""A user of the Infrastructure Manager under test, with an application and a ledger written by hand."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.im.settings import Settings
from aisprint_cli.backends.im.waiting import Patience
from aisprint_cli.backends.interface import Item, Recorded, Site

QUICK = Patience(nothing_s=20, configured_s=60, gone_s=30)


@dataclass
class World:
    """One user with an application directory, and a ledger that tests write by hand."""

    url: str
    application: Path
    user: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:8]}")
    recorded: dict[str, Recorded] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def accounts(self, *lines: str) -> Path:
        """Write the credentials: the user's own line, and these."""
        own = f"type = InfrastructureManager; username = {self.user}; password = 'pass;{self.user}'"
        path = self.application / "im" / "auth.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["# who we are", own, *lines, ""]))
        path.chmod(0o600)
        return path

    def dummy(self, *names: str) -> Path:
        return self.accounts(*(f"id = {name}; type = Dummy" for name in names))

    def resolve(self, reference: str) -> str:
        """A value for every reference, another one for each test."""
        made = hashlib.sha256(f"{self.user} {reference}".encode()).hexdigest()[:24]
        return self.secrets.setdefault(reference, made)

    def site(self) -> Site:
        return Site(self.application, self.resolve, lambda: self.recorded)

    def open(self, *, url: str = "", patience: Patience = QUICK) -> ImBackend:
        settings = Settings(self.application / "im" / "auth.dat", url or self.url, timeout_s=30)
        return ImBackend(self.site(), settings, patience)

    def note(self, *items: Item) -> None:
        """Write items into the ledger."""
        self.recorded |= {item.id: Recorded(item) for item in items}


def left_behind(place: ImBackend) -> tuple[str, ...]:
    """The infrastructures that stay; the server lists a removed one for a moment longer."""
    client, deadline = place._parts()[0].client, time.monotonic() + 10
    while client.infrastructures() and time.monotonic() < deadline:
        time.sleep(0.05)
    return client.infrastructures()
