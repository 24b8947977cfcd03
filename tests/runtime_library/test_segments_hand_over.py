from __future__ import annotations

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from library_programs import Program

from aisprint import segments
from aisprint.errors import WireError

CUT = np.arange(3.0)


def test_everything_arrives_and_a_part_between_passes_it_on(tmp_path: Path) -> None:
    shared = [1]
    outcome: tuple[dict[Any, Any], list[Any]] = ({"cut": CUT, 5: "five", "more": shared}, [CUT])
    segments.hand_over(
        tmp_path / "1", outcome, arguments={"n": 2}, variables={"v": shared}, module={"G": (1,)}
    )
    first = segments.take_over(tmp_path / "1")
    assert first.inputs.internal == ("cut",)
    later = np.ones(2)
    segments.hand_over(tmp_path / "2", ({"cut2": later, "more": first.inputs["more"]}, [later]), taken=first)
    taken = segments.take_over(str(tmp_path / "2"))
    assert list(first.inputs) == ["cut", 5, "more"]
    assert taken.inputs.internal == ("cut2",)
    assert (taken.arguments, taken.module, taken.finished) == ({"n": 2}, {"G": (1,)}, None)
    assert taken.variables["v"] is taken.inputs["more"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"variables": {"frame": object()}}, "`frame`"),
        ({"arguments": {"x": object()}}, r"`arguments\['x'\]`"),
        ({"module": {"G": [len]}}, r"`module\['G'\]\[0\]`"),
    ],
)
def test_what_cannot_be_carried_is_called_by_its_name(
    tmp_path: Path, given: dict[str, Any], name: str
) -> None:
    with pytest.raises(WireError, match=name):
        segments.hand_over(tmp_path / "w", ({}, []), **given)
    with pytest.raises(WireError, match=r"`return_dict\['image'\]`"):
        segments.hand_over(tmp_path / "w", ({"image": object()}, []))
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("suffix", ["", ".json", "/x"])
def test_the_output_path_of_a_part_never_reaches_the_next(tmp_path: Path, suffix: str) -> None:
    output = str(tmp_path / "out")
    with pytest.raises(WireError, match="`where` holds the output path of this part"):
        segments.hand_over(output, ({}, []), variables={"where": output + suffix})


def test_changes_are_seen_in_dictionaries_and_namespaces() -> None:
    for made in (dict, lambda **entries: argparse.Namespace(**entries)):
        arguments: Any = made(a=1, b=[1], c=CUT, output="o", same=[2])
        before = segments.snapshot(arguments)
        assert segments.changes(arguments, before) == {}
        segments.restore(arguments, {"a": 2, "new": None, "output": "p"})
        segments.argument(arguments, "b").append(2)
        assert segments.changes(arguments, before, ("output",)) == {"a": 2, "b": [1, 2], "new": None}
        assert segments.argument(arguments, "c") is CUT
        with pytest.raises(WireError, match="'absent'"):
            segments.argument(arguments, "absent")


def test_files_that_argparse_opened_stand_for_their_paths(tmp_path: Path) -> None:
    segments.hand_over(SimpleNamespace(name=str(tmp_path / "w")), ({}, []))
    assert segments.take_over(SimpleNamespace(name=tmp_path / "w")).inputs == {}
    with pytest.raises(WireError, match="no path"):
        segments.hand_over(None, ({}, []))


def test_an_input_that_no_part_wrote_is_named(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    with pytest.raises(WireError, match=r"image\.png"):
        segments.take_over(tmp_path / "image.png")


def test_results_of_a_main_that_ends_early_pass_through(program: Program, tmp_path: Path) -> None:
    program(
        "from aisprint import segments\n"
        "segments.expect('out[1]')\n"
        "with open('out[1].json', 'wb') as stream: stream.write(b'result')\n"
        "with open('other', 'wb') as stream: stream.write(b'not mine')\n"
    )
    first = segments.take_over(tmp_path / "out[1].json")
    segments.pass_on(first, tmp_path / "second", last=False)
    segments.pass_on(segments.take_over(tmp_path / "second.json"), tmp_path / "third", last=True)
    assert (tmp_path / "third.json").read_bytes() == b"result"
    assert (tmp_path / "other").read_bytes() == b"not mine"


def test_a_segment_that_was_handed_over_is_no_early_result(program: Program, tmp_path: Path) -> None:
    program(
        "from aisprint import segments\n"
        "segments.expect('out')\n"
        "open('out.debug', 'w').close()\n"
        "segments.hand_over('out', ({'a': 1}, []))\n"
    )
    assert segments.take_over(tmp_path / "out").inputs == {"a": 1}
    assert (tmp_path / "out.debug").read_bytes() == b""
