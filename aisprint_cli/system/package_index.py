"""Where Python packages come from on this machine: uv, with pip's own settings for the index."""

from __future__ import annotations

import configparser
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path


def find_uv() -> str | None:
    """The program uv: the one that was installed with this tool, else any; None where there is none."""
    try:
        import uv

        return str(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("uv")


def index_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Pip's index settings as uv wants them, where the user has given uv none of its own.

    In the environment, not on a command line: an index address may hold credentials.
    """
    settings = _pip_settings(environment)
    found: dict[str, str] = {}
    if not {"UV_INDEX_URL", "UV_DEFAULT_INDEX"} & set(environment) and "index-url" in settings:
        found["UV_DEFAULT_INDEX"] = settings["index-url"]
    if not {"UV_EXTRA_INDEX_URL", "UV_INDEX"} & set(environment) and "extra-index-url" in settings:
        found["UV_EXTRA_INDEX_URL"] = " ".join(settings["extra-index-url"].split())
        found.setdefault("UV_INDEX_STRATEGY", environment.get("UV_INDEX_STRATEGY", "unsafe-best-match"))
    if "UV_FIND_LINKS" not in environment and "find-links" in settings:
        found["UV_FIND_LINKS"] = ",".join(settings["find-links"].split())
    if "SSL_CERT_FILE" not in environment and "cert" in settings:
        found["SSL_CERT_FILE"] = settings["cert"]
    return found


def _pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Pip's own settings: its files from the most general to the most particular, then PIP_*."""
    home = Path(environment.get("HOME", "/nonexistent"))
    files = [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf",
        Path(sys.prefix) / "pip.conf",
    ]
    if environment.get("PIP_CONFIG_FILE"):
        files.append(Path(environment["PIP_CONFIG_FILE"]))
    found: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file)
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= dict(parser.items(section))
    for name in ("index-url", "extra-index-url", "find-links", "cert"):
        value = environment.get(f"PIP_{name.replace('-', '_').upper()}")
        if value:
            found[name] = value
    return {name: value for name, value in found.items() if value}
