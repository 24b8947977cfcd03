"""What the generated parts of a split component call: hand over, take over.

`aisprint design` writes calls of these functions into the parts; a component's own code needs none
of them. The file between two parts is described in docs/runtime-library.md.
"""

from __future__ import annotations

import atexit
import copy
import glob
import os
from collections.abc import Mapping, MutableMapping
from typing import Any, NamedTuple

from aisprint import wire
from aisprint.errors import WireError

_SNAPSHOT_COPIES = (list, dict, set, bytearray)

_handed_over: set[str] = set()  # outputs of this process that already hold a segment


class Inputs(dict):  # type: ignore[type-arg]
    """What the next segment of the model is fed, and what is forwarded.

    `internal` names the tensors that exist only because the model was split: with `keep`,
    `load_and_inference` does not return them, as the whole model would not.
    """

    internal: tuple[str, ...] = ()


class Handover(NamedTuple):
    """What the part before left.

    `inputs` go to the inference, `arguments` are entries of the command line, `variables` the locals
    and `module` the globals that the rest of `main` reads. A non-None `finished` means that the
    part before ended early: it is a file which the whole component would have written, as
    `{"suffix": what its name has behind that of the output, "content": bytes}`.
    """

    inputs: Inputs
    arguments: dict[str, Any]
    variables: dict[str, Any]
    module: dict[str, Any]
    finished: dict[str, Any] | None


def argument(arguments: Any, name: str) -> Any:
    """An entry of the parsed command line, given as a dictionary or as a namespace.

    Raises:
        WireError: when there is no such entry.
    """
    try:
        return arguments[name] if isinstance(arguments, Mapping) else getattr(arguments, name)
    except (KeyError, AttributeError) as error:
        raise WireError(f"the arguments of main have no {name!r}") from error


def snapshot(arguments: Any) -> dict[str, Any]:
    """The command line as it is now, for `changes`."""
    entries = arguments if isinstance(arguments, Mapping) else vars(arguments)
    return {
        str(name): copy.deepcopy(value) if isinstance(value, _SNAPSHOT_COPIES) else value
        for name, value in entries.items()
    }


def changes(
    arguments: Any,
    before: Mapping[str, Any],
    excluded: tuple[str, ...] = (),
    only: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """The entries added or changed since `before`, but for those that are each part's own.

    With `only`, none but these.
    """
    now = arguments if isinstance(arguments, Mapping) else vars(arguments)
    return {
        str(name): value
        for name, value in now.items()
        if name not in excluded
        and (only is None or name in only)
        and not (name in before and _same(before[name], value))
    }


def _same(before: Any, now: Any) -> bool:
    if before is now:
        return not isinstance(now, _SNAPSHOT_COPIES)
    plain = (type(None), bool, int, float, str, bytes, *_SNAPSHOT_COPIES)
    if type(before) is not type(now) or not isinstance(now, plain):
        return False
    try:
        return bool(before == now)
    except ValueError:  # arrays inside
        return False


def enter(arguments: Any, given: str, output: str) -> Any:
    """The command line of a later part as `main` is to have it: the result is named as the file given.

    The whole component would have named it so before it called `main`.
    """
    folder = os.path.dirname(_path(argument(arguments, output)))  # noqa: PTH120
    name = os.path.basename(_path(argument(arguments, given)))  # noqa: PTH119
    restore(arguments, {output: os.path.join(folder, name)})  # noqa: PTH118
    return arguments


def bound(variables: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those of the names that have a value at this point of `main`."""
    return {name: variables[name] for name in names if name in variables}


def expect(output: Any) -> None:
    """Prepare for a `main` that ends before the inference with its result already written.

    If no segment was handed over when the program ends, the files whose names begin with `output` are
    wrapped, so that the next parts pass them on untouched.
    """
    atexit.register(_wrap_results, _path(output))


def hand_over(
    output: Any,
    outcome: tuple[Mapping[str, Any], Any],
    *,
    arguments: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    module: Mapping[str, Any] | None = None,
    taken: Handover | None = None,
    given: str = "",
) -> None:
    """Write what the next part needs to exactly the path `output`.

    Args:
        output: the part's output file.
        outcome: what `load_and_inference` returned.
        arguments: entries of the command line to carry.
        variables: local variables of `main` to carry.
        module: module-level variables to carry.
        taken: in a part between two others, what it took over: its values are passed on.
        given: the entry that names the input, where that may be the output too.

    Raises:
        WireError: when a value cannot be carried; the message names it.
    """
    return_dict, result = outcome
    before = taken or Handover(Inputs(), {}, {}, {}, None)
    outputs = {id(value) for value in result}
    internal = [name for name, value in return_dict.items() if id(value) in outputs]
    local = {**before.variables, **(variables or {})}
    values = {
        "internal": internal,
        "return_dict": dict(return_dict),
        "arguments": {**before.arguments, **(arguments or {})},
        **{f"variables.{name}": value for name, value in local.items()},
        "module": {**before.module, **(module or {})},
    }
    path = _path(output)
    own = {name: value for name, value in (arguments or {}).items() if name != given}
    _check_own_paths(path, {**own, **(variables or {}), **(module or {})})
    wire.save(path, values, label=lambda key: key.rpartition(".")[2])
    _handed_over.add(path)


def _check_own_paths(output: str, values: Mapping[str, Any]) -> None:
    """Refuse what would make the next part write where this one does: no such path exists there."""
    for name, value in values.items():
        text = str(value) if isinstance(value, (str, os.PathLike)) else ""
        if text == output or (os.sep in output and text.startswith(output)):
            raise WireError(
                f"`{name}` holds the output path of this part ({text}), and the next part has its own. "
                f"Make `{name}` from the output option after the inference."
            )


def take_over(given: Any) -> Handover:
    """Read what the part before handed over; `given` is this part's input file.

    Raises:
        WireError: when the file is none that a part wrote, or is damaged.
    """
    values = wire.load(_path(given))
    inputs = Inputs(values.get("return_dict", {}))
    inputs.internal = tuple(values.get("internal", ()))
    variables = {
        key.partition(".")[2]: value for key, value in values.items() if key.startswith("variables.")
    }
    arguments, module = values.get("arguments", {}), values.get("module", {})
    return Handover(inputs, arguments, variables, module, values.get("finished"))


def restore(arguments: Any, entries: Mapping[str, Any]) -> None:
    """Set entries of the parsed command line, a dictionary or a namespace."""
    for name, value in entries.items():
        if isinstance(arguments, MutableMapping):
            arguments[name] = value
        else:
            setattr(arguments, name, value)


def pass_on(taken: Handover, output: Any, *, last: bool) -> None:
    """Write the result of a component that ended early: as it is in the last part, wrapped in others."""
    finished = taken.finished or {"suffix": "", "content": b""}
    path = _path(output) + str(finished["suffix"])
    if last:
        with open(path, "wb") as stream:  # noqa: PTH123
            stream.write(finished["content"])
    else:
        wire.save(path, {"finished": finished})
    _handed_over.add(_path(output))


def _wrap_results(output: str) -> None:
    if output in _handed_over:
        return
    for path in glob.glob(glob.escape(output) + "*"):  # noqa: PTH207
        if os.path.isfile(path):  # noqa: PTH113
            with open(path, "rb") as stream:  # noqa: PTH123
                content = stream.read()
            wire.save(path, {"finished": {"suffix": path[len(output) :], "content": content}})


def _path(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)):
        value = getattr(value, "name", value)  # a file that argparse opened
    if not isinstance(value, (str, os.PathLike)):
        raise WireError(f"the path between two parts is {value!r}, which is no path of a file")
    return os.fspath(value)
