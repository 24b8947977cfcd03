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
    from aisprint_cli.images.engines.buildx import Extras
    from aisprint_cli.images.plan import ImagePlan
    from aisprint_cli.images.prepare import Prepared, Settings
    from aisprint_cli.images.record import BuildRecord
    from aisprint_cli.images.registry.client import RegistryClient
    from aisprint_cli.model.deployment import PlacedPart

VARIABLES = {
    "registry": "AISPRINT_REGISTRY",
    "folder": "AISPRINT_REGISTRY_FOLDER",
    "ecr": "AISPRINT_ECR",
    "base": "AISPRINT_BASE_IMAGE",
    "gpu_base": "AISPRINT_GPU_BASE_IMAGE",
    "python": "AISPRINT_PYTHON",
}
"""The environment variables that say how images are made where no option does."""

OfBase = Annotated[bool, typer.Option("--base", help="The images of the base design.")]
OfOptimal = Annotated[bool, typer.Option("--optimal", help="Those of the optimal deployment.")]
OfDeployment = Annotated[
    str | None,
    typer.Option(
        "--deployment", metavar="NAME", help="Those of that one.", show_default="what deploy would take"
    ),
]
OfAll = Annotated[bool, typer.Option("--all", help="Those of every part, for every resource it may run on.")]
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
Ecr = Annotated[
    str | None,
    typer.Option(
        "--ecr",
        metavar="URI",
        help="Where those for AWS Lambda go, in ECR.",
        show_default="as the others, or as the last time",
    ),
]
CacheFrom = Annotated[
    list[str] | None,
    typer.Option("--cache-from", metavar="CACHE", help="Of buildx: layers from there; may be repeated."),
]
CacheTo = Annotated[
    list[str] | None, typer.Option("--cache-to", metavar="CACHE", help="Of buildx: keep layers there.")
]
Sbom = Annotated[bool, typer.Option("--sbom", help="Of buildx: attach a bill of materials.")]
Provenance = Annotated[bool, typer.Option("--provenance", help="Of buildx: attach how it was built.")]
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
class Way:
    """What builds, and what only buildx can do."""

    engine: str | None
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    sbom: bool = False
    provenance: bool = False

    @property
    def extras(self) -> Extras | None:
        """What only buildx can do; None where nothing of it is wished."""
        from aisprint_cli.images.engines.buildx import Extras

        found = Extras(self.cache_from, self.cache_to, self.sbom, self.provenance)
        return found if found != Extras() else None


@dataclass(frozen=True, slots=True)
class Wishes:
    """How images are to be made, as far as a command line says it."""

    registry: str | None
    folder: str | None
    ecr: str | None
    base: str | None
    python: str | None

    def settings(self, record: BuildRecord) -> Settings:
        """What is said, else what the environment says, else what was said the last time, or is usual."""
        from aisprint_cli.images.prepare import Settings

        options = {
            "registry": self.registry,
            "folder": self.folder,
            "ecr": self.ecr,
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
            ecr=found.get("ecr", usual.ecr),
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
    from dataclasses import replace

    from aisprint_cli.images.packages import Packages
    from aisprint_cli.images.prepare import Preparation
    from aisprint_cli.load.application import require_application
    from aisprint_cli.system.cache_directory import find_cache
    from aisprint_cli.system.revisions import source_revision

    application = require_application(directory).application
    name = application.name if application is not None else directory.name
    packages = Packages(find_cache(), session.note)
    try:
        revision = source_revision(directory)
        labels = {"org.opencontainers.image.revision": revision} if revision else {}
        settings = replace(settings, labels={**labels, **settings.labels})
        preparation = Preparation(directory, name, work, settings, packages)
        prepared = preparation.prepare_all(plan.wanted, refresh=refresh)
        for note in (note for item in prepared for note in item.notes):
            session.note(note)
        yield prepared
    finally:
        packages.close()


def open_registries() -> RegistryClient:
    """A client of registries that logs in to Amazon's through AWS, and to others as Docker does."""
    from aisprint_cli.backends.aws.container_registry import ContainerRegistry, is_ecr
    from aisprint_cli.images.registry.client import RegistryClient
    from aisprint_cli.images.registry.credentials import docker_login

    amazon = ContainerRegistry()
    return RegistryClient(lambda name: amazon.login(name) if is_ecr(name) else docker_login(name))


def require_repositories(session: Session, images: Sequence[Prepared]) -> None:
    """Make the repositories that Amazon's registry wants before anything is pushed.

    Raises:
        ExternalError: when AWS refuses.
    """
    from aisprint_cli.backends.aws.container_registry import ContainerRegistry, is_ecr

    names = [image.request.spec.repository for image in images]
    wanted = [name for name in names if is_ecr(name.partition("/")[0])]
    for name in ContainerRegistry().require_repositories(wanted) if wanted else ():
        session.note(f"Made the repository {name}")
