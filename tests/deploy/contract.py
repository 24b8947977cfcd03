"""What every back end promises. A test class of a back end inherits this and gives its `place`.

`place` must be able to run `upper`, which writes `<text>>upper` to a .txt file, and `sign` likewise,
from the design directories that `write_sources` makes below the application directory.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from directory_backend import cluster, function

from aisprint_cli.backends.interface import KEPT_DATA, Item, ItemState, JobState, Place, Trace
from aisprint_cli.errors import AisprintError

ONE, TWO = "contract-l1", "contract-l2"
TRACE = "0b0e7f64-2c0e-4b43-9a35-0d1f2a3b4c5d"


def _chain(digest: str = "a") -> tuple[Item, Item, Item, Item]:
    return (
        cluster(ONE),
        cluster(TWO),
        function("upper", ONE, reads="upper/input", writes=((TWO, "upper/output"),), digest=digest),
        function("sign", TWO, reads="upper/output", writes=((TWO, "sign/output"),)),
    )


def _quiet(_line: str) -> None:
    pass


def _settled(place: Place, trace: str, runs: int) -> Trace:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen = place.trace(trace, wait_s=1.0)
        if seen.complete and len(seen.jobs) >= runs:
            return seen
    raise AssertionError(f"{trace} did not settle: {seen}")


class ItemContract:
    """Of items alone: what a back end promises whose functions cannot run where it is tested."""

    def furnish(self, item: Item) -> Item:
        """The item as this back end needs it: for most, with the way to its cluster."""
        return item

    def items(self, digest: str = "a") -> tuple[Item, ...]:
        return tuple(map(self.furnish, _chain(digest)))

    @pytest.fixture
    def made(self, place: Place) -> Place:
        for item in self.items():
            place.apply(item, _quiet)
        return place

    def test_each_id_asked_for_is_answered_absent_where_unknown(self, place: Place) -> None:
        unknown = [cluster("nobody"), function("nothing", "nobody", reads="nothing/input")]
        unknown = [self.furnish(item) for item in unknown]

        seen = place.observe(unknown)

        ids = [item.id for item in unknown]
        assert {name: found.state for name, found in seen.items()} == dict.fromkeys(ids, ItemState.ABSENT)

    def test_asking_for_nothing_answers_nothing(self, place: Place) -> None:
        assert place.observe([]) == {}

    def test_what_was_applied_is_ready_with_its_digest(self, made: Place) -> None:
        seen = made.observe(self.items())

        assert {name: (found.state, found.digest) for name, found in seen.items()} == {
            item.id: (ItemState.READY, item.digest) for item in self.items()
        }

    def test_applying_again_changes_nothing(self, made: Place) -> None:
        before = made.observe(self.items())

        for item in self.items():
            assert made.apply(item, _quiet) == before[item.id]

    def test_applying_a_changed_item_brings_it_up_to_date(self, made: Place) -> None:
        changed = self.items()[2]
        changed = replace(changed, spec=replace(changed.spec, source_digest="b"))

        seen = made.apply(changed, _quiet)

        assert (seen.state, seen.digest) == (ItemState.READY, changed.digest)
        assert seen.digest != self.items()[2].digest

    def test_a_function_without_its_cluster_is_refused_with_a_reason(self, place: Place) -> None:
        with pytest.raises(AisprintError) as caught:
            place.apply(self.items()[2], _quiet)

        assert ONE in caught.value.message
        assert place.observe([self.items()[2]])[self.items()[2].id].state is ItemState.ABSENT

    def test_removing_may_be_repeated_and_what_is_absent_is_success(self, made: Place) -> None:
        for _ in range(2):
            for item in reversed(self.items()):
                made.remove(item, keep_data=False, progress=_quiet)
                assert made.observe([item])[item.id].state is ItemState.ABSENT

    def test_a_removed_item_can_be_made_again(self, made: Place) -> None:
        item = self.items()[3]
        made.remove(item, keep_data=True, progress=_quiet)

        assert made.apply(item, _quiet).state is ItemState.READY


class BackendContract(ItemContract):
    def test_data_of_a_cluster_is_kept_when_asked_comes_back_and_goes_when_asked(
        self, made: Place, tmp_path: Path
    ) -> None:
        source, target, item = tmp_path / "in.txt", tmp_path / "out.txt", self.items()[0]
        source.write_text("ink")
        made.put(ONE, f"upper/input/aisprint-{TRACE}.txt", source)
        _settled(made, TRACE, 2)

        made.remove(self.items()[2], keep_data=True, progress=_quiet)
        made.remove(item, keep_data=True, progress=_quiet)
        kept = made.observe([item])[item.id].outputs
        made.apply(item, _quiet)
        made.fetch(ONE, f"upper/input/aisprint-{TRACE}.txt", target)
        made.remove(item, keep_data=False, progress=_quiet)

        assert kept[KEPT_DATA]
        assert target.read_text() == "ink"
        assert made.observe([item])[item.id].outputs == {}

    def test_a_file_goes_along_the_chain_and_its_result_comes_back(self, made: Place, tmp_path: Path) -> None:
        source, target = tmp_path / "in.txt", tmp_path / "deep" / "out.txt"
        source.write_text("ink")

        made.put(ONE, f"upper/input/aisprint-{TRACE}.txt", source)
        first, second = _settled(made, TRACE, 2).jobs

        assert (first.function, second.function) == ("upper", "sign")
        assert {first.state, second.state} == {JobState.SUCCEEDED}
        assert first.outputs == (f"{TWO}:upper/output/aisprint-{TRACE}.txt",)
        assert second.input_path == f"upper/output/aisprint-{TRACE}.txt"
        where, _, path = second.outputs[0].partition(":")
        target.parent.mkdir()
        made.fetch(where, path, target)
        assert target.read_text() == "ink>upper>sign"
        assert first.created_s <= (first.started_s or 0.0) <= (first.finished_s or 0.0)

    def test_runs_are_listed_by_cluster_and_function_and_have_a_log(
        self, made: Place, tmp_path: Path
    ) -> None:
        source = tmp_path / "in.txt"
        source.write_text("ink")
        made.put(ONE, f"upper/input/aisprint-{TRACE}.txt", source)
        _settled(made, TRACE, 2)

        (run,) = made.jobs(TWO, "sign")

        assert run.trace == TRACE
        assert [job.function for job in made.jobs(ONE)] == ["upper"]
        assert made.jobs(ONE, "sign") == ()
        assert "sign" in made.log(run)

    def test_fetching_what_is_not_there_is_told(self, made: Place, tmp_path: Path) -> None:
        with pytest.raises(AisprintError):
            made.fetch(ONE, "upper/input/none.txt", tmp_path / "none.txt")

        assert not (tmp_path / "none.txt").exists()
