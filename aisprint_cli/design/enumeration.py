"""All deployments of an application as numbers: counted by a product, computed one at a time.

Combinations of options come first: components in alphabetical order, the last one fastest, whole
before split 1, 2, ... numerically. Within a combination the layers vary: parts in the order of the
components and of their chains, the last one fastest, layers as the candidates file lists them.
Number 0 is `base`, number N is `deployment<N>`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from math import prod

from aisprint_cli.design.options import ComponentOptions, Option, build_options
from aisprint_cli.design.qos import PathLimit, asks_for_monitoring, component_limits, group_by_layer
from aisprint_cli.design.rewriting import rewrite
from aisprint_cli.model.application import Application
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import Part
from aisprint_cli.model.qos import QosConstraints

BASE_DEPLOYMENT = "base"
_NUMBERED = re.compile(r"deployment(?P<number>[1-9][0-9]*)")


def deployment_name(index: int) -> str:
    """The name of the deployment of a number."""
    return f"deployment{index}" if index else BASE_DEPLOYMENT


def deployment_index(name: str) -> int | None:
    """The number that a deployment's name stands for, None when it is no such name."""
    if name == BASE_DEPLOYMENT:
        return 0
    match = _NUMBERED.fullmatch(name)
    return int(match["number"]) if match else None


@dataclass(frozen=True)
class Combination:
    """One option for each component, and what follows from it whatever the layers are."""

    options: tuple[Option, ...]
    dag: Dag
    limits: tuple[PathLimit, ...]
    throughput_parts: frozenset[str]
    monitored: bool

    @cached_property
    def places(self) -> tuple[tuple[PlacedPart, ...], ...]:
        """The places of each part, parts in the order of the enumeration."""
        return tuple(choices for option in self.options for choices in option.places)

    @cached_property
    def _order(self) -> tuple[tuple[str, int], ...]:
        """The graph's names in its order, each with its position in the enumeration."""
        names = [name for option in self.options for name in option.names]
        position = {name: index for index, name in enumerate(names)}
        return tuple((name, position[name]) for name in self.dag.components)

    @property
    def splits(self) -> tuple[int, ...]:
        """The number of the split of each component, components in alphabetical order."""
        return tuple(option.split for option in self.options)

    def deployment(self, name: str, chosen: Sequence[PlacedPart]) -> Deployment:
        """The deployment that places each part as chosen, parts in the order of `places`."""
        placed = tuple(chosen[index] for _, index in self._order)
        qos = QosConstraints()
        if self.monitored:
            layers = [(part, chosen[index].layer) for part, index in self._order]
            qos = group_by_layer(layers, self.limits, self.throughput_parts)
        return Deployment(name, self.dag, placed, qos)


def combine(application: Application, options: tuple[Option, ...]) -> Combination:
    """What follows from choosing one option for each component."""
    segments = {option.parts[0].component: option.names for option in options}
    dag = rewrite(application.dag, segments)
    declared = {name: application.sources[name].annotations for name in segments}
    owner = {name: component for component, names in segments.items() for name in names}
    closing = (owner[name] for name in dag.components if name == segments[owner[name]][-1])
    limits = tuple(
        limit for component in closing for limit in component_limits(component, declared[component], segments)
    )
    throughput = frozenset(
        segments[component][0]
        for component, annotations in declared.items()
        if annotations.expected_throughput_hz is not None
    )
    monitored = any(asks_for_monitoring(annotations) for annotations in declared.values())
    return Combination(options, dag, limits, throughput, monitored)


@dataclass(frozen=True, slots=True)
class Wish:
    """A part that a deployment is to have, on a layer if one is given."""

    part: str
    layer: int | None = None


def _meeting(component: ComponentOptions, wishes: Collection[Wish]) -> list[Option]:
    """The options that have every part wished of the component, where it is wished; all without a wish."""
    own = {name for option in component.options for name in option.names}
    wanted = {wish.part for wish in wishes} & own
    return [
        option
        for option in component.options
        if wanted.issubset(option.names)
        and all(any(_allowed(place, wishes) for place in choices) for choices in option.places)
    ]


def _allowed(place: PlacedPart, wishes: Collection[Wish]) -> bool:
    """Whether no wish wants the part elsewhere."""
    return all(wish.layer in (None, place.layer) for wish in wishes if wish.part == place.part.name)


@dataclass(frozen=True)
class Design:
    """An application with the options of its components; its deployments are computed on demand."""

    application: Application
    options: tuple[ComponentOptions, ...]

    @cached_property
    def count(self) -> int:
        """How many deployments there are, `base` included."""
        return prod(component.count for component in self.options)

    @property
    def splits(self) -> Mapping[str, int]:
        """How many alternative splits each component has."""
        return {component.component: len(component.options) - 1 for component in self.options}

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part of every option, components in alphabetical order."""
        return tuple(
            part for component in self.options for option in component.options for part in option.parts
        )

    def deployments(self, limit: int | None = None, *, having: Collection[Wish] = ()) -> Iterator[Deployment]:
        """The deployments in order, the first `limit` of them if it is given.

        With `having` only those that meet every wish; the others are not looked at, so that a few can
        be found among any number.
        """
        return islice(self._deployments(having), limit)

    def _deployments(self, wishes: Collection[Wish]) -> Iterator[Deployment]:
        for options in product(*(_meeting(component, wishes) for component in self.options)):
            combination = combine(self.application, options)
            first = self._first_index(options)
            sizes = [len(choices) for choices in combination.places]
            digits = [
                [(digit, place) for digit, place in enumerate(choices) if _allowed(place, wishes)]
                for choices in combination.places
            ]
            for chosen in product(*digits):
                rank = 0
                for size, (digit, _) in zip(sizes, chosen, strict=True):
                    rank = rank * size + digit
                yield combination.deployment(deployment_name(first + rank), [place for _, place in chosen])

    def deployment_at(self, index: int) -> Deployment:
        """The deployment of a number, computed without those before it.

        Raises:
            IndexError: when there is none of that number.

        """
        if not 0 <= index < self.count:
            raise IndexError(index)
        options, rest = self._locate(index)
        combination = combine(self.application, options)
        chosen: list[PlacedPart] = []
        for choices in reversed(combination.places):
            rest, digit = divmod(rest, len(choices))
            chosen.append(choices[digit])
        return combination.deployment(deployment_name(index), chosen[::-1])

    def deployment(self, name: str) -> Deployment:
        """The deployment of that name: `base` or `deployment<N>`.

        Raises:
            KeyError: when there is none of that name.

        """
        index = deployment_index(name)
        if index is None or index >= self.count:
            raise KeyError(name)
        return self.deployment_at(index)

    def combination_of(self, splits: Mapping[str, int]) -> Combination:
        """The combination that splits each named component by that number, and no other.

        Raises:
            KeyError: when a component, or a split of it, does not exist.

        """
        wanted = dict(splits)
        options = []
        for component in self.options:
            number = wanted.pop(component.component, 0)
            if not 0 <= number < len(component.options):
                raise KeyError(f"{component.component}_partition{number}")
            options.append(component.options[number])
        if wanted:
            raise KeyError(next(iter(wanted)))
        return combine(self.application, tuple(options))

    def _first_index(self, options: tuple[Option, ...]) -> int:
        """The number of the first deployment of a combination; `_locate` tells how they are counted."""
        index, ways, following = 0, 1, self.count
        for component, chosen in zip(self.options, options, strict=True):
            following //= component.count
            before = component.options[: chosen.split]
            index += ways * sum(option.count for option in before) * following
            ways *= chosen.count
        return index

    def _locate(self, index: int) -> tuple[tuple[Option, ...], int]:
        """The options of the combination a number falls into, and its rank within it.

        Ahead of an option lie, for each option before it, the ways to place what was already chosen,
        times its own, times all ways of the components that follow.
        """
        chosen: list[Option] = []
        ways = 1
        following = self.count
        for component in self.options:
            following //= component.count
            for option in component.options:
                block = ways * option.count * following
                if index < block:
                    chosen.append(option)
                    ways *= option.count
                    break
                index -= block
        return tuple(chosen), index


def plan_design(application: Application, splits: Mapping[str, int]) -> Design:
    """The design of an application whose components have that many alternative splits.

    Args:
        application: a validated application.
        splits: the number of alternative splits by component; one that is not named has none.

    Raises:
        InvalidInputError: when a part has no candidate layer, or a layer none of its resources.

    """
    return Design(application, build_options(application, splits))
