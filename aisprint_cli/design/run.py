"""One run of `design`: from an application directory to its output tree."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aisprint_cli.design.component_files import check_names
from aisprint_cli.design.enumeration import Design, plan_design
from aisprint_cli.design.exchange import Swap, Workshop
from aisprint_cli.design.layout import DAG_FILE, DEPLOYMENTS, OPTIMAL_PATH, TREE
from aisprint_cli.design.manifest import Manifest, SplitRecord
from aisprint_cli.design.placement import read_placement
from aisprint_cli.design.placing import PlacingSettings, PlacingStatus, Progress, place_design
from aisprint_cli.design.production import ProductionError
from aisprint_cli.design.publishing import Draft, Publication, publish
from aisprint_cli.design.reconciliation import Changes
from aisprint_cli.design.report import ComponentReport, DesignReport, Outcome, annotation_notes
from aisprint_cli.design.situation import Situation, examine
from aisprint_cli.design.splitting import ComponentSplits, Splitter, check_code, warn_of_uncut
from aisprint_cli.diagnostics import Diagnostic, Findings
from aisprint_cli.errors import InvalidInputError, StateError
from aisprint_cli.load.application import Loaded, require_application
from aisprint_cli.model.application import Application
from aisprint_cli.system.application_lock import application_lock
from aisprint_cli.system.files import exchange
from aisprint_cli.system.state_directory import state_directory

DEFAULT_MAXIMUM = 10_000
_LISTED = 5


@dataclass(frozen=True, slots=True)
class DesignSettings:
    """How to design.

    `maximum` caps the deployments written; `force` replaces what a person edited; `dry_run` only says
    what would be done; `strict` makes warnings errors; `lock_timeout_s` is how long to wait for
    another command that changes the application, in seconds; `placing` says how to place.
    """

    maximum: int = DEFAULT_MAXIMUM
    force: bool = False
    dry_run: bool = False
    strict: bool = False
    lock_timeout_s: float = 60.0
    placing: PlacingSettings = field(default_factory=PlacingSettings)


def design_application(
    directory: Path, settings: DesignSettings, progress: Progress, *, swap: Swap = exchange
) -> DesignReport:
    """Design an application: write its designs, deployments and constraints, or find them up to date.

    Args:
        directory: the application directory.
        settings: how to design.
        progress: told what is being done.
        swap: exchanges two directories in one step.

    Raises:
        InvalidInputError: when the application cannot be designed, or an edit would be lost.
        VerificationError: when a split does not compute what the whole model does.
        StateError: when another command holds the application, or a file cannot be written.

    """
    loaded = require_application(directory, strict=settings.strict)
    with _file_errors(directory):
        _refuse_early(directory, loaded)
        if settings.dry_run:
            with tempfile.TemporaryDirectory(prefix="aisprint-design-") as scratch:
                return _run(directory, loaded, settings, progress, None, Path(scratch))
        return _run_locked(directory, loaded, settings, progress, Workshop(directory, swap))


def _refuse_early(directory: Path, loaded: Loaded) -> None:
    """Stop before anything is made for what can be seen without making anything."""
    if loaded.application is None:
        return
    findings = Findings()
    for source in loaded.application.sources.values():
        check_names(directory, source.directory, findings)
    check_code(directory, loaded.application, loaded.sources, findings)
    if findings.has_errors:
        raise InvalidInputError("Some components cannot be designed.", findings.sorted(), directory=directory)


def _run_locked(
    directory: Path, loaded: Loaded, settings: DesignSettings, progress: Progress, workshop: Workshop
) -> DesignReport:
    waited = False

    def waiting(text: str) -> None:
        nonlocal waited
        waited = True
        progress(text)

    folder = state_directory(directory)
    command = f"aisprint design {directory.name}"
    with application_lock(folder, command, timeout_s=settings.lock_timeout_s, waiting=waiting):
        if waited:
            loaded = require_application(directory, strict=settings.strict)
        if workshop.recover():
            progress("Cleared up after an interrupted run.")
        try:
            return _run(directory, loaded, settings, progress, workshop, workshop.splits)
        finally:
            workshop.clear()


def _run(
    directory: Path,
    loaded: Loaded,
    settings: DesignSettings,
    progress: Progress,
    workshop: Workshop | None,
    workspace: Path,
) -> DesignReport:
    situation = examine(directory, loaded)
    manifest = situation.manifest
    draft: Draft | None = None
    if manifest is not None and situation.is_current(settings.maximum):
        draft = _draft(situation, manifest.splits, settings, progress)
        if _is_written(draft, manifest):
            return _report(draft, Publication(Changes()), _warnings(draft), Outcome.UNCHANGED)
    splits = _split(situation, workspace, progress)
    if draft is None:
        records = {name: split.record for name, split in splits.items()}
        draft = _draft(situation, records, settings, progress)
    draft = replace(draft, designs={name: split.designs for name, split in splits.items()})
    warnings = _warnings(draft)
    if settings.strict and warnings:
        raise InvalidInputError("Warnings count as errors (--strict).", warnings, directory=directory)
    progress(_announce(draft))
    publication = publish(draft, workshop, force=settings.force)
    outcome = Outcome.WRITTEN if publication.touched else Outcome.UNCHANGED
    if workshop is None:
        outcome = Outcome.PLANNED
    return _report(draft, publication, warnings, outcome)


def _split(situation: Situation, workspace: Path, progress: Progress) -> dict[str, ComponentSplits]:
    known = situation.manifest.splits if situation.manifest else {}
    splitter = Splitter(situation.directory, workspace, situation.present, situation.written, known, progress)
    findings = Findings()
    splits = splitter.split_all(
        situation.application, situation.inputs.components, situation.loaded.sources, findings
    )
    if findings.has_errors:
        raise InvalidInputError(
            "Some components cannot be split.", findings.sorted(), directory=situation.directory
        )
    return splits


def _warnings(draft: Draft) -> tuple[Diagnostic, ...]:
    findings = Findings()
    situation = draft.situation
    warn_of_uncut(situation.application, draft.splits, situation.loaded.sources, findings)
    findings.extend(draft.placing.findings)
    return findings.sorted()


def _draft(
    situation: Situation, splits: Mapping[str, SplitRecord], settings: DesignSettings, progress: Progress
) -> Draft:
    """What is to be written, but for the files of the segments."""
    design = plan_design(situation.application, {name: len(record.cuts) for name, record in splits.items()})
    placing = place_design(situation, design, splits, settings.placing, progress)
    return Draft(situation, design, {}, splits, min(design.count, settings.maximum), placing)


def _is_written(draft: Draft, manifest: Manifest) -> bool:
    """Whether the last design, otherwise current, holds this placement too."""
    placing, written = draft.placing, manifest.outputs
    if placing.record != manifest.placement:
        return False
    optimum = placing.optimum
    if optimum is not None and f"{DEPLOYMENTS}/{optimum.deployment}/{DAG_FILE}" not in written:
        return False
    writes = optimum is not None and optimum.production is not None
    return placing.status is PlacingStatus.KEPT or writes == (OPTIMAL_PATH in written)


def _announce(draft: Draft) -> str:
    count = draft.design.count
    return "There is 1 deployment." if count == 1 else f"There are {count:,} deployments."


def _report(
    draft: Draft, publication: Publication, findings: tuple[Diagnostic, ...], outcome: Outcome
) -> DesignReport:
    situation = draft.situation
    components = tuple(_component_reports(draft))
    return DesignReport(
        design=draft.design,
        components=components,
        placing=draft.placing,
        written=draft.written,
        outcome=outcome,
        changes=publication.changes,
        inputs=situation.changed_inputs,
        kept=publication.kept,
        notes=(
            *_component_notes(situation.application, components),
            *_placement_notes(situation, draft.design),
            *_stranded_notes(publication.stranded),
        ),
        findings=(*situation.loaded.findings, *findings),
    )


def _component_reports(draft: Draft) -> Iterator[ComponentReport]:
    known = draft.situation.manifest.splits if draft.situation.manifest else {}
    for name in draft.situation.application.dag.components:
        source = draft.situation.application.sources[name]
        wanted = source.annotations.partitionable_model
        record = draft.splits.get(name)
        yield ComponentReport(
            name=name,
            directory=source.directory,
            requested_splits=wanted.max_splits if wanted else 0,
            record=record,
            reused=record is not None and known.get(name) == record,
        )


def _component_notes(application: Application, components: Iterable[ComponentReport]) -> Iterator[str]:
    """What to know of single components: annotations left alone, fewer splits than asked for."""
    for component in components:
        yield from annotation_notes(component.name, application.sources[component.name].annotations)
        yield from component.notes()


def _placement_notes(situation: Situation, design: Design) -> Iterator[str]:
    """What to know of a production file that another tool wrote."""
    if not situation.production_kept:
        return
    name = f"{TREE}/{OPTIMAL_PATH}"
    try:
        read_placement(situation.directory / name, design)
    except (ProductionError, FileNotFoundError) as error:
        yield (
            f"{name} was written by another tool and is kept, but it does not fit this design: {error}."
            " Run the placement again, or remove it to start again from base."
        )
    else:
        yield f"{name} was written by another tool and is kept. Remove it to start again from base."


def _stranded_notes(names: tuple[str, ...]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        yield (
            f"{TREE}/{DEPLOYMENTS} keeps what other tools wrote for deployments that are no more:"
            f" {', '.join(names[:_LISTED])}{more}. Remove the directories if nothing needs them."
        )


@contextmanager
def _file_errors(directory: Path) -> Iterator[None]:
    """Files that cannot be read or written, as an error of ours; the previous result is whole then."""
    try:
        yield
    except OSError as error:
        where = error.filename or directory
        raise StateError(
            f"{where}: {error.strerror or error}.",
            why="The design could not be read or written there; what was there before is unchanged.",
            mend="Check the permissions and the free space, then run this again.",
        ) from error
