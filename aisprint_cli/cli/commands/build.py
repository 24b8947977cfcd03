"""`aisprint build`: the images of an application, for exactly the machines it may meet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import DEFAULT_LOCK_TIMEOUT_S, LockTimeout, exactly_one
from aisprint_cli.cli.image_work import (
    BaseImage,
    CacheFrom,
    CacheTo,
    Ecr,
    EngineName,
    OfAll,
    OfBase,
    OfDeployment,
    OfOptimal,
    Only,
    Provenance,
    Python,
    Registry,
    RegistryFolder,
    Sbom,
    Way,
    Wishes,
)
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
    from collections.abc import Sequence

    from rich.console import Console

    from aisprint_cli.images.build import Outcome
    from aisprint_cli.images.plan import ImagePlan
    from aisprint_cli.images.prepare import Prepared, Settings
    from aisprint_cli.images.specification import Built

_Push = Annotated[bool, typer.Option("--push", help="Push them too, as `aisprint publish` does.")]
_Dry = Annotated[
    bool,
    typer.Option("--dry-run", help="Write the Dockerfiles and say what would be built; needs no engine."),
]
_Force = Annotated[bool, typer.Option("--no-cache", help="Build everything anew.")]
_Refresh = Annotated[bool, typer.Option("--refresh", help="Resolve Python requirements anew.")]


def build(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    base: OfBase = False,
    optimal: OfOptimal = False,
    deployment: OfDeployment = None,
    everything: OfAll = False,
    only: Only = None,
    registry: Registry = None,
    registry_folder: RegistryFolder = None,
    ecr: Ecr = None,
    base_image: BaseImage = None,
    python: Python = None,
    engine: EngineName = None,
    push: _Push = False,
    dry_run: _Dry = False,
    no_cache: _Force = False,
    cache_from: CacheFrom = None,
    cache_to: CacheTo = None,
    sbom: Sbom = False,
    provenance: Provenance = False,
    refresh: _Refresh = False,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Build the container images of an application.

    One image for each part, a list over the architectures that the deployment needs. Only what changed
    is built again. Checks everything first: the engine, the base image, the registry, the packages.

    Example: aisprint build digit_reader --registry registry.example.org:5000 --push
    """
    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    choice = exactly_one(base, optimal, deployment)
    wishes = Wishes(registry, registry_folder, ecr, base_image, python)
    way = Way(engine, tuple(cache_from or ()), tuple(cache_to or ()), sbom, provenance)
    run_build(
        session,
        directory,
        choice,
        wishes,
        everything=everything,
        only=only,
        way=way,
        push=push,
        dry_run=dry_run,
        force=no_cache,
        refresh=refresh,
        lock_timeout_s=lock_timeout,
        schema="aisprint.build/1",
    )


def run_build(
    session: Session,
    directory: Path,
    choice: str | None,
    wishes: Wishes,
    *,
    everything: bool,
    only: list[str] | None,
    way: Way,
    push: bool,
    dry_run: bool,
    force: bool,
    refresh: bool,
    lock_timeout_s: float,
    schema: str,
) -> None:
    """Build, and push if that is wished, under the application's lock."""
    from aisprint_cli.cli.image_work import planned, preparing
    from aisprint_cli.images.record import read_record
    from aisprint_cli.system.application_lock import application_lock
    from aisprint_cli.system.state_directory import state_directory

    settings = wishes.settings(read_record(directory))
    plan = planned(directory, choice, everything=everything, only=only)
    _require_registry(settings, plan, push=push)
    folder = state_directory(directory)
    command = f"aisprint build {directory.name}"
    with (
        application_lock(folder, command, timeout_s=lock_timeout_s, waiting=session.note),
        preparing(session, directory, plan, settings, folder / "images", refresh=refresh) as prepared,
    ):
        if dry_run:
            _emit(session, schema, plan, prepared, folder / "images", None)
            return
        outcome = _build(session, directory, prepared, settings, way, push=push, force=force)
        _emit(session, schema, plan, prepared, folder / "images", outcome)


def _require_registry(settings: Settings, plan: ImagePlan, *, push: bool) -> None:
    from aisprint_cli.errors import UsageError
    from aisprint_cli.images.specification import Variant

    has_place = settings.registry or (
        settings.ecr and all(item.variant is Variant.LAMBDA for item in plan.wanted)
    )
    if push and not has_place:
        raise UsageError(
            "There is no registry to push to.",
            mend="Give --registry such as registry.example.org:5000, or set AISPRINT_REGISTRY.",
        )


def _build(
    session: Session,
    directory: Path,
    prepared: Sequence[Prepared],
    settings: Settings,
    way: Way,
    *,
    push: bool,
    force: bool,
) -> Outcome:
    from dataclasses import asdict, replace

    from aisprint_cli.cli.image_progress import watching
    from aisprint_cli.cli.image_work import open_registries, require_repositories
    from aisprint_cli.cli.plan_view import say_stopping
    from aisprint_cli.deploy.interruption import two_strokes
    from aisprint_cli.images.build import Work, build
    from aisprint_cli.images.engines.registry import open_engine
    from aisprint_cli.images.preflight import require_ready
    from aisprint_cli.images.record import read_record, write_record
    from aisprint_cli.system.state_directory import state_directory

    client = open_registries()
    folder = state_directory(directory)
    try:
        engine = open_engine(way.engine, client, way.extras)
        require_ready(prepared, engine, client, folder, push=push)
        if push:
            require_repositories(session, prepared)
        session.note(f"Building with {engine.name} {engine.version()}.")
        plain = {key: value for key, value in asdict(settings).items() if isinstance(value, str)}
        write_record(directory, replace(read_record(directory), settings=plain))
        with two_strokes(lambda: say_stopping(session)) as stopped, watching(session) as listen:
            work = Work(engine, client, folder / "logs", listen, stopped)
            return build(directory, prepared, work, push=push, force=force)
    finally:
        client.close()


def _emit(
    session: Session,
    schema: str,
    plan: ImagePlan,
    prepared: Sequence[Prepared],
    contexts: Path,
    outcome: Outcome | None,
) -> None:
    made = {entry.spec.name: entry for entry in outcome.built} if outcome else {}
    known = {entry.spec.name: entry for entry in outcome.unchanged} if outcome else {}

    def human(console: Console) -> None:
        for item in prepared:
            spec = item.request.spec
            state = "built" if spec.name in made else "unchanged" if spec.name in known else "would be built"
            where = ", ".join(name.removeprefix("linux/") for name in spec.platforms)
            console.print(f"{spec.reference}  {where}  {state}", markup=False, highlight=False)
        for given in plan.given:
            console.print(
                f"{given.part.name}  {', '.join(given.images)}  given", markup=False, highlight=False
            )
        if outcome is None:
            console.print(f"The Dockerfiles are below {contexts}.", markup=False)

    document = {
        "images": [
            _image(item, made.get(item.request.spec.name) or known.get(item.request.spec.name))
            | {"built": item.request.spec.name in made}
            for item in prepared
        ],
        "given": [{"part": given.part.name, "images": list(given.images)} for given in plan.given],
        "dry_run": outcome is None,
    }
    session.emit(schema, document, human)


def _image(item: Prepared, built: Built | None) -> dict[str, object]:
    spec = item.request.spec
    return {
        "name": spec.name,
        "part": spec.part,
        "variant": spec.variant.value,
        "platforms": list(spec.platforms),
        "reference": spec.reference,
        "content_digest": spec.content_digest,
        "dockerfile": str(item.request.dockerfile),
        "digest": built.digest if built else None,
        "by_platform": dict(built.by_platform) if built else {},
        "pushed": bool(built and built.pushed),
        "engine": built.engine if built else None,
        "notes": list(item.notes),
    }
