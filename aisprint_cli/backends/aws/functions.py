"""Functions of AWS Lambda: made, brought up to date in place, compared, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aisprint_cli.backends.aws.account import Account, tags
from aisprint_cli.backends.aws.specification import LambdaSpec
from aisprint_cli.backends.objects.failures import code_of, is_missing
from aisprint_cli.errors import ExternalError, Retry

UNFINISHED: Final = "unfinished"
_WAIT_S: Final = 300
_POLL_S: Final = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """A function as Lambda shows it."""

    arn: str
    configuration: Mapping[str, Any] = field(repr=False)
    image: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def item(self) -> str:
        """The item it was made from, empty when we did not make it."""
        return self.tags.get("aisprint:item", "")

    @property
    def digest(self) -> str:
        """The digest of that item, `unfinished` when we did not end our work on it."""
        return self.tags.get("aisprint:digest", "")

    @property
    def image_digest(self) -> str:
        """The digest of the image when we last set it."""
        return self.tags.get("aisprint:image", "")

    @property
    def failure(self) -> str:
        """Why it cannot run, empty when it can or is on its way."""
        if self.configuration.get("State") == "Failed":
            return str(self.configuration.get("StateReason") or "it failed")
        if self.configuration.get("LastUpdateStatus") == "Failed":
            return str(self.configuration.get("LastUpdateStatusReason") or "its last update failed")
        return ""

    @property
    def is_on_its_way(self) -> bool:
        """Whether it is being made or changed."""
        return (
            self.configuration.get("State") == "Pending"
            or self.configuration.get("LastUpdateStatus") == "InProgress"
            or self.digest == UNFINISHED
        )


def find(account: Account, name: str) -> Seen | None:
    """A function, None where there is none."""
    from botocore.exceptions import ClientError

    with account.asking(f"show the function {name}"):
        try:
            found = account.client("lambda").get_function(FunctionName=name)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
    configuration = found["Configuration"]
    image = str(found.get("Code", {}).get("ImageUri", ""))
    return Seen(configuration["FunctionArn"], configuration, image, found.get("Tags") or {})


def of_cluster(account: Account, cluster: str) -> dict[str, Seen]:
    """The functions that were made for a cluster, by the item each was made from."""
    with account.asking("list the functions"):
        pages = account.client("lambda").get_paginator("list_functions").paginate()
        names = [str(entry["FunctionName"]) for page in pages for entry in page["Functions"]]
    found = (find(account, name) for name in names if name.startswith(f"{cluster}-"))
    return {seen.item: seen for seen in found if seen is not None and seen.item.startswith(f"{cluster}/")}


def wanted_configuration(spec: LambdaSpec, role: str) -> dict[str, Any]:
    """What is asked of a function besides its code."""
    return {
        "Role": role,
        "MemorySize": spec.memory_mib,
        "Timeout": spec.timeout_s,
        "EphemeralStorage": {"Size": spec.storage_mib},
        "Environment": {"Variables": dict(spec.environment)},
    }


def is_as_wanted(seen: Seen, spec: LambdaSpec, role: str) -> bool:
    """Whether a function is as it was made, its image aside."""
    shown = seen.configuration
    present = {
        "Role": shown.get("Role"),
        "MemorySize": shown.get("MemorySize"),
        "Timeout": shown.get("Timeout"),
        "EphemeralStorage": shown.get("EphemeralStorage"),
        "Environment": {"Variables": (shown.get("Environment") or {}).get("Variables") or {}},
    }
    return present == wanted_configuration(spec, role)


def has_code(seen: Seen, spec: LambdaSpec, image_digest: str) -> bool:
    """Whether a function runs the image wanted, as that is now."""
    architectures = seen.configuration.get("Architectures") or ["x86_64"]
    return (seen.image, architectures, seen.image_digest) == (
        spec.image.uri,
        [spec.architecture],
        image_digest,
    )


def create(account: Account, spec: LambdaSpec, role: str, item: str) -> Seen:
    """Make a function and wait until it can run."""
    with account.asking(f"make the function {spec.name}"):
        account.client("lambda").create_function(
            FunctionName=spec.name,
            PackageType="Image",
            Code={"ImageUri": spec.image.uri},
            Architectures=[spec.architecture],
            Tags=tags(item=item, digest=UNFINISHED),
            **wanted_configuration(spec, role),
        )
    return settled(account, spec.name, "function_active_v2")


def update(account: Account, spec: LambdaSpec, role: str, seen: Seen, image_digest: str) -> Seen:
    """Bring a function up to date, its configuration first, then its code, waiting for each."""
    client = account.client("lambda")
    found = settled(account, spec.name, "function_updated_v2")
    if not is_as_wanted(found, spec, role):
        with account.asking(f"configure the function {spec.name}"):
            client.update_function_configuration(FunctionName=spec.name, **wanted_configuration(spec, role))
        found = settled(account, spec.name, "function_updated_v2")
    if not has_code(seen, spec, image_digest):
        with account.asking(f"give the function {spec.name} its image"):
            client.update_function_code(
                FunctionName=spec.name, ImageUri=spec.image.uri, Architectures=[spec.architecture]
            )
        found = settled(account, spec.name, "function_updated_v2")
    return found


def settled(account: Account, name: str, waiter: str) -> Seen:
    """A function once Lambda is done with it.

    Raises:
        ExternalError: when it fails, or takes too long.
    """
    from botocore.exceptions import WaiterError

    with account.asking(f"wait for the function {name}"):
        try:
            account.client("lambda").get_waiter(waiter).wait(
                FunctionName=name, WaiterConfig={"Delay": _POLL_S, "MaxAttempts": _WAIT_S // _POLL_S}
            )
        except WaiterError as error:
            if code_of(error):
                raise
            _explain(find(account, name), name, error)
    found = find(account, name)
    if found is None:
        raise ExternalError(f"The function {name} is gone.", retry=Retry.LATER)
    return found


def _explain(seen: Seen | None, name: str, error: Exception) -> None:
    """Say why a function did not come about; a failed earlier update is no reason not to try another."""
    if seen is not None and seen.configuration.get("State") != "Failed" and seen.failure:
        return
    reason = seen.failure if seen is not None else ""
    raise ExternalError(
        f"The function {name} did not get ready.",
        why=reason or f"It was not ready after {_WAIT_S} s.",
        mend="Check its image: the architecture, and that Lambda may pull it." if reason else "",
        retry=Retry.NEVER if reason else Retry.LATER,
    ) from error


def mark(account: Account, seen: Seen, item: str, digest: str, image_digest: str) -> None:
    """Note on a function what it was made from; the last step of making it."""
    with account.asking(f"tag the function {seen.configuration['FunctionName']}"):
        account.client("lambda").tag_resource(
            Resource=seen.arn, Tags=tags(item=item, digest=digest, image=image_digest)
        )


def remove(account: Account, name: str) -> None:
    """Remove a function; one that is gone is left at that."""
    from botocore.exceptions import ClientError

    with account.asking(f"remove the function {name}"):
        try:
            account.client("lambda").delete_function(FunctionName=name)
        except ClientError as error:
            if not is_missing(error):
                raise
