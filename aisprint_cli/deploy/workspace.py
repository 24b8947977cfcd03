"""What every command on a deployment opens: the ledger, the secrets, the back end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.backends.interface import Place, Site
from aisprint_cli.backends.registry import open_backend
from aisprint_cli.deploy.ledger import DeploymentRecord, DeploymentState, Ledger
from aisprint_cli.deploy.planner import Record
from aisprint_cli.deploy.secrets import SecretStore
from aisprint_cli.deploy.topology import Topology, topology_of
from aisprint_cli.errors import StateError
from aisprint_cli.system.state_directory import ledger_path, state_directory
from aisprint_cli.system.typed_commands import typed


@dataclass(frozen=True)
class Workspace:
    """An application's open ledger and the back end it is deployed on."""

    application: Path
    folder: Path
    ledger: Ledger
    secrets: SecretStore
    backend: Place
    backend_name: str

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
def open_workspace(application: Path, backend: str, *, durable: bool = True) -> Iterator[Workspace]:
    """Open the ledger of an application and its back end; neither is connected to before it is used.

    Args:
        application: the application directory.
        backend: the back end's name.
        durable: wait for the disk at each write to the ledger.

    Raises:
        UsageError: when there is no such back end.
        StateError: when the ledger cannot be used.
    """
    folder = state_directory(application)
    with Ledger(ledger_path(application), durable=durable) as ledger:
        secrets = SecretStore(ledger, application, os.environ)
        place = open_backend(backend, Site(application, secrets, lambda: ledger.recorded(backend)))
        try:
            yield Workspace(application, folder, ledger, secrets, place, backend)
        finally:
            place.close()
