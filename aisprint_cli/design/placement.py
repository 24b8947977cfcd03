"""From a production file to the deployment it describes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from aisprint_cli.design.enumeration import Design
from aisprint_cli.design.production import Production, ProductionError, read_production
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import Part, parse_part

UNNAMED = "optimal_deployment"
"""The name of a deployment whose production file gives it none."""


def read_placement(path: Path, design: Design) -> tuple[Production, Deployment]:
    """What a production file says, and the deployment of the design that it describes.

    Raises:
        FileNotFoundError: when there is no such file.
        ProductionError: when it cannot be read, or is not of the design; says why.

    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise ProductionError(f"it cannot be read ({error})") from error
    production = read_production(document)
    return production, place(design, production)


def place(design: Design, production: Production) -> Deployment:
    """The deployment that a production file describes.

    The parts it names say which components are split; where it names a deployment, that one must be
    of the same parts.

    Raises:
        ProductionError: when a part, a layer or a resource is not of the design.

    """
    parts = _parts(design, production.places)
    splits = {part.component: part.split or 0 for part in parts.values()}
    combination = design.combination_of(splits)
    wanted = set(combination.dag.components)
    if wanted != set(parts):
        odd = ", ".join(sorted(wanted ^ set(parts)))
        raise ProductionError(f"its parts make no whole application ({odd})")
    name = production.deployment or UNNAMED
    if production.deployment is not None:
        _check_named(design, production.deployment, wanted)
    chosen = [
        _placed(options, *production.places[options[0].part.name], design) for options in combination.places
    ]
    return combination.deployment(name, chosen)


def _parts(design: Design, names: Mapping[str, object]) -> dict[str, Part]:
    components = set(design.application.dag.components)
    known = set(design.parts)
    found: dict[str, Part] = {}
    for name in names:
        part = parse_part(name, components)
        if part is None or part not in known:
            raise ProductionError(f"{name} is no part of the design")
        found[name] = part
    missing = components - {part.component for part in found.values()}
    if missing:
        raise ProductionError(f"it does not place {', '.join(sorted(missing))}")
    return found


def _check_named(design: Design, name: str, parts: set[str]) -> None:
    try:
        named = design.deployment(name)
    except KeyError:
        raise ProductionError(f"there is no deployment {name}") from None
    if set(named.dag.components) != parts:
        raise ProductionError(f"its parts are not those of {name}")


def _placed(options: tuple[PlacedPart, ...], layer: int, resource: str, design: Design) -> PlacedPart:
    part = options[0].part
    if layer not in {option.layer for option in options}:
        raise ProductionError(f"layer {layer} is no candidate of {part.name}")
    there = design.application.catalogue.layer(layer)
    if there is None or there.resource(resource) is None:
        raise ProductionError(f"there is no resource {resource} in layer {layer}")
    candidate = design.application.candidates.of(part)
    container = candidate.container_on(resource) if candidate else None
    if container is None:
        raise ProductionError(f"{resource} is no candidate resource of {part.name}")
    return PlacedPart(part, options[0].candidate_key, layer, resource, container)
