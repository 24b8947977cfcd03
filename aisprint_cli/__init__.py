"""The aisprint toolchain: from an application directory to a running, placed application."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("aisprint")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
