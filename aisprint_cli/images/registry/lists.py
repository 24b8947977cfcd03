"""Lists of images for several platforms, written in one way whatever engine pushed the images."""

from __future__ import annotations

from aisprint_cli.errors import ExternalError, Retry
from aisprint_cli.images.registry.client import RegistryClient


def join(registry: RegistryClient, reference: str) -> tuple[dict[str, str], str]:
    """Write the list under a reference anew, in our own form: the platforms' digests, and that of the list.

    Raises:
        ExternalError: when what was pushed is not there, or the registry refuses.
    """
    found = registry.manifest(reference)
    if found is None or not found.platforms:
        raise ExternalError(
            f"{reference} was pushed, but the registry does not show it as a list of images.",
            mend="Push it again; if it stays so, look at the registry's own logs.",
            retry=Retry.LATER,
        )
    return found.platforms, registry.put_index(reference, found.platforms)
