"""One deploy or undeploy on the double, for a process of its own that is to be killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from directory_backend import DirectoryBackend, chain

from aisprint_cli.backends.interface import Item
from aisprint_cli.deploy.desired import DesiredState
from aisprint_cli.deploy.executor import Outcome
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.prepare import Prepared
from aisprint_cli.deploy.run import Execution, deploy, plan_deployment, plan_removal, survey, undeploy
from aisprint_cli.deploy.secrets import SecretStore
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.system.state_directory import ledger_path, state_directory

EXECUTION = Execution(parallel=2, listen=lambda _event: None, stopped=lambda: False)


@contextmanager
def workspace(root: Path) -> Iterator[Workspace]:
    folder = state_directory(root)
    with Ledger(ledger_path(root)) as ledger:
        secrets = SecretStore(ledger, root, {})
        backend = DirectoryBackend(root / "world", secrets)
        yield Workspace(root, folder, ledger, secrets, backend, "directory")


def run(root: Path, command: str, items: tuple[Item, ...] | None = None) -> Outcome:
    with workspace(root) as opened:
        if command == "undeploy":
            return undeploy(opened, plan_removal(opened, keep_data=False), EXECUTION)
        desired = DesiredState("shop", "base", items if items is not None else chain())
        plan = plan_deployment(opened, survey(opened, desired))
        return deploy(opened, plan, Prepared("base", desired, {}), EXECUTION)
