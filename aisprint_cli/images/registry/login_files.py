"""Logins in files, for programs that take them in no other way: private, and gone when they have run.

A password never stands on a command line, where every user of the machine could read it.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from aisprint_cli.images.references import parse_reference
from aisprint_cli.images.registry.credentials import (
    FindLogin,
    Login,
    docker_configuration,
    docker_login,
)
from aisprint_cli.system.files import write_atomic

_SHARED: Final = ("cli-plugins", "contexts", "buildx")
"""What docker keeps beside its logins, and needs as well."""


@contextmanager
def login_directory(find_login: FindLogin, references: Iterable[str]) -> Iterator[Path | None]:
    """A directory for `DOCKER_CONFIG`, with a `config.json` that holds the logins of some images' registries.

    None where Docker's own configuration says the same: then programs find logins themselves.

    Raises:
        ExternalError: when a login cannot be had.
        ValueError: when a reference is none.
    """
    registries = {parse_reference(reference).registry for reference in references if reference}
    logins = {name: login for name in sorted(registries) if (login := find_login(name)) is not None}
    if all(docker_login(name) == login for name, login in logins.items()):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="aisprint-logins-") as folder:
        directory = Path(folder)
        own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
        for name in _SHARED:
            if (own / name).exists():
                (directory / name).symlink_to(own / name)
        write_atomic(directory / "config.json", json.dumps(_document(own, logins)), mode=0o600)
        yield directory


def _document(own: Path, logins: Mapping[str, Login]) -> dict[str, Any]:
    """Docker's own configuration with these logins in the place of what it says of their registries."""
    document = docker_configuration(own)
    helpers, entries = dict(document["credHelpers"]), dict(document["auths"])
    for name, login in logins.items():
        helpers.pop(name, None)
        entries[name] = _entry(login)
    document.pop("credsStore", None)  # it would be asked first
    return {**document, "auths": entries, "credHelpers": helpers}


def _entry(login: Login) -> dict[str, str]:
    if login.is_token:
        return {"identitytoken": login.password}
    return {"auth": base64.b64encode(f"{login.user}:{login.password}".encode()).decode()}
