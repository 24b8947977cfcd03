from __future__ import annotations

from pathlib import Path

from small_templates import cluster

from aisprint_cli.backends.im.settings import DEFAULT_URL, INFRASTRUCTURE, find_settings
from aisprint_cli.backends.interface import Recorded

HELD = Recorded(cluster("app-l1"), {INFRASTRUCTURE: "https://held.example/im/infrastructures/1a"})


def test_without_any_setting_the_file_is_in_the_application_and_certificates_are_verified(
    tmp_path: Path,
) -> None:
    """Section 6, 7: certificates were not verified by default, a named file was ignored."""
    found = find_settings(tmp_path, {})

    assert found.auth == tmp_path / "im" / "auth.dat"
    assert found.verify is True
    assert found.url_of("", []) == DEFAULT_URL


def test_the_environment_goes_before_the_credentials_and_these_before_the_ledger(tmp_path: Path) -> None:
    plain, asked = (
        find_settings(tmp_path, {}),
        find_settings(tmp_path, {"AISPRINT_IM_URL": "https://a.example"}),
    )

    assert asked.url_of("https://said.example", [HELD]) == "https://a.example"
    assert plain.url_of("https://said.example", [HELD]) == "https://said.example"
    assert plain.url_of("", [HELD]) == "https://held.example/im"


def test_file_authorities_and_patience_come_from_the_environment(tmp_path: Path) -> None:
    words = {"AISPRINT_IM_AUTH": "/x/auth.dat", "AISPRINT_IM_CA": "/x/ca.pem", "AISPRINT_IM_TIMEOUT": "7.5"}

    found = find_settings(tmp_path, words)

    assert (found.auth, found.verify, found.timeout_s) == (Path("/x/auth.dat"), "/x/ca.pem", 7.5)
    assert find_settings(tmp_path, {"AISPRINT_IM_TIMEOUT": "soon"}).timeout_s == 120.0
