"""From a plan of images to builds: the packages, the Dockerfile and the context of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import AisprintError, ExternalError, InvalidInputError, UsageError
from aisprint_cli.images.context import (
    DOCKERFILE,
    EPOCH_S,
    content_digest,
    write_context,
    write_own_context,
)
from aisprint_cli.images.dockerfile import Recipe, base_images, render, runs_inside
from aisprint_cli.images.packages import NoWheelError, Packages, Target, packages_digest
from aisprint_cli.images.plan import Wanted
from aisprint_cli.images.specification import BuildRequest, ImageSpec, Variant
from aisprint_cli.load.environment import ENVIRONMENT, read_environment
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.requirements import Requirements, read_requirements, read_system_packages
from aisprint_cli.system.packaged import templates_directory

DEFAULT_BASE: Final = "docker.io/library/python:3.12-slim"
GPU_BASE: Final = "docker.io/nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04"
DEFAULT_PYTHON: Final = "3.12"
BUILD_TOOLS: Final = ("build-essential", "python3-dev")
DETECTOR_FOLDERS: Final = ("common_config/drift_detector", "drift_detector/docker", "drift_detector")
"""Where an application keeps the Dockerfile of its drift detector; the first that has one counts."""

LAMBDA_REQUIREMENTS: Final = (
    "awslambdaric>=3",
    "boto3",
    "pyyaml",
    "requests",
    "webdavclient3==3.14.6",
)
LAMBDA_SUPERVISOR: Final = "faas-supervisor==1.5.8"
"""What hands Lambda's events to the script; its own list of requirements cannot be read, so it is above."""
LAMBDA_HANDLER: Final = "aisprint_lambda.py"
"""Lambda's entry into the supervisor."""

_REPOSITORY = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How images are made.

    `registry` is where they go (`host[:port]` or empty for this machine only) and `folder` the path below
    it; `ecr` (`host/path`) takes the place of both for AWS Lambda's, which takes images from ECR only.
    `base` holds Python of version `python`; `gpu_base` takes its place where a GPU is asked for.
    """

    registry: str = ""
    folder: str = ""
    ecr: str = ""
    base: str = DEFAULT_BASE
    gpu_base: str = GPU_BASE
    python: str = DEFAULT_PYTHON
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    secrets: Mapping[str, Path] = field(default_factory=dict, hash=False)

    def repository(self, name: str, variant: Variant = Variant.FUNCTION) -> str:
        """The repository of an image; slashes around the folder do not count.

        Raises:
            UsageError: when no registry takes such a name.
        """
        parts = [self.registry.strip("/"), self.folder.strip("/"), name]
        if self.ecr and variant is Variant.LAMBDA:
            parts = [self.ecr.strip("/"), name]
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
    each of its platforms. `bases` are the images that its Dockerfile starts from.
    """

    request: BuildRequest
    notes: tuple[str, ...] = ()
    runs_inside: bool = False
    bases: tuple[str, ...] = ()


def find_detector(application: Path) -> Path | None:
    """The directory of the drift detector's Dockerfile; None where the application has none."""
    folders = (application / folder for folder in DETECTOR_FOLDERS)
    return next((folder for folder in folders if (folder / DOCKERFILE).is_file()), None)


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
        if wanted.variant is Variant.DRIFT:
            return self._prepare_detector(wanted)
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
        extra = (
            (templates_directory() / "images" / LAMBDA_HANDLER,) if wanted.variant is Variant.LAMBDA else ()
        )
        write_context(
            context,
            source=source,
            dockerfile=dockerfile,
            packages=packages,
            in_image=in_image,
            modules=extra,
        )
        notes = [f"{wanted.name}: built inside the image, {reason}"] if reason else []
        notes += [f"{wanted.name}: by its own Dockerfile"] if own.is_file() else []
        digests = {name: " ".join(map(packages_digest, places)) for name, places in packages.items()}
        return self._prepared(wanted, context, {"BASE": recipe.base}, tuple(notes), digests)

    def prepare_all(self, wanted: Sequence[Wanted], *, refresh: bool = False) -> tuple[Prepared, ...]:
        """Write the contexts of some images; see `prepare`.

        Raises:
            AisprintError: with what is wrong with each of them at once.
        """
        prepared: list[Prepared] = []
        failures: list[AisprintError] = []
        for item in wanted:
            try:
                prepared.append(self.prepare(item, refresh=refresh))
            except (InvalidInputError, ExternalError) as error:
                failures.append(error)
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise ExternalError(
                " ".join(dict.fromkeys(failure.message for failure in failures)),
                why="\n\n".join(dict.fromkeys(failure.why for failure in failures if failure.why)),
                mend=" ".join(dict.fromkeys(failure.mend for failure in failures if failure.mend)),
            )
        return tuple(prepared)

    def _prepare_detector(self, wanted: Wanted) -> Prepared:
        folder = find_detector(self._application)
        if folder is None:
            raise InvalidInputError(
                "The drift detector has no Dockerfile.", mend=f"Put it at {DETECTOR_FOLDERS[0]}/{DOCKERFILE}."
            )
        context = self._work / wanted.name
        write_own_context(context, folder)
        return self._prepared(wanted, context, {}, (), None)

    def _prepared(
        self,
        wanted: Wanted,
        context: Path,
        arguments: Mapping[str, str],
        notes: tuple[str, ...],
        packages: Mapping[str, str] | None,
    ) -> Prepared:
        dockerfile = (context / DOCKERFILE).read_text(encoding="utf-8")
        bases = base_images(dockerfile, arguments)
        request = self._request(wanted, context, bases[-1] if bases else "", arguments, packages)
        return Prepared(request, notes, runs_inside(dockerfile), bases)

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
        """The packages by platform, and why the required ones are installed inside the image, if so."""
        reason = ""
        found: dict[str, list[Path]] = {platform: [] for platform in wanted.platforms}
        targets = [Target(platform, self._settings.python) for platform in wanted.platforms]
        try:
            required = [self._packages.ensure(requirements, target, refresh=refresh) for target in targets]
        except NoWheelError as error:
            required = []
            reason = f"since {error.message[0].lower()}{error.message[1:]}"
        for target, place in zip(targets, required, strict=False):
            found[target.platform] += [place] if place is not None else []
        if wanted.variant is Variant.LAMBDA:
            supervisor = Requirements((LAMBDA_SUPERVISOR,), requirements.directory, local=False)
            for target in targets:
                place = self._packages.ensure(supervisor, target, refresh=refresh, alone=True)
                found[target.platform] += [place] if place is not None else []
        return {platform: places for platform, places in found.items() if places}, reason

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
            brings_python=wanted.gpu,
        )

    def _request(
        self,
        wanted: Wanted,
        context: Path,
        base: str,
        arguments: Mapping[str, str],
        packages: Mapping[str, str] | None,
    ) -> BuildRequest:
        spec = ImageSpec(
            name=wanted.name,
            part=wanted.part.name,
            component=wanted.part.component,
            design=wanted.part.design,
            variant=wanted.variant,
            platforms=wanted.platforms,
            repository=self._settings.repository(wanted.repository, wanted.variant),
            content_digest=content_digest(context, base, *wanted.platforms, packages=packages),
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
            arguments=arguments,
            secrets=self._settings.secrets,
            labels=labels | dict(self._settings.labels),
            epoch_s=EPOCH_S,
        )
