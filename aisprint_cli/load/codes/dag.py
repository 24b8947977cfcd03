"""Findings about the component graph and the names in it."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.codes.code import Code, error, warning

CODES: Final[tuple[Code, ...]] = (
    error(
        "dag.duplicate-component",
        "A component is listed twice.",
        "Each component is deployed once, under its own name.",
        "Delete one of the two, or rename it.",
    ),
    error(
        "dag.unknown-component",
        "A name is used that is not among the components.",
        "Nothing could be deployed for it.",
        "Add it to System.components, or correct the name.",
    ),
    error(
        "dag.alternative-is-component",
        "An alternative has the name of a component.",
        "It would run both on its own and in place of another.",
        "Give the alternative a name of its own.",
    ),
    error(
        "dag.duplicate-alternative",
        "An alternative is listed twice.",
        "The same deployments would be made twice.",
        "Delete one of the two.",
    ),
    error(
        "dag.self-loop",
        "A component depends on itself.",
        "Its own output would start it again without end.",
        "Delete the dependency.",
    ),
    error(
        "dag.duplicate-dependency",
        "The same dependency is given twice.",
        "Its probability would count twice.",
        "Delete one of the two; add their probabilities if both were meant.",
    ),
    error(
        "dag.probability-sum",
        "The probabilities of the dependencies that leave a component add up to more than 1.",
        "They are transition probabilities: at most one of the components that follow runs for an output.",
        "Lower them so that they add up to 1 at most.",
    ),
    error(
        "dag.cycle",
        "The dependencies go round in a circle.",
        "Outputs would start the same components again without end.",
        "Delete one of the dependencies of the circle.",
    ),
    error(
        "dag.unreachable-component",
        "No input ever reaches a component.",
        "Everything before it is part of a circle, so it would be deployed but never run.",
        "Break the circle, or make the component an entry.",
    ),
    error(
        "dag.isolated-component",
        "A component is in no dependency although the application has others.",
        "It would neither receive nor send anything.",
        "Add a dependency for it, or delete it from the components.",
    ),
    warning(
        "dag.separate-pieces",
        "The graph falls into pieces that nothing joins.",
        "They are separate applications: no result of one reaches the other.",
        "Join them by a dependency, or make an application of each.",
    ),
    error(
        "name.unsafe-component",
        "A component's name cannot be a directory name.",
        "Designs are kept in a directory of that name; such a name could point outside it.",
        "Use letters, digits, `_` and `-`, and start with a letter or digit.",
    ),
    error(
        "name.unsafe-service",
        "A component's name cannot be the name of an OSCAR service and of a bucket.",
        "With `_` turned into `-` and in lower case it must have 3 to 39 letters, digits and `-`.",
        "Choose a name of that form.",
    ),
    error(
        "name.long-segment",
        "The segments of a component that is split would have names that are too long.",
        "A segment is deployed as <component>-partition<K>-<S>, and OSCAR allows 39 characters.",
        "Shorten the component's name.",
    ),
    error(
        "name.collision",
        "Two names become the same service name.",
        "With `_` turned into `-` and in lower case they cannot be told apart where they are deployed.",
        "Rename one of them.",
    ),
    error(
        "name.reserved-suffix",
        "A component's name ends like the name of a design (`_base`, `_partition1_1`).",
        "Designs and deployments could not tell it from a part of another component.",
        "Choose another ending.",
    ),
    warning(
        "name.design-word",
        "A component's name contains `_partition` or `_base`.",
        "Other AI-SPRINT tools cut names at these words.",
        "Choose a name without them if such tools are used.",
    ),
    error(
        "name.unsafe-application",
        "The application's name cannot be the name of a namespace, a cluster and a bucket.",
        "With `_` turned into `-` and in lower case it must have 1 to 53 letters, digits and `-`.",
        "Choose a name of that form.",
    ),
)
