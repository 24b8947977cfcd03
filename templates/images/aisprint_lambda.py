"""What AWS Lambda calls: the FaaS supervisor, which hands the event to the part's script.

The supervisor asks `distutils` for one function. Python 3.12 has no such module, Debian's Python not either.
"""

import importlib.util
import sys
import types


def _strtobool(value):
    """A text as a truth value, 1 or 0, as `distutils.util.strtobool` reads it."""
    word = value.lower()
    if word in {"y", "yes", "t", "true", "on", "1"}:
        return 1
    if word in {"n", "no", "f", "false", "off", "0"}:
        return 0
    raise ValueError(f"invalid truth value {word!r}")


def _has_distutils():
    try:
        return importlib.util.find_spec("distutils.util") is not None
    except ModuleNotFoundError:
        return False


if not _has_distutils():
    sys.modules["distutils"] = types.ModuleType("distutils")
    sys.modules["distutils.util"] = sys.modules["distutils"].util = types.ModuleType("distutils.util")
    sys.modules["distutils.util"].strtobool = _strtobool

from faassupervisor.supervisor import main  # noqa: E402, F401  it imports distutils
