"""Weights that lie in files beside the model: found, checked, copied piecewise.

Nothing here loads all weights at once: a half's share is copied from file to file in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

import onnx

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.partition.onnx_graph import read_model

_PIECE_BYTES: Final = 1 << 20
_PAGE_BYTES: Final = 4096
_ALIGNMENT_BYTES: Final = 64


def external_tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor of the model whose data lies in another file, inner graphs included."""
    waiting = [model.graph]
    while waiting:
        graph = waiting.pop()
        sparse = graph.sparse_initializer
        yield from _outside(graph.initializer)
        yield from _outside(part for item in sparse for part in (item.values, item.indices))
        for attribute in (item for node in graph.node for item in node.attribute):
            yield from _outside((attribute.t, *attribute.tensors))
            waiting.extend(attribute.graphs)
            if attribute.HasField("g"):
                waiting.append(attribute.g)


def check_external(model: onnx.ModelProto, path: Path) -> None:
    """See that all external data is there.

    Raises:
        InvalidInputError: a file is missing, too short, or outside the model's directory.
    """
    sizes: dict[str, int] = {}
    for tensor in external_tensors(model):
        location, offset, length = _place(tensor)
        if location not in sizes:
            sizes[location] = _size_of(location, path)
        if offset + length > sizes[location]:
            raise InvalidInputError(
                f"{path.name}: the weights of {tensor.name!r} end beyond the end of {location!r}",
                why="the file of external data is cut short, or belongs to another version of the model",
                mend="copy the model and all its data files again, or export it again",
            )


def files_of_its_own(model: onnx.ModelProto, path: Path) -> frozenset[str]:
    """The files that only this model keeps weights in, not one of the others below its directory.

    Paths are `/`-separated and relative to that directory. What cannot be read is no model here.
    """
    used = _data_files(model, path.parent)
    others = (other for other in path.parent.rglob("*.onnx") if other != path) if used else ()
    for other in others:
        try:
            used -= _data_files(read_model(other), other.parent)
        except InvalidInputError:
            continue
    return frozenset(file.relative_to(path.parent).as_posix() for file in used)


def _data_files(model: onnx.ModelProto, directory: Path) -> set[Path]:
    return {directory / _place(tensor)[0] for tensor in external_tensors(model)}


def copy_external(model: onnx.ModelProto, source: Path, target: Path) -> None:
    """Copy what the model's tensors point at, below `source`, into one file, and point them there.

    No file is made for a model without external data.
    """
    tensors = tuple(external_tensors(model))
    if not tensors:
        return
    opened: dict[str, BinaryIO] = {}
    try:
        with target.open("wb") as stream:
            for tensor in tensors:
                location, offset, length = _place(tensor)
                if location not in opened:
                    opened[location] = (source / location).open("rb")
                length = length or _rest(opened[location], offset)
                start = _aligned(stream.tell(), length)
                stream.seek(start)
                _copy(opened[location], offset, length, stream)
                _point(tensor, target.name, start, length)
    finally:
        for handle in opened.values():
            handle.close()


def _outside(tensors: Iterable[onnx.TensorProto]) -> Iterator[onnx.TensorProto]:
    return (tensor for tensor in tensors if tensor.data_location == onnx.TensorProto.EXTERNAL)


def _place(tensor: onnx.TensorProto) -> tuple[str, int, int]:
    """File, offset and length in bytes; a length of 0 means up to the end."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    try:
        return entries["location"], int(entries.get("offset") or 0), int(entries.get("length") or 0)
    except (KeyError, ValueError) as error:
        raise InvalidInputError(
            f"the external data of {tensor.name!r} has no readable location",
            why=f"its entry is {entries!r}",
            mend="export the model again",
        ) from error


def _size_of(location: str, path: Path) -> int:
    relative = PurePosixPath(location)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise InvalidInputError(
            f"{path.name}: external data lies outside the model's directory: {location!r}",
            why="such a model works on one machine only, and onnxruntime refuses it",
            mend="put the data file beside the model and export again",
        )
    try:
        return (path.parent / relative).stat().st_size
    except OSError as error:
        raise InvalidInputError(
            f"{path.name}: its external data file {location!r} cannot be read: {error.strerror}",
            why="the model keeps its weights in that file",
            mend=f"put {location!r} beside {path.name!r}",
        ) from error


def _rest(stream: BinaryIO, offset: int) -> int:
    return stream.seek(0, 2) - offset


def _aligned(position: int, length: int) -> int:
    """Large tensors start on a page, so that they can be mapped into memory."""
    unit = _PAGE_BYTES if length >= _PAGE_BYTES else _ALIGNMENT_BYTES
    return -(-position // unit) * unit


def _copy(source: BinaryIO, offset: int, length: int, target: BinaryIO) -> None:
    source.seek(offset)
    while length:
        piece = source.read(min(length, _PIECE_BYTES))
        if not piece:
            raise InvalidInputError(
                "external data ended early while it was copied",
                why="the file changed meanwhile",
                mend="run again",
            )
        target.write(piece)
        length -= len(piece)


def _point(tensor: onnx.TensorProto, location: str, offset: int, length: int) -> None:
    del tensor.external_data[:]
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
