"""Whatever is sent to the runtime, it answers with a reason, stays alive and keeps nothing of it."""

from __future__ import annotations

import json
import random
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from private_runtime import PASSWORD, Local, io, wait_until

from aisprint_cli.backends.local import launch

AUTH = ("oscar", PASSWORD)
DEEP = b"[" * 100_000
MIB = 1 << 20


@pytest.fixture
def url(local: Local) -> str:
    local.cluster()
    local.script("upper", "true")
    return launch.ensure(local.home).url


def _token(local: Local) -> dict[str, str]:
    return {"Authorization": f"Bearer {launch.ensure(local.home).token}"}


def _service(name: str = "other", **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": "none", "script": "true", "input": [io("upper/input")], **fields}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", DEEP, b'{"name": NaN}', b'{"name": "\\ud800"}'],
    ids=["empty", "cut", "list", "null", "no text", "deep", "not a number", "half a character"],
)
def test_a_body_that_is_no_document_is_refused(local: Local, url: str, body: bytes) -> None:
    system = f"{url}/clusters/edge/system/services"
    places = [f"{url}/admin/clusters/edge2", f"{url}/admin/clusters/edge/services/other"]
    answers = [
        *(requests.request(verb, system, data=body, auth=AUTH, timeout=30) for verb in ("POST", "PUT")),
        *(requests.put(place, data=body, headers=_token(local), timeout=30) for place in places),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert [cluster["name"] for cluster in local.backend._client.clusters() if "edge" in cluster["name"]] == [
        "edge"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"memory": "9" * 400},
        {"script": "\ud800"},
        {"input": [io("\ud800in/put")]},
        {"environment": {"Variables": {"A": "\ud800"}}},
        {"storage_providers": {"a": float("nan")}},
        {"annotations": ["x"]},
    ],
)
def test_values_that_cannot_be_kept_are_refused(local: Local, url: str, change: dict[str, Any]) -> None:
    document = json.dumps(_service(**change)).encode()

    answer = requests.post(f"{url}/clusters/edge/system/services", data=document, auth=AUTH, timeout=30)

    assert answer.status_code == 400
    assert requests.get(f"{url}/clusters/edge/system/status", auth=AUTH, timeout=30).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"password": 0}, {"digest": []}, {"owner": {"x": 1}}, {"resources": [{}]}, {"resources": 5}],
)
def test_a_cluster_that_makes_no_sense_is_refused(local: Local, url: str, change: dict[str, Any]) -> None:
    document = {"resources": [{"name": "n", "nodes": 1, "cores": 1, "memory_mib": 64}], **change}

    answer = requests.put(f"{url}/admin/clusters/two", json=document, headers=_token(local), timeout=30)

    assert (answer.status_code, "is not valid" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("place", "size_mib"), [("system/services", 9), ("job/upper", 65), ("run/upper", 65)]
)
def test_a_body_beyond_all_measure_is_cut_off(url: str, place: str, size_mib: int) -> None:
    pieces = (b"x" * MIB for _ in range(size_mib))

    answer = requests.post(f"{url}/clusters/edge/{place}", data=pieces, auth=AUTH, timeout=60)

    assert (answer.status_code, "MiB" in answer.text) == (413, True)


@pytest.mark.parametrize(
    "path",
    [
        *("..%2f..%2fstate.db", "%2e%2e/%2e%2e/state.db", "upper/../../../state.db", "upper%2f..%2f..%2fx"),
        *(
            "a%00b/c",
            "upper//x",
            "upper/%0a/../x",
            "%",
            ".",
            "x" * 5000,
            "upper/" + "/".join(["d" * 100] * 50),
        ),
    ],
)
def test_paths_that_lead_elsewhere_lead_nowhere(local: Local, url: str, path: str) -> None:
    token = _token(local)["Authorization"]

    for verb in ("GET", "PUT", "DELETE"):
        for place in (f"/admin/clusters/edge/objects/{path}", f"/clusters/edge/system/services/{path}"):
            status = _raw(url, f"{verb} {place} HTTP/1.1", f"Authorization: {token}")
            assert 400 <= status < 500, (verb, place)

    assert local.home.database.exists()
    assert local.backend.objects("edge") == ()


def _raw(url: str, line: str, header: str) -> int:
    """Send a request that no client would make of a path; its status."""
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        text = f"{line}\r\nHost: here\r\n{header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        connection.sendall(text.encode("latin-1"))
        return int(connection.makefile("rb").readline().split()[1])


def test_an_object_in_the_way_of_another_is_told(local: Local, url: str) -> None:
    local.put("upper/kept/a")

    for path in ("upper/kept/a/b", "upper/kept"):
        place = f"{url}/admin/clusters/edge/objects/{path}"
        assert requests.put(place, data=b"x", headers=_token(local), timeout=30).status_code == 409

    assert local.text("upper/kept/a") == "x"


@pytest.mark.parametrize("query", ["page=99999999999999999999", "page=-1", "timestamps=maybe", "page=x"])
def test_numbers_out_of_range_are_refused(url: str, query: str) -> None:
    answers = {
        requests.get(
            f"{url}/clusters/edge/system/logs/upper{rest}?{query}", auth=AUTH, timeout=30
        ).status_code
        for rest in ("", "/none")
    }
    assert answers <= {200, 400, 404}
    assert not query.startswith("page") or 400 in answers


@pytest.mark.parametrize("wait", ["nan", "inf", "-1", "1e9"])
def test_nobody_waits_for_ever(local: Local, url: str, wait: str) -> None:
    place = f"{url}/admin/traces/none?wait_s={wait}"
    assert requests.get(place, headers=_token(local), timeout=30).status_code == 400


def test_an_upload_broken_off_leaves_nothing(local: Local, url: str) -> None:
    port, token = int(url.rpartition(":")[2]), _token(local)["Authorization"]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        head = "PUT /admin/clusters/edge/objects/upper/input/a HTTP/1.1\r\nHost: here\r\n"
        connection.sendall(f"{head}Authorization: {token}\r\nContent-Length: 1000\r\n\r\nhalf".encode())
        wait_until(lambda: list(local.home.staging.iterdir()), "the upload to begin")

    wait_until(lambda: not list(local.home.staging.iterdir()), "the upload to be forgotten")
    assert local.backend.objects("edge") == ()


def test_changes_at_once_end_in_one_state_and_none_waits_for_the_other(local: Local, url: str) -> None:
    """Clusters and services come and go while files arrive and functions run."""
    headers = _token(local)
    local.cluster("one")
    local.cluster("two")
    seen: Counter[int] = Counter()

    def change(number: int) -> None:
        dice = random.Random(number)
        with requests.Session() as session:
            for _ in range(60):
                verb, place, options = _change(dice)
                options |= {"headers": headers} if place.startswith("/admin") else {"auth": AUTH}
                answer = session.request(verb, f"{url}{place}", timeout=60, **options)
                assert answer.status_code < 500 or answer.text.startswith("The function"), answer.text
                seen[answer.status_code] += 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(change, range(6)))

    assert {200, 201, 404} <= set(seen)
    for name in ("one", "two"):
        local.backend._client.remove_cluster(name, keep_data=False)
        assert not local.home.cluster(name).exists()
    assert list(local.home.staging.iterdir()) == []
    assert local.backend.jobs("one") == ()


def _change(dice: random.Random) -> tuple[str, str, dict[str, Any]]:
    cluster, name = dice.choice(["one", "two"]), dice.choice(["a", "b"])
    document = _service(
        name,
        script='cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"',
        memory="64Mi",
        input=[io(f"shared/{name}")],
        output=[io("shared/out", provider=f"minio.{dice.choice(['one', 'two'])}")],
    )
    whole = {"resources": [{"name": "n", "nodes": 1, "cores": 2, "memory_mib": 512}], "password": PASSWORD}
    choices: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", f"/admin/clusters/{cluster}", {"json": whole}),
        ("DELETE", f"/admin/clusters/{cluster}", {"params": {"keep_data": dice.choice(["true", "false"])}}),
        ("POST", f"/clusters/{cluster}/system/services", {"json": document}),
        ("PUT", f"/clusters/{cluster}/system/services", {"json": document}),
        ("DELETE", f"/clusters/{cluster}/system/services/{name}", {}),
        ("PUT", f"/admin/clusters/{cluster}/objects/shared/{name}/{dice.randrange(9)}", {"data": b"x"}),
        ("POST", f"/clusters/{cluster}/run/{name}", {"data": b"eA=="}),
        ("POST", f"/clusters/{cluster}/job/{name}", {"data": b"eA=="}),
        ("GET", f"/admin/clusters/{cluster}/objects", {}),
        ("DELETE", f"/clusters/{cluster}/system/logs/{name}", {}),
        ("GET", "/admin/jobs", {}),
    ]
    return dice.choice(choices)
