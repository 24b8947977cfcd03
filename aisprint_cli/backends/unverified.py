"""Certificates that a person chose not to have verified."""

from __future__ import annotations


def allow_unverified() -> None:
    """Say nothing at each call about what `ssl_verify: false` asked for."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
