"""What a function looks like on AWS Lambda, from its service document. Pure, but for looking up secrets."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aisprint_cli.backends.aws.account import short_name
from aisprint_cli.backends.folders import Folder, routes_of
from aisprint_cli.backends.interface import FunctionSpec
from aisprint_cli.backends.revealed import Revealed
from aisprint_cli.errors import InvalidInputError

ENVIRONMENT_LIMIT: Final = 4096
_MEMORY_MIB: Final = (128, 10240)
_STORAGE_MIB: Final = (512, 10240)
_TIMEOUT_S: Final = (1, 900)
_SPARE_S: Final = 10  # the supervisor ends the script so long before Lambda ends the function
_RETENTION_DAYS: Final = 30
_RETENTIONS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_ECR: Final = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[a-z0-9][a-z0-9._/-]*?)(:(?P<tag>[\w][\w.-]*)|@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_MEMORY: Final = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>[MG]i?)?")
_UNIT_MIB: Final = {"": 2.0**-20, "M": 1e6 / 2**20, "Mi": 1.0, "G": 1e9 / 2**20, "Gi": 1024.0}
_ARCHITECTURES: Final = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
_GENERATED: Final = "secret://generated/"


@dataclass(frozen=True, slots=True)
class Image:
    """An image in ECR; `tag` is empty where `digest` names it."""

    uri: str
    registry: str
    region: str
    repository: str
    tag: str
    digest: str


@dataclass(frozen=True, slots=True)
class LambdaSpec:
    """A function as Lambda is to have it. `environment` may hold secrets, so it is never shown."""

    name: str
    image: Image
    memory_mib: int
    timeout_s: int
    storage_mib: int
    architecture: str
    retention_days: int
    environment: Mapping[str, str] = field(repr=False, hash=False)
    inputs: tuple[Folder, ...] = ()
    outputs: tuple[Folder, ...] = ()

    @property
    def log_group(self) -> str:
        """Where its runs write."""
        return f"/aws/lambda/{self.name}"


def function_name(spec: FunctionSpec) -> str:
    """The name of a function in its account, which other applications share."""
    return short_name(spec.cluster, str(spec.service["name"]))


def lambda_spec(spec: FunctionSpec, secrets: Revealed) -> LambdaSpec:
    """What to make of a function's specification.

    Raises:
        InvalidInputError: when Lambda cannot have it: no image of ECR, limits, too long a configuration.
    """
    access, routes = spec.access, routes_of(spec)
    timeout = _whole(spec, "aws.timeout", _TIMEOUT_S, _TIMEOUT_S[1])
    image = image_of(spec)
    return LambdaSpec(
        name=function_name(spec),
        image=image,
        memory_mib=_within(spec, "memory", _memory(spec), _MEMORY_MIB),
        timeout_s=timeout,
        storage_mib=_whole(spec, "aws.ephemeral_storage", _STORAGE_MIB, _STORAGE_MIB[0]),
        architecture=_architecture(access.get("aws.architecture", ""), image),
        retention_days=_retention(spec),
        environment=_environment(spec, secrets),
        inputs=tuple(folder for folder in routes.inputs if folder.cluster == spec.cluster),
        outputs=routes.outputs,
    )


def image_of(spec: FunctionSpec) -> Image:
    """The function's image.

    Raises:
        InvalidInputError: when it is not one of ECR in the function's region.
    """
    uri = str(spec.service.get("image", ""))
    match = _ECR.fullmatch(uri)
    region = spec.access.get("aws.region", "")
    if match is None or (region and match["region"] != region):
        where = f"<account>.dkr.ecr.{region or '<region>'}.amazonaws.com/<repository>:<tag>"
        raise InvalidInputError(
            f"AWS Lambda cannot run the image {uri!r} of {spec.part}.",
            why="It runs images of ECR in its own region only.",
            mend=f"Push the image there and give the container its address: {where}.",
        )
    tag = match["tag"] or ("" if match["digest"] else "latest")
    return Image(uri, match["registry"], match["region"], match["repository"], tag, match["digest"] or "")


def _architecture(given: str, image: Image) -> str:
    """The one given, else the one in the image's name, else that of most machines."""
    named = next((word for word in _ARCHITECTURES if word in image.uri.lower()), "amd64")
    return _ARCHITECTURES.get((given or named).lower(), "x86_64")


def _memory(spec: FunctionSpec) -> int:
    match = _MEMORY.fullmatch(str(spec.service.get("memory", "")))
    if match is None:
        raise InvalidInputError(f"The memory of {spec.part} is no amount: {spec.service.get('memory')!r}.")
    return math.ceil(float(match["number"]) * _UNIT_MIB[match["unit"] or ""])


def _whole(spec: FunctionSpec, fact: str, bounds: tuple[int, int], default: int) -> int:
    text = spec.access.get(fact, "")
    if text and not text.isdecimal():
        raise InvalidInputError(f"{fact} of {spec.cluster} is no whole number: {text!r}.")
    return _within(spec, fact, int(text) if text else default, bounds)


def _retention(spec: FunctionSpec) -> int:
    days = _whole(spec, "aws.log_retention_days", (_RETENTIONS[0], _RETENTIONS[-1]), _RETENTION_DAYS)
    if days not in _RETENTIONS:
        longer = next(step for step in _RETENTIONS if step > days)
        raise InvalidInputError(
            f"CloudWatch cannot keep the logs of {spec.part} for {days} days.",
            mend=f"Say {longer}; it takes {', '.join(map(str, _RETENTIONS))}.",
        )
    return days


def _within(spec: FunctionSpec, what: str, value: int, bounds: tuple[int, int]) -> int:
    if not bounds[0] <= value <= bounds[1]:
        raise InvalidInputError(
            f"{what} of {spec.part} is {value}; AWS Lambda takes {bounds[0]} to {bounds[1]}.",
            mend="Change it, or place the part on another layer.",
        )
    return value


def _environment(spec: FunctionSpec, secrets: Revealed) -> dict[str, str]:
    """The variables of a function and its configuration for the FaaS supervisor.

    Raises:
        InvalidInputError: when they do not fit what Lambda takes.
    """
    given = (spec.service.get("environment") or {}).get("Variables") or {}
    found = {str(name): str(secrets.fill(value)) for name, value in given.items()}
    if spec.access.get("aws.function_config") != "image":
        text = json.dumps(supervisor_configuration(spec, secrets), sort_keys=True, separators=(",", ":"))
        found["FDL"] = base64.b64encode(text.encode()).decode()
    size = len(json.dumps(found, separators=(",", ":")).encode())
    if size > ENVIRONMENT_LIMIT:
        raise InvalidInputError(
            f"The variables and the configuration of {spec.part} are {size} bytes long, AWS Lambda takes"
            f" {ENVIRONMENT_LIMIT}.",
            why="Every storage that a function writes to adds its address and its keys.",
            mend="Use fewer or shorter variables, or put the configuration into the image as"
            " /var/task/function_config.yaml and say `function_config: image` in the layer's aws section"
            " of physical_nodes.yaml.",
        )
    return found


def supervisor_configuration(spec: FunctionSpec, secrets: Revealed) -> dict[str, Any]:
    """The configuration that the FaaS supervisor reads inside the function, secrets filled in.

    Its debug level is what brings the script's own output into the log.
    """
    config = {
        "name": str(spec.service["name"]),
        "init_script": f"/opt/{spec.part}/script.sh",
        "log_level": "DEBUG",
        "container": {"timeout_threshold": _SPARE_S},
        "input": list(spec.service.get("input") or ()),
        "output": [_by_role(spec, entry) for entry in spec.service.get("output") or ()],
    }
    providers = {
        kind: {name: secrets.fill(facts) for name, facts in entries.items() if not is_by_role(facts)}
        for kind, entries in (spec.service.get("storage_providers") or {}).items()
    }
    filled = {kind: entries for kind, entries in providers.items() if entries}
    return {**config, "storage_providers": filled} if filled else config


def _by_role(spec: FunctionSpec, entry: Mapping[str, Any]) -> dict[str, Any]:
    """An output entry; to another bucket that nobody gave keys for, the function's role lets it in."""
    kind, _, identity = str(entry.get("storage_provider", "")).partition(".")
    facts = ((spec.service.get("storage_providers") or {}).get(kind) or {}).get(identity)
    is_open = kind == "s3" and (facts is None or is_by_role(facts))
    return {**entry, "storage_provider": kind} if is_open else dict(entry)


def is_by_role(facts: Mapping[str, Any]) -> bool:
    """Whether the keys of an S3 storage are not known, so that only the function's own role can let it in."""
    return str(facts.get("access_key", "")).startswith(_GENERATED) and "endpoint" not in facts
