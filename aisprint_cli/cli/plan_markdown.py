"""A plan as Markdown: a comment for a merge request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aisprint_cli.cli.plan_view import summary, why
from aisprint_cli.deploy.planner import Action, Step
from aisprint_cli.deploy.planning import Cost, Planned

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#])")


def plan_markdown(planned: Planned, backend: str) -> str:
    """The plan in GitHub's and GitLab's Markdown; nothing in it can break out of its cell."""
    return "\n".join(_lines(planned, backend))


def _lines(planned: Planned, backend: str) -> Iterator[str]:
    desired, plan = planned.prepared.desired, planned.plan
    yield f"### {_plain(desired.application)}: {_plain(planned.prepared.choice)} on {_plain(backend)}"
    yield ""
    yield "Nothing to do: it is deployed as designed." if plan.is_empty else f"**{summary(plan)}**"
    if plan.changes:
        yield ""
        yield from _table(plan.changes)
    if plan.loses_data:
        yield ""
        yield "> **Stored data of what is deleted goes with it.**"
    yield from _cost(planned.cost)
    unchanged = [step for step in plan.steps if step.action is Action.UNCHANGED]
    if unchanged and plan.changes:
        yield ""
        yield f"<details><summary>{len(unchanged)} unchanged</summary>"
        yield ""
        yield from (f"- {_plain(step.item.id)}" for step in unchanged)
        yield ""
        yield "</details>"


def _table(steps: tuple[Step, ...]) -> Iterator[str]:
    yield "| step | kind | name | on | why |"
    yield "|---|---|---|---|---|"
    for step in steps:
        cells = (step.action.value, step.item.kind.value, step.item.name, step.item.spec.backend, why(step))
        yield f"| {' | '.join(map(_plain, cells))} |"


def _cost(cost: Cost | None) -> Iterator[str]:
    if cost is None or not (cost.after.lines or cost.after.unknown or cost.before.hourly):
        return
    yield ""
    yield "| estimated cost | per hour | per month |"
    yield "|---|---:|---:|"
    yield f"| now | {cost.before.hourly:.4g} | {cost.before.monthly:.4g} |"
    yield f"| then | {cost.after.hourly:.4g} | {cost.after.monthly:.4g} |"
    if cost.after.unknown:
        yield ""
        yield "Not in it:"
        yield ""
        yield from (f"- {_plain(text)}" for text in cost.after.unknown)


def _plain(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
