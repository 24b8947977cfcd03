"""Objects at any S3 address: in one step in, whole out, and told in words when it does not work."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from amazon import ACCESS, REGION, SECRET, Amazon

from aisprint_cli.backends.objects.keeping import KeptData
from aisprint_cli.backends.objects.store import Endpoint, ObjectStore
from aisprint_cli.errors import ExternalError, InvalidInputError, StateError

ENDPOINT = Endpoint("shop", region=REGION, access_key=ACCESS, secret_key=SECRET)


@pytest.fixture
def store(amazon: Amazon) -> ObjectStore:
    found = ObjectStore(replace(ENDPOINT, url=amazon.url))
    found.make_bucket("shop-bucket")
    return found


@pytest.mark.parametrize("name", ["a.txt", "a b+c.txt", "è/日本.png", "deep/er/x"])
def test_a_file_comes_back_as_it_went(store: ObjectStore, tmp_path: Path, name: str) -> None:
    source, target = tmp_path / "in", tmp_path / "new" / "out"
    source.write_bytes(bytes(range(256)) * 100)

    store.put(f"shop-bucket/find/{name}", source)
    store.fetch(f"shop-bucket/find/{name}", target)

    assert target.read_bytes() == source.read_bytes()
    assert [entry.path for entry in store.objects("shop-bucket/find/")] == [f"shop-bucket/find/{name}"]
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_a_large_file_appears_in_one_step(store: ObjectStore, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"0123456789abcdef" * (1 << 20))
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        watching = ObjectStore(store._endpoint)
        while not done.is_set():
            seen.update(entry.size for entry in watching.objects("shop-bucket/"))

    watcher = threading.Thread(target=look)
    watcher.start()
    store.put("shop-bucket/big", source)
    done.set()
    watcher.join()
    store.fetch("shop-bucket/big", target)

    assert seen <= {16 << 20}
    assert target.read_bytes() == source.read_bytes()


def test_many_objects_are_listed_and_deleted(store: ObjectStore) -> None:
    for number in range(1005):
        store.client.put_object(Bucket="shop-bucket", Key=f"find/{number:04}", Body=b"")
    store.client.put_object(Bucket="shop-bucket", Key="other", Body=b"")
    store.client.put_object(Bucket="shop-bucket", Key="find/", Body=b"")  # stands for a folder

    assert len(list(store.objects("shop-bucket/find/"))) == 1006
    assert store.delete("shop-bucket/find/") == 1006
    assert [entry.path for entry in store.objects("shop-bucket/")] == ["shop-bucket/other"]
    store.remove_bucket("shop-bucket")
    store.remove_bucket("shop-bucket")
    assert not store.has_bucket("shop-bucket")
    assert list(store.objects("shop-bucket/")) == []


def test_what_is_not_there_is_told_and_leaves_nothing(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match="no object shop-bucket/find/none in the storage of shop"):
        store.fetch("shop-bucket/find/none", tmp_path / "out")
    with pytest.raises(ExternalError, match="no object no-bucket/none"):
        store.fetch("no-bucket/none", tmp_path / "out")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        store.put("shop-bucket/find/x", tmp_path / "none")
    (tmp_path / "in").write_text("x")
    with pytest.raises(ExternalError, match="NoSuchBucket"):
        store.put("no-bucket/x", tmp_path / "in")

    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("path", ["", "bucket", "bucket/", "/key", "b/../x", "b/./x", "b//x", "b/x\0"])
def test_a_path_that_names_no_object_is_refused(store: ObjectStore, tmp_path: Path, path: str) -> None:
    (tmp_path / "in").write_text("x")
    with pytest.raises(InvalidInputError, match="no object path"):
        store.put(path, tmp_path / "in")
    with pytest.raises(InvalidInputError, match="no object path"):
        store.fetch(path, tmp_path / "out")


def test_keys_are_not_shown() -> None:
    assert SECRET not in repr(ENDPOINT)
    assert ACCESS not in repr(ENDPOINT)


def test_what_is_kept_comes_back_whole_and_can_be_forgotten(store: ObjectStore, tmp_path: Path) -> None:
    kept = KeptData(tmp_path / "kept")
    for key in ("in/a", "in/b c", "in/"):
        store.client.put_object(Bucket="shop-bucket", Key=key, Body=key.encode())

    assert kept.where("edge") is None
    assert kept.save(store, "edge", "shop-bucket") == 2
    assert kept.save(store, "edge", "shop-bucket") == 2
    store.remove_bucket("shop-bucket")
    assert kept.bring_back(store, "edge", ["shop-bucket", "other"]) == 2

    assert [entry.path for entry in store.objects("shop-bucket/")] == [
        "shop-bucket/in/a",
        "shop-bucket/in/b c",
    ]
    assert kept.file("edge", "shop-bucket/in/a") is not None
    assert kept.file("edge", "../../etc/passwd") is None
    kept.forget("edge", "shop-bucket")
    kept.forget("edge", "shop-bucket")
    assert not (tmp_path / "kept").exists()


def test_data_that_cannot_be_written_is_not_given_up(store: ObjectStore, tmp_path: Path) -> None:
    store.client.put_object(Bucket="shop-bucket", Key="a", Body=b"x")
    (tmp_path / "kept").write_text("a file in the way")

    with pytest.raises(StateError, match="cannot be kept") as caught:
        KeptData(tmp_path / "kept").save(store, "edge", "shop-bucket")

    assert "nothing was removed" in caught.value.mend
