"""What an S3 or AWS service said went wrong, as one error with its mend and whether to try again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aisprint_cli.errors import ExternalError, Retry

if TYPE_CHECKING:
    from collections.abc import Mapping

_LATER: Final = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "LimitExceededException",
        "OperationAborted",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ResourceConflictException",
        "ServiceException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_MENDS: Final[Mapping[str, str]] = {
    "ExpiredToken": "Sign in again: the credentials have expired.",
    "ExpiredTokenException": "Sign in again: the credentials have expired.",
    "RequestExpired": "Sign in again, and check this machine's clock: the request had expired.",
    "RequestTimeTooSkewed": "Set this machine's clock: it differs too much from the service's.",
    "InvalidAccessKeyId": "Check the access key: the service does not know it.",
    "InvalidClientTokenId": "Check the access key: the service does not know it.",
    "UnrecognizedClientException": "Check the access key: the service does not know it.",
    "SignatureDoesNotMatch": "Check the secret key, and this machine's clock.",
    "InvalidSignatureException": "Check the secret key, and this machine's clock.",
    "AccessDenied": "Give these credentials the permission, or use others.",
    "AccessDeniedException": "Give these credentials the permission, or use others.",
}
_SETTLING: Final = (
    "cannot be assumed by Lambda",
    "Unable to validate the following destination configurations",
)
"""What is said of a role or a permission that was just made and is not known everywhere yet."""
_BAD_HTTP: Final = 500
_TOO_MANY: Final = 429
_WORDS: Final = 300


def raised() -> tuple[type[Exception], ...]:
    """What boto3 raises when a service does not do what it is asked."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return BotoCoreError, ClientError, ResponseParserError


def code_of(error: Exception) -> str:
    """The service's own code of an error, empty when it never answered."""
    return str(_answer(error).get("Error", {}).get("Code", ""))


def status_of(error: Exception) -> int:
    """The HTTP status of an error, 0 when the service never answered."""
    return int(_answer(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _answer(error: Exception) -> Mapping[str, Any]:
    answer = getattr(error, "response", None)
    return answer if isinstance(answer, dict) else {}


def is_missing(error: Exception) -> bool:
    """Whether a service says that there is no such thing."""
    missing = {"404", "NoSuchKey", "NoSuchBucket", "NoSuchEntity", "NotFound", "ResourceNotFoundException"}
    missing |= {"RepositoryNotFoundException", "NoSuchTagSet", "ImageNotFoundException"}
    return code_of(error) in missing


def failure(error: Exception, doing: str, where: str) -> ExternalError:
    """The error to raise for one of botocore's.

    Args:
        error: what boto3 raised.
        doing: what was tried, such as "list the bucket upper"; goes into the message.
        where: the service and its address, without secrets.
    """
    code, status = code_of(error), status_of(error)
    if not code:
        return _unreachable(error, doing, where)
    words = str(_answer(error).get("Error", {}).get("Message", "")).strip()[:_WORDS]
    told = f"{code}: {words}" if words and words != code else code
    is_new = any(sign in words for sign in _SETTLING)
    is_later = is_new or code in _LATER or status >= _BAD_HTTP or status == _TOO_MANY
    return ExternalError(
        f"{where} refused to {doing} ({told.rstrip('.')}).",
        mend=_MENDS.get(code, "Run the command again in a while." if is_later else ""),
        retry=Retry.LATER if is_later else Retry.NEVER,
    )


def _unreachable(error: Exception, doing: str, where: str) -> ExternalError:
    """What never got an answer, or one that is no answer of such a service."""
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return ExternalError(
            f"There are no credentials to {doing} at {where}.",
            mend="Give them in physical_nodes.yaml, in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,"
            " or in a profile.",
        )
    if isinstance(error, exceptions.SSLError):
        return ExternalError(
            f"The certificate of {where} cannot be verified.",
            mend="Give the certificate authority's file, or a name that the certificate holds.",
        )
    if isinstance(error, ResponseParserError):
        return ExternalError(
            f"{where} did not answer as such a service does when asked to {doing}.",
            mend="Check its address: something else answers there.",
        )
    is_known = isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError)
    return ExternalError(
        f"{where} cannot be reached to {doing}.",
        why=f"{type(error).__name__}.",
        mend="Check its address and the network.",
        retry=Retry.LATER if is_known else Retry.NEVER,
    )
