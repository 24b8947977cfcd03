"""OSCAR's own Python client drives the runtime as it drives a real cluster."""

from __future__ import annotations

import base64
import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import yaml
from private_runtime import PASSWORD, Local, cluster_item, io, wait_until

from aisprint_cli.errors import InvalidInputError

with warnings.catch_warnings():  # its dependencies have syntax that newer Pythons warn of
    warnings.simplefilter("ignore")
    from oscar_python.client import Client


@pytest.fixture
def endpoint(local: Local) -> str:
    local.cluster()
    found = local.backend.observe([cluster_item("edge")])["cluster/edge"]
    return found.outputs["endpoint"]


@pytest.fixture
def client(endpoint: str) -> Client:
    options = {
        "cluster_id": "edge",
        "endpoint": endpoint,
        "user": "oscar",
        "password": PASSWORD,
        "ssl": False,
    }
    return Client(options)


def service(script: str = "true", **fields: object) -> dict[str, object]:
    return {
        "name": "upper",
        "image": "none",
        "script": script,
        "memory": "256Mi",
        "cpu": "0.5",
        "input": [io("upper/input")],
        "output": [io("upper/output")],
        **fields,
    }


def test_a_service_lives_its_whole_life(client: Client, local: Local, tmp_path: Path) -> None:
    (tmp_path / "script.sh").write_text(
        '#!/bin/sh\necho working\ntr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/out.bin"\n'
    )
    fdl = tmp_path / "fdl.yaml"
    fdl.write_text(yaml.safe_dump({"functions": {"oscar": [{"edge": service("script.sh", cpu=0.5)}]}}))
    assert client.create_service(str(fdl)).status_code == 201
    with pytest.raises(ValueError, match="already present"):
        client.create_service(str(fdl))
    assert [entry["name"] for entry in client.list_services().json()] == ["upper"]
    shown = client.get_service("upper").json()
    assert shown["memory"] == "256Mi"
    assert shown["script"].startswith("#!/bin/sh\necho working")
    assert len(shown["token"]) == 64

    answer = client.run_service("upper", input="abc", output=str(tmp_path / "result.bin"))
    assert answer.status_code == 200
    assert (tmp_path / "result.bin").read_bytes() == b"ABC"

    local.put("upper/input/page.txt", "def")
    jobs = wait_until(lambda: finished(client, 2), "both jobs")
    assert set(jobs) == {job.id for job in local.backend.jobs()}
    assert {job["status"] for job in jobs.values()} == {"Succeeded"}
    assert all("creation_time" in job and "finish_time" in job for job in jobs.values())
    assert local.text("upper/output/out.bin") == "DEF"
    first = next(iter(jobs))
    assert client.get_job_logs("upper", first).text == "working\n"

    client.update_service("upper", service("echo changed"))
    assert client.get_service("upper").json()["token"] == shown["token"]
    client.run_service("upper", input="x")
    last = list(wait_until(lambda: finished(client, 3), "the third job"))[-1]
    assert client.get_job_logs("upper", last).text == "changed\n"

    client.remove_job("upper", first)
    assert len(client.list_jobs("upper").json()["jobs"]) == 2
    client.remove_all_jobs("upper")
    assert client.list_jobs("upper").json()["jobs"] == {}
    assert client.remove_service("upper").status_code == 204
    assert client.list_services().json() == []
    assert local.backend.objects("edge") == ()
    assert not (local.home.buckets("edge") / "upper").exists()


def finished(client: Client, count: int) -> dict[str, dict[str, str]] | None:
    jobs: dict[str, dict[str, str]] = client.list_jobs("upper").json()["jobs"]
    done = len(jobs) == count and all(job["status"] in {"Succeeded", "Failed"} for job in jobs.values())
    return jobs if done else None


def test_an_asynchronous_run_takes_an_event_or_plain_data(client: Client, local: Local) -> None:
    client.create_service(service('cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"; echo "$EVENT" >&2'))
    assert client.run_service("upper", input="plain", async_call=True).status_code == 201
    local.settled(1)
    assert local.text("upper/output/event_file") == "plain"
    local.put("upper/other/thing.txt", "thing")
    event = {"Records": [{"s3": {"bucket": {"name": "upper"}, "object": {"key": "other%2Fthing.txt"}}}]}
    token = client.get_service("upper").json()["token"]
    answer = requests.post(
        f"{client.endpoint}/job/upper",
        json=event,
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code == 201
    local.settled(2)
    assert local.text("upper/output/thing.txt") == "thing"


def test_a_failing_synchronous_run_says_why(client: Client) -> None:
    client.create_service(service("echo broken; exit 4"))
    with pytest.raises(requests.HTTPError) as caught:
        client.run_service("upper", input="x")
    assert caught.value.response.status_code == 500
    assert "exit code 4" in caught.value.response.text
    assert "broken" in caught.value.response.text


def test_a_caller_hears_when_its_service_is_removed(client: Client, local: Local) -> None:
    client.create_service(service("sleep 600", output=[]))
    with ThreadPoolExecutor() as pool:
        running = pool.submit(client.run_service, "upper", input="x")
        wait_until(lambda: [job for job in local.backend.jobs() if job.started_s], "the run to begin")
        client.remove_service("upper")
        with pytest.raises(requests.HTTPError, match="500"):
            running.result(timeout=30)


def test_a_change_through_the_api_is_seen_by_the_next_deploy(client: Client, local: Local) -> None:
    local.script("upper", "true", digest="as-deployed")
    assert local.backend.observe([local.function_item("upper")])["function/upper"].digest == "as-deployed"
    client.update_service("upper", service("echo other"))
    assert local.backend.observe([local.function_item("upper")])["function/upper"].digest == ""


@pytest.mark.parametrize("path", ["upper/../../secret", "/etc/passwd", "upper//x", "upper", "Up/in/x"])
def test_a_path_that_leaves_its_bucket_is_refused(local: Local, path: str) -> None:
    local.cluster()
    with pytest.raises(InvalidInputError, match="no object path"):
        local.put(path)
    with pytest.raises(InvalidInputError, match="no object path"):
        local.backend.fetch("edge", path, local.application / "x")


def test_the_cluster_tells_about_itself(client: Client) -> None:
    assert client.health_check().status_code == 200
    assert client.get_cluster_info().json()["serverless_backend"]["name"] == "aisprint-local"
    assert "minio_provider" in client.get_cluster_config().json()
    status = client.get_cluster_status().json()
    assert status["numberNodes"] == 1
    assert status["cpuFreeTotal"] == 2000


def test_jobs_come_in_pages(client: Client, local: Local) -> None:
    client.create_service(service("exec sleep 600", output=[]))
    for number in range(103):
        local.put(f"upper/input/{number}")
    first = client.list_jobs("upper").json()
    assert (len(first["jobs"]), first["remaining_jobs"]) == (100, 3)
    second = client.list_jobs("upper", first["next_page"]).json()
    assert (len(second["jobs"]), second["remaining_jobs"], second["next_page"]) == (3, 0, "")


def test_log_lines_carry_their_time_when_asked(client: Client, local: Local) -> None:
    client.create_service(service("printf 'one\\ntwo'", output=[]))
    local.put("upper/input/a")
    (job,) = local.settled(1)
    url = f"{client.endpoint}/system/logs/upper/{job.id}"
    lines = requests.get(url, params={"timestamps": "true"}, auth=("oscar", PASSWORD), timeout=10).text
    stamps, words = zip(*(line.split(" ", 1) for line in lines.splitlines()), strict=True)
    assert words == ("one", "two")
    assert all(stamp.endswith("Z") and len(stamp) == 30 for stamp in stamps)


@pytest.mark.parametrize(
    "path", ["/system/services", "/system/info", "/system/config", "/system/logs/upper", "/system/status"]
)
def test_nobody_gets_in_without_the_password(client: Client, path: str) -> None:
    client.create_service(service())
    url = f"{client.endpoint}{path}"
    token = client.get_service("upper").json()["token"]
    wrong = base64.b64encode(b"root:" + PASSWORD.encode()).decode()
    for authorization in (None, "Basic xyz", f"Basic {wrong}", "Bearer ", f"Bearer {token}"):
        headers = {} if authorization is None else {"Authorization": authorization}
        assert requests.get(url, headers=headers, timeout=10).status_code == 401
    assert requests.get(url, auth=("oscar", "guess"), timeout=10).status_code == 401
    assert requests.get(url, auth=("oscar", PASSWORD), timeout=10).status_code == 200


def test_calls_and_the_admin_api_need_their_own_tokens(client: Client) -> None:
    client.create_service(service())
    root = client.endpoint.removesuffix("/clusters/edge")
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer guess"}):
        assert requests.post(f"{client.endpoint}/run/upper", headers=headers, timeout=10).status_code == 401
        assert requests.post(f"{client.endpoint}/job/upper", headers=headers, timeout=10).status_code == 401
        assert requests.get(f"{root}/admin/clusters", headers=headers, timeout=10).status_code == 401
    assert requests.get(f"{root}/admin/clusters", auth=("oscar", PASSWORD), timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Upper"}, "'Upper' is not valid"),
        ({"name": "x" * 40}, "is not valid: 1 to 39"),
        ({"name": ""}, "is not valid"),
        ({"script": ""}, "has no script"),
        ({"memory": "lots"}, "'memory' is not a quantity"),
        ({"memory": "0"}, "'memory' is not a quantity"),
        ({"cpu": 1}, "'cpu' has to be a string"),
        ({"input": [io("upper/../../etc")]}, "no valid path"),
        ({"input": [io("Bad_Bucket/in")]}, "no valid path"),
        ({"input": [io("inbox", provider="s3.other")]}, "own storage only"),
        ({"output": [io("upper/output", suffix=[1])]}, "list of strings"),
        ({"environment": {"Variables": {"A B": "1"}}}, "'A B'"),
        ({"annotations": {"aisprint.timeout_s": "soon"}}, "no number of seconds"),
    ],
)
def test_a_document_that_is_not_valid_is_refused_in_plain_text(
    client: Client, change: dict[str, object], words: str
) -> None:
    answer = requests.post(
        f"{client.endpoint}/system/services",
        data=json.dumps(service() | change),
        auth=("oscar", PASSWORD),
        timeout=10,
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert words in answer.text


def test_status_codes_for_what_exists_and_what_does_not(client: Client) -> None:
    client.create_service(service())
    url, auth = f"{client.endpoint}/system/services", ("oscar", PASSWORD)
    assert requests.post(url, json=service(), auth=auth, timeout=10).status_code == 409
    assert requests.put(url, json=service(name="other"), auth=auth, timeout=10).status_code == 404
    assert requests.post(url, data="{", auth=auth, timeout=10).status_code == 400
    for missing in (f"{url}/other", f"{client.endpoint}/system/logs/other"):
        assert requests.get(missing, auth=auth, timeout=10).status_code == 404
    assert requests.delete(f"{url}/other", auth=auth, timeout=10).status_code == 404
    assert requests.get(f"{client.endpoint}x/health", timeout=10).status_code == 404
