from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from library_programs import Program
from PIL import Image, ImageDraw

from aisprint import wire
from aisprint.wire import WireError, load, save

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary(max_size=2000)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC))
    | st.times()
    | st.timedeltas(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.booleans() | st.none(), inner, max_size=4)
        | st.sets(st.integers() | st.text(), max_size=4)
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, dict):
        return list(map(repr, one)) == list(map(repr, other)) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_plain_values(tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "plain"
    save(path, values)
    content = path.read_bytes()
    assert same(load(path), values)
    save(path, values)
    assert path.read_bytes() == content


ARRAYS = {
    "empty": np.empty((0, 3), np.float32),
    "scalar array": np.array(2.5),
    "strided": np.arange(24).reshape(4, 6)[::2, ::-1],
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(3, dtype=">i4"),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j], np.complex64),
    "half": np.array([1.5, np.nan], np.float16),
    "bfloat16": np.array([[1.5, -2]], ml_dtypes.bfloat16),
    "float8": np.array([0.5], ml_dtypes.float8_e4m3fn),
    "bfloat16 strided": np.arange(8).astype(ml_dtypes.bfloat16)[::3],
    "text": np.array(["é🙂", "b"]),
    "bytes": np.array([b"ab", b""]),
    "objects of text": np.array([["a", "long text"]], dtype=object),
    "empty objects": np.array([], dtype=object),
    "variable text": np.array(["x", "y" * 40], dtype=np.dtypes.StringDType()),
    "times": np.array(["2024-01-01", "NaT"], "M8[ns]"),
    "structured": np.array([(1, 2.5)], dtype=[("a", "i2"), ("b", "f8")]),
    "empty text": np.array(["", ""]),
    "zero-d object": np.array("x", dtype=object),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str, tmp_path: Path) -> None:
    array = ARRAYS[name]
    save(tmp_path / "w", {"a": array, "nested": [{"k": array}]})
    found = load(tmp_path / "w")
    back = found["a"]
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes() or array.dtype.kind in "OT"
    assert back.tolist() == array.tolist() or name in ("half", "times")
    assert back.flags.writeable
    assert found["nested"][0]["k"] is back


@pytest.mark.parametrize(
    "value",
    [np.float32(0.1), np.int8(-3), np.str_("é"), np.bytes_(b"x"), np.bool_(True), np.float64("nan"),
     np.datetime64("2024-01-01"), ml_dtypes.bfloat16(1.5), np.complex128(1j)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_numpy_scalars(value: np.generic, tmp_path: Path) -> None:
    save(tmp_path / "w", {"v": value})
    back = load(tmp_path / "w")["v"]
    assert type(back) is type(value)
    assert back.tobytes() == value.tobytes()


def test_what_was_one_object_stays_one(tmp_path: Path) -> None:
    items: list[object] = [1]
    namespace = argparse.Namespace(items=items, path=Path("a") / "b", blob=bytearray(b"x" * 5000))
    save(
        tmp_path / "w", {"items": items, "holder": {"items": items, "twice": [items, items]}, "n": namespace}
    )
    back = load(tmp_path / "w")
    assert back["n"] == namespace
    back["items"].append(2)
    assert back["holder"] == {"items": [1, 2], "twice": [[1, 2], [1, 2]]}
    assert back["n"].items is back["items"]


class Mine:
    pass


REFUSED = {
    "an object": Mine(),
    "a function": len,
    "a lambda": lambda: 1,
    "a module": os,
    "a generator": (i for i in ()),
    "an object array": np.array([Mine()]),
    "a masked array": np.ma.array([1]),
    "a record with objects": np.array([(Mine(),)], dtype=[("a", object)]),
    "a named tuple": os.terminal_size((1, 2)),
    "a subclass": type("Sub", (dict,), {})(),
    "a zone by name": dt.datetime(2024, 1, 1, tzinfo=__import__("zoneinfo").ZoneInfo("UTC")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_types_are_refused_by_name_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(WireError, match=r"`frame\[1\]\['k'\]") as caught:
        save(tmp_path / "w", {"frame": [0, {"k": REFUSED[name]}]})
    assert str(caught.value).rstrip().endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_cycles_and_depth_are_refused(tmp_path: Path) -> None:
    loop: list[object] = []
    loop.append(loop)
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    for value in (loop, deep):
        with pytest.raises(WireError, match="`v"):
            save(tmp_path / "w", {"v": value})


def test_the_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "aisprint-1234"
    path.write_text("older")
    save(str(path), {"a": 1})
    assert [item.name for item in tmp_path.iterdir()] == ["aisprint-1234"]
    with pytest.raises(WireError, match="directory"):
        save(tmp_path, {})
    with pytest.raises(FileNotFoundError):
        save(tmp_path / "no" / "w", {})


def test_a_failed_write_leaves_the_previous_file(program: Program, tmp_path: Path) -> None:
    done = program(
        "import resource, signal\nfrom aisprint import wire\n"
        "wire.save('w', {'a': 1})\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "try: wire.save('w', {'a': b'x' * 100000})\n"
        "except OSError as error: print(error.strerror)\n"
    )
    assert done.stdout == "File too large\n"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["main.py", "w"]
    assert load(tmp_path / "w") == {"a": 1}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("wire") / "w"
    save(path, {"a": np.arange(50.0), "b": [1, {"c": (b"d" * 3000, dt.date(2024, 1, 1))}], "s": {1, 2}})
    return path.read_bytes()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_an_error_and_nothing_else(
    data: st.DataObject, written: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    kind = data.draw(st.sampled_from(["cut", "flip", "noise"]))
    at = data.draw(st.integers(0, len(written) - 1))
    if kind == "cut":
        path.write_bytes(written[:at])
    elif kind == "flip":
        path.write_bytes(
            written[:at] + bytes([written[at] ^ data.draw(st.integers(1, 255))]) + written[at + 1 :]
        )
    else:
        path.write_bytes(data.draw(st.binary(max_size=200)))
    with contextlib.suppress(WireError):
        load(path)


def forged(path: Path, manifest: object, compression: int = zipfile.ZIP_STORED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("manifest.json", manifest if isinstance(manifest, str) else json.dumps(manifest))
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def head(values: object, version: int = 1) -> dict[str, object]:
    return {"format": wire.FORMAT, "version": version, "values": values}


def npy(descr: str, shape: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


ARRAY = {"a": {"t": "array", "m": "x.npy"}}


@pytest.mark.parametrize(
    ("manifest", "member"),
    [
        (head({}, 2), b""),
        ({"format": "other"}, b""),
        ([], b""),
        ("not json", b""),
        ("[" * 100_000, b""),
        (head({"a": {"t": "object", "v": "os.system"}}), b""),
        (head({"a": {"t": "ref", "v": 3}}), b""),
        (head({"a": {"v": 3}}), b""),
        (head({"a": {"t": "dict", "v": [[{"t": "list", "v": []}, 1]]}}), b""),
        (head({"a": {"t": "bytes", "v": "*"}}), b""),
        (head({"a": {"t": "date", "v": "x"}}), b""),
        (head({"a": {"t": "array", "m": "absent.npy"}}), b""),
        (head(ARRAY), b""),
        (head(ARRAY), npy("'<f8'", "(10**13,)")),
        (head(ARRAY), npy("'<f8'", "(10000000000000,)")),
        (head(ARRAY), npy("'<f8'", "(-1,)")),
        (head(ARRAY), npy("'|O'", "(1,)", b"\x80\x04K\x01.")),
        (head(ARRAY), npy("__import__('os')", "(1,)")),
        (head({"a": {"t": "array", "m": "x.npy", "dtype": "finfo"}}), npy("'|u1'", "(1,)", b"a")),
        (head({"a": {"t": "strings", "dtype": "O", "shape": [3], "v": ["a"]}}), b""),
    ],
)
def test_forged_files_are_refused(manifest: object, member: bytes, tmp_path: Path) -> None:
    with pytest.raises(WireError):
        load(forged(tmp_path / "w", manifest, x=member))


def test_a_file_that_unpacks_to_more_than_itself_is_refused(tmp_path: Path) -> None:
    path = forged(
        tmp_path / "w", head(ARRAY), zipfile.ZIP_DEFLATED, x=npy("'|u1'", "(9000000,)", bytes(9_000_000))
    )
    with pytest.raises(WireError, match="compressed"):
        load(path)


def test_plain_values_need_no_numpy_to_be_read_and_arrays_say_what_is_missing(
    program: Program, tmp_path: Path
) -> None:
    save(tmp_path / "bf", {"a": np.zeros(2, ml_dtypes.bfloat16)})
    source = (
        "import sys\nfrom aisprint import wire\n"
        "sys.modules['ml_dtypes'] = None\n"
        "try: wire.load('bf')\n"
        "except wire.WireError as error: print(error)\n"
    )
    assert "add ml_dtypes to requirements.txt" in program(source, installed=True).stdout


MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16")


@pytest.mark.parametrize("mode", MODES)
def test_pictures_of_pillow(mode: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels).convert("I" if mode == "I;16" else mode)
    picture = picture.convert(mode)
    picture.info["transparency"] = 1
    picture.info["reader"] = object()  # no plain fact, and not what the picture shows
    save(tmp_path / "wire", {"picture": picture, "same": [picture]})
    loaded = load(tmp_path / "wire")
    assert loaded["same"][0] is loaded["picture"]
    found = loaded["picture"]
    assert (found.mode, found.size, found.tobytes()) == (mode, (7, 5), picture.tobytes())
    assert found.getpalette() == picture.getpalette()
    assert found.info == {"transparency": 1}
    ImageDraw.Draw(found).point((0, 0), fill=0)  # it can be drawn on


def test_a_picture_from_a_file_is_carried_as_its_content(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2), (9, 8, 7)).save(tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as picture:
        save(tmp_path / "wire", {"picture": picture})
    found = load(tmp_path / "wire")["picture"]
    assert (type(found), found.format, found.getpixel((2, 1))) == (Image.Image, "PNG", (9, 8, 7))


def test_a_picture_that_claims_more_than_its_pixels_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "wire", {"picture": Image.new("RGB", (3, 2))})
    change_manifest(tmp_path / "wire", lambda text: text.replace('"size":[3,2]', '"size":[300000,200000]'))
    with pytest.raises(WireError, match="does not hold the pixels"):
        load(tmp_path / "wire")


def change_manifest(path: Path, change: Callable[[str], str]) -> None:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["manifest.json"] = change(content["manifest.json"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
