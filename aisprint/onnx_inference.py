"""Inference with an ONNX model, the one call that the toolchain can split a component at."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from aisprint.errors import InferenceError, MissingInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_NODES = "exit_nodes.json"
KEEP = "keep"


class _Model(NamedTuple):
    """A model ready to run; `exits` are the outputs that count when it has early exits."""

    session: Any
    inputs: tuple[Any, ...]
    outputs: tuple[str, ...]
    exits: tuple[str, ...]


class _Loaded(NamedTuple):
    stamp: tuple[object, ...]
    model: _Model


_loaded: dict[str, _Loaded] = {}
_lock = threading.Lock()


def load_and_inference(
    onnx_file: str | os.PathLike[str], input_dict: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any]]:
    """Run a model on the entries of `input_dict` that are its inputs.

    The session is kept in the process for as long as the model file stays the same. It uses
    `COMPUTING_UNITS` threads (rounded down, at least one) and every provider that is available.

    Args:
        onnx_file: the model.
        input_dict: the model's inputs by name (arrays, or numbers and lists that convert without loss),
            and whatever else is to be forwarded.

    Returns:
        `(return_dict, result)`. `result` lists the outputs in the order of the graph. `return_dict`
        holds the outputs by name, then the entries of `input_dict` that are not inputs, and with a
        true `input_dict['keep']` the inputs too. With an `exit_nodes.json` beside the model,
        `result` and the outputs of `return_dict` change: see docs/runtime-library.md.

    Raises:
        MissingInputError: an input of the model is not in `input_dict` (also a KeyError).
        InferenceError: an input has a type or shape that the model does not take.
        FileNotFoundError: there is no such model file.
    """
    model = _model(os.fspath(onnx_file))
    feeds = _feeds(model, input_dict, os.fspath(onnx_file))
    try:
        outputs = model.session.run(list(model.outputs), feeds)
    except Exception as error:
        given = ", ".join(f"{name} {value.dtype}{list(value.shape)}" for name, value in feeds.items())
        raise InferenceError(f"{onnx_file} cannot run on {given}: {error}") from error
    named = dict(zip(model.outputs, outputs))  # noqa: B905  strict= needs Python 3.10
    chosen = model.exits or model.outputs
    return_dict = {name: value for name, value in named.items() if not model.exits or name not in chosen}
    internal = getattr(input_dict, "internal", ())
    forwarded = {name: value for name, value in input_dict.items() if name not in feeds}
    return_dict.update(forwarded)
    if input_dict.get(KEEP) is not None and _truthy(input_dict[KEEP]):
        return_dict.update({name: input_dict[name] for name in feeds if name not in internal})
    return return_dict, [named[name] for name in chosen]


def _truthy(value: object) -> bool:
    try:
        return bool(value)
    except ValueError:  # an array of several elements
        return True


def _feeds(model: _Model, input_dict: Mapping[str, Any], onnx_file: str) -> dict[str, Any]:
    missing = [entry.name for entry in model.inputs if entry.name not in input_dict]
    if missing:
        there = ", ".join(repr(str(name)) for name in input_dict) or "nothing"
        raise MissingInputError(
            f"{onnx_file} needs the input {', '.join(map(repr, missing))}, which is not in the dictionary "
            f"given to load_and_inference; it holds {there}"
        )
    return {entry.name: _array(entry, input_dict[entry.name]) for entry in model.inputs}


def _array(entry: Any, value: Any) -> Any:
    """The value as an array of the type the model takes, where that loses nothing."""
    import numpy as np

    wanted = _NUMPY_NAMES.get(entry.type)
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if wanted is None or array.dtype.name == wanted or not np.can_cast(array.dtype, wanted, "safe"):
            return array
        return array.astype(wanted)
    if wanted is None:
        return np.asarray(value)
    # Plain Python numbers have no precision of their own: they take the model's.
    return np.asarray(value, dtype=None if _is_fractional(value, wanted) else wanted)


def _is_fractional(value: Any, wanted: str) -> bool:
    """Whether plain numbers would lose something as the integers or booleans the model takes."""
    import numpy as np

    natural = np.asarray(value)
    if natural.dtype.kind == "f":
        return not wanted.startswith(("float", "double"))
    return natural.dtype.kind in "iu" and not np.array_equal(natural.astype(wanted), natural)


_NUMPY_NAMES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int8)": "int8",
    "tensor(int16)": "int16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(uint8)": "uint8",
    "tensor(uint16)": "uint16",
    "tensor(uint32)": "uint32",
    "tensor(uint64)": "uint64",
    "tensor(bool)": "bool",
}


def _model(onnx_file: str) -> _Model:
    path = os.path.realpath(onnx_file)
    stamp = _stamp(path)
    with _lock:
        known = _loaded.get(path)
        if known is None or known.stamp != stamp:
            known = _Loaded(stamp, _load(path))
            _loaded[path] = known
        return known.model


def _stamp(path: str) -> tuple[object, ...]:
    status = os.stat(path)  # noqa: PTH116
    marker = os.path.join(os.path.dirname(path), EXIT_NODES)  # noqa: PTH118, PTH120
    exits = os.stat(marker).st_mtime_ns if os.path.exists(marker) else None  # noqa: PTH110, PTH116
    return (status.st_mtime_ns, status.st_size, exits, os.environ.get("COMPUTING_UNITS"))


def _load(path: str) -> _Model:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    threads = _threads(os.environ.get("COMPUTING_UNITS"))
    if threads is not None:
        options.intra_op_num_threads = threads
    providers = onnxruntime.get_available_providers()
    try:
        session = onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:
        raise InferenceError(f"{path} cannot be loaded as an ONNX model: {error}") from error
    outputs = tuple(entry.name for entry in session.get_outputs())
    return _Model(session, tuple(session.get_inputs()), outputs, _exits(path, outputs))


def _threads(units: str | None) -> int | None:
    try:
        return max(1, int(float(units))) if units else None
    except (ValueError, OverflowError):
        return None


def _exits(path: str, outputs: tuple[str, ...]) -> tuple[str, ...]:
    """The exit outputs that a file beside the model names, a JSON object `{"exit_nodes": [...]}`."""
    marker = os.path.join(os.path.dirname(path), EXIT_NODES)  # noqa: PTH118, PTH120
    if not os.path.exists(marker):  # noqa: PTH110
        return ()
    try:
        with open(marker, encoding="utf-8") as stream:  # noqa: PTH123
            names = tuple(json.load(stream)["exit_nodes"])
    except (ValueError, KeyError, TypeError) as error:
        raise InferenceError(f'{marker} is not of the form {{"exit_nodes": ["name"]}}') from error
    unknown = [name for name in names if name not in outputs]
    if unknown:
        raise InferenceError(f"{marker} names {unknown}, but the outputs of the model are {list(outputs)}")
    return names
