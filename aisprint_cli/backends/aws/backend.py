"""The back end for AWS Lambda: functions native to the cloud, set off by objects in S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from aisprint_cli.backends.aws import functions, images, run_records, triggers
from aisprint_cli.backends.aws.account import Account, Accounts
from aisprint_cli.backends.aws.ground import KEPT, BucketState, Ground
from aisprint_cli.backends.aws.plane import LambdaPlane
from aisprint_cli.backends.aws.specification import (
    LambdaSpec,
    function_name,
    image_of,
    is_by_role,
    lambda_spec,
)
from aisprint_cli.backends.folders import Folder, Routes, routes_of
from aisprint_cli.backends.holdings import Holdings
from aisprint_cli.backends.interface import (
    EVERY_CAPABILITY,
    KEPT_DATA,
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ItemState,
    Observed,
    Progress,
    Site,
)
from aisprint_cli.backends.revealed import Revealed
from aisprint_cli.backends.through_plane import ThroughPlane
from aisprint_cli.errors import ExternalError, InvalidInputError

_ASKED_AT_ONCE: Final = 16


class LambdaBackend(ThroughPlane):
    """Both halves of the contract for AWS Lambda.

    A cluster is a region with a bucket and a role, both made where they are not given. What we make
    carries our tags; nothing without them is changed or removed.

    Args:
        site: the application, its secrets, and what the ledger holds.
    """

    name = "lambda"
    capabilities = EVERY_CAPABILITY

    def __init__(self, site: Site) -> None:
        self._secrets = Revealed(site.resolve)
        self._holdings = Holdings(self.name, site.recorded)
        self._accounts = Accounts(self._secrets)
        self._plane = LambdaPlane(self._holdings, self._accounts)

    def close(self) -> None:
        """Let go of connections; boto3 keeps none open."""

    # Items

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """The present state of items.

        Raises:
            ExternalError: when AWS cannot be reached or does not accept the credentials.
        """
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
            return {seen.id: seen for seen in pool.map(self._observe, items)}

    def _observe(self, item: Item) -> Observed:
        spec = item.spec
        if not spec.access.get("aws.bucket"):
            return Observed(item.id, ItemState.ABSENT)
        if isinstance(spec, ClusterSpec):
            return self._observe_cluster(item, spec)
        return self._observe_function(item, spec)

    def _observe_cluster(self, item: Item, spec: ClusterSpec) -> Observed:
        ground = self._ground(item.name, spec.access)
        bucket = ground.look()
        if bucket.is_of(item.name) and bucket.state == KEPT:
            return Observed(item.id, ItemState.ABSENT, outputs={KEPT_DATA: f"s3://{ground.bucket}"})
        if not bucket.exists or not (bucket.is_of(item.name) or self._holdings.holds(item.id)):
            return Observed(item.id, ItemState.ABSENT)
        outputs = {"endpoint": f"s3://{ground.bucket}", "region": ground.account.region}
        return Observed(item.id, ItemState.READY, self._digest(item, bucket, ground), outputs=outputs)

    def _digest(self, item: Item, bucket: BucketState, ground: Ground) -> str:
        if ground.find_role() is None:
            return ""  # somebody removed it
        return bucket.tags.get("aisprint:digest", "") if bucket.is_of(item.name) else item.digest

    def _observe_function(self, item: Item, spec: FunctionSpec) -> Observed:
        account = self._accounts.of(spec.cluster, spec.access)
        seen = functions.find(account, function_name(spec))
        if seen is None or seen.item != item.name:
            detail = "another's function has its name" if seen is not None else ""
            return Observed(item.id, ItemState.ABSENT, detail=detail)
        outputs = {
            "endpoint": seen.arn,
            "inputs": " ".join(
                f"{spec.cluster}:{folder.path}" for folder in _own_inputs(spec, routes_of(spec))
            ),
        }
        if seen.failure:
            return Observed(item.id, ItemState.FAILED, seen.digest, seen.failure, outputs)
        if seen.is_on_its_way:
            return Observed(item.id, ItemState.PENDING, "", "Lambda or an earlier run is at work on it")
        digest = seen.digest
        if digest == item.digest and self._has_drifted(spec, account, seen):
            digest = ""
        return Observed(item.id, ItemState.READY, digest, outputs=outputs)

    def _has_drifted(self, spec: FunctionSpec, account: Account, seen: functions.Seen) -> bool:
        """Whether anything of a function was changed outside, or its image was pushed anew."""
        wanted = lambda_spec(spec, self._secrets)
        ground = self._ground(spec.cluster, spec.access)
        image = images.find_image(account, wanted.image) or {}
        return not (
            functions.is_as_wanted(seen, wanted, ground.role_arn())
            and functions.has_code(seen, wanted, str(image.get("imageDigest", "")))
            and triggers.are_set(account, wanted, seen.arn)
            and run_records.group_days(account, wanted.log_group) == wanted.retention_days
        )

    def _ground(self, cluster: str, access: Mapping[str, str]) -> Ground:
        account = self._accounts.of(cluster, access)
        return Ground(account, cluster, access.get("aws.bucket") or cluster, access.get("aws.role", ""))

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Make a bucket with its role, or a function with what sets it off, or bring them up to date.

        Raises:
            InvalidInputError: when Lambda cannot have such a function.
            ExternalError: when AWS refuses or fails, or the image is not there.
        """
        if isinstance(item.spec, ClusterSpec):
            self._apply_cluster(item, item.spec, progress)
        else:
            self._apply_function(item, item.spec, progress)
        self._holdings.take(item)
        return self.observe([item])[item.id]

    def _apply_cluster(self, item: Item, spec: ClusterSpec, progress: Progress) -> None:
        if not spec.access.get("aws.bucket"):
            raise InvalidInputError(
                f"Nothing says where in AWS the functions of {item.name} are to run.",
                mend="Only layers of kind NativeCloudFunction go to AWS Lambda.",
            )
        ground = self._ground(item.name, spec.access)
        progress(f"Using the account {ground.account.id} in {ground.account.region}")
        if ground.is_role_ours:
            ground.make_role(progress)
        ground.role_arn()
        ground.make_bucket(item.digest, progress)

    def _apply_function(self, item: Item, spec: FunctionSpec, progress: Progress) -> None:
        if not spec.access.get("aws.bucket") or not self._is_there(spec):
            raise ExternalError(
                f"The bucket of {spec.cluster} is not there yet.",
                mend="Deploy the whole application, its clusters first.",
            )
        wanted = lambda_spec(spec, self._secrets)
        account = self._accounts.of(spec.cluster, spec.access)
        seen = functions.find(account, wanted.name)
        if seen is not None and seen.item != item.name:
            raise ExternalError(
                f"The account has a function {wanted.name} already, which this deployment did not make.",
                why=f"It was made as {seen.item}." if seen.item else "It carries no tag of aisprint.",
                mend="Rename the component, or remove that function if nobody needs it.",
            )
        digest = images.require_image(account, wanted.image, item.name, progress)
        ground = self._ground(spec.cluster, spec.access)
        self._open_buckets(ground, spec, wanted)
        run_records.make_group(account, wanted.log_group, wanted.retention_days, item.name)
        seen = self._make(account, wanted, ground.role_arn(), (item.name, digest), seen, progress)
        triggers.set_triggers(account, wanted, seen.arn)
        functions.mark(account, seen, item.name, item.digest, digest)

    def _is_there(self, spec: FunctionSpec) -> bool:
        ground = self._ground(spec.cluster, spec.access)
        bucket = ground.look()
        held = self._holdings.holds(f"{ItemKind.CLUSTER}/{spec.cluster}")
        return bucket.exists and (held or (bucket.is_of(spec.cluster) and bucket.state != KEPT))

    def _make(
        self,
        account: Account,
        wanted: LambdaSpec,
        role: str,
        origin: tuple[str, str],
        seen: functions.Seen | None,
        progress: Progress,
    ) -> functions.Seen:
        """Make a function or bring it up to date; `origin` is its item and its image's digest."""
        if seen is None:
            progress(f"Making the function {wanted.name}")
            return functions.create(account, wanted, role, origin[0])
        progress(f"Updating the function {wanted.name}")
        return functions.update(account, wanted, role, seen, origin[1])

    def _open_buckets(self, ground: Ground, spec: FunctionSpec, wanted: LambdaSpec) -> None:
        """Let the role write to buckets of other layers that nobody gave keys for."""
        others = set(_other_buckets(spec)) - {ground.bucket}
        if ground.is_role_ours and others:
            ground.allow(wanted.name, others)
        elif ground.is_role_ours:
            ground.forbid(wanted.name)

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        """Remove a function with its trigger, logs and objects, or a bucket and a role that we made.

        Raises:
            ExternalError: when AWS refuses or fails.
        """
        spec = item.spec
        if spec.access.get("aws.bucket"):
            if isinstance(spec, ClusterSpec):
                ground = self._ground(item.name, spec.access)
                ground.remove_bucket(keep_data=keep_data, progress=progress)
                ground.remove_role(progress)
            else:
                self._remove_function(item, spec, keep_data=keep_data, progress=progress)
        self._holdings.drop(item)

    def _remove_function(
        self, item: Item, spec: FunctionSpec, *, keep_data: bool, progress: Progress
    ) -> None:
        account, name = self._accounts.of(spec.cluster, spec.access), function_name(spec)
        seen = functions.find(account, name)
        if seen is not None and seen.item != item.name:
            return
        routes, ground = routes_of(spec), self._ground(spec.cluster, spec.access)
        buckets = {folder.bucket for folder in _own_inputs(spec, routes)} | {ground.bucket}
        triggers.clear_triggers(account, name, seen.arn if seen is not None else "", sorted(buckets))
        if seen is not None:
            progress(f"Removing the function {name}")
            functions.remove(account, name)
        run_records.remove_group(account, f"/aws/lambda/{name}")
        if ground.is_role_ours:
            ground.forbid(name)
        with suppress(InvalidInputError):  # one without an image of ECR was never made
            images.sweep_repository(account, image_of(spec), item.name)
        if not keep_data:
            for folder in routes.own(spec.cluster):
                account.store.delete(f"{folder.path}/")

    def strays(self, application: str) -> tuple[Item, ...]:
        """Functions with our tags, in accounts in use, that the ledger does not hold.

        Raises:
            ExternalError: when an account cannot be asked.
        """
        items = self._holdings.items()
        found = []
        for item in items.values():
            if isinstance(item.spec, ClusterSpec) and item.spec.application == application:
                account = self._accounts.of(item.name, item.spec.access)
                for mark, seen in functions.of_cluster(account, item.name).items():
                    if f"{ItemKind.FUNCTION}/{mark}" not in items:
                        found.append(_stray(mark, item, seen))
        return tuple(found)


def _stray(mark: str, cluster: Item, seen: functions.Seen) -> Item:
    """A function as an item fit for removal; what it read and wrote is not known, so that stays."""
    service = {"name": mark.partition("/")[2], "image": seen.image}
    spec = FunctionSpec(
        cluster.name,
        service["name"],
        "",
        "",
        "",
        service,
        backend=cluster.spec.backend,
        access=cluster.spec.access,
    )
    return Item(ItemKind.FUNCTION, mark, spec, (cluster.id,))


def _own_inputs(spec: FunctionSpec, routes: Routes) -> Iterator[Folder]:
    return (folder for folder in routes.inputs if folder.cluster == spec.cluster)


def _other_buckets(spec: FunctionSpec) -> Iterator[str]:
    """The buckets of S3 that a function writes to with its own role."""
    given = (spec.service.get("storage_providers") or {}).get("s3") or {}
    for folder in routes_of(spec).outputs:
        facts = given.get(folder.cluster)
        if folder.kind == "s3" and (facts is None or is_by_role(facts)):
            yield folder.bucket
