"""An application directory as one value: read, checked, every problem found at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aisprint_cli.diagnostics import Diagnostic, Findings
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.build.annotations import build_annotations
from aisprint_cli.load.build.candidates import CandidatesDraft, build_candidates
from aisprint_cli.load.build.catalogue import CatalogueDraft, build_catalogue
from aisprint_cli.load.build.dag import DagDraft, build_dag
from aisprint_cli.load.checks.candidates import (
    check_containers,
    check_coverage,
    check_no_container,
    check_places,
)
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.checks.code import check_code, check_combinations, check_devices, check_directories
from aisprint_cli.load.checks.dag import check_dag
from aisprint_cli.load.checks.models import check_models
from aisprint_cli.load.checks.names import check_names
from aisprint_cli.load.checks.optional import check_physical, check_solver
from aisprint_cli.load.checks.qos import check_qos
from aisprint_cli.load.checks.resources import check_resources
from aisprint_cli.load.checks.rules import check_rules
from aisprint_cli.load.components import SOURCE, Components, read_components
from aisprint_cli.load.documents import CANDIDATES, DAG, INPUTS, PHYSICAL, RESOURCES, RULES, SOLVER
from aisprint_cli.load.documents_reader import Document, read_document
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.source_map import SourceMap
from aisprint_cli.model.application import Application, ComponentSource
from aisprint_cli.model.resources import EMPTY


@dataclass(frozen=True)
class Loaded:
    """What an application directory says. `application` is None when an error keeps it from being built."""

    application: Application | None
    findings: tuple[Diagnostic, ...]
    sources: SourceMap

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that are errors."""
        return tuple(finding for finding in self.findings if finding.is_error)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The findings that are warnings."""
        return tuple(finding for finding in self.findings if not finding.is_error)


@dataclass(frozen=True, slots=True)
class _Drafts:
    """What is sound of each input; None where there is nothing sound at all."""

    documents: Mapping[str, Document]
    components: Components
    dag: DagDraft | None
    catalogue: CatalogueDraft | None
    candidates: CandidatesDraft | None

    def value(self, name: str) -> Mapping[str, Any] | None:
        """A document as read."""
        return self.documents[name].value


def load_application(directory: Path) -> Loaded:
    """Read and check an application directory; bad input gives findings, never an exception.

    Args:
        directory: the application directory; the findings' paths are relative to it.

    """
    with _collector_paused():
        return _load(directory)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Spare the garbage collector's passes: loading makes many objects, and all of them stay.

    On 1,000 components the passes are a third of the time. What was made is frozen, so that later
    passes do not look through it either; it is still freed when nothing refers to it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


def _load(directory: Path) -> Loaded:
    reporter = Reporter(Findings())
    documents = {kind.name: read_document(directory, kind, reporter) for kind in INPUTS}
    components = read_components(directory, reporter)
    roots = {
        document.kind.path: document.root for document in documents.values() if document.root is not None
    }
    sources = SourceMap(roots, [component.code for component in components.by_name.values()])
    drafts = _Drafts(
        documents=documents,
        components=components,
        dag=build_dag(documents[DAG.name].value),
        catalogue=build_catalogue(documents[RESOURCES.name].value),
        candidates=build_candidates(documents[CANDIDATES.name].value),
    )
    _check(directory, drafts, Checker(reporter, sources))
    findings = reporter.findings
    application = None if findings.has_errors else _build(drafts)
    return Loaded(application, findings.sorted(), sources)


def require_application(directory: Path, *, strict: bool = False) -> Loaded:
    """The same for stages that need an application; the result's `application` is not None.

    Args:
        directory: the application directory.
        strict: whether warnings count as errors.

    Raises:
        InvalidInputError: when there are errors; carries all findings.

    """
    loaded = load_application(directory)
    stopping = loaded.findings if strict else loaded.errors
    if loaded.application is None or stopping:
        count = len(stopping)
        raise InvalidInputError(
            f"The application directory has {count} {'problem' if count == 1 else 'problems'}.",
            loaded.findings,
            directory=directory,
            mend=_mend_of(directory),
        )
    return loaded


def _mend_of(directory: Path) -> str:
    """What to do; where nothing of an application is there, the directory is the wrong one."""
    if any((directory / part).is_dir() for part in (Path(DAG.path).parent, "src")):
        return "Mend them; `aisprint validate` shows them again."
    return f"{directory} holds no application: give another, or make one with `aisprint new NAME`."


def _check(directory: Path, drafts: _Drafts, checker: Checker) -> None:
    """Run every check whose inputs are there; one broken file does not silence the checks of others."""
    components, dag, catalogue, candidates = (
        drafts.components,
        drafts.dag,
        drafts.catalogue,
        drafts.candidates,
    )
    resources = drafts.value(RESOURCES.name)
    segments = check_models(directory, components, checker)
    if dag is not None:
        check_dag(dag, drafts.value(DAG.name) or {}, checker)
        check_names(dag, segments, checker)
        check_combinations(components, dag, checker)
        if (directory / SOURCE).is_dir():
            check_code(components, dag, checker)
    check_directories(directory, components, checker)
    check_qos(components, dag, checker)
    if catalogue is not None and resources is not None:
        check_resources(catalogue, resources, checker)
        check_physical(drafts.value(PHYSICAL.name), catalogue, candidates, checker)
        check_solver(drafts.value(SOLVER.name), catalogue, checker)
    check_rules(drafts.value(RULES.name), catalogue, dag, candidates, components, checker)
    if candidates is not None:
        _check_candidates(drafts, candidates, segments, checker)


def _check_candidates(
    drafts: _Drafts, candidates: CandidatesDraft, segments: Mapping[str, int], checker: Checker
) -> None:
    document = drafts.value(CANDIDATES.name) or {}
    check_no_container(document["Components"], checker)
    check_containers(candidates, checker)
    if drafts.dag is not None:
        known = None if drafts.components.unnamed else segments
        check_coverage(candidates, drafts.dag, known, checker)
    if drafts.catalogue is not None:
        check_places(candidates, drafts.catalogue, checker)
    check_devices(drafts.components, candidates, checker)


def _build(drafts: _Drafts) -> Application | None:
    """The application, once nothing is wrong."""
    if drafts.dag is None or drafts.catalogue is None or drafts.candidates is None:
        return None
    names = drafts.dag.names
    sources = {
        name: ComponentSource(name, component.directory, build_annotations(component.code.values))
        for name, component in drafts.components.by_name.items()
        if name in names
    }
    return Application(
        dag=drafts.dag.dag,
        catalogue=drafts.catalogue.catalogue,
        candidates=drafts.candidates.candidates,
        sources=MappingProxyType(sources),
        solver=drafts.value(SOLVER.name) or EMPTY,
        physical_nodes=drafts.value(PHYSICAL.name) or EMPTY,
        placement_rules=drafts.value(RULES.name) or EMPTY,
    )
