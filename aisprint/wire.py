"""The file that one part of a split component hands to the next: arrays and plain values, nothing else.

A zip archive with `manifest.json` and one member for each array (`.npy`) or byte string (`.bin`),
none of them compressed. Reading it executes nothing: no pickle, no class names, no code.
The format is described in docs/runtime-library.md. The same values give the same bytes.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

from aisprint._plain import Decoder, Encoder
from aisprint.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORMAT = "aisprint-wire"
VERSION = 1
_MANIFEST = "manifest.json"
_MANIFEST_LIMIT = 256 * 2**20
_MEMBER_LIMIT = 100_000
_EPOCH = (1980, 1, 1, 0, 0, 0)
_STREAM_FROM = 2**31 - 1

__all__ = ["FORMAT", "VERSION", "WireError", "load", "save"]


def save(
    path: str | os.PathLike[str], values: Mapping[str, object], *, label: Callable[[str], str] = str
) -> None:
    """Write named values to exactly `path`, whole or not at all.

    `label` turns the name of a value into what an error message calls it.

    Carried are None, bool, int, float, complex, str, bytes, list, tuple, set, dict, date, datetime,
    time, timedelta, paths, `argparse.Namespace`, NumPy arrays and scalars, and Pillow's images, nested as
    you like.

    Raises:
        WireError: when a value is of another type; names the variable and what to do instead.
        OSError: when the file cannot be written; a previous one is then untouched.
    """
    encoder = Encoder()
    encoded = {name: encoder.encode(value, label(name)) for name, value in values.items()}
    manifest = {"format": FORMAT, "version": VERSION, "values": encoded}
    text = json.dumps(manifest, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    target = os.fspath(path)
    if os.path.isdir(target):  # noqa: PTH112  the path may be of any kind
        raise WireError(f"{target} is a directory; the values need the path of a file")
    temporary = os.path.join(os.path.dirname(target), f".aisprint-{secrets.token_hex(8)}")  # noqa: PTH118, PTH120
    try:
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "w+b") as stream:
            _write(stream, text.encode("ascii"), encoder)
        os.replace(temporary, target)  # noqa: PTH105
    except BaseException:
        if os.path.lexists(temporary):
            os.unlink(temporary)  # noqa: PTH108
        raise


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what `save` wrote; arrays are writable and keep dtype, shape and byte order.

    Raises:
        WireError: when the file is none of ours, is damaged, or was written by a newer version.
        OSError: when it cannot be opened.
    """
    target = os.fspath(path)
    with open(target, "rb") as stream:  # noqa: PTH123
        try:
            return _read(stream)
        except WireError as error:
            raise WireError(f"{target}: {error}") from error
        except (zipfile.BadZipFile, ValueError, KeyError, EOFError, NotImplementedError) as error:
            raise WireError(f"{target} is damaged or is no file of one part for the next: {error}") from error
        except (RecursionError, MemoryError, OverflowError, TypeError, AttributeError) as error:
            raise WireError(f"{target} is damaged: its manifest makes no sense") from error


def _write(stream: BinaryIO, manifest: bytes, encoder: Encoder) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(_MANIFEST), manifest)
        for name, member in encoder.members.items():
            large = member.size_bytes > _STREAM_FROM
            with archive.open(_entry(name), "w", force_zip64=large) as output:
                member.write(output)


def _entry(name: str) -> zipfile.ZipInfo:
    # All that a zip would take from the clock or the platform is fixed.
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


def _read(stream: BinaryIO) -> dict[str, Any]:
    if not zipfile.is_zipfile(stream):
        raise WireError("this is no file that one part of a split component hands to the next")
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        entries = _checked_entries(archive, os.fstat(stream.fileno()).st_size)
        if _MANIFEST not in entries:
            raise WireError("this is no file that one part of a split component hands to the next")
        manifest = json.loads(archive.read(_MANIFEST))
        _check_version(manifest)
        decoder = Decoder(lambda name: archive.read(entries[name]))
        return {str(name): decoder.decode(value, str(name)) for name, value in manifest["values"].items()}


def _checked_entries(archive: zipfile.ZipFile, file_bytes: int) -> dict[str, zipfile.ZipInfo]:
    """The members by name, when none of them can unpack to more than the file holds."""
    found = archive.infolist()
    entries = {entry.filename: entry for entry in found}
    if len(found) > _MEMBER_LIMIT or len(entries) != len(found):
        raise WireError("too many members, or two of one name")
    stored = all(
        entry.compress_type == zipfile.ZIP_STORED
        and entry.file_size == entry.compress_size
        and not entry.flag_bits & 1
        for entry in found
    )
    if not stored or sum(entry.file_size for entry in found) > file_bytes:
        raise WireError(
            "its members are compressed or larger than the file; this was not written by aisprint"
        )
    if _MANIFEST in entries and entries[_MANIFEST].file_size > _MANIFEST_LIMIT:
        raise WireError(f"its manifest is larger than {_MANIFEST_LIMIT} bytes")
    return entries


def _check_version(manifest: object) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise WireError("its manifest is not that of an aisprint file")
    version = manifest.get("version")
    if version != VERSION:
        raise WireError(
            f"it has version {version!r} of the format and this library reads version {VERSION}; "
            "let both parts use the same version of aisprint"
        )
