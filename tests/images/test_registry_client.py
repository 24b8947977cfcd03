"""The client of registries against every answer that one may give."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator

import pytest
from registry_double import Answer, registry_double

from aisprint_cli.errors import ExternalError, Retry
from aisprint_cli.images.registry.client import INDEX, MANIFEST, RegistryClient
from aisprint_cli.images.registry.credentials import Login

IMAGE = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": []}).encode()
DIGEST = "sha256:" + hashlib.sha256(IMAGE).hexdigest()
BASIC = "Basic " + base64.b64encode(b"ann:planted-password").decode()


@pytest.fixture
def client() -> Iterator[RegistryClient]:
    made = RegistryClient(lambda _registry: None)
    yield made
    made.close()


@pytest.fixture
def ann() -> Iterator[RegistryClient]:
    made = RegistryClient(lambda _registry: Login("ann", "planted-password"))
    yield made
    made.close()


def test_a_manifest_is_what_its_bytes_say(client: RegistryClient) -> None:
    with registry_double(lambda *_: Answer(body=IMAGE)) as address:
        found = client.manifest(f"{address}/team/find:1")

    assert found is not None
    assert (found.digest, found.media_type, found.size) == (DIGEST, MANIFEST, len(IMAGE))
    assert not found.is_index


def test_what_a_registry_does_not_have_is_none(client: RegistryClient) -> None:
    with registry_double(lambda *_: Answer(404)) as address:
        assert client.manifest(f"{address}/team/find:1") is None


def test_another_content_than_was_asked_for_is_refused(client: RegistryClient) -> None:
    with (
        registry_double(lambda *_: Answer(body=IMAGE + b" ")) as address,
        pytest.raises(ExternalError, match="did not give the manifest") as caught,
    ):
        client.manifest(f"{address}/team/find@{DIGEST}")

    assert caught.value.retry is Retry.LATER


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"text"'])
def test_what_is_no_manifest_is_refused(client: RegistryClient, body: bytes) -> None:
    with registry_double(lambda *_: Answer(body=body)) as address, pytest.raises(ExternalError):
        client.manifest(f"{address}/team/find:1")


def test_an_answer_that_is_cut_off_is_told(client: RegistryClient) -> None:
    with (
        registry_double(lambda *_: Answer(body=IMAGE, declared=len(IMAGE) + 100)) as address,
        pytest.raises(ExternalError, match="cannot be reached") as caught,
    ):
        client.manifest(f"{address}/team/find:1")

    assert caught.value.retry is Retry.LATER


@pytest.mark.parametrize(
    ("status", "retry"),
    [(403, Retry.NEVER), (400, Retry.NEVER), (429, Retry.LATER), (500, Retry.LATER), (503, Retry.LATER)],
)
def test_a_refusal_says_whether_to_try_again(client: RegistryClient, status: int, retry: Retry) -> None:
    with (
        registry_double(lambda *_: Answer(status)) as address,
        pytest.raises(ExternalError, match="refuses to read team/find") as caught,
    ):
        client.manifest(f"{address}/team/find:1")

    assert str(status) in caught.value.why
    assert caught.value.retry is retry
    assert ("docker login" in caught.value.mend) is (status == 403)


def test_a_registry_that_is_not_there_is_told(client: RegistryClient) -> None:
    with registry_double(lambda *_: Answer()) as address:
        pass

    with pytest.raises(ExternalError, match="cannot be reached"):
        client.ping(address)


def test_a_name_and_a_password_are_given_when_asked_for(ann: RegistryClient) -> None:
    challenge = {"WWW-Authenticate": 'Basic realm="registry"'}

    def respond(_method: str, _path: str, headers: dict[str, str]) -> Answer:
        return Answer() if headers.get("Authorization") == BASIC else Answer(401, headers=challenge)

    with registry_double(respond) as address:
        ann.ping(address)


def test_without_a_login_a_registry_that_asks_for_one_is_told(client: RegistryClient) -> None:
    challenge = {"WWW-Authenticate": 'Basic realm="registry"'}
    with (
        registry_double(lambda *_: Answer(401, headers=challenge)) as address,
        pytest.raises(ExternalError, match="refuses to reach") as caught,
    ):
        client.ping(address)

    assert f"docker login {address}" in caught.value.mend


def test_a_wrong_password_is_told_and_not_shown(ann: RegistryClient) -> None:
    challenge = {"WWW-Authenticate": 'Basic realm="registry"'}
    with (
        registry_double(lambda *_: Answer(401, headers=challenge)) as address,
        pytest.raises(ExternalError) as caught,
    ):
        ann.ping(address)

    shown = f"{caught.value.message} {caught.value.why} {caught.value.mend}"
    assert "planted" not in shown
    assert BASIC not in shown


def test_a_token_is_got_for_exactly_what_is_done_and_used_again(ann: RegistryClient) -> None:
    asked: list[str] = []

    def respond(method: str, path: str, headers: dict[str, str]) -> Answer:
        if path.startswith("/token"):
            assert headers["Authorization"] == BASIC
            asked.append(path)
            return Answer(body=json.dumps({"token": "t0"}).encode())
        if headers.get("Authorization") == "Bearer t0":
            return Answer(body=IMAGE)
        realm = f"http://{headers['Host']}/token"
        scope = "repository:team/find:pull"
        challenge = f'Bearer realm="{realm}",service="registry",scope="{scope}"'
        return Answer(401, headers={"WWW-Authenticate": challenge})

    with registry_double(respond) as address:
        for _ in range(3):
            assert ann.manifest(f"{address}/team/find:1") is not None

    assert len(asked) == 1
    assert "service=registry" in asked[0]
    assert "scope=repository%3Ateam%2Ffind%3Apull" in asked[0]


def test_a_token_that_ran_out_is_got_again(ann: RegistryClient) -> None:
    issued = 0

    def respond(_method: str, path: str, headers: dict[str, str]) -> Answer:
        nonlocal issued
        if path.startswith("/token"):
            issued += 1
            return Answer(body=json.dumps({"access_token": f"t{issued}"}).encode())
        if headers.get("Authorization") == f"Bearer t{2 if issued == 2 else 1}" and path.endswith(
            "old" if issued == 1 else "new"
        ):
            return Answer(body=IMAGE)
        realm = f"http://{headers['Host']}/token"
        return Answer(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}",service="r"'})

    with registry_double(respond) as address:
        assert ann.manifest(f"{address}/team/find:old") is not None
        assert ann.manifest(f"{address}/team/find:new") is not None

    assert issued == 2


def test_an_identity_token_is_traded_for_access() -> None:
    client = RegistryClient(lambda _registry: Login("<token>", "identity"))

    def respond(method: str, path: str, headers: dict[str, str]) -> Answer:
        if path.startswith("/token"):
            assert method == "POST"
            assert "refresh_token=identity" in headers["body"]
            return Answer(body=b'{"access_token": "t"}')
        realm = f"http://{headers['Host']}/token"
        ok = headers.get("Authorization") == "Bearer t"
        return Answer() if ok else Answer(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'})

    with registry_double(respond) as address:
        client.ping(address)
    client.close()


def test_a_list_is_written_in_one_form_and_attestations_are_no_platform(client: RegistryClient) -> None:
    written: list[bytes] = []
    sizes: list[int] = []

    def respond(method: str, path: str, headers: dict[str, str]) -> Answer:
        if method == "PUT":
            written.append(headers["body"].encode())
            assert headers["Content-Type"] == INDEX
            return Answer(201)
        sizes.append(len(IMAGE))
        return Answer(body=IMAGE)

    with registry_double(respond) as address:
        digests = [
            client.put_index(f"{address}/team/find:1", dict(platforms))
            for platforms in (
                [("linux/amd64", DIGEST), ("linux/arm64", DIGEST)],
                [("linux/arm64", DIGEST), ("linux/amd64", DIGEST)],
            )
        ]

    assert digests[0] == digests[1] == "sha256:" + hashlib.sha256(written[0]).hexdigest()
    entries = json.loads(written[0])["manifests"]
    assert [entry["platform"]["architecture"] for entry in entries] == ["amd64", "arm64"]
    assert {entry["size"] for entry in entries} == {len(IMAGE)}


def test_an_attestation_of_buildkit_is_no_platform(client: RegistryClient) -> None:
    entries = [
        {"digest": DIGEST, "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": "sha256:" + "0" * 64, "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": "sha256:" + "1" * 64},
    ]
    body = json.dumps({"mediaType": INDEX, "manifests": entries}).encode()
    with registry_double(lambda *_: Answer(body=body)) as address:
        found = client.manifest(f"{address}/team/find:1")

    assert found is not None
    assert found.is_index
    assert found.platforms == {"linux/amd64": DIGEST}


def test_an_image_that_is_not_there_cannot_be_joined(client: RegistryClient) -> None:
    with (
        registry_double(lambda *_: Answer(404)) as address,
        pytest.raises(ExternalError, match="has no image"),
    ):
        client.put_index(f"{address}/team/find:1", {"linux/amd64": DIGEST})
