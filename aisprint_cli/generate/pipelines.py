"""Pipelines of hosted repositories that validate, design and plan each change, and deploy the main branch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from aisprint_cli.errors import UsageError
from aisprint_cli.system.packaged import templates_directory


class Provider(StrEnum):
    """Who runs the pipeline."""

    GITHUB = "github"
    GITLAB = "gitlab"


PATHS: Final[Mapping[Provider, str]] = MappingProxyType(
    {Provider.GITHUB: ".github/workflows/aisprint.yml", Provider.GITLAB: ".gitlab-ci.yml"}
)
"""Where each provider looks for its file, from the root of the repository."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./@=~+-]*")


def make_pipeline(provider: Provider, *, application: str, backend: str, branch: str, package: str) -> str:
    """The text of a pipeline file.

    Args:
        provider: whose form it has.
        application: the application directory, relative to the root of the repository.
        backend: what `deploy --backend` is given.
        branch: pushes to it are deployed.
        package: what pip installs.

    Raises:
        UsageError: when a value would not stand for itself in YAML and in a shell, or leads out of the
            repository.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    values = {"application": application, "backend": backend, "branch": branch, "package": package}
    for name, value in values.items():
        if not _PLAIN.fullmatch(value):
            raise UsageError(
                f"{value!r} cannot be the {name} of a pipeline.",
                why="It is written into commands that a shell reads.",
                mend="Use letters, digits and . _ / @ = ~ + - only.",
            )
    path = PurePosixPath(application)
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"The application {application} is not inside the repository.",
            mend="Run this in the root of the repository, and give the application's path from there.",
        )
    environment = Environment(  # noqa: S701  YAML of checked values, not HTML
        loader=FileSystemLoader(templates_directory() / "ci"),
        undefined=StrictUndefined,
        variable_start_string="<<",  # both providers have `${...}` and `{{` of their own
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{provider}.yml.jinja").render(values)
