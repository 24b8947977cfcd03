"""From a plan of images to builds: the packages, the Dockerfile and the context of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError, UsageError
from aisprint_cli.images.context import DOCKERFILE, EPOCH_S, content_digest, write_context
from aisprint_cli.images.dockerfile import Recipe, render
from aisprint_cli.images.packages import NoWheelError, Packages, Target
from aisprint_cli.images.plan import Wanted
from aisprint_cli.images.specification import BuildRequest, ImageSpec, Variant
from aisprint_cli.load.environment import ENVIRONMENT, read_environment
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.requirements import Requirements, read_requirements, read_system_packages

DEFAULT_BASE: Final = "docker.io/library/python:3.12-slim"
GPU_BASE: Final = "docker.io/nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04"
DEFAULT_PYTHON: Final = "3.12"
BUILD_TOOLS: Final = ("build-essential", "python3-dev")
LAMBDA_REQUIREMENTS: Final = (
    "awslambdaric>=3",
    "boto3",
    "pyyaml",
    "requests",
    "setuptools<81",
    "webdavclient3==3.14.6",
)
LAMBDA_SUPERVISOR: Final = "faas-supervisor==1.5.8"
"""What hands Lambda's events to the script; its own list of requirements cannot be read, so it is above."""

_REPOSITORY = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How images are made.

    `registry` is where they go (`host[:port]` or empty for this machine only) and `folder` the path below
    it. `base` holds Python of version `python`; `gpu_base` takes its place where a GPU is asked for.
    """

    registry: str = ""
    folder: str = ""
    base: str = DEFAULT_BASE
    gpu_base: str = GPU_BASE
    python: str = DEFAULT_PYTHON
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    secrets: Mapping[str, Path] = field(default_factory=dict, hash=False)

    def repository(self, name: str) -> str:
        """The repository of an image; slashes around the folder do not count.

        Raises:
            UsageError: when no registry takes such a name.
        """
        parts = [self.registry.strip("/"), self.folder.strip("/"), name]
        found = "/".join(part for part in parts if part)
        if not _REPOSITORY.fullmatch(found):
            raise UsageError(
                f"{found!r} cannot be the repository of an image.",
                why="Repositories are lower-case letters and digits, with . _ - inside and / between.",
                mend="Give --registry such as registry.example.org:5000, --registry-folder such as team/app.",
            )
        return found


@dataclass(frozen=True, slots=True)
class Prepared:
    """An image ready to be built; `notes` say what about it is out of the ordinary.

    `runs_inside` tells that steps run inside it, so that this machine must be able to run programs of
    each of its platforms.
    """

    request: BuildRequest
    notes: tuple[str, ...] = ()
    runs_inside: bool = False


class Preparation:
    """Prepares the images of one application below a work directory.

    Args:
        application: the application directory.
        name: the application's name, for labels.
        work: where contexts are written; each image has a folder of its own there.
        settings: how images are made.
        packages: where Python packages come from.
    """

    def __init__(
        self, application: Path, name: str, work: Path, settings: Settings, packages: Packages
    ) -> None:
        self._application = application
        self._name = name
        self._work = work
        self._settings = settings
        self._packages = packages

    def prepare(self, wanted: Wanted, *, refresh: bool = False) -> Prepared:
        """Write the context of an image.

        Args:
            wanted: the image.
            refresh: whether requirements are resolved anew.

        Raises:
            InvalidInputError: when the part's files cannot be used.
            ExternalError: when its packages cannot be had.
            StateError: when the context cannot be written.
        """
        source = self._source(wanted)
        requirements = read_requirements(source)
        if wanted.variant is Variant.LAMBDA:
            requirements = replace(requirements, lines=(*requirements.lines, *LAMBDA_REQUIREMENTS))
        packages, reason = self._unpacked(wanted, requirements, refresh=refresh)
        recipe = self._recipe(wanted, source, has_packages=bool(packages), in_image=bool(reason))
        context = self._work / wanted.name
        own = source / DOCKERFILE
        dockerfile = own.read_text(encoding="utf-8") if own.is_file() else render(recipe)
        in_image = "\n".join([*requirements.lines, ""]) if reason else None
        write_context(context, source=source, dockerfile=dockerfile, packages=packages, in_image=in_image)
        notes = [f"{wanted.name}: built inside the image, {reason}"] if reason else []
        notes += [f"{wanted.name}: by its own Dockerfile"] if own.is_file() else []
        runs_inside = any(line.lstrip().upper().startswith("RUN ") for line in dockerfile.splitlines())
        return Prepared(self._request(wanted, context, recipe.base), tuple(notes), runs_inside)

    def _source(self, wanted: Wanted) -> Path:
        source = self._application / "aisprint" / "designs" / wanted.part.component / wanted.part.design
        if not source.is_dir():
            raise InvalidInputError(
                f"The design of {wanted.part.name} is not at {source}.", mend="Run `aisprint design`."
            )
        return source

    def _unpacked(
        self, wanted: Wanted, requirements: Requirements, *, refresh: bool
    ) -> tuple[dict[str, list[Path]], str]:
        """The packages by platform; or none, and why they have to be installed inside the image."""
        found: dict[str, list[Path]] = {}
        supervisor = Requirements((LAMBDA_SUPERVISOR,), requirements.directory, local=False)
        try:
            for platform in wanted.platforms:
                target = Target(platform, self._settings.python)
                places = [self._packages.ensure(requirements, target, refresh=refresh)]
                if wanted.variant is Variant.LAMBDA:
                    places.append(self._packages.ensure(supervisor, target, refresh=refresh, alone=True))
                if kept := [place for place in places if place is not None]:
                    found[platform] = kept
        except NoWheelError as error:
            return {}, f"since {error.message[0].lower()}{error.message[1:]}"
        return found, ""

    def _recipe(self, wanted: Wanted, source: Path, *, has_packages: bool, in_image: bool) -> Recipe:
        findings = Findings()
        variables = read_environment(source, ENVIRONMENT, Reporter(findings))
        if findings.has_errors:
            raise InvalidInputError(
                f"The variables of {wanted.part.name} cannot be used.",
                findings.sorted(),
                directory=source,
            )
        return Recipe(
            part=wanted.part.name,
            base=self._settings.gpu_base if wanted.gpu else self._settings.base,
            variant=wanted.variant,
            system_packages=read_system_packages(source),
            has_packages=has_packages,
            in_image=in_image,
            build_tools=BUILD_TOOLS if in_image else (),
            variables=variables,
            port=wanted.port,
        )

    def _request(self, wanted: Wanted, context: Path, base: str) -> BuildRequest:
        spec = ImageSpec(
            name=wanted.name,
            part=wanted.part.name,
            component=wanted.part.component,
            design=wanted.part.design,
            variant=wanted.variant,
            platforms=wanted.platforms,
            repository=self._settings.repository(wanted.repository),
            content_digest=content_digest(context, base, *wanted.platforms),
        )
        labels = {
            "org.opencontainers.image.title": wanted.part.name,
            "org.opencontainers.image.version": spec.tag,
            "org.opencontainers.image.base.name": base,
            "eu.aisprint.application": self._name,
            "eu.aisprint.component": wanted.part.component,
            "eu.aisprint.design": wanted.part.design,
            "eu.aisprint.content": spec.content_digest,
        }
        return BuildRequest(
            spec,
            context,
            context / DOCKERFILE,
            base=base,
            arguments={"BASE": base},
            secrets=self._settings.secrets,
            labels=labels | dict(self._settings.labels),
            epoch_s=EPOCH_S,
        )
