"""Split an ONNX model in two at its best places, and prove that nothing changed.

Ranking is by `choice`, extraction by `extract`, the proof by `verify`. Only halves that were proved
leave the staging directory.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import onnx

from aisprint_cli.errors import ExternalError, InvalidInputError, VerificationError
from aisprint_cli.model.naming import segment_design
from aisprint_cli.partition.choice import ChoicePolicy, explain, is_different, rank
from aisprint_cli.partition.cuts import Cut, Refusal
from aisprint_cli.partition.external import files_of_its_own
from aisprint_cli.partition.extract import Extractor
from aisprint_cli.partition.onnx_graph import (
    has_broken_text,
    no_model,
    read_model,
)
from aisprint_cli.partition.reading import ReadModel, interface_of, read_for_cuts
from aisprint_cli.partition.verify import (
    Reference,
    Verdict,
    ask_whole,
    compare,
    open_whole,
    unverifiable,
)
from aisprint_cli.system.files import exchange

__all__ = ["Cut", "ModelSplits", "Refusal", "Split", "split_model"]

FAILURES_TOLERATED: Final = 8
"""How many chosen cuts may fail verification before the search is given up."""

POLICY: Final = ChoicePolicy()


@dataclass(frozen=True, slots=True)
class Split:
    """One verified split: `first` and `second` are the files of the halves.

    `exact` says that the halves equal the whole bit for bit with optimisations off (always, but for
    models that compute in float16); `difference` is the largest one seen with optimisations on,
    relative to its tensor's magnitude.
    """

    number: int
    cut: Cut
    first: Path
    second: Path
    reason: str
    exact: bool
    difference: float

    def files(self, segment: int) -> tuple[Path, ...]:
        """Every file of segment 1 or 2: the model, and its external data where it has some."""
        model = self.first if segment == 1 else self.second
        data = _data_file(model)
        return (model, data) if data.exists() else (model,)

    def to_json(self) -> dict[str, object]:
        """The split as plain values; files by name only."""
        return {
            "number": self.number,
            "cut": self.cut.to_json(),
            "reason": self.reason,
            "first": self.first.name,
            "second": self.second.name,
            "bit_exact": self.exact,
            "largest_relative_difference": self.difference,
        }


@dataclass(frozen=True, slots=True)
class ModelSplits:
    """What can be done with one model.

    `cuts` are all valid cuts in the graph's order, `refused` the places where one tensor is alive that
    cannot be sent, `failed` the choices that did not verify. `reason` says in words why there are fewer
    splits than wanted, and is empty when there are not. `uncounted_nodes` compute on tensors of unknown
    rank, and are missing from the operations. `data_files` hold weights of this model and of no other
    beside it: whoever has the halves needs neither the model nor these.
    """

    splits: tuple[Split, ...]
    cuts: tuple[Cut, ...]
    refused: tuple[Refusal, ...] = ()
    failed: tuple[Refusal, ...] = ()
    reason: str = ""
    uncounted_nodes: int = 0
    data_files: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, object]:
        """Everything as plain values."""
        return {
            "splits": [split.to_json() for split in self.splits],
            "cuts": [cut.to_json() for cut in self.cuts],
            "refused": [item.to_json() for item in self.refused],
            "failed": [item.to_json() for item in self.failed],
            "reason": self.reason,
            "uncounted_nodes": self.uncounted_nodes,
            "data_files": sorted(self.data_files),
        }


def split_model(model: Path, workspace: Path, *, max_splits: int = 1, seed: int = 0) -> ModelSplits:
    """Find the best `max_splits` two-way splits of a model, and write those that verify.

    Split K goes to `workspace/partition<K>_1/partition<K>_1.onnx` and `.../partition<K>_2/...`, each with
    its external data beside it where the model has some; directories of these names are replaced, all
    at the end. The same model, seed and versions of onnx give the same files.

    Raises:
        InvalidInputError: the file is missing, no ONNX model, malformed, or onnxruntime refuses it.
        VerificationError: there are valid cuts, but none of those tried verified; nothing is written.
        ExternalError: the workspace cannot be written.
        ValueError: `max_splits` is less than 1.
    """
    if max_splits < 1:
        raise ValueError(f"max_splits must be at least 1, not {max_splits}")
    proto = read_model(model)
    try:
        return _split_all(model, proto, workspace, max_splits, seed)
    except (UnicodeDecodeError, TypeError, InvalidInputError) as error:
        # Looked for late, because it takes long and is rare. What fails first depends on the Python:
        # reading a name, or onnxruntime, whose message with that name in it then comes without text.
        if has_broken_text(proto):
            raise no_model(model, "it holds names that are not UTF-8 text; the file is damaged") from error
        raise


def _split_all(
    model: Path, proto: onnx.ModelProto, workspace: Path, max_splits: int, seed: int
) -> ModelSplits:
    read = read_for_cuts(model, proto)
    interface = interface_of(read)
    obstacle = _no_cut(read) or unverifiable(interface)
    if obstacle:
        open_whole(model)
        return _result(read, (), (), obstacle)
    reference = ask_whole(model, interface, seed)
    if isinstance(reference, str):
        raise _unproved(model, reference)
    try:
        with _staging(workspace) as staging:
            splits, failed = _search(read, reference, staging, max_splits)
            if not splits:
                raise _unproved(model, "; ".join(f"at {item.tensor!r}: {item.reason}" for item in failed))
            splits = tuple(_install(split, staging, workspace) for split in splits)
    except OSError as error:
        raise ExternalError(
            f"the halves of {model.name!r} cannot be written: {error.strerror or error}",
            why=f"the folder is {workspace}",
            mend="make room, or make the folder writable, and run again",
        ) from error
    return _result(read, splits, failed, _shortage(read, len(splits), max_splits, failed))


def _no_cut(read: ReadModel) -> str:
    """Why no cut is possible, in words; empty when there is one."""
    if read.cuts:
        return ""
    if read.refused:
        named = "; ".join(f"{item.tensor!r}: {item.reason}" for item in read.refused[:3])
        return f"the only places where one tensor is alive cannot be used ({named})"
    narrowest = read.sweep.narrowest
    if narrowest is None:
        return "the model has no two operators in a row that depend on its inputs"
    if narrowest.live == 1:
        return "no place divides the work: nothing is left to do after the only one"
    named = ", ".join(map(repr, narrowest.tensors)) + (
        ", ..." if narrowest.live > len(narrowest.tensors) else ""
    )
    return (
        f"at every place at least {narrowest.live} tensors are alive, and a cut can carry one; "
        f"the narrowest is after {narrowest.after!r} ({named})"
    )


def _search(
    read: ReadModel, reference: Reference, staging: Path, wanted: int
) -> tuple[tuple[Split, ...], tuple[Refusal, ...]]:
    """Walk down the ranking; keep what differs from the kept and verifies."""
    extractor = Extractor(read.model, read.graph, read.sweep.order, read.inferred)
    spacing = POLICY.spacing_for(wanted)
    splits: list[Split] = []
    failed: list[Refusal] = []
    for cut in rank(read.cuts, POLICY):
        if not is_different(cut, (split.cut for split in splits), spacing, POLICY):
            continue
        first, second = (_half_file(staging, len(splits) + 1, segment) for segment in (1, 2))
        extractor.write_halves(cut.tensor, first, second, read.path.parent)
        verdict = compare(reference, first, second, cut.tensor)
        if verdict.failure:
            failed.append(Refusal(cut.tensor, verdict.failure))
            shutil.rmtree(first.parent)
            shutil.rmtree(second.parent)
        else:
            splits.append(_split(len(splits) + 1, cut, first, second, verdict))
        if len(splits) == wanted or len(failed) > FAILURES_TOLERATED:
            break
    return tuple(splits), tuple(failed)


def _split(number: int, cut: Cut, first: Path, second: Path, verdict: Verdict) -> Split:
    return Split(
        number=number,
        cut=cut,
        first=first,
        second=second,
        reason=explain(cut, POLICY),
        exact=verdict.exact,
        difference=verdict.difference,
    )


def _half_file(directory: Path, number: int, segment: int) -> Path:
    name = segment_design(number, segment)
    return directory / name / f"{name}.onnx"


def _data_file(model: Path) -> Path:
    return model.with_name(f"{model.name}.data")


@contextmanager
def _staging(workspace: Path) -> Iterator[Path]:
    """A hidden directory in the workspace, gone afterwards; so is a workspace made for nothing."""
    existed = workspace.is_dir()
    workspace.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".partition-", dir=workspace) as directory:
            yield Path(directory)
    except BaseException:
        if not existed and not any(workspace.iterdir()):
            workspace.rmdir()
        raise


def _install(split: Split, staging: Path, workspace: Path) -> Split:
    """Move a split's directories from staging to their place; former ones go with the staging."""
    places = []
    for model in (split.first, split.second):
        target = workspace / model.parent.name
        if target.exists() and not exchange(model.parent, target):
            target.rename(staging / f"former-{target.name}")
        if model.parent.exists() and not target.exists():
            model.parent.rename(target)
        places.append(target / model.name)
    return replace(split, first=places[0], second=places[1])


def _result(
    read: ReadModel, splits: tuple[Split, ...], failed: tuple[Refusal, ...], reason: str
) -> ModelSplits:
    return ModelSplits(
        splits=splits,
        cuts=read.cuts,
        refused=read.refused,
        failed=failed,
        reason=reason,
        uncounted_nodes=read.uncounted_nodes,
        data_files=files_of_its_own(read.model, read.path),
    )


def _shortage(read: ReadModel, found: int, wanted: int, failed: tuple[Refusal, ...]) -> str:
    """Why there are fewer splits than wanted, in words; empty when there are not."""
    if found == wanted:
        return ""
    tried = f" ({len(failed)} did not verify)" if failed else ""
    short = f"{found} of {wanted} splits found{tried}"
    if len(failed) > FAILURES_TOLERATED:
        return f"{short}: so many failed that the search ended"
    if found + len(failed) == len(read.cuts):
        return f"{short}: the model has no other place where it can be cut"
    return (
        f"{short}: all other places are closer than {POLICY.spacing_for(wanted):.0%} of the operations"
        " and parameters to one of these, or leave one side idle"
    )


def _unproved(model: Path, reasons: str) -> VerificationError:
    return VerificationError(
        f"no split of {model.name!r} could be proved equal to the whole model; nothing was written",
        why=reasons,
        mend="deploy the component whole (remove partitionable_model), or change the model at these places",
    )
