"""From a drafted design to the files that everybody sees, in one step, losing nothing of a person's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from aisprint_cli.design.documents import annotations_text
from aisprint_cli.design.entries import Entry, EntryRecorder
from aisprint_cli.design.enumeration import Design, deployment_index
from aisprint_cli.design.exchange import Workshop
from aisprint_cli.design.layout import (
    DEPLOYMENTS,
    TREE,
    ComponentDesigns,
    DeploymentLayout,
    design_entries,
)
from aisprint_cli.design.manifest import MANIFEST_NAME, Manifest, OutsideRecord, SplitRecord
from aisprint_cli.design.outside import (
    ANNOTATIONS_PATH,
    CONSTRAINTS_PATH,
    OutsideFile,
    StagedFile,
    is_edited,
    is_pending,
    present_record,
    put_in_place,
    stage_outside,
    write_aside,
)
from aisprint_cli.design.placing import Placing
from aisprint_cli.design.reconciliation import Changes, Obstacle, Reconciliation, reconcile, set_aside
from aisprint_cli.design.situation import TOOL, Situation
from aisprint_cli.design.staging import StagedTree
from aisprint_cli.diagnostics import Findings, Location
from aisprint_cli.errors import InvalidInputError, StateError


@dataclass(frozen=True)
class Draft:
    """A design that is ready to be written: the first `written` of its deployments.

    `placing` says what the optimal deployment is to hold.
    """

    situation: Situation
    design: Design
    designs: Mapping[str, ComponentDesigns]
    splits: Mapping[str, SplitRecord]
    written: int
    placing: Placing


@dataclass(frozen=True, slots=True)
class Publication:
    """What writing changed below the output tree, and where a person's files were set aside.

    `stranded` are directories of deployments that are no more, kept for what others put there.
    """

    changes: Changes
    kept: tuple[str, ...] = ()
    touched: bool = False
    stranded: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Plan:
    """The records of all files that a draft gives."""

    outputs: Mapping[str, str]
    outside: tuple[OutsideFile, ...]
    reconciliation: Reconciliation
    edited_outside: tuple[str, ...]


def publish(draft: Draft, workshop: Workshop | None, *, force: bool) -> Publication:
    """Write a draft; without a workshop only find out what would change.

    Args:
        draft: what to write.
        workshop: where to build the next tree.
        force: replace what a person edited, setting it aside.

    Raises:
        InvalidInputError: when something of a person's would be lost, and `force` was not given.
        OSError: when something cannot be written; the previous result is then whole.
        StateError: when only a file outside the tree cannot be written.

    """
    situation = draft.situation
    staged = StagedTree(workshop.next, situation.present) if workshop else None
    plan = _plan(draft, staged)
    obstacles = plan.reconciliation.obstacles
    if not force:
        _refuse(situation.directory, obstacles, plan.edited_outside if situation.manifest else ())
    manifest = _manifest(draft, plan)
    changes = plan.reconciliation.changes
    if workshop is None or staged is None:
        return Publication(changes)
    pending = tuple(
        stage_outside(file, workshop.root, keep=file.path in plan.edited_outside)
        for file in plan.outside
        if is_pending(present_record(situation.directory, file.path), manifest.outside[file.path])
    )
    kept = _write_tree(workshop, staged, plan, manifest, situation)
    kept += tuple(_put_outside(situation.directory, pending))
    touched = bool(changes or kept or pending or manifest != situation.manifest)
    stranded = _stranded(plan.reconciliation.carried, draft.design.count)
    return Publication(changes, kept, touched, stranded)


def _put_outside(directory: Path, pending: Iterable[StagedFile]) -> Iterator[str]:
    """Put the files outside the tree in place; gives where others' were set aside.

    Raises:
        StateError: when one cannot be; the tree is in place by then.

    """
    for file in pending:
        try:
            kept = put_in_place(directory, file)
        except OSError as error:
            raise StateError(
                f"{directory / file.path} cannot be written: {error.strerror or error}.",
                why=f"The rest of the design, below {TREE}/, is written and whole.",
                mend="Make that file and its directory writable, then run this again: it goes on there.",
            ) from error
        if kept is not None:
            yield kept.relative_to(directory).as_posix()


def _plan(draft: Draft, staged: StagedTree | None) -> _Plan:
    situation = draft.situation
    layout = DeploymentLayout(situation.directory, draft.design, situation.inputs, draft.placing.optimum)
    entries = chain(design_entries(situation.inputs, draft.designs), layout.entries(draft.written))
    outputs = _record(entries, situation, staged)
    known = situation.manifest.outside if situation.manifest else {}
    outside = [OutsideFile(ANNOTATIONS_PATH, annotations_text(situation.application.sources.values()))]
    if layout.constraints is not None or CONSTRAINTS_PATH in known:
        outside.append(OutsideFile(CONSTRAINTS_PATH, layout.constraints))
    edited = tuple(
        file.path
        for file in outside
        if is_edited(present_record(situation.directory, file.path), file, known.get(file.path))
    )
    return _Plan(outputs, tuple(outside), reconcile(situation.present, situation.written, outputs), edited)


def _record(entries: Iterable[Entry], situation: Situation, staged: StagedTree | None) -> dict[str, str]:
    """The records of all entries, each staged on the way; nothing of them is kept."""
    outputs: dict[str, str] = {}
    recorder = EntryRecorder()
    present = situation.present
    for entry in entries:
        record = outputs[entry.path] = recorder(entry)
        if staged is not None:
            staged.add(entry, record, unchanged=present.record(entry.path) == record)
    return outputs


def _manifest(draft: Draft, plan: _Plan) -> Manifest:
    situation = draft.situation
    known = situation.manifest.outside if situation.manifest else {}
    outside: dict[str, OutsideRecord] = {}
    for file in plan.outside:
        before = known.get(file.path)
        if before is not None and before.record == file.record:
            outside[file.path] = before
        else:
            outside[file.path] = OutsideRecord(file.record, present_record(situation.directory, file.path))
    return Manifest(
        tool=TOOL,
        count=draft.design.count,
        written=draft.written,
        inputs=situation.inputs.records,
        splits=draft.splits,
        outputs=plan.outputs,
        outside=outside,
        placement=draft.placing.record,
    )


def _write_tree(
    workshop: Workshop, staged: StagedTree, plan: _Plan, manifest: Manifest, situation: Situation
) -> tuple[str, ...]:
    """Put the next tree in place, if it differs; gives where files were set aside."""
    decided = plan.reconciliation
    if not (decided.changes or decided.obstacles):
        if manifest != situation.manifest:
            record = write_aside(workshop.root, MANIFEST_NAME, manifest.to_text())
            record.replace(workshop.tree / MANIFEST_NAME)
        return ()
    for path in decided.carried:
        staged.carry(path, path)
    for path in situation.present.empty_directories:
        if path not in plan.outputs:
            staged.carry_directory(path)
    kept: dict[str, str] = {}
    for obstacle in decided.obstacles:
        aside = set_aside(obstacle.path, {**situation.present.files, **kept}, plan.outputs)
        staged.carry(obstacle.path, aside)
        kept[aside] = obstacle.path
    write_aside(staged.root, MANIFEST_NAME, manifest.to_text())
    workshop.publish()
    return tuple(f"{TREE}/{path}" for path in kept)


def _stranded(carried: Iterable[str], count: int) -> tuple[str, ...]:
    """The deployments that are no more, but whose directories hold files of others."""
    found: dict[str, None] = {}
    for path in carried:
        folder, _, rest = path.partition("/")
        name = rest.partition("/")[0]
        index = deployment_index(name) if folder == DEPLOYMENTS else None
        if index is not None and index >= count:
            found[name] = None
    return tuple(found)


def _refuse(directory: Path, obstacles: tuple[Obstacle, ...], outside: tuple[str, ...]) -> None:
    findings = Findings()
    for obstacle in obstacles:
        _refuse_one(findings, f"{TREE}/{obstacle.path}", ours=obstacle.ours)
    for path in outside:
        _refuse_one(findings, path, ours=True)
    if findings.has_errors:
        raise InvalidInputError(
            "The output was edited since it was written; nothing was changed.",
            findings.sorted(),
            directory=directory,
        )


def _refuse_one(findings: Findings, path: str, *, ours: bool) -> None:
    if ours:
        findings.error(
            "design.edited",
            Location(path),
            f"{path} was edited since `aisprint design` wrote it.",
            why="Designing again would overwrite the edit.",
            mend="Make the change in the application itself, or give --force: the edited file then"
            " stays beside it as .orig.",
        )
    else:
        findings.error(
            "design.in-the-way",
            Location(path),
            f"{path} stands where `aisprint design` has to write, and is not known to be its own.",
            why="Designing would overwrite it.",
            mend="Move it away, or give --force: it then stays beside its place as .orig.",
        )
