"""What the commands on images share: the options, the choice of images, and their preparation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aisprint_cli.cli.session import Session
    from aisprint_cli.images.engines.interface import BuildEvent
    from aisprint_cli.images.plan import ImagePlan
    from aisprint_cli.images.prepare import Prepared, Settings
    from aisprint_cli.images.record import BuildRecord
    from aisprint_cli.model.deployment import PlacedPart

VARIABLES = {
    "registry": "AISPRINT_REGISTRY",
    "folder": "AISPRINT_REGISTRY_FOLDER",
    "base": "AISPRINT_BASE_IMAGE",
    "gpu_base": "AISPRINT_GPU_BASE_IMAGE",
    "python": "AISPRINT_PYTHON",
}
"""The environment variables that say how images are made where no option does."""

Registry = Annotated[
    str | None,
    typer.Option(
        "--registry", metavar="HOST[:PORT]", help="Where images go.", show_default="as the last time"
    ),
]
RegistryFolder = Annotated[
    str | None,
    typer.Option(
        "--registry-folder", metavar="PATH", help="Below that registry.", show_default="as the last time"
    ),
]
BaseImage = Annotated[
    str | None,
    typer.Option(
        "--base-image",
        metavar="IMAGE",
        help="What images start from: any with Python.",
        show_default="as the last time",
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        "--python", metavar="X.Y", help="The Python of the base image.", show_default="as the last time"
    ),
]
EngineName = Annotated[
    str | None,
    typer.Option("--engine", metavar="NAME", help="What builds.", show_default="the best one here"),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="IMAGE|COMPONENT", help="That image or component; may be repeated."),
]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How images are to be made, as far as a command line says it."""

    registry: str | None
    folder: str | None
    base: str | None
    python: str | None

    def settings(self, record: BuildRecord) -> Settings:
        """What is said, else what the environment says, else what was said the last time, or is usual."""
        from aisprint_cli.images.prepare import Settings

        options = {
            "registry": self.registry,
            "folder": self.folder,
            "base": self.base,
            "python": self.python,
        }
        said = {name: value for name, value in options.items() if value is not None}
        outside = {name: os.environ[key] for name, key in VARIABLES.items() if os.environ.get(key)}
        found = dict(record.settings) | outside | said
        usual = Settings()
        return Settings(
            registry=found.get("registry", usual.registry),
            folder=found.get("folder", usual.folder),
            base=found.get("base", usual.base),
            gpu_base=found.get("gpu_base", usual.gpu_base),
            python=found.get("python", usual.python),
        )


def planned(directory: Path, choice: str | None, *, everything: bool, only: list[str] | None) -> ImagePlan:
    """The images of a choice of deployment, or of all; `only` some of them.

    Raises:
        UsageError: when there is no image or component of a name in `only`.
    """
    from dataclasses import replace

    from aisprint_cli.design.choice import default_choice
    from aisprint_cli.design.current import open_design, select
    from aisprint_cli.generate.positions import positions_in
    from aisprint_cli.images.plan import (
        all_places,
        hosting_detector,
        plan_all_images,
        plan_images,
        with_detector,
    )
    from aisprint_cli.images.prepare import find_detector

    opened, locate = open_design(directory), positions_in(directory)
    if everything:
        application = opened.application
        plan = plan_all_images(application, opened.design, locate)
        hosts: Iterable[PlacedPart] = all_places(application, opened.design)
    else:
        selection = select(opened, choice=choice or default_choice(opened))
        application = selection.application
        plan = plan_images(application, [selection.deployment], locate)
        hosts = hosting_detector(application, selection.deployment)
    if find_detector(directory) is not None:
        plan = with_detector(application, plan, hosts)
    if not only:
        return plan
    chosen = [item for item in plan.wanted if {item.name, item.part.component, item.part.name} & set(only)]
    known = {name for item in plan.wanted for name in (item.name, item.part.component, item.part.name)}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise UsageError(
            f"There is no image or component {', '.join(unknown)} to build.",
            mend=f"There are: {', '.join(item.name for item in plan.wanted) or 'none'}.",
        )
    return replace(plan, wanted=tuple(chosen))


@contextmanager
def preparing(
    session: Session, directory: Path, plan: ImagePlan, settings: Settings, work: Path, *, refresh: bool
) -> Iterator[Sequence[Prepared]]:
    """The images of a plan, their contexts written below `work`."""
    from aisprint_cli.images.packages import Packages
    from aisprint_cli.images.prepare import Preparation
    from aisprint_cli.load.application import require_application
    from aisprint_cli.system.cache_directory import find_cache

    application = require_application(directory).application
    name = application.name if application is not None else directory.name
    packages = Packages(find_cache(), session.note)
    try:
        preparation = Preparation(directory, name, work, settings, packages)
        prepared = preparation.prepare_all(plan.wanted, refresh=refresh)
        for note in (note for item in prepared for note in item.notes):
            session.note(note)
        yield prepared
    finally:
        packages.close()


def tell(session: Session, event: BuildEvent) -> None:
    """A line of progress."""
    where = f" {event.platform}" if event.platform else ""
    text = f": {event.text}" if event.text else ""
    session.note(f"{event.image}{where} {event.state}{text}")
