"""What a person chose about the templates of a deployment, beyond what the application's files say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from aisprint_cli.generate.names import DEFAULT_DOMAIN

IM_CREDENTIALS: Final = "secret://file/im/auth.dat"


@dataclass(frozen=True, slots=True)
class Options:
    """Choices that hold from run to run, since each template carries them.

    Attributes:
        domain: the DNS domain of the clusters that are still to be made.
        elastic: the most workers of a cluster that grows and shrinks with its load; 0: none does.
        im_auth: a reference to the credentials with which such a cluster starts workers.
        influxdb_url: the central database of measures; empty: none.
        influxdb_token: a reference to the token that opens it.
        registry_server: the private registry that images come from; empty: none.
        registry_username: who pulls from it.
        registry_password: a reference to the password.
        clouds: the identifier of the credentials that a layer's machines are made with, by layer number.
        per_component: whether there is a template for each component as well.
        drift_detector: the image of the drift detector; empty: none.
    """

    domain: str = DEFAULT_DOMAIN
    elastic: int = 0
    im_auth: str = IM_CREDENTIALS
    influxdb_url: str = ""
    influxdb_token: str = ""
    registry_server: str = ""
    registry_username: str = ""
    registry_password: str = ""
    clouds: Mapping[int, str] = field(default_factory=dict, hash=False)
    per_component: bool = False
    drift_detector: str = ""

    def text(self) -> str:
        """What differs from the defaults, as JSON; the domain is an input and not in it."""
        plain = Options()
        chosen = {key: value for key, value in asdict(self).items() if value != getattr(plain, key)}
        chosen.pop("domain", None)
        return json.dumps(chosen, sort_keys=True)

    @staticmethod
    def parse(text: str, domain: str) -> Options:
        """The options that `text` gave.

        Raises:
            ValueError: when it is no such text.
        """
        chosen = json.loads(text)
        known = {each.name for each in fields(Options)}
        if not isinstance(chosen, dict) or not chosen.keys() <= known:
            raise ValueError("these are no options of a template")
        clouds = {int(number): str(cloud) for number, cloud in _mapping(chosen.pop("clouds", {})).items()}
        return Options(domain=domain, clouds=clouds, **chosen)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("clouds is no map")
    return value


DEFAULTS: Final = Options()
