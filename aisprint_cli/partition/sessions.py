"""onnxruntime as we use it: one thread, quiet, on the processor, optimised or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

from aisprint_cli.partition.cost import TensorType

RUNTIME_ERRORS: Final[tuple[type[Exception], ...]] = (
    *(kind for kind in vars(native).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    RuntimeError,
)
"""Everything onnxruntime raises of its own; its classes share no root but Exception."""

_FATAL_ONLY: Final = 4
_EXTERNAL_FOLDER: Final = "session.model_external_initializers_file_folder_path"
_ELEMENTS: Final[Mapping[str, str]] = {"float": "float32", "double": "float64"}


def open_session(model: Path | bytes, *, optimised: bool, directory: Path | None = None) -> Any:
    """A session of a model file, or of a model in memory whose external data lies in `directory`.

    Raises:
        Exception: one of RUNTIME_ERRORS when onnxruntime refuses the model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL_ONLY
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimised else level.ORT_DISABLE_ALL
    if directory is not None:
        options.add_session_config_entry(_EXTERNAL_FOLDER, str(directory))
    source = model if isinstance(model, bytes) else str(model)
    # The fallback would only try the same provider again, and prints on stdout.
    return onnxruntime.InferenceSession(
        source, options, providers=["CPUExecutionProvider"], enable_fallback=0
    )


def run(session: Any, feeds: Mapping[str, Any], outputs: Sequence[str]) -> list[Any]:
    """One run; the outputs in the order asked for."""
    options = onnxruntime.RunOptions()
    options.log_severity_level = _FATAL_ONLY
    return list(session.run(list(outputs), dict(feeds), options))


def declared_outputs(model: bytes, directory: Path) -> dict[str, TensorType]:
    """What onnxruntime takes the outputs of a model in memory to be.

    Raises:
        Exception: one of RUNTIME_ERRORS when it refuses the model.
    """
    session = open_session(model, optimised=False, directory=directory)
    return {output.name: _type(output.type, output.shape) for output in session.get_outputs()}


def _type(kind: str, shape: Sequence[int | str | None] | None) -> TensorType:
    outer, _, inner = kind.partition("(")
    if outer != "tensor":
        return TensorType({"seq": "sequence"}.get(outer, outer))
    element = inner.removesuffix(")")
    return TensorType(_ELEMENTS.get(element, element), None if shape is None else tuple(shape))
