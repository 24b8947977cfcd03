"""What differs between versions of OSCAR makes no difference to a deployment. On a double of each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from double_cluster import ONE, Shop
from oscar_double import Fault

from aisprint_cli.backends.interface import KEPT_DATA, ItemState, JobState, Recorded
from aisprint_cli.errors import ExternalError, InvalidInputError, Retry

TRACE = "0b0e7f64-2c0e-4b43-9a35-0d1f2a3b4c5d"


def test_a_bucket_shared_with_the_next_function_is_no_obstacle(shop: Shop) -> None:
    find, read = shop.function("find"), shop.function("read")

    shop.apply(read, find)

    documents = shop.oscar.services
    assert [entry["path"] for entry in documents["find"]["output"]] == ["find/output"]
    assert [entry["path"] for entry in documents["read"]["input"]] == ["find/output"]
    assert shop.observe(find).digest == find.digest
    assert shop.observe(read).digest == read.digest


def test_deploying_again_updates_the_live_service_in_place(shop: Shop) -> None:
    """Section 6, 9: deploying again failed on the live service, and lost what was deployed before."""
    shop.apply(shop.function("find"))
    changed = shop.function("find", memory="512Mi")

    seen = shop.apply(changed)

    assert (seen.state, seen.digest) == (ItemState.READY, changed.digest)
    assert shop.oscar.services["find"]["memory"] == "512Mi"
    assert [call for call in shop.oscar.calls if call.startswith(("PUT", "DELETE"))] == [
        "PUT /system/services"
    ]


def test_removing_one_of_two_that_share_a_bucket_leaves_what_the_other_needs(shop: Shop) -> None:
    find, read = shop.function("find"), shop.function("read")
    shop.apply(read, find)
    shop.store("find/output/a.txt")
    shop.store("read/output/a.txt")

    shop.remove(read)

    assert "find/output/a.txt" in shop.stored
    assert list(shop.oscar.services) == ["find"]
    assert "read/output/a.txt" not in shop.stored


def test_nothing_of_what_was_made_is_left_behind(shop: Shop) -> None:
    functions = [shop.function("read"), shop.function("find")]
    shop.apply(*functions)
    shop.store("find/input/a.txt")

    for item in [*functions, shop.cluster()]:
        shop.remove(item)

    assert shop.oscar.services == {}
    assert list(shop.oscar.buckets.iterdir()) == []
    assert shop.observe(shop.cluster()).state is ItemState.ABSENT


def test_kept_data_is_saved_before_the_service_goes_and_comes_back_with_it(shop: Shop) -> None:
    find = shop.function("find")
    shop.apply(find)
    shop.store("find/input/aisprint-a.txt", "ink")

    shop.remove(find, keep_data=True)
    shop.remove(shop.cluster(), keep_data=True)

    assert shop.stored == set()
    assert shop.kept == {"find/input/aisprint-a.txt"}
    assert shop.observe(shop.cluster()).outputs[KEPT_DATA].endswith(ONE)
    shop.reopen()
    shop.apply(shop.cluster(), find)
    assert shop.stored == {"find/input/aisprint-a.txt"}
    assert shop.kept == set()


@pytest.mark.parametrize("version", ["v3.6.1"])
def test_nothing_is_removed_when_its_data_cannot_be_kept(shop: Shop) -> None:
    find = shop.function("find")
    shop.apply(find)
    shop.store("find/input/a.txt")
    shop.minio.access_key = "changed since"

    with pytest.raises(ExternalError, match="InvalidAccessKeyId"):
        shop.remove(find, keep_data=True)

    assert "find" in shop.oscar.services
    assert shop.stored == {"find/input/a.txt"}


@pytest.mark.parametrize("version", ["v3.6.1"])
def test_data_of_a_cluster_whose_storage_nobody_knows_is_not_removed_when_it_is_to_be_kept(
    shop: Shop,
) -> None:
    find = shop.function("find")
    shop.apply(find)
    blind = {key: value for key, value in shop.access.items() if not key.startswith("minio")}
    item = replace(find, spec=replace(find.spec, access=blind))

    with pytest.raises(ExternalError, match="cannot be kept") as caught:
        shop.remove(item, keep_data=True)

    assert "minio.endpoint" in caught.value.mend
    assert "find" in shop.oscar.services


def test_a_bucket_that_was_there_before_is_used_and_outlives_the_service(shop: Shop) -> None:
    shop.store("find/input/old.txt")
    find = shop.function("find")

    shop.apply(find)
    shop.apply(find)
    shop.remove(find)

    if shop.oscar.number >= (3, 6):  # older versions do not tell that it was there
        assert shop.stored == {"find/input/old.txt"}
    assert shop.oscar.services == {}


def test_anothers_service_is_neither_changed_nor_removed(shop: Shop) -> None:
    theirs = {"name": "find", "image": "theirs", "script": "true", "input": [], "output": []}
    shop.oscar.services["find"] = theirs
    find = shop.function("find")

    with pytest.raises(ExternalError, match="did not make"):
        shop.apply(find)
    shop.remove(find)

    assert shop.observe(find).state is ItemState.ABSENT
    assert shop.oscar.services == {"find": theirs}


def test_a_service_that_appears_at_the_last_moment_is_ours_or_not_by_its_mark(shop: Shop) -> None:
    find = shop.function("find", input=[], output=[])
    shop.apply(find)
    shop.oscar.hidden.add("find")

    assert shop.apply(find).digest == find.digest

    shop.oscar.services["find"] = {"name": "find", "script": "theirs"}
    shop.reopen()
    shop.backend._holdings.drop(find)
    shop.oscar.hidden.add("find")
    with pytest.raises(ExternalError, match="did not make"):
        shop.apply(find)


def test_what_was_left_between_create_and_update_is_mended_by_the_next_run(shop: Shop) -> None:
    read, find = shop.function("read"), shop.function("find")
    shop.apply(read)
    shop.oscar.faults.append(Fault("PUT", 503, "try later"))

    with pytest.raises(ExternalError) as caught:
        shop.apply(find)
    assert caught.value.retry is Retry.LATER
    assert shop.observe(find).state is ItemState.PENDING

    assert shop.apply(find).digest == find.digest
    assert shop.oscar.services["find"]["output"] == list(find.spec.service["output"])  # type: ignore[union-attr]


def test_runs_are_read_in_pages_or_all_at_once(shop: Shop) -> None:
    find = shop.function("find")
    shop.apply(find)
    event = '{"Records": [{"s3": {"bucket": {"name": "find"}, "object": {"key": "input%2Faisprint-' + TRACE
    for number in range(5):
        shop.oscar.jobs.setdefault("find", {})[f"find-{number}"] = {
            "status": "Succeeded" if number else "Failed",
            "creation_time": f"2026-01-01T00:00:0{number}Z",
            "start_time": "2026-01-01T00:00:10Z",
            "finish_time": "2026-01-01T00:00:12Z",
        }
        shop.oscar.logs[f"find-{number}"] = (
            f'aisprint: event {event}.txt"}}}}}}]}}\naisprint: writes aisprint-{TRACE}.txt\n'
            f"aisprint: ended with {3 if number == 4 else 0}\n"
        )

    runs = shop.backend.jobs()

    assert [run.id for run in runs] == [f"find-{number}" for number in range(5)]
    states = [run.state for run in runs]
    assert states == [JobState.FAILED, *[JobState.SUCCEEDED] * 3, JobState.FAILED]
    assert (runs[4].exit_code, runs[4].reason, runs[4].outputs) == (3, "exit code 3", ())
    assert runs[1].trace == TRACE
    assert runs[1].input_path == f"find/input/aisprint-{TRACE}.txt"
    assert runs[1].outputs == (f"{ONE}:find/output/aisprint-{TRACE}.txt",)
    assert (runs[1].started_s or 0) - runs[1].created_s == 9


def test_a_change_from_outside_is_seen_and_repaired(shop: Shop) -> None:
    find = shop.function("find")
    shop.apply(find)
    shop.oscar.services["find"]["memory"] = "1Gi"

    assert shop.observe(find).digest == ""
    assert shop.apply(find).digest == find.digest
    assert shop.oscar.services["find"]["memory"] == "64Mi"


def test_a_service_somebody_made_anew_without_our_mark_is_still_ours(shop: Shop) -> None:
    find = shop.function("find")
    shop.apply(find)
    shop.oscar.services["find"]["environment"] = {}

    seen = shop.observe(find)

    assert (seen.state, seen.digest) == (ItemState.READY, "")
    assert shop.apply(find).digest == find.digest


def test_services_that_the_ledger_lost_are_found_and_can_be_removed(shop: Shop) -> None:
    find = shop.function("find")
    shop.apply(find)
    shop.backend._holdings.drop(find)

    (stray,) = shop.backend.strays("shop")
    shop.remove(stray)

    assert stray.id == find.id
    assert shop.oscar.services == {}
    assert shop.backend.strays("shop") == ()


def test_secret_variables_are_secrets_where_the_version_knows_them(shop: Shop) -> None:
    environment = {"Variables": {"PLAIN": "1", "TOKEN": "secret://env/MINIO_SECRET"}}
    sent: list[dict[str, dict[str, str]]] = []
    keep = shop.oscar._keep
    shop.oscar._keep = lambda document, status: (  # type: ignore[method-assign]
        sent.append(document["environment"]) or keep(document, status)  # type: ignore[func-returns-value]
    )

    shop.apply(shop.function("find", environment=environment))

    if shop.oscar.number < (3, 4):
        assert sent[0]["Variables"]["TOKEN"] == "planted-minio-secret"
    else:
        assert sent[0]["Secrets"] == {"TOKEN": "planted-minio-secret"}
        assert "TOKEN" not in sent[0]["Variables"]


def test_the_folder_of_kept_data_is_private(shop: Shop, tmp_path: Path) -> None:
    find = shop.function("find")
    shop.apply(find)
    shop.store("find/input/a.txt")
    shop.remove(find, keep_data=True)

    root = shop.application / ".aisprint" / "kept" / "oscar"
    assert root.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("version", ["v3.6.1"])
def test_data_that_still_changes_is_not_given_up(shop: Shop) -> None:
    find = shop.function("find")
    shop.apply(find)
    shop.store("find/input/a.txt")
    fetched = iter(range(100))
    shop.minio.on_get = lambda: shop.store(f"find/output/{next(fetched)}.txt")

    with pytest.raises(ExternalError, match="changes while it is saved") as caught:
        shop.remove(find, keep_data=True)
    assert caught.value.retry is Retry.LATER
    assert "find" in shop.oscar.services

    shop.minio.on_get = lambda: None
    shop.remove(find, keep_data=True)
    assert "find/input/a.txt" in shop.kept
    assert len(shop.kept) > 1


@pytest.mark.parametrize("version", ["v3.6.1"])
def test_keys_of_amazon_are_not_made_up(shop: Shop) -> None:
    providers = {"s3": {"shop-l3": {"access_key": "secret://generated/shop-l3/s3_access_key"}}}

    with pytest.raises(InvalidInputError, match="nobody gave keys"):
        shop.apply(shop.function("find", storage_providers=providers))

    assert shop.oscar.services == {}


def test_functions_that_share_a_bucket_may_be_made_and_removed_side_by_side(shop: Shop) -> None:
    items = shop.function("find"), shop.function("read")
    held = {item.id: Recorded(item) for item in items}  # the ledger knows what is begun
    shop.backend._holdings._recorded = lambda: held
    for calls in ("GET /system/services", "POST /system/services"):
        shop.oscar.slow = calls
        with ThreadPoolExecutor() as pool:
            seen = list(pool.map(shop.apply, items))
        assert [one.digest for one in seen] == [item.digest for item in items]
        shop.store("find/output/a.txt")

        shop.oscar.slow = "GET /system/services"
        with ThreadPoolExecutor() as pool:
            list(pool.map(shop.remove, items))
        assert shop.oscar.services == {}
        assert list(shop.oscar.buckets.iterdir()) == []
