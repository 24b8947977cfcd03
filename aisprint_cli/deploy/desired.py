"""What a deployment's templates ask for, as items a back end can make."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aisprint_cli.backends.interface import (
    RUNNER_FACT,
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ResourceCapacity,
)
from aisprint_cli.backends.registry import DEFAULT as DEFAULT_BACKEND
from aisprint_cli.deploy.topology import folder_of
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.read import FunctionTemplate, Template

_LEFT_OUT: Final = frozenset({"__pycache__", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class DesiredState:
    """Everything that is to exist, each item after those it requires."""

    application: str
    deployment: str
    items: tuple[Item, ...]

    @property
    def fingerprint(self) -> str:
        """A hash of all of it: equal ones ask for the same."""
        text = json.dumps(sorted([item.id, item.digest] for item in self.items))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def desired_state(
    templates: Iterable[Template],
    digest_of: Callable[[str], str],
    backend_of: Callable[[Template], str] = lambda _template: DEFAULT_BACKEND,
    runner: str = "",
) -> DesiredState:
    """The items of a deployment.

    Args:
        templates: its templates, one for each layer; at least one.
        digest_of: the digest of a design directory, given relative to the application directory.
        backend_of: the name of the back end that makes a layer and its functions.
        runner: what the local back end runs functions in; empty for its own way.

    Raises:
        InvalidInputError: when the templates belong to different deployments.
    """
    found = sorted(templates, key=lambda template: template.layer)
    names = {(template.application, template.deployment) for template in found}
    if len(names) != 1:
        raise InvalidInputError(
            f"The templates belong to {len(names)} deployments, not to one.",
            why="Each one names its application and its deployment in its metadata.",
            mend="Make them again with `aisprint toscarize`.",
        )
    application, deployment = names.pop()
    clusters = {template.cluster for template in found}
    functions = [
        _function_item(template, function, clusters, digest_of, backend_of(template), runner)
        for template in found
        for function in template.functions
    ]
    made = [_cluster_item(template, backend_of) for template in found]
    return DesiredState(application, deployment, (*made, *functions))


def _cluster_item(template: Template, backend_of: Callable[[Template], str]) -> Item:
    resources = tuple(
        ResourceCapacity(entry.name, entry.nodes, entry.cores, entry.memory_mib)
        for entry in template.resources
    )
    backend = backend_of(template)
    spec = ClusterSpec(
        application=template.application,
        layer=template.layer,
        resources=resources,
        password=template.password,
        kind=template.kind.value,
        backend=backend,
        access=dict(template.access),
        # this machine stands in for any infrastructure: what that is like changes nothing here
        infrastructure="" if backend == DEFAULT_BACKEND else template.infrastructure,
        template=template.text,
    )
    return Item(ItemKind.CLUSTER, template.cluster, spec)


def _function_item(
    template: Template,
    function: FunctionTemplate,
    clusters: set[str],
    digest_of: Callable[[str], str],
    backend: str,
    runner: str,
) -> Item:
    own_way = {RUNNER_FACT: runner} if runner and backend == DEFAULT_BACKEND else {}
    service = json.loads(json.dumps(function.service))  # plain values, equal to what the ledger gives back
    spec = FunctionSpec(
        cluster=template.cluster,
        part=function.part,
        resource=function.resource,
        source=function.source,
        source_digest=digest_of(function.source),
        service=service,
        backend=backend,
        node=function.node,
        access={**template.access, **own_way},
    )
    targets = [folder_of(template.cluster, entry).cluster for entry in service.get("output") or ()]
    needed = [template.cluster, *(name for name in targets if name in clusters)]
    requires = tuple(f"{ItemKind.CLUSTER}/{name}" for name in dict.fromkeys(needed))
    return Item(ItemKind.FUNCTION, f"{template.cluster}/{service['name']}", spec, requires)


def source_digest(directory: Path) -> str:
    """A hash over the names, the contents and the executable bits of all files below a directory.

    Links are followed, since designs share files by link. What Python and tools leave behind
    (`__pycache__` and other caches) does not count.

    Raises:
        InvalidInputError: when the directory is not there or cannot be read.
    """
    if not directory.is_dir():
        raise InvalidInputError(
            f"The design directory {directory} does not exist.", mend="Run `aisprint design`."
        )
    whole = hashlib.sha256()
    try:
        for path in sorted(_files(directory)):
            executable = os.access(path, os.X_OK)
            name = path.relative_to(directory).as_posix()
            whole.update(json.dumps([name, executable, _file_digest(path)]).encode())
    except OSError as error:
        raise InvalidInputError(
            f"{error.filename} cannot be read: {error.strerror}.", mend="Run `aisprint design`."
        ) from error
    return whole.hexdigest()


def _files(directory: Path) -> Iterable[Path]:
    for folder, subfolders, files in os.walk(directory, followlinks=True):
        subfolders[:] = [name for name in subfolders if name not in _LEFT_OUT]
        yield from (Path(folder) / name for name in files if not name.endswith(".pyc"))


def _file_digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
