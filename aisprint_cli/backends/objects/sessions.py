"""Clients of boto3, made quickly: the files that describe services are read once for a process."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, Final

CREATING: Final = threading.Lock()
"""Clients may be used by several threads at once, but not made by them."""


@cache
def _service_files() -> Any:
    from botocore.loaders import create_loader

    return create_loader()


def new_client(service: str, **options: Any) -> Any:
    """A client of a session of its own, which looks credentials up afresh."""
    import boto3
    import botocore.session

    with CREATING:
        core = botocore.session.get_session()
        core.register_component("data_loader", _service_files())
        return boto3.session.Session(botocore_session=core).client(service, **options)
