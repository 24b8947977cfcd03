"""The images of functions in ECR, and the repositories they are in."""

from __future__ import annotations

from typing import Any, Final

from aisprint_cli.backends.aws.account import Account, tag_list, tags
from aisprint_cli.backends.aws.specification import Image
from aisprint_cli.backends.interface import Progress
from aisprint_cli.backends.objects.failures import code_of, is_missing
from aisprint_cli.errors import ExternalError

_LISTS: Final = ("manifest.list", "image.index")


def require_image(account: Account, image: Image, item: str, progress: Progress) -> str:
    """The digest of an image, which has to be there; its repository is made if need be.

    Raises:
        ExternalError: when the image is not there, or is a list of images, which Lambda cannot run.
    """
    found = find_image(account, image)
    if found is None:
        made = image.registry == account.id and _make_repository(account, image, item, progress)
        raise ExternalError(
            f"The image {image.uri} is not in ECR.",
            why="Its repository was made just now and is empty." if made else "",
            mend=f"Build it and push it: `docker push {image.uri}`; then run this again.",
        )
    if any(word in str(found.get("imageManifestMediaType", "")) for word in _LISTS):
        raise ExternalError(
            f"The image {image.uri} is a list of images for several architectures.",
            why="AWS Lambda runs only an image of one architecture.",
            mend="Push the image of the function's architecture under a tag of its own.",
        )
    return str(found.get("imageDigest", ""))


def find_image(account: Account, image: Image) -> dict[str, Any] | None:
    """An image as ECR shows it, None where there is none."""
    from botocore.exceptions import ClientError

    identity = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag}
    with account.asking(f"show the image {image.uri}"):
        try:
            answer = account.client("ecr").describe_images(
                registryId=image.registry, repositoryName=image.repository, imageIds=[identity]
            )
        except ClientError as error:
            if is_missing(error):
                return None
            raise
    details: list[dict[str, Any]] = answer["imageDetails"]
    return details[0] if details else None


def _make_repository(account: Account, image: Image, item: str, progress: Progress) -> bool:
    """Make the image's repository; whether it was not there."""
    from botocore.exceptions import ClientError

    with account.asking(f"make the repository {image.repository}"):
        try:
            account.client("ecr").create_repository(
                repositoryName=image.repository, tags=tag_list(tags(item=item))
            )
        except ClientError as error:
            if code_of(error) == "RepositoryAlreadyExistsException":
                return False
            raise
    progress(f"Made the repository {image.repository}")
    return True


def sweep_repository(account: Account, image: Image, item: str) -> None:
    """Remove a repository that we made for an item and that holds no image."""
    from botocore.exceptions import ClientError

    if image.registry != account.id:
        return
    ecr = account.client("ecr")
    with account.asking(f"look at the repository {image.repository}"):
        try:
            (found,) = ecr.describe_repositories(repositoryNames=[image.repository])["repositories"]
            shown = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
            if {"Key": "aisprint:item", "Value": item} not in shown:
                return
            if not ecr.list_images(repositoryName=image.repository)["imageIds"]:
                ecr.delete_repository(repositoryName=image.repository)
        except ClientError as error:
            if not (is_missing(error) or code_of(error) == "RepositoryNotEmptyException"):
                raise
