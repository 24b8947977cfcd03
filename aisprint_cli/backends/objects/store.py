"""One object storage: put, fetch, list and delete objects, and the buckets they are in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from aisprint_cli.backends.objects.failures import code_of, failure, is_missing, raised, status_of
from aisprint_cli.backends.objects.sessions import new_client
from aisprint_cli.backends.unverified import allow_unverified
from aisprint_cli.errors import ExternalError, InvalidInputError

_CONNECT_S: Final = 5.0
_READ_S: Final = 60.0
_AT_ONCE: Final = 1000
_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a storage is and what opens it; never shown.

    `url` is empty for Amazon's own. Without keys, boto3's own chain finds them. `verify` is whether
    certificates are verified, or the file of the authorities to trust.
    """

    name: str
    url: str = ""
    region: str = "us-east-1"
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    verify: bool | str = True


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object: its `bucket/folder/file`, its size in bytes, and when it was stored, in epoch seconds."""

    path: str
    size: int
    stored_s: float


class ObjectStore:
    """The objects at one endpoint. Used by several threads at once.

    Every method raises an `ExternalError` when the storage refuses or cannot be reached.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        if endpoint.verify is False:
            allow_unverified()
        self._endpoint = endpoint

    @cached_property
    def client(self) -> Any:
        """The S3 client; nothing is asked until it is used."""
        from botocore.config import Config

        found = self._endpoint
        keys: dict[str, str] = {}
        if found.access_key:
            keys = {"aws_access_key_id": found.access_key, "aws_secret_access_key": found.secret_key}
        return new_client(
            "s3",
            endpoint_url=found.url or None,
            region_name=found.region,
            verify=found.verify,
            config=Config(
                connect_timeout=_CONNECT_S,
                read_timeout=_READ_S,
                retries={"mode": "standard", "max_attempts": 3},
                s3={"addressing_style": "path"} if found.url else {},
                # older MinIOs do not know the checksums that newer clients send unasked
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            **keys,
        )

    @property
    def where(self) -> str:
        """The storage in words."""
        return f"The storage of {self._endpoint.name}" + (
            f" at {self._endpoint.url}" if self._endpoint.url else ""
        )

    @contextmanager
    def asking(self, doing: str) -> Iterator[None]:
        """Turn what boto3 raises into one error of ours."""
        from boto3.exceptions import Boto3Error

        try:
            yield
        except Boto3Error as error:
            cause = error.__cause__ or error.__context__
            raise failure(cause if isinstance(cause, raised()) else error, doing, self.where) from error
        except raised() as error:
            raise failure(error, doing, self.where) from error

    # Objects

    def put(self, path: str, source: Path) -> None:
        """Store a file as the object `bucket/folder/file`, which appears in one step.

        Raises:
            InvalidInputError: when the file cannot be read or the path names no object.
        """
        bucket, key = split_path(path)
        try:
            with source.open("rb") as stream, self.asking(f"store {path}"):
                self.client.upload_fileobj(stream, bucket, key)
        except OSError as error:
            raise InvalidInputError(f"{source} cannot be read: {error.strerror or error}.") from error

    def fetch(self, path: str, target: Path) -> None:
        """Bring an object back as a file, which appears whole.

        Raises:
            InvalidInputError: when the path names no object.
            OSError: when the target cannot be written.
        """
        bucket, key = split_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        try:
            with temporary.open("xb") as stream, self._fetching(path):
                self.client.download_fileobj(bucket, key, stream)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    def read(self, path: str) -> bytes | None:
        """The content of a small object; None when there is none."""
        from botocore.exceptions import ClientError

        bucket, key = split_path(path)
        with self.asking(f"give {path}"):
            try:
                content: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        return content

    @contextmanager
    def _fetching(self, path: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        with self.asking(f"give {path}"):
            try:
                yield
            except ClientError as error:
                if is_missing(error):
                    raise ExternalError(
                        f"There is no object {path} in the storage of {self._endpoint.name}."
                    ) from error
                raise

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose `bucket/folder/file` begins with `prefix`; none where the bucket is missing."""
        from botocore.exceptions import ClientError

        bucket, _, start = prefix.partition("/")
        pages = self.client.get_paginator("list_objects_v2")
        with self.asking(f"list {prefix}"):
            try:
                for page in pages.paginate(Bucket=bucket, Prefix=start):
                    for entry in page.get("Contents", ()):
                        stored = entry["LastModified"].timestamp()
                        yield StoredObject(f"{bucket}/{entry['Key']}", int(entry["Size"]), stored)
            except ClientError as error:
                if not is_missing(error):
                    raise

    def delete(self, prefix: str) -> int:
        """Delete every object below a prefix; how many there were."""
        bucket, _, _ = prefix.partition("/")
        count, waiting = 0, list[str]()
        for entry in self.objects(prefix):
            waiting.append(entry.path.partition("/")[2])
            count += 1
            if len(waiting) == _AT_ONCE:
                self._delete(bucket, waiting)
                waiting = []
        if waiting:
            self._delete(bucket, waiting)
        return count

    def _delete(self, bucket: str, keys: list[str]) -> None:
        with self.asking(f"empty the bucket {bucket}"):
            answer = self.client.delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
        failed = answer.get("Errors") or ()
        if failed:
            raise ExternalError(
                f"{self.where} did not delete {len(failed)} objects of {bucket}, such as"
                f" {failed[0].get('Key')} ({failed[0].get('Code')})."
            )

    # Buckets

    def has_bucket(self, bucket: str) -> bool:
        """Whether a bucket is there and open to us.

        Raises:
            ExternalError: also when it belongs to somebody else.
        """
        return self._exists(lambda: self.client.head_bucket(Bucket=bucket), bucket)

    def _exists(self, ask: Callable[[], Any], bucket: str) -> bool:
        from botocore.exceptions import ClientError

        with self.asking(f"look at the bucket {bucket}"):
            try:
                ask()
            except ClientError as error:
                if is_missing(error):
                    return False
                if status_of(error) == _FORBIDDEN and code_of(error) == "403":
                    raise ExternalError(
                        f"{self.where} does not let us into the bucket {bucket}.",
                        why="It belongs to somebody else, or the keys are not allowed to use it.",
                        mend="Choose another bucket name, or give the keys access.",
                    ) from error
                raise
        return True

    def make_bucket(self, bucket: str) -> None:
        """Make a bucket; one that is ours already is left at that."""
        from botocore.exceptions import ClientError

        region = self._endpoint.region
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        options = {"CreateBucketConfiguration": where} if where else {}
        with self.asking(f"make the bucket {bucket}"):
            try:
                self.client.create_bucket(Bucket=bucket, **options)
            except ClientError as error:
                if code_of(error) != "BucketAlreadyOwnedByYou":
                    raise

    def remove_bucket(self, bucket: str) -> None:
        """Delete a bucket with all that is in it; one that is gone is left at that."""
        from botocore.exceptions import ClientError

        self.delete(f"{bucket}/")
        with self.asking(f"remove the bucket {bucket}"):
            try:
                self.client.delete_bucket(Bucket=bucket)
            except ClientError as error:
                if not is_missing(error):
                    raise


def split_path(path: str) -> tuple[str, str]:
    """The bucket and the key of `bucket/folder/file`.

    Raises:
        InvalidInputError: when it names no object in plain form.
    """
    bucket, _, key = path.partition("/")
    parts = [bucket, *key.split("/")]
    if any(part in {"", ".", ".."} or "\0" in part for part in parts):
        raise InvalidInputError(f"{path!r} is no object path of the form bucket/folder/file.")
    return bucket, key
