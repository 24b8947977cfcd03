"""Values to JSON and back, with everything that is not text or a number set apart.

JSON's own null, booleans, strings and numbers stand for themselves; every other type is an object
with the key `t` (its kind) and `v` (its content). Arrays and bytes become archive members (`m`).
A container or array that occurs twice has an `id` the first time and is a `ref` to it from then on.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import os
import pathlib
import sys
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from aisprint._members import Member, unsupported
from aisprint.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH_LIMIT = 100
_JSON_INTEGER_LIMIT = 2**63
_INLINE_BYTES = 1024


class Encoder:
    """Turns values into JSON; `members` collects what goes beside the manifest, by name."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        # Values are kept with their codes, so that an id stays its own while we write.
        self._seen: dict[int, tuple[object, dict[str, Any]]] = {}
        self._open: set[int] = set()
        self._shared = 0

    def encode(self, value: object, where: str) -> object:
        """The JSON form of a value.

        Raises:
            WireError: when it, or something in it, cannot be carried; `where` names it.
        """
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        number = _NUMBERS.get(kind)
        if number is not None:
            return number(value)
        text = _TEXTS.get(kind)
        if text is not None:
            return {"t": text[0], "v": text[1](value, where)}
        if kind is bytes or kind is bytearray:
            return self._bytes(value, kind.__name__)  # type: ignore[arg-type]
        if isinstance(value, pathlib.PurePath):
            return {"t": "path", "v": os.fspath(value)}
        if kind in _CONTAINERS:
            return self._nested(value, where)
        return self._array(value, where)

    def _bytes(self, value: bytes, kind: str) -> object:
        if len(value) <= _INLINE_BYTES:
            return {"t": kind, "v": base64.b64encode(value).decode("ascii")}
        name = f"{len(self.members)}.bin"
        self.members[name] = Member(len(value), lambda output: output.write(value))
        return {"t": kind, "m": name}

    def _nested(self, value: Any, where: str) -> object:
        if id(value) in self._open:
            raise WireError(f"`{where}` contains itself; carry what the second part needs of it instead")
        if len(self._open) >= DEPTH_LIMIT:
            raise WireError(f"`{where}` is nested deeper than {DEPTH_LIMIT} levels; flatten it")
        known = self._seen.get(id(value))
        if known is not None:
            return self._again(known[1])
        self._open.add(id(value))
        try:
            code = self._container(value, where)
        finally:
            self._open.discard(id(value))
        self._seen[id(value)] = (value, code)
        return code

    def _again(self, code: dict[str, object]) -> object:
        if "id" not in code:
            code["id"] = self._shared
            self._shared += 1
        return {"t": "ref", "v": code["id"]}

    def _container(self, value: Any, where: str) -> dict[str, object]:
        kind = type(value)
        if kind is list or kind is tuple:
            items = [self.encode(item, f"{where}[{index}]") for index, item in enumerate(value)]
            return {"t": kind.__name__, "v": items}
        if kind is set or kind is frozenset:
            items = [self.encode(item, f"an element of {where}") for item in value]
            return {"t": kind.__name__, "v": sorted(items, key=json.dumps)}
        if kind is argparse.Namespace:
            pairs = [[name, self.encode(item, f"{where}.{name}")] for name, item in vars(value).items()]
            return {"t": "namespace", "v": pairs}
        pairs = [
            [self.encode(key, f"a key of {where}"), self.encode(item, f"{where}[{key!r}]")]
            for key, item in value.items()
        ]
        return {"t": "dict", "v": pairs}

    def _array(self, value: object, where: str) -> object:
        from aisprint import _pictures

        known = self._seen.get(id(value))
        if known is not None:
            return self._again(known[1])
        if _pictures.is_picture(value):
            name = f"{len(self.members)}.bin"
            code, self.members[name] = _pictures.encode(value, where, name)
            code["v"] = self.encode(_pictures.facts(value), where)
        elif "numpy" in sys.modules:  # otherwise nobody can have made a value of NumPy
            code = self._numpy(value, where)
        else:
            raise unsupported(value, where)
        self._seen[id(value)] = (value, code)
        return code

    def _numpy(self, value: object, where: str) -> dict[str, Any]:
        from aisprint import _arrays

        found = _arrays.encode(value, where, f"{len(self.members)}.npy")
        if found.member is not None:
            self.members[found.name] = found.member
        return found.code


class Decoder:
    """Turns JSON of `Encoder` back into values; `read` gives the content of a member."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._shared: dict[int, object] = {}

    def decode(self, code: Any, where: str) -> Any:
        """The value of a piece of the manifest.

        Raises:
            WireError: when it is of an unknown kind or an array needs a package that is not there.
        """
        if not isinstance(code, dict):
            return code
        kind: Any = code["t"]
        content: Any = code.get("v")
        if kind in _RESTORED_TEXTS:
            return _RESTORED_TEXTS[kind](content)
        if kind in ("bytes", "bytearray"):
            data = self._read(code["m"]) if "m" in code else base64.b64decode(content, validate=True)
            return bytearray(data) if kind == "bytearray" else data
        if kind == "ref":
            return self._shared[content]
        is_array = kind in ("array", "scalar", "strings", "picture")
        value = self._array(code, where) if is_array else self._container(kind, content, where)
        if "id" in code:
            self._shared[code["id"]] = value
        return value

    def _container(self, kind: object, content: Any, where: str) -> Any:
        if kind == "dict":
            return {self.decode(key, where): self.decode(item, where) for key, item in content}
        if kind == "namespace":
            return argparse.Namespace(**{str(name): self.decode(item, where) for name, item in content})
        maker = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}.get(str(kind))
        if maker is None:
            raise WireError(f"`{where}` is of the unknown kind {kind!r}")
        return maker(self.decode(item, where) for item in content)

    def _array(self, code: dict[str, Any], where: str) -> object:
        data = self._read(code["m"]) if "m" in code else b""
        if code["t"] == "picture":
            from aisprint import _pictures

            return _pictures.decode(code, data, self.decode(code["v"], where), where)
        from aisprint import _arrays

        return _arrays.decode(code, data, where)


def _integer(value: Any) -> object:
    if -_JSON_INTEGER_LIMIT <= value < _JSON_INTEGER_LIMIT:
        return value
    return {"t": "int", "v": hex(value)}  # hexadecimal has no limit of digits when it is read


def _real(value: Any) -> object:
    return value if math.isfinite(value) else {"t": "float", "v": repr(value)}


def _complex(value: Any) -> object:
    return {"t": "complex", "v": [repr(value.real), repr(value.imag)]}


def _moment(value: Any, where: str) -> str:
    zone = value.tzinfo
    if zone is not None and type(zone) is not timezone:
        mend = "Turn it into one with a fixed offset: value.astimezone(datetime.timezone.utc)."
        raise unsupported(value, f"{where} (with the time zone {zone})", mend)
    return f"{value.isoformat()}{'|1' if value.fold else ''}"


def _restored_moment(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def restore(text: str) -> Any:
        whole, _, fold = text.partition("|")
        return kind(whole).replace(fold=1 if fold else 0)

    return restore


_NUMBERS: dict[type, Callable[[Any], object]] = {int: _integer, float: _real, complex: _complex}
_CONTAINERS: set[type] = {list, tuple, dict, set, frozenset, argparse.Namespace}
_TEXTS: dict[type, tuple[str, Callable[[Any, str], object]]] = {
    datetime: ("datetime", _moment),
    time: ("time", _moment),
    date: ("date", lambda value, _: value.isoformat()),
    timedelta: ("timedelta", lambda value, _: [value.days, value.seconds, value.microseconds]),
}
_RESTORED_TEXTS: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float,
    "complex": lambda parts: complex(float(parts[0]), float(parts[1])),
    "path": pathlib.Path,
    "datetime": _restored_moment(datetime.fromisoformat),
    "time": _restored_moment(time.fromisoformat),
    "date": date.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
}
