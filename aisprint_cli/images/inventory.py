"""What images there are: their layers and sizes, where they run, and what they carry for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aisprint_cli.images.context import PACKAGES
from aisprint_cli.images.registry.client import Manifest, RegistryClient
from aisprint_cli.images.specification import Built

_SAME_PURPOSE: Final = (
    ("onnxruntime", "onnxruntime-gpu", "onnxruntime-training"),
    ("opencv-python", "opencv-python-headless", "opencv-contrib-python"),
    ("tensorflow", "tensorflow-cpu", "tflite-runtime"),
    ("pillow", "pillow-simd"),
)
"""Distributions that bring the same module: of several in an image all but one are waste."""

_TOOLS: Final = frozenset({"pip", "setuptools", "wheel", "cython", "pybind11", "pytest", "build", "poetry"})
_COMPILERS: Final = re.compile(r"\b(build-essential|gcc|g\+\+|clang|cmake|python3-dev|make)\b")
_LARGE_TESTS: Final = 5 << 20
_INFO: Final = re.compile(r"(?P<name>.+?)-[^-]+\.dist-info")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its size as it is kept (compressed, bytes), and the step that made it."""

    size: int
    step: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """An image with the layers of each platform, from below, and what is wasteful about it."""

    built: Built
    layers: Mapping[str, tuple[Layer, ...]]
    warnings: tuple[str, ...]
    missing: bool = False

    def size(self, platform: str) -> int:
        """How much a machine of that platform has to fetch when it has nothing of it, in bytes."""
        return sum(layer.size for layer in self.layers.get(platform, ()))


def take_inventory(built: Built, registry: RegistryClient, contexts: Path) -> Inventory:
    """Look at an image in its registry, and at the context that it was built from where that is still there.

    Raises:
        ExternalError: when the registry cannot be asked.
    """
    layers: dict[str, tuple[Layer, ...]] = {}
    warnings: list[str] = []
    if built.pushed:
        for platform, digest in sorted(built.by_platform.items()):
            name = f"{built.spec.repository}@{digest}"
            manifest = registry.manifest(name)
            if manifest is None:
                continue
            config = registry.config(name, manifest)
            layers[platform] = tuple(_layers(manifest, config))
            warnings += _of_steps(layers[platform])
    context = contexts / built.spec.name
    warnings += _of_packages(context / PACKAGES)
    return Inventory(built, layers, tuple(dict.fromkeys(warnings)), built.pushed and not layers)


def _layers(manifest: Manifest, config: Mapping[str, Any]) -> Iterator[Layer]:
    steps = [
        str(entry.get("created_by", ""))
        for entry in config.get("history") or ()
        if not entry.get("empty_layer")
    ]
    sizes = [int(layer["size"]) for layer in manifest.document.get("layers") or ()]
    steps = [""] * (len(sizes) - len(steps)) + steps
    for size, step in zip(sizes, steps[-len(sizes) :] if sizes else (), strict=True):
        yield Layer(size, _short(step))


def _short(step: str) -> str:
    """A step as a Dockerfile has it, without what builders wrap around it."""
    text = re.sub(r"^(/bin/sh -c )?(#\(nop\) )?\s*", "", step).replace(" # buildkit", "")
    return " ".join(text.split())[:120]


def _of_steps(layers: tuple[Layer, ...]) -> Iterator[str]:
    for layer in layers:
        found = _COMPILERS.search(layer.step)
        if found:
            yield f"the layer of `{layer.step[:60]}` leaves {found[1]} in the image"


def _of_packages(packages: Path) -> Iterator[str]:
    for folder in sorted(packages.iterdir()) if packages.is_dir() else ():
        names = {
            match["name"].lower().replace("_", "-")
            for path in folder.glob("*.dist-info")
            if (match := _INFO.fullmatch(path.name))
        }
        for group in _SAME_PURPOSE:
            if len(both := sorted(names & set(group))) > 1:
                yield f"{' and '.join(both)} bring the same module: keep one of them in requirements.txt"
        if tools := sorted(names & _TOOLS):
            yield f"{', '.join(tools)}: needed to build or test, not to run"
        for tests in folder.glob("*/tests"):
            size = sum(path.stat().st_size for path in tests.rglob("*") if path.is_file())
            if size > _LARGE_TESTS:
                yield f"{tests.parent.name}/tests takes {size >> 20} MiB"
