"""NumPy arrays and scalars as `.npy` members, without ever a pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from aisprint._members import Member, unsupported
from aisprint.errors import WireError

if TYPE_CHECKING:
    from typing import IO

    Array = np.ndarray[Any, np.dtype[Any]]

# Types of machine learning that NumPy knows only through the ml_dtypes package; stored as raw bits.
_EXTENSION_PACKAGE = "ml_dtypes"
_RAW = {1: "uint8", 2: "uint16"}
_HEADER_LIMIT = 10_000  # the most that NumPy reads of a header it does not trust


class Encoded(NamedTuple):
    """The JSON code of an array, and the member with its content, if it needs one."""

    code: dict[str, Any]
    name: str
    member: Member | None


def encode(value: object, where: str, name: str) -> Encoded:
    """The code of an array or a scalar, its content to be written as member `name`.

    Raises:
        WireError: when it is neither, or holds objects.
    """
    if isinstance(value, np.generic):
        return _encode_array(np.asarray(value), where, name, "scalar")
    if not isinstance(value, np.ndarray):
        raise unsupported(value, where)
    if type(value) not in (np.ndarray, np.memmap):
        raise unsupported(value, where, "Turn it into a plain array: numpy.asarray(...).")
    if value.dtype.kind in "OT":
        return _encode_strings(value, where, name)
    return _encode_array(value, where, name, "array")


def _encode_strings(value: Array, where: str, name: str) -> Encoded:
    items = value.ravel().tolist()
    if not all(type(item) is str for item in items):
        mend = "Give it a numeric or text dtype, or carry it as a list of plain values."
        raise unsupported(value, f"{where} (an array of Python objects)", mend)
    code = {"t": "strings", "dtype": value.dtype.kind, "shape": list(value.shape), "v": items}
    return Encoded(code, name, None)


def _encode_array(value: Array, where: str, name: str, kind: str) -> Encoded:
    dtype = value.dtype
    code: dict[str, Any] = {"t": kind, "m": name}
    if type(dtype).__module__.partition(".")[0] == _EXTENSION_PACKAGE or _is_extension(dtype):
        code["dtype"] = dtype.name
        value = value.view(_RAW[dtype.itemsize])
    elif dtype.hasobject or not _survives(dtype):
        mend = "Give it a numeric or text dtype, or carry its fields one by one."
        raise unsupported(value, f"{where} (of dtype {dtype})", mend)
    plain = np.asarray(value)
    return Encoded(code, name, Member(plain.nbytes, lambda output: _write(output, plain)))


def _is_extension(dtype: np.dtype[Any]) -> bool:
    return dtype.type.__module__.partition(".")[0] == _EXTENSION_PACKAGE and dtype.itemsize in _RAW


def _survives(dtype: np.dtype[Any]) -> bool:
    """Whether NumPy's file header describes the dtype exactly."""
    form = np.lib.format
    try:
        description = form.dtype_to_descr(dtype)
        restored = form.descr_to_dtype(description)
        repr(description).encode("latin1")
    except (TypeError, ValueError):
        return False
    return bool(restored == dtype) and len(repr(description)) < _HEADER_LIMIT // 2


def _write(output: IO[bytes], value: Array) -> None:
    np.lib.format.write_array(output, value, allow_pickle=False)


def decode(code: dict[str, Any], data: bytes, where: str) -> Any:
    """The array or scalar of a code and the content of its member.

    Raises:
        WireError: when the content is not what its header says, or a package for its dtype is missing.
    """
    if code["t"] == "strings":
        dtype = np.dtype("O") if code["dtype"] == "O" else np.dtypes.StringDType()
        found: Array = np.empty(len(code["v"]), dtype=dtype)
        found[:] = code["v"]
        return found.reshape(code["shape"])
    array = _parse(data, where)
    if "dtype" in code:
        array = array.view(_extension(code["dtype"], where))
    return array[()] if code["t"] == "scalar" else array


def _extension(name: object, where: str) -> np.dtype[Any]:
    try:
        import ml_dtypes
    except ImportError as error:
        raise WireError(
            f"`{where}` has the dtype {name}; add {_EXTENSION_PACKAGE} to requirements.txt"
        ) from error
    kind = getattr(ml_dtypes, str(name), None)
    if not (isinstance(kind, type) and issubclass(kind, np.generic)):
        raise WireError(f"`{where}` has the unknown dtype {name!r}")
    return np.dtype(kind)


def _parse(data: bytes, where: str) -> Array:
    # NumPy's own reader allocates what the header claims before it looks at the size of the data.
    import io

    stream = io.BytesIO(data)
    form = np.lib.format
    version = form.read_magic(stream)
    read_header = {(1, 0): form.read_array_header_1_0, (2, 0): form.read_array_header_2_0}.get(version)
    if read_header is None:
        raise WireError(f"`{where}` has an array header of the unknown version {version}")
    shape, fortran_order, dtype = read_header(stream)
    count = 1
    for length in shape:
        count *= length
    if dtype.hasobject or count < 0 or count * dtype.itemsize != len(data) - stream.tell():
        raise WireError(f"`{where}` does not hold what its header says")
    if count == 0 or dtype.itemsize == 0:
        return np.empty(shape, dtype=dtype)
    order: Any = "F" if fortran_order else "C"
    view: Array = np.ndarray(shape, dtype, data, stream.tell(), order=order)
    return view.copy(order="K")
