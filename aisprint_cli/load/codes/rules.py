"""Findings about the placement rules."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.codes.code import Code, error, warning

CODES: Final[tuple[Code, ...]] = (
    error(
        "rules.one-thing",
        "A rule does not say exactly one thing.",
        "What it asks for would be unclear.",
        "Give exactly one of pin, keep_off, private, together, apart and quota.",
    ),
    error(
        "rules.places",
        "A rule does not name the places it is about.",
        "It would allow or forbid nothing.",
        "Give layers, resources or regions below to, from, within or over.",
    ),
    error(
        "rules.foreign-key",
        "A rule has a key that belongs to another kind of rule.",
        "It would not be heard.",
        "Delete it, or write a rule of that kind.",
    ),
    error(
        "rules.unknown-name",
        "A component, layer, resource, region or network domain does not exist.",
        "What is said about it would have no effect.",
        "Correct the name.",
    ),
    error(
        "rules.two-regions",
        "A layer is in two regions.",
        "Rules about regions could not tell which one counts.",
        "Leave it in one of them.",
    ),
    error(
        "rules.nowhere",
        "A rule leaves a component none of its candidate resources.",
        "No placement could keep it.",
        "Change the rule, or add candidate resources.",
    ),
    warning(
        "rules.no-limit",
        "A percentile is given for a limit that does not exist.",
        "It has no effect.",
        "Give the limit in exec_time, or delete the percentile.",
    ),
    error(
        "rules.functions",
        "Terms of bought instances are given for a resource of functions.",
        "Functions scale by themselves and are billed by use.",
        "Delete them.",
    ),
    error(
        "rules.power",
        "A resource draws less power with work than without.",
        "Energy could not be computed.",
        "Give a busy_power that is no less than idle_power.",
    ),
)
