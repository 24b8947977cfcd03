"""What goes wrong on the way to a cluster is told in words, without secrets; a second run mends it."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from double_cluster import Shop
from existing_cluster import open_oscar
from oscar_double import TOKEN, Fault

from aisprint_cli.backends.interface import ItemState
from aisprint_cli.backends.oscar.client import Access, OscarClient
from aisprint_cli.errors import AisprintError, ExternalError, InvalidInputError, Retry

SECRETS = ("planted-oscar-password", "planted-minio-secret")
pytestmark = pytest.mark.parametrize("version", ["v3.6.1"])


def words(error: AisprintError) -> str:
    return f"{error.message} {error.why} {error.mend} {error.__cause__!r}"


@pytest.mark.parametrize(
    ("fault", "said", "retry"),
    [
        (Fault("POST", 500, "backend: {sent}"), "500", Retry.LATER),
        (Fault("POST", 429, "slow down", headers={"Retry-After": "7"}), "429", Retry.LATER),
        (Fault("POST", 503, "<html>" + "x" * 5000), "503", Retry.LATER),
        (Fault("POST", 400, "invalid memory: {sent}"), "400", Retry.NEVER),
        (Fault("POST", 404, "404 page not found"), "404", Retry.NEVER),
        (Fault("POST", 302, "", headers={"Location": "http://127.0.0.1:1/login"}), "302", Retry.NEVER),
        (Fault("POST", 401, "token expired"), "expired", Retry.NEVER),
        (Fault("POST", 403, "forbidden"), "credentials", Retry.NEVER),
    ],
)
def test_a_refusal_says_what_and_whether_to_try_again(
    shop: Shop, fault: Fault, said: str, retry: Retry
) -> None:
    fault = Fault(fault.call, fault.status, fault.body, headers=fault.headers)
    shop.oscar.faults.append(fault)
    find = shop.function("find", environment={"Variables": {"KEY": "secret://env/MINIO_SECRET"}})

    with pytest.raises(ExternalError) as caught:
        shop.apply(find)

    assert said in words(caught.value)
    assert caught.value.retry is retry
    assert len(caught.value.message) < 500
    assert not any(secret in words(caught.value) for secret in SECRETS)
    assert caught.value.retry_after_s == (7 if fault.status == 429 else 0)
    assert shop.apply(find).state is ItemState.READY


@pytest.mark.parametrize(
    "answer", ["<html>a proxy</html>", '{"services": 3}', "[1, 2]", "[{", '"text"', '[["a"]]']
)
def test_an_answer_that_is_no_oscars_is_told(shop: Shop, answer: str) -> None:
    shop.oscar.faults.append(Fault("GET /system/services", 200, answer))

    with pytest.raises(ExternalError, match="no OSCAR"):
        shop.observe(shop.function("find"))


def test_an_answer_that_breaks_off_is_asked_for_again(shop: Shop) -> None:
    shop.apply(shop.function("find"))
    shop.oscar.faults.append(Fault("GET /system/services", 200, "[", cut=100, times=2))

    assert shop.observe(shop.function("find")).state is ItemState.READY

    shop.oscar.faults.append(Fault("GET /system/services", 200, "[", cut=100, times=3))
    with pytest.raises(ExternalError, match="cannot be reached") as caught:
        shop.observe(shop.function("find"))
    assert caught.value.retry is Retry.LATER


def test_a_cluster_that_refuses_connections_is_told(shop: Shop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = {**shop.access, "oscar.endpoint": f"http://127.0.0.1:{taken.getsockname()[1]}"}
        item = shop.cluster()
        item = replace(item, spec=replace(item.spec, access=away))

        with pytest.raises(ExternalError, match="cannot be reached") as caught:
            shop.apply(item)

    assert caught.value.retry is Retry.LATER
    assert not any(secret in words(caught.value) for secret in SECRETS)


def test_a_slow_cluster_is_not_waited_for_for_ever(shop: Shop) -> None:
    shop.oscar.faults.append(Fault("GET /system/info", 200, "{}", delay_s=1.0))
    access = Access("shop", shop.oscar.url, password=SECRETS[0], read_s=0.2)

    with closing(OscarClient(access)) as client, pytest.raises(ExternalError, match="cannot be reached"):
        client.info()


def test_wrong_credentials_are_told_before_anything_is_made(shop: Shop) -> None:
    item = shop.cluster()
    wrong = {**shop.access, "oscar.password": "secret://env/MINIO_SECRET"}
    item = replace(item, spec=replace(item.spec, access=wrong))
    with (
        closing(open_oscar(shop.application)) as backend,
        pytest.raises(ExternalError, match="does not let us in") as caught,
    ):
        backend.apply(item, shop.lines.append)

    assert caught.value.retry is Retry.NEVER
    assert "planted-minio-secret" not in words(caught.value)


def test_a_token_of_a_single_sign_on_lets_in_until_it_expires(shop: Shop) -> None:
    with closing(OscarClient(Access("shop", shop.oscar.url, token=TOKEN))) as client:
        assert client.info()["version"] == "v3.6.1"
    expired = OscarClient(Access("shop", shop.oscar.url, password=SECRETS[0], token="expired"))
    with closing(expired), pytest.raises(ExternalError, match="does not let us in") as caught:
        expired.services()
    assert "sign in again" in caught.value.mend


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"oscar.endpoint": ""}, "address"),
        ({"oscar.password": ""}, "credentials"),
        ({"oscar.endpoint": "ftp://somewhere"}, "no http or https address"),
    ],
)
def test_a_cluster_that_is_not_described_enough_is_told(shop: Shop, facts: dict[str, str], said: str) -> None:
    item = shop.cluster()
    item = replace(item, spec=replace(item.spec, access={**shop.access, **facts}))
    with closing(open_oscar(shop.application)) as backend, pytest.raises(InvalidInputError, match=said):
        backend.apply(item, shop.lines.append)


def test_secrets_are_in_nothing_that_is_shown(shop: Shop) -> None:
    """Section 6, 11: keys and passwords stood in clear in files and outputs."""
    find = shop.function("find")
    shop.apply(shop.cluster(), find)
    shop.store("find/input/a.txt")
    shop.remove(find, keep_data=True)

    shown = [*shop.lines, *shop.oscar.calls, repr(shop.observe(shop.cluster())), repr(shop.backend.__dict__)]
    files = [path.read_text() for path in shop.application.rglob("*") if path.is_file()]

    assert not any(secret in text for secret in SECRETS for text in [*shown, *files])
    assert shop.observe(shop.cluster()).outputs["password"] == "secret://env/OSCAR_PASSWORD"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody vouches for, with its key."""
    key, file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*words, *names, "-keyout", key, "-out", file], check=True, capture_output=True)
    file.write_text(file.read_text() + key.read_text())
    return file


@pytest.fixture
def https(shop: Shop, certificate: Path) -> str:
    """The double behind TLS; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = shop.oscar._server
    plain = server.socket
    server.socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
    return shop.oscar.url.replace("http:", "https:")


def test_certificates_are_verified_unless_told_otherwise(shop: Shop, https: str, certificate: Path) -> None:
    """Section 6, 7: the tool before us did not verify by default, with all credentials in its headers."""

    def info(verify: bool | str = True) -> str:
        access = Access("shop", https, password=SECRETS[0], verify=verify)
        with closing(OscarClient(access)) as client:
            return str(client.info()["version"])

    with pytest.raises(ExternalError, match="certificate") as caught:
        info()
    assert "ssl_verify" in caught.value.mend
    assert info(str(certificate)) == "v3.6.1"
    assert info(verify=False) == "v3.6.1"  # and no warning at each call


@pytest.mark.parametrize("is_done", [False, True])
def test_whatever_call_breaks_off_the_next_run_ends_what_was_begun(shop: Shop, is_done: bool) -> None:
    """Section 6, 14: nothing went on where it had stopped. Each call breaks, before or after its work."""
    read, find = shop.function("read"), shop.function("find")
    shop.apply(read, find)
    wanted = {name: _timeless(service) for name, service in shop.oscar.services.items()}
    shop.remove(find)
    shop.remove(read)
    broke: list[bool] = []
    for number in range(1, 16):
        shop.oscar.faults = [Fault("", 0 if is_done else 503, after=number)]
        broke.append(_breaks(shop, lambda: shop.apply(read, find)))

        assert shop.apply(read, find).digest == find.digest
        assert {name: _timeless(service) for name, service in shop.oscar.services.items()} == wanted
        shop.store("find/output/a.txt")
        shop.oscar.faults = [Fault("", 0 if is_done else 503, after=number)]
        broke.append(_breaks(shop, lambda: shop.remove(read)))
        shop.remove(read)
        assert "find/output/a.txt" in shop.stored
        shop.remove(find)
        assert (shop.oscar.services, shop.stored) == ({}, set())
    assert sum(broke) > 3
    assert not broke[-1]  # the last number is beyond the last call


def _breaks(shop: Shop, act: Callable[[], object]) -> bool:
    """Whether an act fails; the faults are over after it."""
    try:
        act()
    except ExternalError:
        return True
    finally:
        shop.oscar.faults = []
    return False


def _timeless(service: dict[str, Any]) -> dict[str, Any]:
    """A service without what tells how it came about."""
    variables = dict(service["environment"]["Variables"])
    variables.pop("AISPRINT_FOUND_BUCKETS", None)
    return {**service, "environment": variables}
