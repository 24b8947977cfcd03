"""System files in all spellings, and what is wrong with them: all of it, with positions."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import read, two_steps

from aisprint_cli.errors import FindingsError, InvalidInputError
from aisprint_cli.load.json_document import parse_json
from aisprint_cli.placement.problem import Tier
from aisprint_cli.placement.system_file import read_system, system_from


def faults(system: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(FindingsError) as caught:
        read(system)
    return [(item.code, item.message) for item in caught.value.diagnostics]


def test_everything_is_read() -> None:
    problem = read(two_steps()).problem
    assert [component.name for component in problem.components] == ["first", "second"]
    assert [layer.tier for layer in problem.layers] == [Tier.EDGE, Tier.CLOUD, Tier.FUNCTIONS]
    first, second = problem.components
    split = first.alternatives[1]
    assert [piece.reach for piece in split.pieces] == [1.0, 0.5]
    assert [piece.data_size for piece in split.pieces] == [3.0, 0.0]
    assert split.sent == (5.0,)
    assert second.rate_per_s == 2.0
    assert problem.domains[0].layers == {0, 1, 2}
    assert problem.entry_rate_per_s == 2.0


def test_case_and_underscores_of_keys_do_not_count() -> None:
    def spelled(value: Any) -> Any:
        if isinstance(value, dict):
            known = {"Components", "next", "data_size", "number", "Lambda", "AccessDelay", "demandWarm"}
            return {
                (k.swapcase().replace("_", "") if k in known else k): spelled(v) for k, v in value.items()
            }
        return value

    assert read(spelled(two_steps())).problem == read(two_steps()).problem


def test_a_given_rate_goes_before_the_files() -> None:
    document = parse_json("system.json", json.dumps(two_steps()))
    problem = system_from(document, Path(), rate_per_s=5.0).problem
    assert [item.rate_per_s for item in problem.components] == [5.0, 5.0]


def test_rates_follow_the_graph() -> None:
    system = two_steps()
    system["DirectedAcyclicGraph"]["first"]["transition_probability"] = [0.25]
    assert [item.rate_per_s for item in read(system).problem.components] == [2.0, 0.5]


def test_pieces_are_ordered_by_their_chain() -> None:
    system = two_steps()
    split = system["Components"]["first"]["s2"]
    system["Components"]["first"]["s2"] = {"h3": split["h3"], "h2": split["h2"]}
    assert [p.name for p in read(system).problem.components[0].alternatives[1].pieces] == ["h2", "h3"]


def test_an_infinite_limit_is_none() -> None:
    system = two_steps()
    system["GlobalConstraints"]["p1"]["global_res_time"] = "inf"
    assert read(system).problem.path_limits == ()


def test_the_price_of_a_transition_is_counted() -> None:
    system = two_steps()
    system["FaaSResources"]["computationallayer3"]["transition_cost"] = 0.1
    file = read(system)
    assert file.warnings == ()
    assert [layer.transition_cost for layer in file.problem.layers] == [0, 0, 0.1]
    second = file.problem.components[1]
    option = second.alternatives[0].pieces[0].options[2]
    asked = file.problem.transition_cost(second, second.alternatives[0].pieces[0], option)
    assert asked == pytest.approx(0.1 * 3600 * 2.0)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(system: dict[str, Any]) -> None:
        *above, last = path.split("/")
        place: Any = system
        for key in above:
            place = place[int(key)] if isinstance(place, list) else place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


CASES = {
    "no components": ("structure.missing-key", _set("Components", None)),
    "no rate": ("structure.missing-key", _set("Lambda", None)),
    "a rate below zero": ("structure.out-of-range", _set("Lambda", -1)),
    "a price as text": ("structure.wrong-type", _set("CloudResources/computationallayer2/VM/cost", "dear")),
    "half an instance": ("structure.wrong-type", _set("CloudResources/computationallayer2/VM/number", 1.5)),
    "a resource twice": (
        "system.duplicate-name",
        _set("FaaSResources/computationallayer3/VM", {"cost": 1, "memory": 1, "idle_time_before_kill": 1}),
    ),
    "an unknown successor": ("system.unknown-name", _set("DirectedAcyclicGraph/first/next", ["third"])),
    "a circle": (
        "system.cycle",
        _set("DirectedAcyclicGraph/second", {"next": ["first"], "transition_probability": [1]}),
    ),
    "no probability": ("system.wrong-length", _set("DirectedAcyclicGraph/first/transition_probability", [])),
    "a broken chain": ("system.broken-chain", _set("Components/first/s2/h2/next", ["second"])),
    "a size missing": ("system.wrong-length", _set("Components/first/s1/h1/data_size", [])),
    "an unknown resource": (
        "system.unknown-resource",
        _set("CompatibilityMatrix/first/h1", [{"resource": "Bord", "memory": 1}]),
    ),
    "nowhere to run": ("system.nowhere-to-run", _set("CompatibilityMatrix/second/h1", [])),
    "a piece not listed": ("system.not-listed", _set("CompatibilityMatrix/first/h1", None)),
    "no performance": ("system.no-performance", _set("Performance/first/h1/Board", None)),
    "a learned model": (
        "system.learned-model",
        _set("Performance/first/h1/Board", {"model": "CoreBasedPredictor", "regressor_file": "f"}),
    ),
    "an unknown layer": (
        "system.unknown-name",
        _set("NetworkTechnology/ND1/computationalLayers", ["computationalLayer9"]),
    ),
    "a bandwidth of nothing": ("structure.out-of-range", _set("NetworkTechnology/ND1/Bandwidth", 0)),
    "a path without an edge": (
        "system.no-path",
        _set("GlobalConstraints/p1/components", ["second", "first"]),
    ),
    "a limit on nothing": ("system.unknown-name", _set("LocalConstraints/third", {"local_res_time": 1})),
    "no period": ("system.no-period", _set("Time", 0)),
    "components as a list": ("structure.wrong-type", _set("Components", [1])),
}


@pytest.mark.parametrize(("code", "change"), CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_named(code: str, change: Callable[[dict[str, Any]], None]) -> None:
    system = two_steps()
    change(system)
    assert code in [found for found, _ in faults(system)]


def test_all_problems_are_named_at_once() -> None:
    system = two_steps()
    for name in ("a rate below zero", "an unknown resource", "a bandwidth of nothing", "no performance"):
        CASES[name][1](system)
    codes = [code for code, _ in faults(system)]
    assert sorted(set(codes)) == [
        "structure.out-of-range",
        "system.unknown-resource",
    ]
    assert codes.count("structure.out-of-range") == 2


def test_a_problem_has_its_line(tmp_path: Path) -> None:
    text = json.dumps(two_steps(), indent=1).replace('"Bandwidth": 100', '"Bandwidth": 0')
    path = tmp_path / "system.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError) as caught:
        read_system(path)
    (found,) = caught.value.diagnostics
    line = text.split("\n")[found.location.line - 1]
    assert line[found.location.column - 1 :] == "0"
    assert found.location.path == "system.json"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('{"a": 1,}', "json.syntax", (1, 9)),
        ('{"Lambda": 1,\n "Lambda": 2}', "json.duplicate-key", (2, 2)),
        ("[" * 400 + "]" * 400, "json.syntax", (1, 1)),
        ("[]", "structure.wrong-type", (1, 1)),
        ("", "json.syntax", (1, 1)),
    ],
)
def test_text_that_is_no_system(text: str, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        system_from(parse_json("system.json", text), Path())
    found = {item.code: (item.location.line, item.location.column) for item in caught.value.diagnostics}
    assert found[code] == place


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_system(tmp_path / "none.json")
    assert [item.code for item in caught.value.diagnostics] == ["file.unreadable"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(value=_VALUES, data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_value_anywhere_is_read_or_named(value: Any, data: st.DataObject) -> None:
    system = two_steps()
    place: Any = system
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    document = parse_json("system.json", json.dumps(system))
    with suppress(FindingsError):
        assert system_from(document, Path()).problem.components
        return
    assert any(item.is_error for item in document.findings)
