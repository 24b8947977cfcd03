"""`aisprint images`: what was built, how large it is, and where it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.session import (
    Directory,
    DirectoryOption,
    NoColor,
    Output,
    OutputFormat,
    Quiet,
    Session,
    Verbose,
    application_directory,
    open_session,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from aisprint_cli.images.inventory import Inventory

_Layers = Annotated[bool, typer.Option("--layers", help="Also each layer, with the step that made it.")]


def images(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    layers: _Layers = False,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show the images that were built: size by architecture and layer, what runs where, and waste.

    Sizes are those in the registry (compressed); of images that were not published only their content
    is known.

    Example: aisprint images digit_reader --layers
    """
    from aisprint_cli.cli.image_work import open_registries
    from aisprint_cli.images.inventory import take_inventory
    from aisprint_cli.images.record import read_record
    from aisprint_cli.system.state_directory import NAME

    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    record = read_record(directory)
    client = open_registries()
    try:
        found = [take_inventory(built, client, directory / NAME / "images") for built in record.entries]
    finally:
        client.close()
    places = _places(directory) if found else {}
    _emit(session, found, places, with_layers=layers)


def _places(directory: Path) -> Mapping[str, str]:
    """Where each part runs in the deployment that `deploy` would take."""
    from aisprint_cli.design.choice import default_choice
    from aisprint_cli.design.current import open_design, select
    from aisprint_cli.errors import AisprintError

    try:
        opened = open_design(directory)
        deployment = select(opened, choice=default_choice(opened)).deployment
    except AisprintError:
        return {}
    return {placed.part.name: f"layer {placed.layer}, {placed.resource}" for placed in deployment.placed}


def _emit(
    session: Session, found: Sequence[Inventory], places: Mapping[str, str], *, with_layers: bool
) -> None:
    from aisprint_cli.cli.tables import plain_table, print_page

    def human(console: Console) -> None:
        if not found:
            console.print("Nothing was built yet: `aisprint build`.", markup=False)
            return
        table = plain_table("image", "architecture", "size", "runs on", numbers=["size"], whole=["image"])
        for item in found:
            spec = item.built.spec
            for platform in spec.platforms:
                size = f"{item.size(platform) / 1e6:.1f} MB" if platform in item.layers else _unknown(item)
                place = places.get(spec.part, "")
                table.add_row(spec.reference, platform.removeprefix("linux/"), size, place)
                for layer in item.layers.get(platform, ()) if with_layers else ():
                    table.add_row("", "", f"{layer.size / 1e6:.1f} MB", layer.step)
        print_page(console, table)
        for item in found:
            for warning in item.warnings:
                console.print(f"{item.built.spec.name}: {warning}.", markup=False, highlight=False)

    document = {"images": [_document(item, places) for item in found]}
    session.emit("aisprint.images/1", document, human)


def _unknown(item: Inventory) -> str:
    return "gone" if item.missing else "not published"


def _document(item: Inventory, places: Mapping[str, str]) -> dict[str, object]:
    spec = item.built.spec
    return {
        "name": spec.name,
        "part": spec.part,
        "variant": spec.variant.value,
        "reference": spec.reference,
        "digest": item.built.digest,
        "pushed": item.built.pushed,
        "missing": item.missing,
        "runs_on": places.get(spec.part),
        "platforms": {
            platform: {
                "digest": item.built.by_platform.get(platform),
                "size_bytes": item.size(platform) if platform in item.layers else None,
                "layers": [
                    {"size_bytes": layer.size, "step": layer.step} for layer in item.layers.get(platform, ())
                ],
            }
            for platform in spec.platforms
        },
        "warnings": list(item.warnings),
    }
