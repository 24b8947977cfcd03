"""Pillow's images: components read them before the inference and draw on them after it."""

from __future__ import annotations

import sys
from typing import Any

from aisprint._members import Member, unsupported
from aisprint.errors import WireError


def is_picture(value: object) -> bool:
    """Whether a value is an image of Pillow; nobody has one who has not imported Pillow."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def encode(value: Any, where: str, name: str) -> tuple[dict[str, Any], Member]:
    """The JSON code of an image, and its pixels as member `name`.

    Raises:
        WireError: when the image cannot be read.
    """
    try:
        pixels = value.tobytes()
    except (OSError, ValueError, SyntaxError) as error:
        raise unsupported(value, where, f"Its content cannot be read: {error}.") from error
    code: dict[str, Any] = {"t": "picture", "mode": value.mode, "size": list(value.size), "m": name}
    if value.format is not None:
        code["format"] = value.format
    if value.palette is not None and value.mode in ("P", "PA", "L", "LA"):
        kind = value.palette.mode
        code["palette"] = [kind, value.getpalette(kind)]
    return code, Member(len(pixels), lambda output: output.write(pixels))


def facts(value: Any) -> dict[str, Any]:
    """What the image says of itself (`info`: transparency, resolution, EXIF), where it is plain."""
    return {str(name): fact for name, fact in value.info.items() if _is_plain(fact)}


def _is_plain(fact: object) -> bool:
    if type(fact) is tuple:
        return all(map(_is_plain, fact))
    return type(fact) in (bool, int, float, str, bytes)


def decode(code: dict[str, Any], pixels: bytes, info: dict[str, Any], where: str) -> Any:
    """The image of a code, its pixels and its facts.

    Raises:
        WireError: when Pillow is missing, or the pixels are not those of such an image.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise WireError(f"`{where}` is an image; add pillow to requirements.txt") from error
    width, height = code["size"]
    # Pillow makes room for what the size claims before it looks at the pixels; a byte is one, or eight bits.
    if min(width, height) < 0 or width * height > len(pixels) * (8 if code["mode"] == "1" else 1):
        raise WireError(f"`{where}` does not hold the pixels that its size says")
    image = Image.frombytes(str(code["mode"]), (int(width), int(height)), pixels)
    if "palette" in code:
        kind, entries = code["palette"]
        image.putpalette(entries, kind)
    image.format = code.get("format")
    image.info.update(info)
    return image
