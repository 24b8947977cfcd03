"""What is fed at the entry is followed to the end, and results come back under the input's name."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend, chain, function

from aisprint_cli.backends.interface import JobState, Trace
from aisprint_cli.deploy.invocation import (
    Feed,
    Invocation,
    InvocationState,
    Invoker,
    PartRun,
    find_targets,
    invoke_each,
)
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.results import ResultFolders, result_name
from aisprint_cli.deploy.topology import Topology, topology_of
from aisprint_cli.errors import UsageError

TOPOLOGY = topology_of(chain())


@pytest.fixture
def world(backend: DirectoryBackend) -> DirectoryBackend:
    for item in chain():
        backend.apply(item, lambda _line: None)
    return backend


def _invoker(
    world: DirectoryBackend,
    ledger: Ledger,
    topology: Topology = TOPOLOGY,
    component: str | None = None,
    heard: list[tuple[Path, PartRun]] | None = None,
    **feed: float | bool | None,
) -> Invoker:
    deployment = ledger.begin("directory", "shop", "base", {})
    return Invoker(
        world,
        topology,
        ledger,
        deployment.id,
        feed=Feed(find_targets(topology, component), **feed),
        redact=str,
        listen=lambda source, run: heard.append((source, run)) if heard is not None else None,
    )


def _page(tmp_path: Path, name: str = "page1.png", text: str = "ink") -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _feed(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path, *sources: Path, **feed: float | bool | None
) -> list[Invocation]:
    folders = ResultFolders(tmp_path / "results", ledger)
    found = invoke_each(
        _invoker(world, ledger, **feed), sources, folders, concurrency=2, stopped=lambda: False
    )
    return sorted(found, key=lambda one: one.source)


def test_the_result_of_the_last_component_comes_back_under_the_input_s_name(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path
) -> None:
    heard: list[tuple[Path, PartRun]] = []
    found = _invoker(world, ledger, heard=heard)(_page(tmp_path), tmp_path / "results" / "page1")

    assert found.state is InvocationState.SUCCEEDED
    assert [path.relative_to(tmp_path).as_posix() for path in found.results] == [
        "results/page1/read/page1.txt"
    ]
    assert found.results[0].read_text() == "ink>find>read"
    assert [run.part for run in found.runs] == ["find", "read"]
    assert all(run.seconds is not None and run.seconds > 0 for run in found.runs)
    assert {run.part for _, run in heard} == {"find", "read"}


def test_the_trace_and_the_input_s_own_suffix_name_the_object(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path
) -> None:
    found = _invoker(world, ledger)(_page(tmp_path, "scan.v2.JPG"), tmp_path / "out")

    assert world.jobs()[0].input_path == f"find/input/aisprint-{found.trace}.JPG"
    (record,) = ledger.recent(1, 5)
    assert (record.trace, record.state) == (found.trace, "succeeded")
    assert record.input == str((tmp_path / "scan.v2.JPG").absolute())


def test_a_failing_component_is_named_with_its_last_words_and_others_still_finish(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path
) -> None:
    world.setting(behaviour={"read": "fail"})

    (found,) = _feed(world, ledger, tmp_path, _page(tmp_path))

    assert found.state is InvocationState.FAILED
    assert found.failure is not None
    assert (found.failure.part, found.failure.reason) == ("read", "exit code 1")
    assert "Traceback: no digits" in found.failure.log
    assert found.results == ()


def test_a_way_not_taken_is_a_success_that_says_where_it_ended(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path
) -> None:
    world.setting(behaviour={"find": "nothing"})

    (found,) = _feed(world, ledger, tmp_path, _page(tmp_path))

    assert (found.state, found.ended_early) == (InvocationState.SUCCEEDED, ("find",))


def test_equal_stems_never_share_a_folder(world: DirectoryBackend, ledger: Ledger, tmp_path: Path) -> None:
    sources = [
        _page(tmp_path, f"{folder}/page.{suffix}", f"{folder}.{suffix}")
        for folder, suffix in itertools.product("ab", ["png", "jpg"])
    ]

    found = _feed(world, ledger, tmp_path, *sources)

    folders = [one.folder for one in found]
    assert len(set(folders)) == 4
    assert {folder.name for folder in folders if folder is not None} >= {"page", "page.jpg"}
    texts = {one.source.relative_to(tmp_path).as_posix(): one.results[0].read_text() for one in found}
    assert texts == {
        f"{folder}/page.{suffix}": f"{folder}.{suffix}>find>read"
        for folder, suffix in itertools.product("ab", ["png", "jpg"])
    }


def test_feeding_the_same_file_again_replaces_its_results_only(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path
) -> None:
    page = _page(tmp_path)
    (first,) = _feed(world, ledger, tmp_path, page)
    assert first.folder is not None
    (first.folder / "notes.txt").write_text("mine")
    page.write_text("more ink")
    world.setting(behaviour={"find": "nothing"})

    (second,) = _feed(world, ledger, tmp_path, page)

    assert second.folder == first.folder
    assert [path.name for path in first.folder.rglob("*") if path.is_file()] == ["notes.txt"]


def test_a_folder_that_someone_else_made_is_left_alone(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "results" / "page1").mkdir(parents=True)

    (found,) = _feed(world, ledger, tmp_path, _page(tmp_path))

    assert found.folder == tmp_path / "results" / "page1.png"


def test_input_can_enter_in_the_middle(world: DirectoryBackend, ledger: Ledger, tmp_path: Path) -> None:
    found = _invoker(world, ledger, component="read")(_page(tmp_path), tmp_path / "out")

    assert [run.part for run in found.runs] == ["read"]
    assert found.results[0].read_text() == "ink>read"


def test_an_unknown_component_gets_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        find_targets(TOPOLOGY, "raed")

    assert caught.value.mend == "Did you mean read?"


def test_a_file_that_the_entry_does_not_take_is_not_fed(
    world: DirectoryBackend, ledger: Ledger, tmp_path: Path
) -> None:
    picky = function("find", "shop-l1", reads="find/input")
    picky.spec.service["input"][0]["suffix"] = [".png"]  # type: ignore[union-attr]
    invoker = _invoker(world, ledger, topology_of([picky]))

    found = invoker(_page(tmp_path, "notes.txt"), tmp_path / "out")

    assert found.failure is not None
    assert found.failure.reason == "find takes only names that end in .png."
    assert world.jobs() == ()


class _Slow(DirectoryBackend):
    """A back end where nothing ever ends."""

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        jobs = super().trace(trace).jobs
        return Trace(trace, jobs[:1], complete=False)


def test_following_ends_when_the_time_given_is_over(ledger: Ledger, tmp_path: Path) -> None:
    slow = _Slow(tmp_path / "world", str)
    for item in chain():
        slow.apply(item, lambda _line: None)

    found = _invoker(slow, ledger, timeout_s=0.2)(_page(tmp_path), tmp_path / "out")

    assert found.state is InvocationState.TIMED_OUT


def test_submitting_waits_for_nothing(world: DirectoryBackend, ledger: Ledger, tmp_path: Path) -> None:
    found = _invoker(world, ledger, wait=False)(_page(tmp_path), None)

    assert (found.state, found.results) == (InvocationState.SUBMITTED, ())
    assert world.trace(found.trace).jobs[0].state is JobState.SUCCEEDED


def test_no_more_than_the_bound_is_under_way_and_sources_are_taken_only_when_needed() -> None:
    under_way, highest, taken = 0, 0, 0
    guard = threading.Lock()
    both = threading.Barrier(3, timeout=20)

    def sources() -> Iterator[Path]:
        nonlocal taken
        for number in range(30):
            taken += 1
            yield Path(f"{number}.png")

    def invoke(source: Path, _folder: Path | None) -> Invocation:
        nonlocal under_way, highest
        with guard:
            under_way += 1
            highest = max(highest, under_way)
        both.wait()
        with guard:
            under_way -= 1
        return Invocation(source, "t", InvocationState.SUCCEEDED)

    outcomes = invoke_each(invoke, sources(), None, concurrency=3, stopped=lambda: False)
    next(outcomes)

    assert taken <= 3 + 3 + 3 + 1
    assert len(list(outcomes)) == 29
    assert highest == 3


def test_when_asked_to_stop_nothing_new_is_fed() -> None:
    fed: list[Path] = []

    def invoke(source: Path, _folder: Path | None) -> Invocation:
        fed.append(source)
        return Invocation(source, "t", InvocationState.SUCCEEDED)

    sources = (Path(f"{number}.png") for number in range(100))
    outcomes = invoke_each(invoke, sources, None, concurrency=1, stopped=lambda: len(fed) >= 3)

    assert len(list(outcomes)) == len(fed) == 3


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("aisprint-T.json", "page.json"),
        ("aisprint-T", "page"),
        ("aisprint-T_NO_DRIFT", "page_NO_DRIFT"),
        ("crops/aisprint-T-1.png", "crops/page-1.png"),
        ("summary.csv", "summary.csv"),
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
    ],
)
def test_results_are_named_after_the_input_and_stay_in_their_folder(rest: str, expected: str | None) -> None:
    assert result_name(rest, "T", "page") == expected
