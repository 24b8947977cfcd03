"""`aisprint/designs/containers.yaml` in the reference's form: the images of each component."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aisprint_cli.errors import StateError
from aisprint_cli.images.record import BuildRecord
from aisprint_cli.system.files import write_atomic

CONTAINERS: Final = "aisprint/designs/containers.yaml"


def containers_text(record: BuildRecord) -> str:
    """The file: every pushed image by digest, under its component."""
    import yaml

    components: dict[str, dict[str, list[str]]] = {}
    for built in record.entries:
        if built.pushed:
            entry = components.setdefault(built.spec.component, {"docker_images": []})
            entry["docker_images"].append(f"{built.spec.repository}@{built.digest}")
    return yaml.safe_dump({"components": components}, sort_keys=True, width=200)


def write_containers(application: Path, record: BuildRecord) -> None:
    """Write the file, in one step.

    Raises:
        StateError: when it cannot be written.
    """
    path = application / CONTAINERS
    try:
        write_atomic(path, containers_text(record))
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror}.") from error
