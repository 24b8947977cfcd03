"""Where the Infrastructure Manager is, and who we are to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aisprint_cli.backends.im.credentials import DEFAULT_PLACE
from aisprint_cli.backends.interface import Recorded

DEFAULT_URL: Final = "https://im.egi.eu/im"
URL: Final = "AISPRINT_IM_URL"
AUTH: Final = "AISPRINT_IM_AUTH"
CA: Final = "AISPRINT_IM_CA"
TIMEOUT: Final = "AISPRINT_IM_TIMEOUT"

INFRASTRUCTURE: Final = "infrastructure"
"""The output that holds an infrastructure's address."""

_TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach the server. An empty `url` stands for what credentials, ledger or default say.

    `verify` is whether to verify its TLS certificate, or the file of the authorities to trust.
    """

    auth: Path
    url: str = ""
    verify: bool | str = True
    timeout_s: float = _TIMEOUT_S

    def url_of(self, said: str, recorded: Iterable[Recorded]) -> str:
        """The address: what was asked for, what the credentials say, where things are, or the public one."""
        return self.url or said or _recorded_url(recorded) or DEFAULT_URL


def find_settings(application: Path, environment: Mapping[str, str]) -> Settings:
    """The settings that the environment and the application directory give."""
    auth = environment.get(AUTH)
    ca = environment.get(CA, "")
    return Settings(
        auth=Path(auth).expanduser() if auth else application / DEFAULT_PLACE,
        url=environment.get(URL, ""),
        verify=ca or True,
        timeout_s=_seconds(environment.get(TIMEOUT, "")),
    )


def _seconds(text: str) -> float:
    try:
        return float(text) if float(text) > 0 else _TIMEOUT_S
    except ValueError:
        return _TIMEOUT_S


def _recorded_url(recorded: Iterable[Recorded]) -> str:
    for entry in recorded:
        url, found, _ = entry.outputs.get(INFRASTRUCTURE, "").rpartition("/infrastructures/")
        if found:
            return url
    return ""
