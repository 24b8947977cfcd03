"""The options of `aisprint place` that ask for more than a placement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WhatIf = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="CHANGE",
        help="Place a changed problem and compare: 'resource.VM1.cost=0.3', 'component.c3.demand*=1.2', "
        "'rate+=20%'. May be given several times.",
        show_default=False,
    ),
]
Load = Annotated[
    bool,
    typer.Option("--load", help="Also tell the largest rate carried, and when others become cheaper."),
]
Rates = Annotated[
    str | None,
    typer.Option(
        "--load-range", metavar="LOW:HIGH", help="The rates --load looks at.", show_default="half to double"
    ),
]
Pareto = Annotated[
    str | None,
    typer.Option(
        "--pareto",
        metavar="cost,OBJECTIVE",
        help="Also tell the exact front of cost against latency, energy or grid-energy. With two of them: "
        "against each, and of all three.",
        show_default=False,
    ),
]
WhichPath = Annotated[
    str | None,
    typer.Option(
        "--path",
        metavar="PATH",
        help="Whose time --pareto takes: a global constraint's name, or 'c1->c2->c3'.",
        show_default="the largest share of a limit",
    ),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write all of it as one HTML page.", show_default=False),
]
Schedule = Annotated[
    Path | None,
    typer.Option(
        "--schedule",
        metavar="FILE",
        help="Find the cheapest schedule over the periods of this file (YAML) instead of one placement. "
        "Of an application also looked for in its common_config.",
        show_default=False,
    ),
]
AnalysisTime = Annotated[
    float,
    typer.Option(
        "--analysis-time",
        metavar="SECONDS",
        min=0,
        help="How long --load, --schedule, and each front may take.",
    ),
]
