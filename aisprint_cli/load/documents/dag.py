"""`common_config/application_dag.yaml`: the components and what follows what."""

from __future__ import annotations

from aisprint_cli.load.shapes.collections import Field, ListOf, MapOf, Record, Row
from aisprint_cli.load.shapes.values import Number, Text

_DEPENDENCY = Row(
    (Text("the name of a component"), Text("the name of a component"), Number(above=0, maximum=1)),
    "[source, target, probability]",
)

_SYSTEM = Record(
    "ApplicationSystem",
    "The application's name, components and dependencies.",
    {
        "name": Field(Text("the application's name"), "The application's name.", required=True),
        "components": Field(
            ListOf(Text("the name of a component"), "component names", minimum=1),
            "The names of all components, as their component_name annotations give them.",
            required=True,
        ),
        "alternative_components": Field(
            MapOf(ListOf(Text("the name of a component"), "component names", minimum=1), "lists of names"),
            "For a component, the names of components that may take its place.",
        ),
        "dependencies": Field(
            ListOf(_DEPENDENCY, "[source, target, probability] entries"),
            "The edges: after source, target runs with that probability. Empty for one component.",
        ),
    },
)

APPLICATION_DAG = Record(
    "ApplicationDag",
    "The component graph of an application.",
    {"System": Field(_SYSTEM, "The application: its name, components and dependencies.", required=True)},
)
