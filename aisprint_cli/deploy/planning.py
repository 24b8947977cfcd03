"""From what a person asks for to a plan with its cost: what `plan` shows and `deploy` carries out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aisprint_cli.deploy.costs import Estimate
from aisprint_cli.deploy.ledger import DeploymentState
from aisprint_cli.deploy.planner import Plan
from aisprint_cli.deploy.prepare import Prepared, prepare
from aisprint_cli.deploy.run import Survey, plan_deployment, survey
from aisprint_cli.deploy.selection import named_items
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import StateError
from aisprint_cli.system.typed_commands import typed


@dataclass(frozen=True)
class Cost:
    """What a deployment costs once the plan is carried out, and what is there costs now."""

    after: Estimate
    before: Estimate


@dataclass(frozen=True)
class Planned:
    """A plan, what it was made from, and what it costs; `only` names the items it is limited to."""

    prepared: Prepared
    survey: Survey
    plan: Plan
    only: tuple[str, ...] = ()
    cost: Cost | None = None

    def cost_document(self) -> dict[str, Any] | None:
        """The estimate as plain values; None where nothing is known."""
        if self.cost is None:
            return None
        return {**self.cost.after.document(), "hourly_before": self.cost.before.hourly}


def make_planned(
    workspace: Workspace,
    choice: str | None,
    only: Iterable[str] = (),
    *,
    note: Callable[[str], None],
    write_templates: bool,
) -> Planned:
    """The plan of a deployment.

    Args:
        workspace: the application's workspace.
        choice: see `prepare`.
        only: items and components to limit the plan to, with what they require.
        note: told what was made.
        write_templates: see `prepare`.

    Raises:
        InvalidInputError: when the application, the deployment or a secret cannot be used.
        StateError: when there is no design, or the ledger stands in the way.
        UsageError: when there is no such deployment, item or component.
        ExternalError: when a back end cannot be asked.
    """
    prepared = prepare(workspace, choice, note=note, write_templates=write_templates)
    named = tuple(only)
    found = survey(workspace, prepared.desired)
    plan = plan_deployment(workspace, found)
    if named:
        going = [step.item for step in plan.steps]
        plan = plan.only(named_items(going, named))
    return Planned(prepared, found, plan, named, _cost(prepared, found))


def _cost(prepared: Prepared, found: Survey) -> Cost | None:
    if prepared.prices is None:
        return None
    present = [record.item for record in found.recorded.values() if record.exists]
    return Cost(prepared.prices.estimate(found.desired), prepared.prices.estimate(present))


def resumed_choice(workspace: Workspace) -> str:
    """The deployment of the run that did not end.

    Raises:
        StateError: when no deploy is open.
    """
    current = workspace.current()
    if current is None or current.state is not DeploymentState.DEPLOYING:
        raise StateError(
            f"No deploy of {workspace.application.name} was stopped or failed: there is nothing to resume.",
            mend=f"`{typed('deploy', workspace.application)}` brings it up to date.",
        )
    return current.name


def require_resumable(workspace: Workspace, planned: Planned) -> None:
    """See that what was asked for then is what would be deployed now.

    Raises:
        StateError: when the application has changed since.
    """
    current = workspace.current()
    if current is not None and current.desired not in {"", planned.prepared.desired.fingerprint}:
        raise StateError(
            "The application has changed since that run began.",
            why="--resume finishes what was begun, and that is not what the design says now.",
            mend=f"`{typed('deploy', workspace.application)}` deploys the design as it is now.",
        )
