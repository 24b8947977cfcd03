"""Where the object storage of a cluster is, from the facts that its specification gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aisprint_cli.backends.objects.store import Endpoint
from aisprint_cli.backends.revealed import Revealed

REGION: Final = "us-east-1"


def verification(text: str) -> bool | str:
    """What a `..._verify` fact says: whether to verify certificates, or the file of those to trust."""
    if text.lower() in {"", "true", "yes", "1"}:
        return True
    return False if text.lower() in {"false", "no", "0"} else text


def minio_endpoint(cluster: str, access: Mapping[str, str], secrets: Revealed) -> Endpoint | None:
    """The MinIO of a cluster; None where its address or its keys are not known."""
    if not (access.get("minio.endpoint") and access.get("minio.secret_key")):
        return None
    return Endpoint(
        name=cluster,
        url=access["minio.endpoint"],
        region=access.get("minio.region") or REGION,
        access_key=secrets.fact(access, "minio.access_key") or "minio",
        secret_key=secrets.fact(access, "minio.secret_key"),
        verify=verification(access.get("minio.ssl_verify", "")),
    )


def s3_endpoint(cluster: str, access: Mapping[str, str], secrets: Revealed) -> Endpoint:
    """Amazon's S3 for a cluster of native functions; without keys boto3 finds its own."""
    import os

    return Endpoint(
        name=cluster,
        url=access.get("aws.endpoint") or os.environ.get("AWS_ENDPOINT_URL", ""),
        region=access.get("aws.region") or os.environ.get("AWS_DEFAULT_REGION") or REGION,
        access_key=secrets.fact(access, "aws.access_key"),
        secret_key=secrets.fact(access, "aws.secret_key"),
    )
