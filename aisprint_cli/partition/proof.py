"""Whether the segments of cuts equal the whole model, on demand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from aisprint_cli.errors import VerificationError
from aisprint_cli.partition.extract import Extractor
from aisprint_cli.partition.reading import ReadModel, interface_of
from aisprint_cli.partition.verify import Verdict, ask_whole, compare_segments, open_whole, unverifiable


def verify_cuts(
    read: ReadModel, chains: Sequence[Sequence[Sequence[str]]], *, seed: int = 0
) -> Iterator[Verdict]:
    """Extract and run the segments of each chain of cuts, one after the other; nothing is kept.

    Args:
        read: the model, with the types of all tensors that the cuts carry.
        chains: for each chain the tensors that its cuts carry, first to last.
        seed: of the random inputs.

    Raises:
        InvalidInputError: onnxruntime cannot load the model.
        VerificationError: it cannot be fed, or does not run, so that nothing can be compared.
    """
    interface = interface_of(read)
    problem = unverifiable(interface)
    if problem:
        open_whole(read.path)
        raise _unproved(read, problem)
    reference = ask_whole(read.path, interface, seed)
    if isinstance(reference, str):
        raise _unproved(read, reference)
    extractor = Extractor(read.model, read.graph, read.sweep.order, read.inferred)
    for cuts in chains:
        with tempfile.TemporaryDirectory(prefix="aisprint-inspect-") as folder:
            paths = [Path(folder) / f"segment{number}.onnx" for number in range(1, len(cuts) + 2)]
            extractor.write_segments(cuts, paths, read.path.parent)
            yield compare_segments(reference, paths, cuts)


def _unproved(read: ReadModel, why: str) -> VerificationError:
    return VerificationError(
        f"no cut of {read.path.name!r} can be compared with the whole model",
        why=why,
        mend="give its inputs fixed shapes and types that can be made up, or leave out --verify",
    )
