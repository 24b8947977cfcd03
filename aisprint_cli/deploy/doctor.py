"""Whether this machine and these accounts can do what is asked of them: findings, each with its mend."""

from __future__ import annotations

import platform
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from aisprint_cli.backends.im.credentials import DEFAULT_PLACE
from aisprint_cli.backends.interface import Answers, Item, ItemKind, Place
from aisprint_cli.backends.local.layout import find_home
from aisprint_cli.backends.registry import DEFAULT
from aisprint_cli.deploy.backend_choice import CLOUD
from aisprint_cli.deploy.prepare import prepare
from aisprint_cli.deploy.secrets import needed_references
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import AisprintError, FindingsError
from aisprint_cli.system import machine
from aisprint_cli.system.cache_directory import find_cache

_GIB: Final = 2**30
_TIGHT_BYTES: Final = 5 * _GIB
_FULL_BYTES: Final = _GIB // 2


class Health(StrEnum):
    """How a finding is: MISSING is needed for what was asked, ADVICE is not."""

    OK = "ok"
    ADVICE = "advice"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it where it is not well."""

    area: str
    what: str
    health: Health
    detail: str
    mend: str = ""


def examine_tools() -> Iterator[Finding]:
    """The programs and packages that commands use."""
    yield Finding("tools", "python", Health.OK, f"{platform.python_version()} at {sys.executable}")
    uv = machine.program("uv") or (f"package {found}" if (found := machine.installed("uv")) else "")
    yield _tool("uv", uv, "Install uv; without it environments are built with pip, which is slower.")
    runtime = machine.installed("onnxruntime")
    lost = "Install aisprint again: splits are verified with it."
    yield _tool("onnxruntime", runtime, lost, is_needed=True)
    browser = next(filter(None, map(machine.program, ("chromium", "chromium-browser", "google-chrome"))), "")
    yield _tool("chromium", browser, "Only the tests of reports need it: install the package chromium.")


def _tool(what: str, found: str, mend: str, *, is_needed: bool = False) -> Finding:
    if found:
        return Finding("tools", what, Health.OK, found)
    return Finding("tools", what, Health.MISSING if is_needed else Health.ADVICE, "not found", mend)


def examine_credentials(directory: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Which credentials there are, by the names of files and variables; never what is in them."""
    home = Path(environment.get("HOME", "~")).expanduser()
    files = {
        "Infrastructure Manager": (
            Path(environment.get("AISPRINT_IM_AUTH") or directory / DEFAULT_PLACE),
            "Write im/auth.dat for the back end im: docs/infrastructure-manager.md says how.",
        ),
        "AWS": (home / ".aws" / "credentials", "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID with its secret."),
        "Kubernetes": (
            Path(environment.get("KUBECONFIG") or home / ".kube" / "config"),
            "Set KUBECONFIG for the back end kubernetes.",
        ),
    }
    names = [name for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID") if environment.get(name)]
    for what, (path, mend) in files.items():
        if what == "AWS" and names:
            yield Finding("credentials", what, Health.OK, f"variable {names[0]}")
        elif not path.is_file():
            yield Finding("credentials", what, Health.ADVICE, "none found", mend)
        elif not machine.is_private(path):
            yield Finding(
                "credentials", what, Health.ADVICE, f"{path}, which others may read", f"chmod 600 {path}"
            )
        else:
            yield Finding("credentials", what, Health.OK, str(path))


def examine_room(directory: Path) -> Iterator[Finding]:
    """Room on the file systems that are written to."""
    places = {"application": directory, "local runtime": find_home().root, "environments": find_cache()}
    for what, path in places.items():
        free = machine.free_bytes(path)
        health = Health.OK if free >= _TIGHT_BYTES else Health.ADVICE
        health = Health.MISSING if free < _FULL_BYTES else health
        mend = "" if health is Health.OK else "Make room: environments and models need some GiB."
        yield Finding("disk", what, health, f"{free / _GIB:.1f} GiB free at {path}", mend)


def examine_application(workspace: Workspace) -> Iterator[Finding]:
    """What a deployment of the application needs: a design, the values of its secrets, its back ends."""
    items = {record.item.id: record.item for record in workspace.records().values() if record.exists}
    try:
        prepared = prepare(workspace, None, note=lambda _line: None, write_templates=False)
    except AisprintError as error:
        yield _failure("application", "design", error, is_needed=False)
    else:
        items |= {item.id: item for item in prepared.desired.items}
        said = f"{prepared.choice} of {prepared.desired.application}"
        yield Finding("application", "design", Health.OK, f"{said} can be deployed")
    yield from _secrets(workspace, items.values())
    yield from _back_ends(workspace, items.values())


def _secrets(workspace: Workspace, items: Iterable[Item]) -> Iterator[Finding]:
    references = {reference for item in items for reference in needed_references(item)}
    problems = [problem for problem in map(workspace.secrets.problem, sorted(references)) if problem]
    for problem in problems:
        mend = "Set the variable, or write the file."
        yield Finding("application", "secret", Health.MISSING, problem, mend)
    if references and not problems:
        yield Finding("application", "secrets", Health.OK, f"all {len(references)} have a value")


def _back_ends(workspace: Workspace, items: Iterable[Item]) -> Iterator[Finding]:
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.kind is ItemKind.CLUSTER:
            groups[item.spec.backend if workspace.choice.is_routed else workspace.choice.name].append(item)
    choice = workspace.choice
    for name in {choice.name, *choice.layers.values()} - {CLOUD, DEFAULT}:
        groups.setdefault(name, [])  # asked for by name: it is looked at whatever is or can be deployed
    for name, clusters in sorted(groups.items()):
        try:
            said = _asked(workspace.place_named(name), clusters)
        except AisprintError as error:
            yield _failure("back end", name, error, redact=workspace.secrets.redact)
        else:
            yield Finding("back end", name, Health.OK, said)


def _asked(place: Place, clusters: list[Item]) -> str:
    said = place.answers() if isinstance(place, Answers) else ""
    seen = place.observe(clusters)
    states = ", ".join(f"{item.name} {seen[item.id].state}" for item in clusters)
    return ": ".join(part for part in (said, states) if part)


def _failure(
    area: str,
    what: str,
    error: AisprintError,
    *,
    is_needed: bool = True,
    redact: Callable[[str], str] = str,
) -> Finding:
    found = error.diagnostics if isinstance(error, FindingsError) else ()
    detail = " ".join(
        part for part in (error.message, error.why, *(entry.message for entry in found)) if part
    )
    mends = dict.fromkeys((error.mend, *(entry.mend for entry in found)))
    health = Health.MISSING if is_needed else Health.ADVICE
    return Finding(area, what, health, redact(detail), redact(" ".join(mend for mend in mends if mend)))
