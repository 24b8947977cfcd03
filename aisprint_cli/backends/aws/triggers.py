"""What sets a function off: notifications of its input folders, and the permission to call it.

A bucket has one list of notifications, which others may use too: ours are merged in and taken out by
their names, and everybody else's stay as they are.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable
from typing import Any, Final

from aisprint_cli.backends.aws.account import Account
from aisprint_cli.backends.aws.specification import LambdaSpec
from aisprint_cli.backends.folders import Folder
from aisprint_cli.backends.objects.failures import code_of, is_missing
from aisprint_cli.errors import ExternalError, Retry

_KEY: Final = "LambdaFunctionConfigurations"
_EVENTS: Final = ["s3:ObjectCreated:*"]
_CHANGING: Final = threading.Lock()  # the whole list is read and written back


def wanted_entries(spec: LambdaSpec, arn: str, bucket: str) -> list[dict[str, Any]]:
    """The notifications of a bucket that set a function off; S3 takes one prefix and one suffix each."""
    found = []
    for folder in spec.inputs:
        if folder.bucket != bucket:
            continue
        for prefix, suffix in _rules(folder):
            rules = [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
            found.append(
                {
                    "Id": f"aisprint/{spec.name}/{_mark(prefix, suffix)}",
                    "LambdaFunctionArn": arn,
                    "Events": _EVENTS,
                    "Filter": {"Key": {"FilterRules": [rule for rule in rules if rule["Value"]]}},
                }
            )
    return found


def _rules(folder: Folder) -> Iterable[tuple[str, str]]:
    for prefix in folder.prefixes or ("",):
        for suffix in folder.suffixes or ("",):
            yield folder.key + prefix, suffix


def _mark(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]


def buckets_of(spec: LambdaSpec) -> tuple[str, ...]:
    """The buckets whose objects set a function off."""
    return tuple(dict.fromkeys(folder.bucket for folder in spec.inputs))


def set_triggers(account: Account, spec: LambdaSpec, arn: str) -> None:
    """Let each input bucket call a function, and have it do so.

    Raises:
        ExternalError: when another function takes the same folder, or AWS refuses.
    """
    for bucket in buckets_of(spec):
        _permit(account, spec, bucket)
        with _CHANGING:
            present = _read(account, bucket)
            merged = _merged(present, spec, wanted_entries(spec, arn, bucket), arn)
            if merged != present:
                _write(account, bucket, merged)
                _check_written(account, bucket, merged)


def are_set(account: Account, spec: LambdaSpec, arn: str) -> bool:
    """Whether each input bucket sets a function off as it should, and may."""
    for bucket in buckets_of(spec):
        wanted = wanted_entries(spec, arn, bucket)
        present = [entry for entry in _read(account, bucket).get(_KEY, []) if _is_ours(entry, spec.name, arn)]
        if _comparable(present) != _comparable(wanted) or not _is_permitted(account, spec, bucket):
            return False
    return True


def clear_triggers(account: Account, spec_name: str, arn: str, buckets: Iterable[str]) -> None:
    """Take a function out of the notifications of buckets; what is gone is left at that."""
    for bucket in buckets:
        with _CHANGING:
            present = _read(account, bucket)
            entries = [entry for entry in present.get(_KEY, []) if not _is_ours(entry, spec_name, arn)]
            left = {**present, _KEY: entries}
            if left.get(_KEY) != present.get(_KEY, []):
                _write(account, bucket, {key: value for key, value in left.items() if value})


def _is_ours(entry: dict[str, Any], name: str, arn: str) -> bool:
    return str(entry.get("Id", "")).startswith(f"aisprint/{name}/") or entry.get("LambdaFunctionArn") == arn


def _merged(
    present: dict[str, Any], spec: LambdaSpec, wanted: list[dict[str, Any]], arn: str
) -> dict[str, Any]:
    entries = present.get(_KEY, [])
    others = [entry for entry in entries if not _is_ours(entry, spec.name, arn)]
    for entry in wanted:
        for other in others:
            if _overlap(_filter(entry), _filter(other)):
                raise ExternalError(
                    f"The folder that sets off {spec.name} sets off another function already:"
                    f" {other['LambdaFunctionArn'].rpartition(':')[2]}.",
                    why="S3 calls only one function for an object.",
                    mend="Place one of the two parts on another layer, or give each a folder of its own.",
                )
    ours = [entry for entry in entries if _is_ours(entry, spec.name, arn)]
    if _comparable(ours) == _comparable(wanted):
        return present
    return {**present, _KEY: [*others, *wanted]}


def _filter(entry: dict[str, Any]) -> tuple[str, str]:
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    values = {str(rule["Name"]).lower(): str(rule["Value"]) for rule in rules}
    return values.get("prefix", ""), values.get("suffix", "")


def _overlap(one: tuple[str, str], other: tuple[str, str]) -> bool:
    prefixes = one[0].startswith(other[0]) or other[0].startswith(one[0])
    return prefixes and (one[1].endswith(other[1]) or other[1].endswith(one[1]))


def _comparable(entries: Iterable[dict[str, Any]]) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {
        (str(entry["LambdaFunctionArn"]), *_filter(entry), tuple(sorted(entry["Events"])))
        for entry in entries
    }


def _read(account: Account, bucket: str) -> dict[str, Any]:
    """The notifications of a bucket; none where the bucket is gone."""
    from botocore.exceptions import ClientError

    with account.asking(f"show what listens to the bucket {bucket}"):
        try:
            found = account.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        except ClientError as error:
            if is_missing(error):
                return {}
            raise
    return {key: value for key, value in found.items() if key != "ResponseMetadata" and value != []}


def _write(account: Account, bucket: str, found: dict[str, Any]) -> None:
    with account.asking(f"set what listens to the bucket {bucket}"):
        account.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=found
        )


def _check_written(account: Account, bucket: str, wanted: dict[str, Any]) -> None:
    """See that nobody wrote the list at the same time."""
    if _comparable(_read(account, bucket).get(_KEY, [])) != _comparable(wanted.get(_KEY, [])):
        raise ExternalError(
            f"What listens to the bucket {bucket} was changed by somebody else at the same time.",
            mend="Run this again.",
            retry=Retry.LATER,
        )


def _statement(bucket: str) -> str:
    return f"aisprint-{_mark(bucket)}"


def _permit(account: Account, spec: LambdaSpec, bucket: str) -> None:
    from botocore.exceptions import ClientError

    if _is_permitted(account, spec, bucket):
        return
    with account.asking(f"let the bucket {bucket} call {spec.name}"):
        try:
            account.client("lambda").add_permission(
                FunctionName=spec.name,
                StatementId=_statement(bucket),
                Action="lambda:InvokeFunction",
                Principal="s3.amazonaws.com",
                SourceArn=f"arn:aws:s3:::{bucket}",
                SourceAccount=account.id,
            )
        except ClientError as error:
            if code_of(error) != "ResourceConflictException":
                raise


def _is_permitted(account: Account, spec: LambdaSpec, bucket: str) -> bool:
    from botocore.exceptions import ClientError

    with account.asking(f"show who may call {spec.name}"):
        try:
            text = account.client("lambda").get_policy(FunctionName=spec.name)["Policy"]
        except ClientError as error:
            if is_missing(error):
                return False
            raise
    return any(entry.get("Sid") == _statement(bucket) for entry in json.loads(text).get("Statement", ()))
