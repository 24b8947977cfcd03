"""The names of what templates describe. All follow from the application: nothing is drawn at random."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from aisprint_cli.model.naming import OSCAR_NAME_LIMIT, Part, service_name
from aisprint_cli.model.resources import LayerKind

DEFAULT_DOMAIN: Final = "aisprint.internal"
"""Where clusters get their names when no domain is given; `.internal` is reserved for private use."""

_HASH_LENGTH = 6
_LEAST = _HASH_LENGTH + 2
"""The least that is left for the application's part of a cluster's name: a letter, `-` and the hash."""

_NODE_PREFIXES: Final = {LayerKind.FUNCTIONS: "lambda_function_"}
_OSCAR_NODE_PREFIX: Final = "oscar_service_"


def application_service_name(application: str) -> str:
    """An application's name with `_` as `-`, as labels, hosts and constraint files carry it.

    What host names do not allow becomes `-`. Distinct names may meet here: nothing is looked up by it.
    """
    return re.sub(r"[^a-z0-9-]+", "-", service_name(application)).strip("-")


def layer_tag(layer: int) -> str:
    """What tells the cluster of a layer apart from those of other layers."""
    return f"l{layer}"


def cluster_name(application: str, tail: str) -> str:
    """The name of a cluster: `<application>-<tail>`, legal as a service and host name.

    A name that had to be cut or mended carries a short hash, so that two applications stay apart.
    """
    stem = application_service_name(application)
    room = OSCAR_NAME_LIMIT - len(tail) - 1
    if stem == service_name(application) and 0 < len(stem) <= room:
        return f"{stem}-{tail}"
    digest = hashlib.sha256(f"{application}{tail if room < _LEAST else ''}".encode()).hexdigest()
    digest = digest[:_HASH_LENGTH]
    tail = tail[: OSCAR_NAME_LIMIT - _LEAST - 1].strip("-")
    stem = stem[: OSCAR_NAME_LIMIT - len(tail) - _HASH_LENGTH - 2].strip("-")
    return f"{stem or 'a'}-{digest}-{tail}"


def template_file_name(layer: int) -> str:
    """The file of a layer's template."""
    return f"layer{layer}.yaml"


def component_file_name(part: str) -> str:
    """The file of the template of one part alone, named as TOSCARIZER names it."""
    return f"{part}.yaml"


def node_name(kind: LayerKind, part: Part) -> str:
    """The name of a part's node template."""
    return _NODE_PREFIXES.get(kind, _OSCAR_NODE_PREFIX) + part.name


def design_directory(part: Part) -> str:
    """Where a part's code is, relative to the application directory."""
    return f"aisprint/designs/{part.component}/{part.design}"


def placeholder_image(application: str, part: Part) -> str:
    """The image reference of a part for which no image is known yet: `<application>/<part>:design`.

    The tag says that it stands for the design directory: it is the same from run to run, fits every
    registry's rules, and no registry serves it by accident.
    """
    repository = re.sub(r"[^a-z0-9-]+", "-", service_name(part.name)).strip("-")
    return f"{application_service_name(application) or 'application'}/{repository}:design"
