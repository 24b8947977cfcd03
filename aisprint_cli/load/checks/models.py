"""The model files that annotations name, and the exits of models with early exits."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.components import ComponentCode, Components
from aisprint_cli.load.shapes.reader import INVALID

_LFS: Final = b"version https://git-lfs"
_COLUMNS: Final = ["exits", "input_nodes", "output_nodes"]
_EXITS_FILE: Final = "onnx/early_exits.csv"


def check_models(directory: Path, components: Components, checker: Checker) -> dict[str, int]:
    """Check every model that is named; gives the number of segments of each component that is split."""
    segments: dict[str, int] = {}
    for name, component in components.by_name.items():
        arguments = component.code.arguments
        if "partitionable_model" in arguments:
            _check_file(directory, name, component, "partitionable_model", checker)
            segments[name] = 2
        if "early_exits_model" in arguments:
            _check_file(directory, name, component, "early_exits_model", checker)
            segments[name] = _check_exits(directory, name, component, checker)
    return segments


def _check_file(
    directory: Path, name: str, component: ComponentCode, annotation: str, checker: Checker
) -> None:
    file = component.code.values.get(annotation, {}).get("onnx_file")
    if file is None:
        return
    folder = directory / component.directory / "onnx"
    keys = ("onnx_file",)
    if Path(file).name != file or "\\" in file or "\0" in file:
        message = f"`{file}` is not the name of a file in {component.directory}/onnx."
        checker.argument("model.unsafe-path", name, annotation, keys, message)
        return
    try:
        with (folder / file).open("rb") as stream:
            start = stream.read(len(_LFS))
    except OSError:
        message = f"There is no file {component.directory}/onnx/{file}."
        mend = checker.did_you_mean(file, _names(folder))
        checker.argument("model.missing-file", name, annotation, keys, message, mend)
        return
    if not start or start == _LFS:
        what = "only a pointer of Git LFS" if start else "empty"
        message = f"The file {component.directory}/onnx/{file} is {what}."
        checker.argument("model.not-fetched", name, annotation, keys, message)


def _names(folder: Path) -> list[str]:
    try:
        return [item.name for item in folder.iterdir() if item.suffix == ".onnx"]
    except OSError:
        return []


def _check_exits(directory: Path, name: str, component: ComponentCode, checker: Checker) -> int:
    """Check the exits of a component; gives the number of segments they cut the model into."""
    values = component.code.values.get("early_exits_model", {})
    _check_condition(name, component, values.get("condition_function"), checker)
    exits = _read_exits(directory, name, component, checker)
    probabilities = values.get("transition_probabilities")
    if probabilities is None:
        if "transition_probabilities" not in component.code.given("early_exits_model"):
            message = f"`{name}` gives no transition_probabilities."
            checker.argument("annotation.no-exit-probabilities", name, "early_exits_model", (), message)
    elif exits is not None and INVALID not in probabilities and len(probabilities) != exits:
        message = f"`{name}` has {exits} exits, but {len(probabilities)} transition_probabilities."
        keys = ("transition_probabilities",)
        checker.argument("exits.count", name, "early_exits_model", keys, message)
    return (exits or 1) + 1


def _check_condition(name: str, component: ComponentCode, function: Any, checker: Checker) -> None:
    known = component.code.functions
    if isinstance(function, str) and function not in known:
        message = f"The function `{function}` is not defined in {component.main}."
        mend = checker.did_you_mean(function, known)
        checker.argument("exits.condition", name, "early_exits_model", ("condition_function",), message, mend)


def _read_exits(directory: Path, name: str, component: ComponentCode, checker: Checker) -> int | None:
    """The number of rows of early_exits.csv; None once it is reported that it cannot be read."""
    path = f"{component.directory}/{_EXITS_FILE}"
    try:
        text = (directory / path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        message = f"There is no file {path}." if missing else f"The file {path} {reason}."
        checker.argument("exits.missing-file", name, "early_exits_model", (), message)
        return None
    try:
        rows = list(_rows(text))
    except csv.Error as error:
        checker.at("exits.row", Location(path), f"The file {path} is not CSV: {error}.")
        return None
    if not rows or [cell.strip() for cell in rows[0][1]] != _COLUMNS:
        checker.at("exits.header", Location(path), "The first line is not `exits,input_nodes,output_nodes`.")
        return None
    sound = [_check_row(path, line, row, checker) for line, row in rows[1:]]
    if not sound:
        checker.at("exits.row", Location(path), f"The file {path} lists no exit.")
    return len(sound) if sound and all(sound) else None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line it ends on."""
    reader = csv.reader(io.StringIO(text, newline=""))
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _check_row(path: str, line: int, row: list[str], checker: Checker) -> bool:
    location = Location(path, line)
    if len(row) != len(_COLUMNS):
        message = f"The row has {len(row)} cells instead of {len(_COLUMNS)}."
        checker.at("exits.row", location, message)
        return False
    sound = True
    for column, cell in zip(_COLUMNS[1:], row[1:], strict=True):
        if not tensor_names(cell):
            checker.at(
                "exits.row", location, f"`{column}` is not a list of tensor names: {cell.strip()[:60]}"
            )
            sound = False
    return sound


def tensor_names(cell: str) -> tuple[str, ...]:
    """The tensor names of a cell such as `['a', 'b']`; empty where it is no such list."""
    try:
        expression = ast.parse(cell.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    if not isinstance(expression, ast.List | ast.Tuple):
        return ()
    names = [item.value for item in expression.elts if isinstance(item, ast.Constant)]
    texts = tuple(name for name in names if isinstance(name, str) and name)
    return texts if len(texts) == len(expression.elts) else ()
