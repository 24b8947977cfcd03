"""Small applications, images and packages as values, for what needs no engine."""

from __future__ import annotations

from pathlib import Path

from aisprint_cli.images.specification import Built, ImageSpec, Variant
from aisprint_cli.model.application import Application
from aisprint_cli.model.candidates import CandidateDeployments, Container
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import Part
from aisprint_cli.model.qos import QosConstraints
from aisprint_cli.model.resources import Layer, LayerKind, NetworkDomain, Resource, ResourceCatalogue

DIGEST = "sha256:" + "1" * 64


def resource(name: str, layer: int, architecture: str) -> Resource:
    return Resource(name, name, layer, 1, 1.0, 1024.0, 10.0, architecture)


def layer(number: int, kind: LayerKind = LayerKind.VIRTUAL, **architectures: str) -> Layer:
    """A layer with resources by name and architecture."""
    entries = tuple(resource(name, number, value) for name, value in architectures.items())
    return Layer(f"layer{number}", number, f"Layer {number}", kind, entries, "domain")


def application(*layers: Layer) -> Application:
    domain = NetworkDomain("ND1", "domain", 0.001, 100.0, (), tuple(layers))
    return Application(
        Dag("shop", (), ()), ResourceCatalogue("shop", (domain,)), CandidateDeployments(()), {}
    )


def placed(
    part: Part | str,
    number: int,
    resource_name: str,
    *,
    images: tuple[str, ...] = (),
    resources: tuple[str, ...] = (),
    gpu: bool = False,
    document: dict[str, object] | None = None,
) -> PlacedPart:
    found = Part(part) if isinstance(part, str) else part
    container = Container(
        "container1", images, 256.0, 1.0, resources or (resource_name,), gpu=gpu, document=document or {}
    )
    return PlacedPart(found, found.component, number, resource_name, container)


def deployment(*entries: PlacedPart, name: str = "base") -> Deployment:
    dag = Dag("shop", tuple(entry.part.name for entry in entries), ())
    return Deployment(name, dag, entries, QosConstraints())


def spec(name: str = "find_base", *, variant: Variant = Variant.FUNCTION, **changes: object) -> ImageSpec:
    component, _, design = name.removesuffix("-lambda").partition("_")
    facts: dict[str, object] = {
        "name": name,
        "part": component,
        "component": component,
        "design": design,
        "variant": variant,
        "platforms": ("linux/amd64", "linux/arm64"),
        "repository": f"127.0.0.1:5000/team/{name.replace('_', '-')}",
        "content_digest": "c" * 64,
    }
    return ImageSpec(**{**facts, **changes})  # type: ignore[arg-type]


def built(found: ImageSpec | None = None, *, pushed: bool = True, digest: str = DIGEST) -> Built:
    chosen = found or spec()
    by_platform = {
        platform: "sha256:" + str(index) * 64 for index, platform in enumerate(chosen.platforms, 2)
    }
    return Built(chosen, digest, by_platform, pushed, 1.0, "buildah")


def write_files(directory: Path, **contents: str) -> Path:
    """Files by name (`__` stands for a dot)."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        (directory / name.replace("__", ".")).write_text(text)
    return directory
