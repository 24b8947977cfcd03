"""Which back ends there are: ours by name, and those that other packages bring."""

from __future__ import annotations

import difflib
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from aisprint_cli.backends.interface import Factory, Place, Site
from aisprint_cli.errors import UsageError

ENTRY_POINTS: Final = "aisprint.backends"
DEFAULT: Final = "local"


def _local(site: Site) -> Place:
    from aisprint_cli.backends.local.backend import LocalBackend

    return LocalBackend(site.application, site.resolve)


def _oscar(site: Site) -> Place:
    from aisprint_cli.backends.oscar.backend import OscarBackend

    return OscarBackend(site)


def _im(site: Site) -> Place:
    from aisprint_cli.backends.im.backend import ImBackend

    return ImBackend(site)


def _kubernetes(site: Site) -> Place:
    from aisprint_cli.backends.kubernetes.backend import KubernetesBackend

    return KubernetesBackend(site)


def _lambda(site: Site) -> Place:
    from aisprint_cli.backends.aws.backend import LambdaBackend

    return LambdaBackend(site)


BACKENDS: Final[dict[str, Factory]] = {
    "im": _im,
    "kubernetes": _kubernetes,
    "lambda": _lambda,
    "local": _local,
    "oscar": _oscar,
}


def backend_names() -> tuple[str, ...]:
    """Every name that `open_backend` takes, ours first."""
    return tuple(dict.fromkeys([*BACKENDS, *sorted(_installed())]))


def open_backend(name: str, site: Site) -> Place:
    """The back end of that name; ours win over an installed one of the same name.

    Raises:
        UsageError: when there is none, or the package that brings it does not load.
    """
    factory = BACKENDS.get(name) or _load(name)
    return factory(site)


def require_backend(name: str) -> None:
    """See that there is a back end of a name, without opening it.

    Raises:
        UsageError: when there is none.
    """
    names = backend_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
        raise UsageError(f"There is no back end {name!r}.", mend=hint)


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def _load(name: str) -> Factory:
    require_backend(name)
    entry = _installed()[name]
    try:
        factory: Factory = entry.load()
    except Exception as error:
        raise UsageError(
            f"The back end {name!r} does not load: {type(error).__name__}: {error}",
            why=f"It comes from {entry.value}, which is not part of aisprint.",
            mend="Install that package again, or ask its authors.",
        ) from error
    return factory
