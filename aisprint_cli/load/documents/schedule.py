"""`common_config/load_schedule.yaml`: load and prices over time, for `aisprint place --schedule`."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.shapes.collections import ANYTHING, Field, ListOf, MapOf, Record
from aisprint_cli.load.shapes.values import Boolean, Number, Text

_RATE: Final = Number(above=0)
_CHANGES: Final = MapOf(ANYTHING, "changes, each a target of --what-if with a number")
_PERIOD: Final = Record(
    "SchedulePeriod",
    "A stretch of time with one load.",
    {
        "name": Field(Text("the period's name"), "What it is called."),
        "from": Field(Number(minimum=0, maximum=24), "The hour of the day at which it begins."),
        "hours": Field(Number(above=0), "How many hours it lasts."),
        "rate": Field(_RATE, "Requests per second that enter.", required=True),
        "changes": Field(_CHANGES, "What else is different then."),
    },
    closed=True,
)
_SWITCHING: Final = Record(
    "ScheduleSwitching",
    "What it costs to go from one period's placement to the next one's.",
    {
        "component_moved": Field(
            Number(minimum=0), "Cost of each component that runs otherwise than before."
        ),
        "instance_started": Field(Number(minimum=0), "Cost of each instance that was not there before."),
        "start_seconds": Field(Number(minimum=0), "How long before its period an instance is paid already."),
    },
    closed=True,
)
_RESERVE: Final = Record(
    "ScheduleReservation",
    "Instances that can be reserved for the whole schedule.",
    {
        "resource": Field(Text("the name of a resource"), "Which resource.", required=True),
        "cost": Field(Number(minimum=0), "Price per hour of each reserved instance.", required=True),
        "instances": Field(Number(minimum=1, integer=True), "How many can be reserved at most."),
    },
    closed=True,
)
LOAD_SCHEDULE: Final = Record(
    "LoadSchedule",
    "Load and prices over time.",
    {
        "periods": Field(ListOf(_PERIOD, "periods", 1), "The periods, in their order."),
        "hourly": Field(
            MapOf(ListOf(ANYTHING, "values, one for each hour", 1), "lists"),
            "Instead of periods: `rate` and targets of --what-if, each with one value for each hour.",
        ),
        "repeat": Field(
            Boolean(), "Whether the first period follows the last one again (it does unless false)."
        ),
        "switching": Field(_SWITCHING, "What switching costs."),
        "reserve": Field(ListOf(_RESERVE, "reservations"), "What can be reserved."),
    },
    closed=True,
)
