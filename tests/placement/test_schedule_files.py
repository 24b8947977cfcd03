"""Schedule files: what they mean, and every problem in one at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from placement_systems import BOARD, VM, read, two_steps

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.placement.schedule.file import read_schedule
from aisprint_cli.placement.schedule.problem import ScheduleProblem

PROBLEM = read(two_steps()).problem


def schedule(directory: Path, text: str) -> ScheduleProblem:
    path = directory / "schedule.yaml"
    path.write_text(text)
    return read_schedule(path, PROBLEM)[0]


def problems(directory: Path, text: str) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        schedule(directory, text)
    return [
        f"{item.location.line}:{item.location.column} {item.message}" for item in caught.value.diagnostics
    ]


def test_periods_have_their_own_rate_length_and_prices(tmp_path: Path) -> None:
    found = schedule(
        tmp_path,
        """
periods:
  - {name: night, hours: 16, rate: 0.5, changes: {resource.VM.cost: 0.4, component.second.demand: "*=2"}}
  - {hours: 8, rate: 2}
switching: {component_moved: 0.1, instance_started: 0.2, start_seconds: 90}
reserve: [{resource: VM, cost: 0.6}]
repeat: false
""",
    )
    night, day = found.periods
    assert (night.name, night.hours, night.problem.entry_rate_per_s) == ("night", 16, 0.5)
    assert night.problem.period_h == 16
    assert night.problem.resources[VM].cost_per_hour == 0.4
    demand = night.problem.components[1].alternatives[0].pieces[0].options[0].demand_s
    assert demand == pytest.approx(2 * PROBLEM.components[1].alternatives[0].pieces[0].options[0].demand_s)
    assert (day.name, day.start_h, day.problem.resources[VM].cost_per_hour) == ("period 2", 16, 1.0)
    assert (found.switching.component_moved, found.switching.instance_started, found.switching.start_s) == (
        0.1,
        0.2,
        90,
    )
    assert [(item.resource, item.cost_per_hour, item.most) for item in found.reservable] == [(VM, 0.6, 3)]
    assert not found.repeats


def test_from_gives_lengths_until_the_next_one_and_over_midnight(tmp_path: Path) -> None:
    found = schedule(tmp_path, "periods: [{from: 6, rate: 1}, {from: 9.5, rate: 2}, {from: 22, rate: 1}]")
    assert [(item.start_h, item.hours) for item in found.periods] == [(6, 3.5), (9.5, 12.5), (22, 8)]
    assert found.repeats


def test_hours_that_are_alike_are_one_period(tmp_path: Path) -> None:
    found = schedule(tmp_path, "hourly: {rate: [1, 1, 2, 1], resource.Board.cost: [4, 4, 4, 3]}")
    assert [(item.name, item.hours, item.kind) for item in found.periods] == [
        ("00-02 h", 2, 0),
        ("02-03 h", 1, 1),
        ("03-04 h", 1, 2),
    ]
    assert found.periods[2].problem.resources[BOARD].cost_per_hour == 3


def test_equal_periods_are_of_one_kind(tmp_path: Path) -> None:
    found = schedule(tmp_path, "hourly: {rate: [1, 2, 1, 2]}")
    assert [item.kind for item in found.periods] == [0, 1, 0, 1]
    assert found.times == (2, 2)


def test_every_problem_is_told_with_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """periods:
  - {hours: 0, rate: 1}
  - {hours: 4, rate: -2}
  - {hours: 4, rate: 1, changes: {resource.Bord.cost: 1, rate: 3, resource.VM.cost: [1]}}
  - {hours: 4}
switching: {component_moved: -1}
reserve:
  - {resource: F, cost: 1}
  - {resource: Bord, cost: 1}
  - {cost: 1}
""",
    )
    text = "\n".join(found)
    assert "2:13 `periods[0].hours` is 0; it should be above 0." in text
    assert "has no `hours`" not in text
    assert "3:22 `periods[1].rate` is -2" in text
    assert "4:35 `resource.Bord.cost`: There is no resource `Bord`. Did you mean `Board`?" in text
    assert "4:58 `rate`: the period's own `rate` and `hours` say that." in text
    assert "4:67 `resource.VM.cost`: its value should be a number" in text
    assert "`periods[3]` has no `rate`" in text
    assert "`switching.component_moved` is -1" in text
    assert "8:16 `F` is a function, which is paid by use." in text
    assert "9:16 There is no resource `Bord`. Did you mean `Board`?" in text
    assert "`reserve[2]` has no `resource`" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("- 1", "should be a mapping"),
        ("repeat: true", "neither `periods` nor `hourly`"),
        ("periods: [{hours: 1, rate: 1}]\nhourly: {rate: [1]}", "both `periods` and `hourly`"),
        ("periods: []", "1 or more periods"),
        ("periods: [{rate: 1}]", "has no `hours`"),
        ("periods: [{from: 1, rate: 1}, {hours: 3, rate: 1}]", "has no `from`"),
        ("periods: [{from: 7, rate: 1}, {from: 6, rate: 1}]", "would end at 6"),
        ("periods: [{from: 12:30, rate: 1}]", "reads `12:30` as 750"),
        ("hourly: {rate: [1, 2], resource.VM.cost: [1]}", "has 1 values, `hourly.rate` has 2"),
        ("hourly: {rate: [1, x, 0]}", "`hourly.rate[1]` is x"),
        ("hourly: {resource.VM.cost: [1]}", "has no `rate`"),
        ("hourly: {rate: [1], resource.VM.cst: [1]}", "Did you mean `cost`?"),
        ("periods: [{hours: 1, rate: 1}]\nrepeat: 3", "should be true or false"),
        ("periods: [{hours: 1, rates: 1}]", "did you mean `rate`?"),
        ("periods: [{hours: 1, rate: 1}\n", "YAML cannot be read"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in "\n".join(problems(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        read_schedule(tmp_path / "none.yaml", PROBLEM)
