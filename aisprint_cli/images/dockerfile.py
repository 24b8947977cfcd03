"""The Dockerfile of an image, from `templates/images/`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.images.specification import Variant
from aisprint_cli.system.packaged import templates_directory

_FROM: Final = re.compile(
    r"(?:--platform=(?P<platform>\S+)\s+)?(?P<image>\S+)(?:\s+as\s+(?P<stage>\S+))?", re.IGNORECASE
)
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a Dockerfile says.

    `system_packages` are Debian's. With `in_image` requirements are installed by a step inside the
    image, with `build_tools` at hand; else they lie ready in the context (`has_packages`).
    With `brings_python` a base without Python gets its distribution's.
    """

    part: str
    base: str
    variant: Variant = Variant.FUNCTION
    system_packages: tuple[str, ...] = ()
    has_packages: bool = False
    in_image: bool = False
    build_tools: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    port: int | None = None
    brings_python: bool = False


def render(recipe: Recipe) -> str:
    """The Dockerfile: dependencies before code, so that a change of the code is one small layer."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701  a Dockerfile of quoted values, not HTML
        loader=FileSystemLoader(templates_directory() / "images"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template("function.Dockerfile.jinja")
    return template.render(
        part=recipe.part,
        base=recipe.base,
        system_packages=recipe.system_packages,
        has_packages=recipe.has_packages,
        in_image=recipe.in_image,
        build_tools=recipe.build_tools,
        variables={name: quoted(value) for name, value in recipe.variables.items()},
        port=recipe.port,
        brings_python=recipe.brings_python,
        is_lambda=recipe.variant is Variant.LAMBDA,
    )


def base_images(dockerfile: str, arguments: Mapping[str, str]) -> tuple[str, ...]:
    """The images that a Dockerfile starts from, each once; those of its last stage come last.

    Stages of its own, `scratch`, what is built for the builder's own platform, and names that cannot be
    told without building are left out.
    """
    known = dict(arguments)
    stages: set[str] = {"scratch"}
    found: list[str] = []
    for line in _logical_lines(dockerfile):
        keyword, _, rest = line.partition(" ")
        if keyword.upper() == "ARG" and not found:
            name, _, value = rest.strip().partition("=")
            known.setdefault(name, value.strip("\"'"))
        elif keyword.upper() == "FROM" and (named := _FROM.fullmatch(rest.strip())):
            image = _VARIABLE.sub(lambda use: known.get(use[1] or use[2], ""), named["image"])
            if image and image not in stages and "BUILDPLATFORM" not in (named["platform"] or ""):
                found.append(image)
            stages.add(named["stage"] or image)
    return tuple(dict.fromkeys(reversed(found)))[::-1]


def runs_inside(dockerfile: str) -> bool:
    """Whether a step runs inside the image, so that programs of its platform have to run here."""
    return any(line.upper().startswith("RUN ") for line in _logical_lines(dockerfile))


def _logical_lines(dockerfile: str) -> list[str]:
    kept = (line.strip() for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    return [line.strip() for line in "\n".join(kept).replace("\\\n", " ").splitlines()]


def quoted(value: str) -> str:
    """A value as a Dockerfile takes it: nothing in it is expanded, and it stays on its line.

    Raises:
        InvalidInputError: when it holds a line break or another control character, which none can.
    """
    if any(not letter.isprintable() for letter in value):
        raise InvalidInputError(
            "A variable of env.yaml holds a line break or another control character.",
            why="A Dockerfile cannot carry it.",
            mend="Put such a value into a file beside the code.",
        )
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'
