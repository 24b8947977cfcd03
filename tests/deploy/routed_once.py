"""One deploy or undeploy over two doubles, for a process of its own that is to be killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from directory_backend import DirectoryBackend, chain, plain_secret

from aisprint_cli.backends.interface import Item, Place, Site
from aisprint_cli.deploy.backend_choice import CLOUD, BackendChoice
from aisprint_cli.deploy.desired import DesiredState
from aisprint_cli.deploy.executor import Outcome
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.prepare import Prepared
from aisprint_cli.deploy.routing import RoutedPlace, on_backend
from aisprint_cli.deploy.run import Execution, deploy, plan_deployment, plan_removal, survey, undeploy
from aisprint_cli.deploy.secrets import SecretStore
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.system.state_directory import ledger_path, state_directory

ONE_AFTER_THE_OTHER = Execution(parallel=1, listen=lambda _event: None, stopped=lambda: False)


def world(root: Path, name: str) -> DirectoryBackend:
    return DirectoryBackend(root / name, plain_secret)


def spread(first: str = "one", second: str = "two") -> tuple[Item, ...]:
    """The chain, layer 1 on one double and layer 2 on another."""
    return tuple(on_backend(item, first if "shop-l1" in item.name else second) for item in chain())


@contextmanager
def workspace(root: Path) -> Iterator[Workspace]:
    folder = state_directory(root)
    with Ledger(ledger_path(root)) as ledger:
        secrets = SecretStore(ledger, root, {})

        def opened(name: str, site: Site) -> Place:
            return DirectoryBackend(root / name, site.resolve)

        site = Site(root, secrets, lambda: ledger.recorded(CLOUD))
        place = RoutedPlace(site, opened, lambda: ("one", "two"))
        yield Workspace(root, folder, ledger, secrets, place, CLOUD, BackendChoice(CLOUD))


def run(root: Path, command: str, items: tuple[Item, ...] | None = None) -> Outcome:
    with workspace(root) as found:
        if command == "undeploy":
            return undeploy(found, plan_removal(found, keep_data=False), ONE_AFTER_THE_OTHER)
        desired = DesiredState("shop", "base", items if items is not None else spread())
        plan = plan_deployment(found, survey(found, desired))
        return deploy(found, plan, Prepared("base", desired, {}), ONE_AFTER_THE_OTHER)
