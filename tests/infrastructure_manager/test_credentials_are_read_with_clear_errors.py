from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aisprint_cli.backends.im.credentials import Credentials, header, read_credentials
from aisprint_cli.errors import InvalidInputError

MANAGER = "type = InfrastructureManager; username = ana; password = planted-manager"


def _read(directory: Path, *lines: str) -> Credentials:
    path = directory / "im" / "auth.dat"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return read_credentials(path, directory)


def _problems(directory: Path, *lines: str) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        _read(directory, *lines)
    return [f"{found.location} {found.code}" for found in caught.value.diagnostics]


def test_lines_quotes_comments_and_line_breaks_are_read_as_the_reference_does(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        "# accounts",
        "",
        "type = InfrastructureManager; username = ana; password = 'a;b=c'",
        'id = one; type = OpenStack; host = https://cloud.example:5000; password = "it\'s"',
        r"id = nodes; type = DeployedNode; private_key = 'BEGIN\\nkey\nEND'",
        "id = edge; type = OSCAR; host = http://127.0.0.1:1/x; username = oscar; password = pa=ss ;",
    )

    assert [dict(account.values) for account in found.accounts] == [
        {"type": "InfrastructureManager", "username": "ana", "password": "a;b=c"},
        {"id": "one", "type": "OpenStack", "host": "https://cloud.example:5000", "password": "it's"},
        {"id": "nodes", "type": "DeployedNode", "private_key": "BEGIN\nkey\nEND"},
        {
            "id": "edge",
            "type": "OSCAR",
            "host": "http://127.0.0.1:1/x",
            "username": "oscar",
            "password": "pa=ss",
        },
    ]
    assert found.ids == ("one", "nodes", "edge")


def test_a_list_in_json_is_read_too(tmp_path: Path) -> None:
    accounts = [{"type": "InfrastructureManager", "token": "abc"}, {"type": "Dummy", "id": "d"}]

    found = _read(tmp_path, json.dumps(accounts))

    assert [dict(account.values) for account in found.accounts] == accounts


def test_values_elsewhere_are_looked_up_when_they_are_sent(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        "type = InfrastructureManager; username = ana; token = env:IM_TOKEN",
        "id = nodes; type = DeployedNode; private_key = file(keys/my key.pem)",
        "id = edge; type = Dummy; password = keyring:edge/ana; other = secret://generated/x",
    )

    asked: list[str] = []
    resolved = found.resolved(lambda reference: asked.append(reference) or f"<{len(asked)}>")  # type: ignore[func-returns-value]

    assert asked == [
        "secret://env/IM_TOKEN",
        "secret://file/keys/my%20key.pem",
        "secret://keyring/edge/ana",
        "secret://generated/x",
    ]
    assert resolved[0]["token"] == "<1>"


def test_every_problem_is_told_at_once_with_its_place_and_never_a_value(tmp_path: Path) -> None:
    lines = (
        "id = 1st; type = OSCAR; host = https://planted-host; username = u",
        "id = two; type = oscar; password = 'planted-open",
        "id = two; id = three; type = Lambda; username = planted-key; nonsense; role =",
        "type = OSCAR; token = command(echo planted-command); host = h",
        "id = two; type = Dummy",
        "username = somebody",
    )

    problems = _problems(tmp_path, *lines)

    assert problems == [
        "im/auth.dat:1:1 im_auth.id",
        "im/auth.dat:1:1 im_auth.manager",
        "im/auth.dat:1:1 im_auth.missing",
        "im/auth.dat:2:1 im_auth.type",
        "im/auth.dat:2:36 im_auth.quote",
        "im/auth.dat:3:1 im_auth.id",
        "im/auth.dat:3:1 im_auth.missing",
        "im/auth.dat:3:11 im_auth.repeated_key",
        "im/auth.dat:3:62 im_auth.syntax",
        "im/auth.dat:3:78 im_auth.empty",
        "im/auth.dat:4:23 im_auth.command",
        "im/auth.dat:5:1 im_auth.id",
        "im/auth.dat:6:1 im_auth.type",
    ]
    with pytest.raises(InvalidInputError) as caught:
        _read(tmp_path, *lines)
    told = " ".join(f"{found.message} {found.why} {found.mend}" for found in caught.value.diagnostics)
    assert "planted" not in f"{told} {caught.value}"


def test_a_missing_file_says_what_to_write(tmp_path: Path) -> None:
    """Section 6, 7: missing credentials ended in a TypeError in the message."""
    with pytest.raises(InvalidInputError) as caught:
        read_credentials(tmp_path / "im" / "auth.dat", tmp_path)

    assert "im/auth.dat" in caught.value.message
    assert "AISPRINT_IM_AUTH" in caught.value.mend


def test_a_file_that_others_can_read_is_pointed_out(tmp_path: Path) -> None:
    assert _read(tmp_path, MANAGER).warning == ""
    (tmp_path / "im" / "auth.dat").chmod(0o644)

    found = read_credentials(tmp_path / "im" / "auth.dat", tmp_path)

    assert "chmod 600" in found.warning


def test_an_account_that_a_placement_names_has_to_be_there(tmp_path: Path) -> None:
    found = _read(tmp_path, MANAGER, "id = app-l1; type = Dummy")
    found.require("app-l1")

    with pytest.raises(InvalidInputError) as caught:
        found.require("app-l2")

    assert "app-l2" in caught.value.message
    assert "app-l1" in caught.value.why


def test_the_address_of_the_server_may_stand_on_its_line_and_is_not_sent(tmp_path: Path) -> None:
    found = _read(tmp_path, f"{MANAGER}; host = https://im.example/im")

    assert found.manager_url == "https://im.example/im"
    assert "im.example" not in header(found.resolved(str))


VALUES = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " ;='\"\\\n#[]{}n,é"), min_size=1, max_size=12
)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.uuids())
@example('it\'s "both"; a=b\\n', "x")
@example("a\\nb\nc'", "x")
def test_whatever_a_value_holds_the_server_reads_it_as_it_was(im_url: str, value: str, salt: object) -> None:
    """Its answer to who owns an infrastructure is the user's name as it understood it."""
    accounts = (
        {"type": "InfrastructureManager", "username": f"u{salt}|{value}|", "password": value.strip() or "p"},
        {"id": "d", "type": "Dummy"},
    )
    template = {
        "tosca_definitions_version": "tosca_simple_yaml_1_0",
        "topology_template": {"node_templates": {"m": {"type": "tosca.nodes.Compute"}}},
    }
    headers = {"Authorization": header(accounts), "Accept": "application/json", "Content-Type": "text/yaml"}

    made = requests.post(f"{im_url}/infrastructures", data=json.dumps(template), headers=headers, timeout=30)
    uri = made.json()["uri"]
    try:
        owners = requests.get(f"{uri}/authorization", headers=headers, timeout=30).json()["authorization"]
    finally:
        requests.delete(uri, headers=headers, timeout=30)

    assert owners == [accounts[0]["username"]]
