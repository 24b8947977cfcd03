"""The choices about templates that a command line can make, and what becomes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from aisprint_cli.generate.options import Options

_DOMAIN_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LAST = "what the last run was given"

Domain = Annotated[
    str | None,
    typer.Option(
        "--domain",
        metavar="NAME",
        help="The DNS domain of clusters still to be made.",
        show_default="that of the last run, else aisprint.internal",
    ),
]
Elastic = Annotated[
    int | None,
    typer.Option(
        "--elastic",
        metavar="N",
        min=0,
        help="Let Virtual clusters grow to N workers and shrink again; 0: never.",
        show_default=_LAST,
    ),
]
ImAuth = Annotated[
    str | None,
    typer.Option(
        "--im-auth",
        metavar="PATH|REF",
        help="The credentials with which elastic clusters start workers.",
        show_default="im/auth.dat",
    ),
]
InfluxdbUrl = Annotated[
    str | None,
    typer.Option(
        "--influxdb-url", metavar="URL", help="The central database of measures.", show_default=_LAST
    ),
]
InfluxdbToken = Annotated[
    str | None,
    typer.Option(
        "--influxdb-token",
        metavar="REF",
        help="Where its token is: env:NAME, file:PATH or keyring:SERVICE/NAME.",
        show_default=_LAST,
    ),
]
RegistryServer = Annotated[
    str | None,
    typer.Option(
        "--registry-server",
        metavar="HOST",
        help="The private registry that images come from.",
        show_default=_LAST,
    ),
]
RegistryUsername = Annotated[
    str | None,
    typer.Option("--registry-username", metavar="NAME", help="Who pulls from it.", show_default=_LAST),
]
RegistryPassword = Annotated[
    str | None,
    typer.Option(
        "--registry-password",
        metavar="REF",
        help="Where the password is: env:NAME, file:PATH or keyring:SERVICE/NAME.",
        show_default=_LAST,
    ),
]
Clouds = Annotated[
    list[str] | None,
    typer.Option(
        "--cloud",
        metavar="LAYER=ID",
        help="The id in im/auth.dat that makes a layer's machines; LAYER= undoes it. May be repeated.",
        show_default=_LAST,
    ),
]
PerComponent = Annotated[
    bool,
    typer.Option("--per-component", help="Write a template for each component as well, as TOSCARIZER does."),
]
PerLayer = Annotated[
    bool, typer.Option("--per-layer", help="Write templates of layers only; undoes --per-component.")
]


@dataclass(frozen=True, slots=True)
class Choices:
    """What was given on the command line; None where nothing was."""

    domain: str | None = None
    elastic: int | None = None
    im_auth: str | None = None
    influxdb_url: str | None = None
    influxdb_token: str | None = None
    registry_server: str | None = None
    registry_username: str | None = None
    registry_password: str | None = None
    clouds: tuple[str, ...] = ()
    per_component: bool | None = None

    def check(self) -> None:
        """Check what was given by itself.

        Raises:
            UsageError: when it cannot be meant so.
        """
        _checked_domain(self.domain)
        _checked_url(self.influxdb_url)
        _checked_server(self.registry_server)
        _reference("--influxdb-token", self.influxdb_token)
        _reference("--registry-password", self.registry_password)
        _clouds(self.clouds, {})

    def over(self, options: Options) -> Options:
        """These choices, and those of `options` where nothing was given.

        Raises:
            UsageError: when one cannot be meant so.
        """
        from dataclasses import replace

        given: dict[str, Any] = {
            "domain": _checked_domain(self.domain),
            "elastic": self.elastic,
            "im_auth": _credentials(self.im_auth),
            "influxdb_url": _checked_url(self.influxdb_url),
            "influxdb_token": _reference("--influxdb-token", self.influxdb_token),
            "registry_server": _checked_server(self.registry_server),
            "registry_username": self.registry_username,
            "registry_password": _reference("--registry-password", self.registry_password),
            "clouds": _clouds(self.clouds, options.clouds) if self.clouds else None,
            "per_component": self.per_component,
        }
        return replace(options, **{name: value for name, value in given.items() if value is not None})


def by_component(per_component: bool, per_layer: bool) -> bool | None:
    """Whether templates by component are wanted; None where nothing was said.

    Raises:
        UsageError: when both were said.
    """
    if per_component and per_layer:
        raise UsageError("--per-component and --per-layer exclude each other.", mend="Give one of them.")
    return per_component if per_component or per_layer else None


def _checked_domain(domain: str | None) -> str | None:
    from aisprint_cli.generate.names import DEFAULT_DOMAIN

    if not domain:
        return None if domain is None else DEFAULT_DOMAIN
    if not re.fullmatch(rf"{_DOMAIN_LABEL}(\.{_DOMAIN_LABEL})*", domain):
        raise UsageError(f"{domain!r} is not a DNS domain.", mend="Write it as example.org.")
    return domain.lower()


def _checked_url(url: str | None) -> str | None:
    from urllib.parse import urlsplit

    if not url:
        return url
    parts = urlsplit(url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise UsageError(
            "--influxdb-url is no http or https address, or holds more than one.",
            why="It is written into every template, where no secret may be.",
            mend="Write it as https://influx.example.org, and name the token with --influxdb-token.",
        )
    return url


def _checked_server(server: str | None) -> str | None:
    if server and not re.fullmatch(rf"{_DOMAIN_LABEL}(\.{_DOMAIN_LABEL})*(:[0-9]{{1,5}})?", server):
        raise UsageError(
            "--registry-server is no host name.", mend="Write it as registry.example.org or host:5000."
        )
    return server


def _reference(option: str, text: str | None) -> str | None:
    """A reference in its long form; the text itself is never repeated: it may be the secret."""
    from aisprint_cli.generate.secret_references import of_option

    if not text:
        return text
    found = of_option(text)
    if found is None:
        raise UsageError(
            f"{option} takes no secret, but where one is.",
            why="Every user of the machine sees what stands on a command line.",
            mend=f"Write {option} env:NAME, file:PATH or keyring:SERVICE/NAME.",
        )
    return found


def _credentials(text: str | None) -> str | None:
    """Where credentials are: a reference, or simply the path of a file."""
    from aisprint_cli.generate.options import IM_CREDENTIALS
    from aisprint_cli.generate.secret_references import of_option

    if text is None:
        return None
    return of_option(text) or of_option(f"file:{text}") or IM_CREDENTIALS


def _clouds(given: tuple[str, ...], before: Any) -> dict[int, str]:
    clouds = dict(before)
    for text in given:
        match = re.fullmatch(r"([0-9]{1,6})=([\w.-]*)", text)
        if match is None:
            raise UsageError(
                f"--cloud {text}: that is no layer and identifier.",
                mend="Write --cloud 2=one, with an id of im/auth.dat.",
            )
        number, cloud = int(match[1]), match[2]
        clouds.pop(number, None)
        if cloud:
            clouds[number] = cloud
    return dict(sorted(clouds.items()))
