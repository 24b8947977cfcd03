"""What functions of a cluster stand on: its bucket, and the role they run as."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.backends.aws.account import Account, short_name, tag_list, tags
from aisprint_cli.backends.interface import Progress
from aisprint_cli.backends.objects.failures import code_of, is_missing
from aisprint_cli.errors import ExternalError

LIVE: Final = "live"
KEPT: Final = "kept"
_TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
_POLICY: Final = "aisprint"
_LISTENERS: Final = (
    "LambdaFunctionConfigurations",
    "QueueConfigurations",
    "TopicConfigurations",
    "EventBridgeConfiguration",
)


@dataclass(frozen=True, slots=True)
class BucketState:
    """A bucket as it is: whether it is there and, if we made it, for which cluster and in which state."""

    exists: bool
    tags: Mapping[str, str]

    def is_of(self, cluster: str) -> bool:
        """Whether it was made for a cluster."""
        return self.tags.get("aisprint:cluster") == cluster

    @property
    def state(self) -> str:
        """`live`, or `kept` when it outlived its cluster."""
        return self.tags.get("aisprint:state", "")


@dataclass(frozen=True, slots=True)
class Ground:
    """The bucket and the role of one cluster."""

    account: Account
    cluster: str
    bucket: str
    role: str = ""
    """The role given: its name or ARN; empty to make one."""

    # The bucket

    def look(self) -> BucketState:
        """The bucket as it is.

        Raises:
            ExternalError: when it cannot be asked, or is somebody else's.
        """
        if not self.account.store.has_bucket(self.bucket):
            return BucketState(exists=False, tags={})
        return BucketState(exists=True, tags=self._bucket_tags())

    def _bucket_tags(self) -> dict[str, str]:
        from botocore.exceptions import ClientError

        with self.account.asking(f"show the tags of the bucket {self.bucket}"):
            try:
                found = self.account.client("s3").get_bucket_tagging(Bucket=self.bucket)["TagSet"]
            except ClientError as error:
                if is_missing(error):
                    return {}
                raise
        return {entry["Key"]: entry["Value"] for entry in found}

    def _tag_bucket(self, found: Mapping[str, str]) -> None:
        s3 = self.account.client("s3")
        with self.account.asking(f"tag the bucket {self.bucket}"):
            if found:
                s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tag_list(found)})
            else:
                s3.delete_bucket_tagging(Bucket=self.bucket)

    def make_bucket(self, digest: str, progress: Progress) -> None:
        """Make the bucket, closed to the public; one that is there already is used and not ours."""
        present = self.look()
        if not present.exists:
            progress(f"Making the bucket {self.bucket}")
            self.account.store.make_bucket(self.bucket)
            with self.account.asking(f"close the bucket {self.bucket} to the public"):
                self.account.client("s3").put_public_access_block(
                    Bucket=self.bucket,
                    PublicAccessBlockConfiguration={
                        "BlockPublicAcls": True,
                        "IgnorePublicAcls": True,
                        "BlockPublicPolicy": True,
                        "RestrictPublicBuckets": True,
                    },
                )
        if not present.exists or present.is_of(self.cluster):
            ours = tags(cluster=self.cluster, state=LIVE, digest=digest)
            self._tag_bucket({**present.tags, **ours})

    def remove_bucket(self, *, keep_data: bool, progress: Progress) -> None:
        """Remove the bucket if we made it and no other function uses it; with `keep_data` only if empty."""
        present = self.look()
        if not (present.exists and present.is_of(self.cluster)):
            return
        if keep_data and any(True for _ in self.account.store.objects(f"{self.bucket}/")):
            self._tag_bucket({**present.tags, **tags(state=KEPT)})
        elif self._has_listeners():
            progress(f"The bucket {self.bucket} stays: other functions use it")
            others = {key: value for key, value in present.tags.items() if not key.startswith("aisprint:")}
            self._tag_bucket(others)
        else:
            progress(f"Removing the bucket {self.bucket}")
            self.account.store.remove_bucket(self.bucket)

    def _has_listeners(self) -> bool:
        with self.account.asking(f"show what listens to the bucket {self.bucket}"):
            s3 = self.account.client("s3")
            found = s3.get_bucket_notification_configuration(Bucket=self.bucket)
        return any(found.get(kind) for kind in _LISTENERS)

    # The role

    @property
    def role_name(self) -> str:
        """The name of the role: the last word of the ARN given, or that of ours."""
        return self.role.rpartition("/")[2] if self.role else short_name(self.cluster, "functions")

    def find_role(self) -> dict[str, Any] | None:
        """The role as IAM shows it, None where there is none."""
        from botocore.exceptions import ClientError

        with self.account.asking(f"show the role {self.role_name}"):
            try:
                found: dict[str, Any] = self.account.client("iam").get_role(RoleName=self.role_name)["Role"]
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        return found

    @property
    def is_role_ours(self) -> bool:
        """Whether the role is one that we make."""
        return not self.role

    def make_role(self, progress: Progress) -> None:
        """Make the role, or bring its permissions up to date."""
        iam = self.account.client("iam")
        found = self.find_role()
        if found is None:
            progress(f"Making the role {self.role_name}")
            self._create_role(iam)
        elif not self._is_made_for_us(found):
            raise ExternalError(
                f"The account has a role {self.role_name} already, which this deployment did not make.",
                mend="Give aws.role in physical_nodes.yaml the role to use, or remove that one if nobody"
                " needs it.",
            )
        self.allow(_POLICY, [self.bucket], logs=True)

    def _is_made_for_us(self, role: Mapping[str, Any]) -> bool:
        shown = {entry["Key"]: entry["Value"] for entry in role.get("Tags", ())}
        return shown.get("aisprint:cluster") == self.cluster

    def _create_role(self, iam: Any) -> None:
        from botocore.exceptions import ClientError

        with self.account.asking(f"make the role {self.role_name}"):
            try:
                iam.create_role(
                    RoleName=self.role_name,
                    AssumeRolePolicyDocument=json.dumps(_TRUST),
                    Description="What functions deployed by aisprint may do.",
                    Tags=tag_list(tags(cluster=self.cluster)),
                )
            except ClientError as error:
                if code_of(error) != "EntityAlreadyExists":  # made, and its answer was lost
                    raise

    def allow(self, policy: str, buckets: Iterable[str], *, logs: bool = False) -> None:
        """Let functions that run as our role use some buckets, and write their logs."""
        partition = "aws-cn" if self.account.region.startswith("cn-") else "aws"
        names = sorted(set(buckets))
        statements: list[dict[str, Any]] = [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": [f"arn:{partition}:s3:::{name}/*" for name in names],
            },
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": [f"arn:{partition}:s3:::{name}" for name in names],
            },
        ]
        if logs:
            statements.append(
                {
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": [f"arn:{partition}:logs:{self.account.region}:*:log-group:/aws/lambda/*"],
                }
            )
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        with self.account.asking(f"give the role {self.role_name} its permissions"):
            self.account.client("iam").put_role_policy(
                RoleName=self.role_name, PolicyName=policy, PolicyDocument=document
            )

    def forbid(self, policy: str) -> None:
        """Take a permission back; one that is gone is left at that."""
        from botocore.exceptions import ClientError

        with self.account.asking(f"take permissions from the role {self.role_name}"):
            try:
                self.account.client("iam").delete_role_policy(RoleName=self.role_name, PolicyName=policy)
            except ClientError as error:
                if not is_missing(error):
                    raise

    def remove_role(self, progress: Progress) -> None:
        """Remove the role if we made it; one that is gone is left at that."""
        found = self.find_role() if self.is_role_ours else None
        if found is None:
            return
        if not self._is_made_for_us(found):
            return
        progress(f"Removing the role {self.role_name}")
        iam = self.account.client("iam")
        with self.account.asking(f"remove the role {self.role_name}"):
            for policy in iam.list_role_policies(RoleName=self.role_name)["PolicyNames"]:
                self.forbid(policy)
            iam.delete_role(RoleName=self.role_name)

    def role_arn(self) -> str:
        """The ARN of the role that functions run as.

        Raises:
            ExternalError: when there is no such role.
        """
        if self.role.startswith("arn:"):
            return self.role
        found = self.find_role()
        if found is None:
            raise ExternalError(
                f"There is no role {self.role_name} for the functions of {self.cluster}.",
                mend="Give aws.role of its resource in physical_nodes.yaml the name or ARN of a role that"
                " Lambda may assume, or leave it out to have one made.",
            )
        return str(found["Arn"])
