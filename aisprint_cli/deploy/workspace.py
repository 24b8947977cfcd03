"""What every command on a deployment opens: the ledger, the secrets, the back end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aisprint_cli.backends.interface import Capability, Item, Observed, Place, Replaces, Site
from aisprint_cli.backends.registry import DEFAULT, open_backend
from aisprint_cli.deploy.backend_choice import BackendChoice
from aisprint_cli.deploy.ledger import DeploymentRecord, DeploymentState, Ledger
from aisprint_cli.deploy.planner import Record
from aisprint_cli.deploy.routing import RoutedPlace
from aisprint_cli.deploy.secrets import SecretStore
from aisprint_cli.deploy.topology import Topology, topology_of
from aisprint_cli.errors import StateError, UsageError
from aisprint_cli.system.state_directory import ledger_path, state_directory
from aisprint_cli.system.typed_commands import typed


@dataclass(frozen=True)
class Workspace:
    """An application's open ledger and the back end, or back ends, it is deployed on.

    `backend_name` is the name in the ledger; `choice` says which back end makes which layer, and
    `asked` whether it was given on the command line.
    """

    application: Path
    folder: Path
    ledger: Ledger
    secrets: SecretStore
    backend: Place
    backend_name: str
    choice: BackendChoice = field(default_factory=BackendChoice)
    asked: bool = False

    def place_of(self, item: Item) -> Place:
        """The back end that makes an item."""
        return self.place_named(item.spec.backend)

    def place_named(self, name: str) -> Place:
        """The back end of that name, among those that were chosen.

        Raises:
            UsageError: when there is none.
        """
        return self.backend.place(name) if isinstance(self.backend, RoutedPlace) else self.backend

    def observe(self, items: Iterable[Item], place: Place | None = None) -> dict[str, Observed]:
        """Ask for the present state of items, by id; what back ends say of it is freed of secrets.

        Args:
            items: what to ask for.
            place: one of the back ends, for items that are all of it.

        Raises:
            ExternalError: when a back end cannot be asked.
        """
        seen = (place or self.backend).observe(items)
        return {
            name: replace(found, detail=self.secrets.redact(found.detail)) for name, found in seen.items()
        }

    def must_replace(self, before: Item, after: Item) -> str:
        """Why an item cannot become another one in place; empty where it can."""
        if before.spec.backend != after.spec.backend:
            return f"it moves from {before.spec.backend} to {after.spec.backend}"
        place = self.place_of(after)
        reason = place.must_replace(before, after) if isinstance(place, Replaces) else ""
        if not reason and Capability.UPDATE not in place.capabilities:
            return f"{place.name} changes nothing in place"
        return reason

    def require_able(self, capability: Capability, what: str) -> None:
        """See that each back end in use can do something.

        Args:
            capability: what it has to be able to do.
            what: the same in words, for the message.

        Raises:
            UsageError: when one cannot.
        """
        found = [self.place_of(entry.item) for entry in self.records().values() if entry.exists]
        places = {place.name: place for place in found}
        unable = sorted(name for name, place in places.items() if capability not in place.capabilities)
        if unable:
            raise UsageError(
                f"{what} does not work on {', '.join(unable)}.",
                why="The back end does not offer it, or does not know how to reach what it made.",
                mend="`aisprint status` and `aisprint outputs` show what is known of it.",
            )

    def records(self) -> dict[str, Record]:
        """What the ledger knows of this back end, by item id."""
        return self.ledger.records(self.backend_name)

    def current(self) -> DeploymentRecord | None:
        """The deployment that is there, or on its way in or out."""
        return self.ledger.current(self.backend_name)

    def require_deployed(self) -> DeploymentRecord:
        """The deployment that is there.

        Raises:
            StateError: when nothing is deployed.
        """
        found = self.current()
        if found is None:
            raise nothing_deployed(self.application)
        return found

    def require_complete(self) -> DeploymentRecord:
        """The deployment that is there, if all of it is.

        Raises:
            StateError: when nothing is deployed, or a run is not done with it.
        """
        found = self.require_deployed()
        if found.state is not DeploymentState.ACTIVE:
            raise StateError(
                f"Deployment {found.name} of {self.application.name} is not complete: {found.state}.",
                why="A deploy or undeploy is at work on it, failed, or was stopped.",
                mend=f"Wait for it, or run `{typed('deploy', self.application)}` to go on.",
            )
        return found

    def topology(self) -> Topology:
        """The functions that the ledger says are there."""
        return topology_of(record.item for record in self.records().values() if record.exists)


def nothing_deployed(application: Path) -> StateError:
    """The error of a command that needs a deployment where there is none."""
    return StateError(
        f"Nothing of {application.name} is deployed.", mend=f"Run `{typed('deploy', application)}` first."
    )


def has_ledger(application: Path) -> bool:
    """Whether anything was ever deployed from this directory; asking leaves no trace."""
    return ledger_path(application).exists()


@contextmanager
def open_workspace(
    application: Path, asked: BackendChoice | None = None, *, durable: bool = True
) -> Iterator[Workspace]:
    """Open the ledger of an application and its back end; neither is connected to before it is used.

    Args:
        application: the application directory.
        asked: the back ends that the command line names; None takes what the ledger says is in use.
        durable: wait for the disk at each write to the ledger.

    Raises:
        UsageError: when there is no such back end.
        StateError: when the ledger cannot be used.
    """
    folder = state_directory(application)
    with Ledger(ledger_path(application), durable=durable) as ledger:
        secrets = SecretStore(ledger, application, os.environ)
        choice = asked or _in_use(ledger)
        place = _open(Site(application, secrets, lambda: ledger.recorded(choice.ledger_name)), choice, ledger)
        try:
            yield Workspace(
                *(application, folder, ledger, secrets, place, choice.ledger_name),
                choice=choice,
                asked=asked is not None,
            )
        finally:
            place.close()


def _open(site: Site, choice: BackendChoice, ledger: Ledger) -> Place:
    if not choice.is_routed:
        return open_backend(choice.name, site)

    def known() -> set[str]:
        records = ledger.recorded(choice.ledger_name).values()
        return {record.item.spec.backend for record in records} or set(choice.all_names())

    return RoutedPlace(site, open_backend, known)


def _in_use(ledger: Ledger) -> BackendChoice:
    """The back ends of the deployment that is there, if it is the only one; else the default.

    Raises:
        UsageError: when there are several and none on the default back end.
    """
    active = ledger.active()
    if len(active) > 1 and DEFAULT not in {record.backend for record in active}:
        names = [record.backend for record in active]
        raise UsageError(
            f"There are deployments on {', '.join(names)}.", mend=f"Say which: --backend {names[0]}"
        )
    if len(active) != 1:
        return BackendChoice()
    (record,) = active
    return BackendChoice.of_document(record.routing) if record.routing else BackendChoice(record.backend)
