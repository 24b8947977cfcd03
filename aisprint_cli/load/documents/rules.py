"""`common_config/placement_rules.yaml`: what placement keeps besides limits, and what it may count on."""

from __future__ import annotations

from aisprint_cli.load.shapes.collections import Field, ListOf, MapOf, Record
from aisprint_cli.load.shapes.values import Boolean, Choice, Label, Number, Text

_LAYERS = ListOf(Number(minimum=1, integer=True), "layer numbers", minimum=1)
_COMPONENTS = ListOf(Text("the name of a component"), "component names", minimum=1)
_BOUND = ListOf(Text("the name of a component"), "component names", minimum=2)
_PLACES = Record(
    "Places",
    "Places: all that is in these layers, these resources and these regions.",
    {
        "layers": Field(_LAYERS, "Numbers of layers."),
        "resources": Field(
            ListOf(Text("the name of a resource"), "resource names", minimum=1), "Names of resources."
        ),
        "regions": Field(
            ListOf(Text("the name of a region"), "region names", minimum=1), "Regions of this file."
        ),
    },
    closed=True,
)
_RULE = Record(
    "PlacementRule",
    "A rule, which says exactly one thing: pin, keep_off, private, together, apart or quota.",
    {
        "pin": Field(_COMPONENTS, "These components run only on the places of `to`."),
        "to": Field(_PLACES, "Where `pin` puts them."),
        "keep_off": Field(_COMPONENTS, "These components do not run on the places of `from`."),
        "from": Field(_PLACES, "What `keep_off` keeps them off."),
        "private": Field(_COMPONENTS, "The input of these components stays on the places of `within`."),
        "within": Field(_PLACES, "Where `private` input stays."),
        "all_pieces": Field(
            Boolean(), "Whether what is private is also what a first segment hands on; else only raw input."
        ),
        "together": Field(_BOUND, "These components share one resource, layer or region (`scope`)."),
        "apart": Field(_BOUND, "No two of these components share a resource, layer or region (`scope`)."),
        "scope": Field(Choice(("resource", "layer", "region"), {}), "What is shared; resource if absent."),
        "quota": Field(
            Number(minimum=0, integer=True), "At most so many instances over the places of `over`."
        ),
        "over": Field(_PLACES, "What a `quota` counts."),
        "name": Field(Label(), "What explanations call the rule."),
        "reason": Field(Label(), "Why it is there; explanations say it where there is no name."),
    },
    closed=True,
)
_PERCENTILE = Number(minimum=50, maximum=99.9999)
_PERCENTILES = Record(
    "Percentiles",
    "Which percentile the limits of one exec_time are about; its mean where nothing is said.",
    {
        "local": Field(_PERCENTILE, "Of local_time_thr, for example 95."),
        "global": Field(_PERCENTILE, "Of global_time_thr."),
    },
    closed=True,
)
_RESERVED = Record(
    "ReservedInstances",
    "Instances with a price of their own, which are used first.",
    {
        "number": Field(Number(minimum=1, integer=True), "How many.", required=True),
        "cost": Field(Number(minimum=0), "The price of one for an hour.", required=True),
    },
    closed=True,
)
_SPOT = Record(
    "SpotInstances",
    "Instances at the spot price, which are used after those that are reserved.",
    {
        "number": Field(Number(minimum=1, integer=True), "How many; all others if absent."),
        "cost": Field(Number(minimum=0), "The price of one for an hour.", required=True),
    },
    closed=True,
)
_RESOURCE = Record(
    "ResourceTerms",
    "What candidate_resources.yaml has no place for.",
    {
        "reserved": Field(_RESERVED, "Reserved instances."),
        "spot": Field(_SPOT, "Spot instances."),
        "availability": Field(
            Number(above=0, maximum=1), "The share of the time an instance is there; 1 if absent."
        ),
        "discipline": Field(
            Choice(("processor_sharing", "multi_server"), {}),
            "Whether an instance serves all at once, or one after the other on each of its cores.",
        ),
        "idle_power": Field(Number(minimum=0), "Watts an instance draws without work."),
        "busy_power": Field(
            Number(minimum=0), "Watts it draws with work; those of its accelerators if absent."
        ),
        "green_share": Field(Number(minimum=0, maximum=1), "The renewable share of that power."),
    },
    closed=True,
)
_NETWORK = Record(
    "NetworkTerms",
    "How a network domain behaves.",
    {"shared": Field(Boolean(), "Whether transfers that pass at once share its bandwidth.")},
    closed=True,
)
PLACEMENT_RULES = Record(
    "PlacementRules",
    "What placement has to keep besides limits, and what it may count on.",
    {
        "rules": Field(ListOf(_RULE, "rules"), "The rules."),
        "regions": Field(MapOf(_LAYERS, "regions"), "The layers of each region."),
        "percentiles": Field(MapOf(_PERCENTILES, "percentiles"), "By component."),
        "resources": Field(MapOf(_RESOURCE, "resources"), "By the name of the resource."),
        "networks": Field(MapOf(_NETWORK, "networks"), "By the key of the network domain."),
    },
    closed=True,
)
