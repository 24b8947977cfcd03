"""The aisprint toolchain: from an application directory to a running, placed application."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """Give `__version__` when it is asked for: reading package metadata costs every start 40 ms."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("aisprint")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0+unknown"
