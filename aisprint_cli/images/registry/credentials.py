"""Who we are to a registry: Docker's own configuration, its credential helpers included."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_HELPER_S: Final = 20.0
_DOCKER_HUB: Final = ("docker.io", "https://index.docker.io/v1/")
_TOKEN_USER: Final = "<token>"  # noqa: S105  what Docker writes in the place of a name


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password, or an identity token in its place."""

    user: str
    password: str = field(repr=False)

    @property
    def is_token(self) -> bool:
        """Whether the password is an identity token, to be traded for access."""
        return self.user == _TOKEN_USER


FindLogin = Callable[[str], Login | None]
"""Gives the login of a registry (`host[:port]`), None for nobody in particular."""


def docker_login(registry: str, environment: Mapping[str, str] | None = None) -> Login | None:
    """The login that `docker login` keeps for a registry; what cannot be read counts as none."""
    variables = os.environ if environment is None else environment
    home = Path(variables.get("DOCKER_CONFIG") or Path(variables.get("HOME", "/")) / ".docker")
    document = docker_configuration(home)
    for name in _names(registry):
        helper = document["credHelpers"].get(name) or document.get("credsStore")
        found = _by_helper(str(helper), name) if helper else None
        found = found or _by_entry(document["auths"].get(name))
        if found is not None:
            return found
    return None


def docker_configuration(directory: Path) -> dict[str, Any]:
    """Docker's configuration, with `auths` and `credHelpers` as maps; what cannot be read is empty."""
    try:
        document = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        document = None
    found = document if isinstance(document, dict) else {}
    maps = {name: found.get(name) for name in ("auths", "credHelpers")}
    return found | {name: value if isinstance(value, dict) else {} for name, value in maps.items()}


def _names(registry: str) -> tuple[str, ...]:
    names = (registry, f"https://{registry}", f"https://{registry}/v1/", f"https://{registry}/v2/")
    return _DOCKER_HUB if registry in {"docker.io", "registry-1.docker.io"} else names


def _by_entry(entry: Any) -> Login | None:
    if not isinstance(entry, dict):
        return None
    if entry.get("identitytoken"):
        return Login(_TOKEN_USER, str(entry["identitytoken"]))
    with suppress(ValueError, UnicodeDecodeError):
        user, _, password = base64.b64decode(str(entry.get("auth") or "")).decode().partition(":")
        return Login(user, password) if user else None
    return None


def _by_helper(helper: str, name: str) -> Login | None:
    """Ask `docker-credential-<helper>`, over its stdin and stdout: nothing shows in a list of processes."""
    with suppress(OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"],
            input=name,
            capture_output=True,
            text=True,
            check=False,
            timeout=_HELPER_S,
        )
        if done.returncode == 0:
            answer = json.loads(done.stdout)
            return Login(str(answer["Username"]), str(answer["Secret"]))
    return None
