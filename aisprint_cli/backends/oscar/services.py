"""The service documents that are sent to OSCAR, and how to know them again in what it shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from aisprint_cli.backends.folders import Folder, folder_in
from aisprint_cli.backends.interface import FunctionSpec, Item
from aisprint_cli.backends.revealed import Revealed, is_reference
from aisprint_cli.backends.run_log import framed
from aisprint_cli.errors import InvalidInputError

ITEM: Final = "AISPRINT_ITEM"
DIGEST: Final = "AISPRINT_DIGEST"
FOUND: Final = "AISPRINT_FOUND_BUCKETS"
"""The variable that names buckets which were there before the service, and outlive it."""
UNFINISHED: Final = "unfinished"
RESOURCE: Final = "aisprint.resource"
_GENERATED: Final = "secret://generated/"
_SECRETS_FROM: Final = (3, 4)
_PLAIN: Final = ("name", "image", "script", "memory", "enable_gpu", "enable_sgx", "alpine")


def sent_document(
    item: Item, spec: FunctionSpec, secrets: Revealed, version: tuple[int, int], *, digest: str
) -> dict[str, Any]:
    """The document of a function as it goes over the wire, its secrets filled in.

    The item and its digest go as environment variables: every version of OSCAR gives those back.
    Secret variables become Kubernetes secrets where the version knows them.

    Raises:
        InvalidInputError: when it writes to a bucket of Amazon's that nobody gave keys for.
    """
    _require_keys(spec)
    document = dict(secrets.fill(spec.service))
    document["script"] = framed(str(spec.service.get("script", "")))
    document["cpu"] = _quantity(document.get("cpu", ""))
    document["annotations"] = {**dict(document.get("annotations") or {}), RESOURCE: spec.resource}
    plain, secret = _variables(spec, secrets)
    marks = {ITEM: item.name, DIGEST: digest}
    if version < _SECRETS_FROM:
        document["environment"] = {"Variables": {**plain, **secret, **marks}}
    else:
        held = {"Secrets": secret} if secret else {}
        document["environment"] = {"Variables": {**plain, **marks}, **held}
    return {key: value for key, value in document.items() if value not in (None, "", [], {})}


def _require_keys(spec: FunctionSpec) -> None:
    """See that no key of Amazon's is one that was made up: only Amazon gives those."""
    for name, facts in ((spec.service.get("storage_providers") or {}).get("s3") or {}).items():
        if str(facts.get("access_key", "")).startswith(_GENERATED):
            raise InvalidInputError(
                f"{spec.part} writes to the S3 storage of {name}, and nobody gave keys for it.",
                why="It runs outside AWS, where no role of AWS lets it in.",
                mend="Give aws.access_key and aws.secret_key of that layer in physical_nodes.yaml, as"
                " env:NAME or file:PATH.",
            )


def _variables(spec: FunctionSpec, secrets: Revealed) -> tuple[dict[str, str], dict[str, str]]:
    """The variables of a function: plain ones, and those that hold a secret."""
    plain, secret = dict[str, str](), dict[str, str]()
    for name, value in variables_of(spec.service).items():
        (secret if is_reference(value) else plain)[name] = str(secrets.fill(value))
    return plain, secret


def variables_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The environment of a service document, whatever the spelling of its keys."""
    found: dict[str, Any] = {}
    environment = document.get("environment")
    for key, values in environment.items() if isinstance(environment, Mapping) else ():
        if str(key).lower() == "variables" and isinstance(values, Mapping):
            found |= {str(name): value for name, value in values.items()}
    return found


def with_variables(document: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """A document with more environment variables."""
    environment = dict(document.get("environment") or {})
    environment["Variables"] = {**variables_of(document), **variables}
    return {**document, "environment": environment}


def mark_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """The item a service was made from and its digest; empty where they are not there."""
    variables = variables_of(document)
    return str(variables.get(ITEM, "")), str(variables.get(DIGEST, ""))


def is_as_sent(spec: FunctionSpec, shown: Mapping[str, Any]) -> bool:
    """Whether a service is as it was made from a specification, as far as OSCAR shows it."""
    wanted = {**spec.service, "script": framed(str(spec.service.get("script", "")))}
    if any(_plain(wanted, key) != _plain(shown, key) for key in _PLAIN):
        return False
    if _number(wanted.get("cpu")) != _number(shown.get("cpu")):
        return False
    sent = {name: value for name, value in variables_of(wanted).items() if not is_reference(value)}
    seen = variables_of(shown)
    if any(str(value) != str(seen.get(name)) for name, value in sent.items()):
        return False
    return all(
        _folders(spec.cluster, wanted, key) == _folders(spec.cluster, shown, key)
        for key in ("input", "output")
    )


def _plain(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    return str(value).strip() if value else ""


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _quantity(value: object) -> str:
    number = _number(value)
    return str(value) if number is None else f"{number:g}"


def _folders(cluster: str, document: Mapping[str, Any], key: str) -> set[Folder]:
    return {folder_in(cluster, entry) for entry in document.get(key) or () if isinstance(entry, Mapping)}


def without_buckets(document: Mapping[str, Any], cluster: str, buckets: Collection[str]) -> dict[str, Any]:
    """A service document without the folders in some buckets of the cluster's own storage."""

    def stays(entry: Mapping[str, Any]) -> bool:
        folder = folder_in(cluster, entry)
        return folder.cluster != cluster or folder.bucket not in buckets

    found = dict(document)
    for key in ("input", "output"):
        if key in found:
            found[key] = [entry for entry in found[key] or () if stays(entry)]
    return found
