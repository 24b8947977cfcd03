"""Why a simulation differs from the prediction, in words, from what is known of both."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from aisprint_cli.simulation.facility import Discipline, Dispatch
from aisprint_cli.simulation.laws import Exponential
from aisprint_cli.simulation.routes import option_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.problem import Placement, Problem, Resource
    from aisprint_cli.simulation.routes import PoolKey
    from aisprint_cli.simulation.settings import Settings

TOO_SHORT = "the simulation was too short to tell; give more requests or replications"
UNKNOWN = "no cause is known: it may be chance, one in twenty figures falls outside its interval"
TWO_MOMENTS = "percentiles are predicted from mean and variance, which an exponential shape is fitted to"
_NOTABLE = 0.02
_FULL = 1.0
_PART = 0.1


class Causes:
    """What may make the two differ.

    Args:
        problem: what was placed.
        placement: where.
        settings: what the simulation assumed.
        assessment: the prediction.
        cold: predicted and simulated share of cold starts of each pool.
    """

    def __init__(
        self,
        problem: Problem,
        placement: Placement,
        settings: Settings,
        assessment: Assessment,
        cold: Mapping[PoolKey, tuple[float, float]],
    ) -> None:
        self._problem = problem
        self._placement = placement
        self._settings = settings
        self._assessment = assessment
        self._cold = cold
        self._before = _predecessors(problem)

    def cores(self, resource: int) -> int:
        """How many requests an instance of the resource worked on at full speed."""
        return self._settings.cores_of(self._problem.resources[resource])

    def of_component(self, number: int, difference_s: float) -> tuple[str, ...]:
        """Of a component's response time being so much longer than predicted."""
        found = [*self.of_rate(), *self._of_places(number, difference_s)]
        if any(self.forks(earlier) for earlier in (*self._before[number], number)):
            found.append("copies of a request are sent at the same moment, so arrivals come in bursts")
        upstream = self._before[number]
        if self._notable_cold(upstream):
            found.append("cold starts before it make its arrivals uneven")
        return tuple(dict.fromkeys(found))

    def of_path(self, components: tuple[int, ...], difference_s: float) -> tuple[str, ...]:
        """Of the time along a path being so much longer than predicted."""
        found = list(self.of_rate())
        for number in components:
            found += self._of_places(number, difference_s)
        for number, following in pairwise(components):
            if following in self._problem.components[number].successors:
                found += self._of_early_exits(number, following, difference_s)
        if self._shares_more:
            found.append("concurrent flows share the bandwidth of their network")
        return tuple(dict.fromkeys(found))

    def of_rate(self) -> tuple[str, ...]:
        """Of how many requests come, and when."""
        arrivals = self._settings.arrivals
        found = []
        if arrivals is not None and not arrivals.constant:
            rate = self._problem.entry_rate_per_s
            found.append(f"the rate of requests changes; the prediction is for a constant {rate:g}/s")
        elif arrivals is not None and not arrivals.poisson:
            found.append("arrivals are no Poisson process, as the prediction assumes")
        return tuple(found)

    def of_utilisation(self, resource: int) -> tuple[str, ...]:
        """Of a resource's utilisation."""
        return (*self.of_rate(), *self._of_load(resource))

    def of_cost(self) -> tuple[str, ...]:
        """Of the cost."""
        found = list(self.of_rate())
        semantics = self._problem.semantics
        if self._notable_cold(range(len(self._problem.components))):
            found.append("a function is paid while it starts, too; the prediction bills the warm time")
        if not semantics.functions_see_piece_rate and any(map(self._early_on_function, self._numbers())):
            found.append("the prediction bills functions for requests that ended before (early exits)")
        if semantics.functions_billed_once:
            found.append("the prediction bills a function that several pieces use for the first of them only")
        return tuple(found)

    def _numbers(self) -> range:
        return range(len(self._problem.components))

    def _of_load(self, resource: int) -> Iterator[str]:
        load = self._assessment.utilisation[resource]
        if load >= _FULL:
            yield f"it is asked for {load:.0%} of what it can do, so its queue grows without end"
        bought = self._problem.resources[resource]
        if self.cores(resource) != bought.servers:
            servers = "one server" if bought.servers == 1 else f"{bought.servers} servers"
            worked = (
                f"its {self.cores(resource)} cores count" if self._settings.use_cores else "it is one server"
            )
            yield f"{worked}; the prediction takes it as {servers}"
        if bought.availability < 1:
            yield f"it is always there; the prediction has it {bought.availability:.3g} of the time"
        if self._own_counts(resource):
            yield "the placement states different instance counts for pieces on the same resource"

    def _of_places(self, number: int, difference_s: float) -> Iterator[str]:
        """What is special about the resources a component runs on."""
        problem = self._problem
        choice = self._placement.choices[number]
        for resource in choice.resources:
            name = problem.resources[resource].name
            if problem.is_function(resource):
                yield from self._of_function(number, resource, difference_s)
            else:
                yield from (f"{name}: {cause}" for cause in self._of_load(resource))
                yield from self._of_queueing(resource, name)
        if _counts(self._excess_rate_effect_s(number), difference_s):
            yield (
                "the prediction gives a function the component's whole rate, though part of its requests "
                "end before (early exits)"
            )
        if self._measured(number):
            yield "its measured response is not simulated: its demand is, with the formula of its resource"
        if len(set(choice.resources)) > 1 and self._shares_more:
            yield "concurrent flows share the bandwidth between its pieces"

    def _of_function(self, number: int, resource: int, difference_s: float) -> Iterator[str]:
        name = self._problem.resources[resource].name
        item = self._problem.components[number]
        for key, (predicted, simulated) in self._cold.items():
            if key[:2] != (resource, number):
                continue
            piece = item.alternatives[key[2]].pieces[key[3]]
            option = option_of(self._problem, item, piece, resource)
            effect_s = (simulated - predicted) * (option.cold_s - option.demand_s) * piece.reach
            if _counts(effect_s, difference_s):
                yield (
                    f"{name}: {simulated:.2%} of the requests start cold, {predicted:.2%} were predicted "
                    "(the function model is an approximation)"
                )

    def _of_queueing(self, resource: int, name: str) -> Iterator[str]:
        settings, bought = self._settings, self._problem.resources[resource]
        in_order = settings.discipline is Discipline.FCFS and not bought.queues
        if bought.queues:
            yield from self._of_queue(bought, name)
        elif in_order and not (settings.service is None or isinstance(settings.service, Exponential)):
            yield f"{name} serves in the order of arrival, so the scatter of service times counts"
        elif in_order and self._mixed(resource):
            yield f"{name} serves in the order of arrival, so short requests wait for long ones"
        if settings.dispatch is not Dispatch.RANDOM and self._placement.instances[resource] > 1:
            yield f"{name} spreads requests better ({settings.dispatch}) than at random, as predicted"

    def _of_queue(self, bought: Resource, name: str) -> Iterator[str]:
        """Of a resource that the prediction takes as a queue."""
        if self._settings.discipline is Discipline.SHARING:
            yield f"{name} serves all requests at once; the prediction has them queue"
        elif self._settings.service is not None:
            yield f"{name} has service times that scatter otherwise than the system says"
        elif bought.servers > 1:
            yield f"{name} is a queue for {bought.servers} servers, whose formula is an approximation"

    @property
    def _shares_more(self) -> bool:
        """Whether networks share their bandwidth that the prediction takes as free."""
        return self._settings.shared_bandwidth and not all(item.shared for item in self._problem.domains)

    def _measured(self, number: int) -> bool:
        """Whether a piece of a component has a measured response where it runs."""
        choice = self._placement.choices[number]
        pieces = self._problem.components[number].alternatives[choice.alternative].pieces
        return any(
            option.curve and option.resource == resource
            for piece, resource in zip(pieces, choice.resources, strict=True)
            for option in piece.options
        )

    def _of_early_exits(self, number: int, following: int, difference_s: float) -> Iterator[str]:
        """Transfers to the next component: predicted from the last piece, made from where requests leave."""
        problem = self._problem
        item, choice = problem.components[number], self._placement.choices[number]
        alternative = item.alternatives[choice.alternative]
        place = item.successors.index(following)
        size = alternative.sent[place] if place < len(alternative.sent) else 0.0
        first = self._placement.choices[following].resources[0]
        from_end_s = problem.delay_s(choice.resources[-1], first, size)
        effect_s = sum(
            piece.reach * piece.exit_probability * (problem.delay_s(resource, first, size) - from_end_s)
            for piece, resource in zip(alternative.pieces[:-1], choice.resources, strict=False)
        )
        if _counts(effect_s, difference_s):
            yield f"requests that leave {item.name} early are sent on from where they are, not from its end"

    def _excess_rate_effect_s(self, number: int) -> float:
        """What a function's response changes when it sees only the requests that reach its piece."""
        problem = self._problem
        if problem.semantics.functions_see_piece_rate:
            return 0.0
        item, choice = problem.components[number], self._placement.choices[number]
        effect_s = 0.0
        for piece, resource in zip(
            item.alternatives[choice.alternative].pieces, choice.resources, strict=True
        ):
            if problem.is_function(resource) and piece.reach < 1:
                option = option_of(problem, item, piece, resource)
                idle_s = problem.resources[resource].idle_before_kill_s
                rate_per_s = item.rate_per_s * piece.reach
                own_s = problem.function_response(rate_per_s, option.demand_s, option.cold_s, idle_s)
                effect_s += piece.reach * (own_s - problem.function_response_s(item, piece, option))
        return effect_s

    def _mixed(self, resource: int) -> bool:
        """Whether pieces of different demand run on a resource."""
        demands = set()
        for number, choice in enumerate(self._placement.choices):
            pieces = self._problem.components[number].alternatives[choice.alternative].pieces
            for piece, used in zip(pieces, choice.resources, strict=True):
                if used == resource:
                    demands |= {option.demand_s for option in piece.options if option.resource == resource}
        return len(demands) > 1

    def _early_on_function(self, number: int) -> bool:
        choice = self._placement.choices[number]
        pieces = self._problem.components[number].alternatives[choice.alternative].pieces
        return any(
            piece.reach < 1 and self._problem.is_function(resource)
            for piece, resource in zip(pieces, choice.resources, strict=True)
        )

    def _own_counts(self, resource: int) -> bool:
        bought = self._placement.instances[resource]
        return any(
            count != bought
            for choice in self._placement.choices
            if choice.counts is not None
            for used, count in zip(choice.resources, choice.counts, strict=True)
            if used == resource
        )

    def forks(self, number: int) -> bool:
        """Whether a component sends copies of a request to several successors."""
        return sum(self._problem.components[number].probabilities) > 1 + 1e-9

    def _notable_cold(self, components: range | frozenset[int]) -> bool:
        return any(simulated > _NOTABLE for key, (_, simulated) in self._cold.items() if key[1] in components)


def _counts(effect: float, difference: float) -> bool:
    """Whether an effect is a notable part of a difference, in the same direction."""
    return effect * difference > 0 and abs(effect) >= _PART * abs(difference)


def _predecessors(problem: Problem) -> list[frozenset[int]]:
    """All components before each one; components are in topological order."""
    before: list[set[int]] = [set() for _ in problem.components]
    for number, item in enumerate(problem.components):
        for successor in item.successors:
            before[successor] |= before[number] | {number}
    return [frozenset(numbers) for numbers in before]
