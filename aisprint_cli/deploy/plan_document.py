"""A plan and what came of it as plain values, for JSON."""

from __future__ import annotations

from typing import Any

from aisprint_cli.deploy.executor import Outcome
from aisprint_cli.deploy.planner import Action, Plan
from aisprint_cli.deploy.rollback import Rollback


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as plain values, `aisprint.plan/1`."""
    return {
        "schema": "aisprint.plan/1",
        "changes": len(plan.changes),
        "counts": {action.value: plan.count(action) for action in Action},
        "steps": [
            {
                "id": step.id,
                "action": step.action.value,
                "item": step.item.id,
                "kind": step.item.kind.value,
                "name": step.item.name,
                "backend": step.item.spec.backend,
                "reason": step.reason,
                "after": list(step.after),
                "keep_data": step.keep_data,
                "makes_way": step.makes_way,
                "digest": step.item.digest,
            }
            for step in plan.steps
        ],
    }


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What came of a plan as plain values."""
    return {
        "complete": outcome.complete,
        "interrupted": outcome.interrupted,
        "timed_out": outcome.timed_out,
        "done": [step.id for step in outcome.done],
        "failed": [{"item": step.id, "error": error} for step, error in outcome.failed],
        "skipped": [{"item": step.id, "reason": reason} for step, reason in outcome.skipped],
        "left": [step.id for step in outcome.left],
    }


def rollback_document(rollback: Rollback) -> dict[str, Any]:
    """What came of going back as plain values."""
    return {
        "complete": rollback.complete,
        "plan": plan_document(rollback.plan),
        "outcome": outcome_document(rollback.outcome),
        "lost": [{"item": item.id, "reason": reason} for item, reason in rollback.lost],
    }
