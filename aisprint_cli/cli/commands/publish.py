"""`aisprint publish`: the images of an application to a registry."""

from __future__ import annotations

from aisprint_cli.cli.deployment_options import DEFAULT_LOCK_TIMEOUT_S, LockTimeout, exactly_one
from aisprint_cli.cli.image_work import (
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
    Verbose,
    application_directory,
    open_session,
)


def publish(
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
    engine: EngineName = None,
    cache_from: CacheFrom = None,
    cache_to: CacheTo = None,
    sbom: Sbom = False,
    provenance: Provenance = False,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Push the container images of an application.

    What was built already is only pushed; what changed since is built first. From then on templates and
    deployments name images by digest, and aisprint/designs/containers.yaml lists them.

    Example: aisprint publish digit_reader --registry registry.example.org:5000 --registry-folder team
    """
    from aisprint_cli.cli.commands.build import run_build

    session = open_session(output, quiet, verbose, no_color)
    run_build(
        session,
        application_directory(app, application_dir),
        exactly_one(base, optimal, deployment),
        Wishes(registry, registry_folder, ecr, None, None),
        everything=everything,
        only=only,
        way=Way(engine, tuple(cache_from or ()), tuple(cache_to or ()), sbom, provenance),
        push=True,
        dry_run=False,
        force=False,
        refresh=False,
        lock_timeout_s=lock_timeout,
        schema="aisprint.publish/1",
    )
