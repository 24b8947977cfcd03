"""The splits of the components whose model may be split: made, or taken over from the last design."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from aisprint_cli.design.component_files import ComponentFile
from aisprint_cli.design.layout import DESIGNS, ComponentDesigns, ModelFile, SegmentFiles
from aisprint_cli.design.manifest import SplitRecord
from aisprint_cli.design.records import PresentTree, record_file
from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.source_map import SourceMap
from aisprint_cli.model.annotations import PartitionableModel
from aisprint_cli.model.application import Application, ComponentSource
from aisprint_cli.model.naming import segment_design

if TYPE_CHECKING:
    from aisprint_cli.codegen.split import SourceHalves
    from aisprint_cli.partition.split import Split

SPLITTER_VERSION = 2
"""Raised when the same model would be split differently, so that splits of before are not reused."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ComponentSplits:
    """The splits of a component: their files, and what the manifest keeps of them."""

    designs: ComponentDesigns
    record: SplitRecord

    @property
    def count(self) -> int:
        """How many alternative splits there are."""
        return len(self.record.cuts)


@dataclass(frozen=True)
class Splitter:
    """Splits models and code.

    Attributes:
        directory: the application directory.
        workspace: where models are split; on the file system of the output tree if it can be.
        present: the output tree as it is, whose splits are taken over where they still hold.
        written: the records of that tree's files as design wrote them.
        known: what the last design says of its splits.
        progress: told what is being split.

    """

    directory: Path
    workspace: Path
    present: PresentTree
    written: Mapping[str, str]
    known: Mapping[str, SplitRecord]
    progress: Progress

    def split_all(
        self,
        application: Application,
        files: Mapping[str, tuple[ComponentFile, ...]],
        sources: SourceMap,
        findings: Findings,
    ) -> dict[str, ComponentSplits]:
        """The splits of every component that asks for them; what cannot be split is in `findings`.

        Raises:
            VerificationError: when a split does not compute what the whole does.
            OSError: when a file cannot be read or written.

        """
        found: dict[str, ComponentSplits] = {}
        for source, wanted in splittable(application):
            component = source.component
            try:
                found[component] = self._split(source, wanted, files[component])
            except InvalidInputError as error:
                _report(error, component, sources, findings)
        return found

    def _split(
        self, source: ComponentSource, wanted: PartitionableModel, files: tuple[ComponentFile, ...]
    ) -> ComponentSplits:
        key = _split_key(wanted, files)
        record = self.known.get(source.component)
        if record is None or record.key != key or not self._holds(source.component, record):
            self.progress(f"Splitting {wanted.onnx_file} of {source.component}.")
            record, places = self._split_model(source, wanted, key)
        else:
            base = self.present.root / DESIGNS / source.component
            places = {design: base / design / "onnx" for design in record.files}
        segments: list[SegmentFiles] = []
        for split in range(1, len(record.cuts) + 1):
            halves = _split_code(self.directory, source, wanted, split)
            for segment, text in enumerate((halves.first, halves.second), 1):
                design = segment_design(split, segment)
                models = _models(places[design], record.files[design])
                segments.append(SegmentFiles(design, text, models))
        designs = ComponentDesigns(tuple(segments), frozenset(record.left_out))
        return ComponentSplits(designs, record)

    def _holds(self, component: str, record: SplitRecord) -> bool:
        """Whether the models of the last design are still there as they were verified."""
        paths = [
            f"{DESIGNS}/{component}/{design}/onnx/{name}"
            for design, names in record.files.items()
            for name in names
        ]
        return all(path in self.written and self.present.record(path) == self.written[path] for path in paths)

    def _split_model(
        self, source: ComponentSource, wanted: PartitionableModel, key: str
    ) -> tuple[SplitRecord, dict[str, Path]]:
        from aisprint_cli.partition.split import split_model  # brings onnx: only where a model is split

        workspace = self.workspace / source.component
        workspace.mkdir(parents=True, exist_ok=True)
        model = self.directory / source.directory / "onnx" / wanted.onnx_file
        result = split_model(model, workspace, max_splits=wanted.max_splits)
        places = {
            segment_design(split.number, segment): half.parent
            for split in result.splits
            for segment, half in enumerate((split.first, split.second), 1)
        }
        whole = PurePosixPath("onnx", wanted.onnx_file)
        files = {design: tuple(sorted(path.name for path in at.iterdir())) for design, at in places.items()}
        record = SplitRecord(
            key=key,
            cuts=tuple(map(_cut_record, result.splits)),
            files=files,
            reason=result.reason,
            refused=tuple(item.to_json() for item in result.refused),
            failed=tuple(item.to_json() for item in result.failed),
            left_out=tuple(sorted(str(whole.parent / name) for name in (whole.name, *result.data_files))),
        )
        return record, places


def _cut_record(split: Split) -> Mapping[str, Any]:
    """What is kept of a split: its cut, why this one, and how exact its halves are."""
    return {
        **split.cut.to_json(),
        "reason": split.reason,
        "bit_exact": split.exact,
        "largest_relative_difference": split.difference,
    }


def splittable(application: Application) -> Iterator[tuple[ComponentSource, PartitionableModel]]:
    """The components whose model is to be split, by name. Early exits are another way of dividing one."""
    for component in sorted(application.dag.components):
        source = application.sources[component]
        wanted = source.annotations.partitionable_model
        if wanted is not None and source.annotations.early_exits_model is None:
            yield source, wanted


def warn_of_uncut(
    application: Application, splits: Mapping[str, SplitRecord], sources: SourceMap, findings: Findings
) -> None:
    """Warn of every model that was to be split and has no place for it."""
    for source, wanted in splittable(application):
        record = splits.get(source.component)
        if record is not None and not record.cuts:
            findings.warning(
                "design.no-cut",
                sources.annotation(source.component, "partitionable_model"),
                f"{wanted.onnx_file} cannot be split in two: {record.reason}.",
                why=f"{source.component} is designed whole only.",
                mend="Remove partitionable_model, or export the model so that one tensor carries everything"
                " somewhere; fixed input shapes often help.",
            )


def check_code(directory: Path, application: Application, sources: SourceMap, findings: Findings) -> None:
    """Find code that cannot be split, before any model is touched.

    Raises:
        OSError: when a file cannot be read.

    """
    for source, wanted in splittable(application):
        try:
            _split_code(directory, source, wanted, 1)
        except InvalidInputError as error:
            _report(error, source.component, sources, findings)


def _split_code(
    directory: Path, source: ComponentSource, wanted: PartitionableModel, split: int
) -> SourceHalves:
    from aisprint_cli.codegen.split import split_source

    path = f"{source.directory}/main.py"
    try:
        text = (directory / path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} is not UTF-8.", why="Its halves are written as UTF-8.", mend="Save it as UTF-8."
        ) from error
    return split_source(text, path=path, model_file=wanted.onnx_file, split=split)


def _models(place: Path, names: tuple[str, ...]) -> tuple[ModelFile, ...]:
    return tuple(ModelFile(name, place / name, record_file(place / name)) for name in names)


def _split_key(wanted: PartitionableModel, files: tuple[ComponentFile, ...]) -> str:
    """What the splits of a model depend on: the request, and the model with the files beside it."""
    models = [f"{file.path} {file.record}" for file in files if file.path.startswith("onnx/")]
    request = [str(SPLITTER_VERSION), wanted.onnx_file, str(wanted.max_splits)]
    return hashlib.sha256("\n".join([*request, *models]).encode()).hexdigest()


def _report(error: InvalidInputError, component: str, sources: SourceMap, findings: Findings) -> None:
    """Pass on why a component cannot be split; a model has no lines, so its annotation is the place."""
    findings.extend(error.diagnostics)
    if not error.diagnostics:
        findings.error(
            "design.split",
            sources.annotation(component, "partitionable_model"),
            error.message,
            why=error.why or "The component asks to be split.",
            mend=error.mend or "Remove partitionable_model, or mend the model.",
        )
