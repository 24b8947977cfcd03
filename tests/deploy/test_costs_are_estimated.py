"""What a deployment costs, from the prices of the catalogue and the load that is expected."""

from __future__ import annotations

from dataclasses import replace

import pytest
from directory_backend import cluster, function

from aisprint_cli.backends.interface import ClusterSpec, Item
from aisprint_cli.deploy.costs import Prices, arrival_rates
from aisprint_cli.deploy.routing import on_backend
from aisprint_cli.model.dag import Dag, Dependency
from aisprint_cli.model.resources import Layer, LayerKind, NetworkDomain, Resource, ResourceCatalogue


def _prices(price: float, *, transition: float | None = None, **measured: object) -> Prices:
    document = {"transitionCost": transition}
    box = Resource("r1", "box", 1, 3, price, 1024.0, 10.0, "amd64", document=document)
    layer = Layer("l1", 1, "layer", LayerKind.VIRTUAL, (box,), "ND1")
    return Prices(
        ResourceCatalogue("shop", (NetworkDomain("ND1", "one", 0.0, 1.0, (), (layer,)),)),
        **measured,  # type: ignore[arg-type]
    )


def _of_kind(item: Item, kind: LayerKind, *, backend: str = "im") -> Item:
    return on_backend(replace(item, spec=replace(item.spec, kind=kind.value)), backend)


ACCOUNT = _of_kind(cluster("aws"), LayerKind.FUNCTIONS, backend="lambda")
NATIVE = on_backend(function("find", "aws", reads="find/input"), "lambda")


def test_a_cluster_costs_what_its_nodes_cost_and_a_function_on_it_nothing_more() -> None:
    edge = _of_kind(cluster("edge"), LayerKind.PHYSICAL_PROVISIONED)
    hosted = on_backend(function("find", "edge", reads="find/input"), "im")

    found = _prices(0.25).estimate([edge, hosted])

    assert (found.hourly, found.monthly, found.unknown) == (0.25, 0.25 * 730, ())


def test_reserved_and_spot_nodes_have_prices_of_their_own() -> None:
    edge = _of_kind(cluster("edge"), LayerKind.PHYSICAL_PROVISIONED)
    assert isinstance(edge.spec, ClusterSpec)
    bought = replace(edge.spec, resources=tuple(replace(item, nodes=3) for item in edge.spec.resources))
    terms = {"reserved": {"number": 1, "cost": 0.1}, "spot": {"number": 1, "cost": 0.05}}

    found = _prices(0.25, rules={"resources": {"box": terms}}).estimate([replace(edge, spec=bought)])

    assert found.hourly == pytest.approx(0.1 + 0.05 + 0.25)


def test_each_call_of_a_native_function_has_the_price_of_a_transition() -> None:
    prices = _prices(2.0, rates={"find": 3.0}, busy_s={("find", "box"): 0.5}, transition=0.025)

    assert prices.estimate([ACCOUNT, NATIVE]).hourly == pytest.approx(3.0 + 3.0 * 3600 * 0.025 / 1000)


def test_a_cluster_that_is_made_has_parts_without_a_price() -> None:
    found = _prices(0.25).estimate([_of_kind(cluster("edge"), LayerKind.VIRTUAL)])

    assert found.hourly == 0.25
    assert "front-end node" in found.unknown[0]


def test_a_native_function_costs_the_time_it_is_busy() -> None:
    prices = _prices(2.0, rates={"find": 3.0}, busy_s={("find", "box"): 0.5})

    (line,) = prices.estimate([ACCOUNT, NATIVE]).lines

    assert (line.item, line.instances, line.hourly) == ("aws/find", 1.5, 3.0)


@pytest.mark.parametrize(
    ("measured", "unknown"),
    [
        ({}, "no `expected_throughput`"),
        ({"rates": {"find": 3.0}}, "was not measured"),
    ],
)
def test_what_is_not_known_is_named_and_not_guessed(measured: dict[str, object], unknown: str) -> None:
    found = _prices(2.0, **measured).estimate([ACCOUNT, NATIVE])

    assert (found.hourly, len(found.unknown)) == (0.0, 1)
    assert unknown in found.unknown[0]


def test_a_resource_that_the_catalogue_lost_is_named() -> None:
    gone = replace(NATIVE, spec=replace(NATIVE.spec, resource="attic"))

    assert "no resource attic" in _prices(2.0).estimate([ACCOUNT, gone]).unknown[0]


def test_this_machine_costs_nothing() -> None:
    found = _prices(2.0).estimate([cluster("edge"), function("find", "edge", reads="find/input")])

    assert (found.hourly, found.unknown) == (0.0, ())


def test_requests_reach_parts_with_the_probability_of_the_edges() -> None:
    edges = (Dependency("a", "b", 0.25), Dependency("a", "c", 0.75), Dependency("b", "c", 1.0))

    assert arrival_rates(Dag("d", ("c", "a", "b"), edges), 8.0) == {"a": 8.0, "b": 2.0, "c": 8.0}
    assert arrival_rates(Dag("d", ("a",)), None) == {}
