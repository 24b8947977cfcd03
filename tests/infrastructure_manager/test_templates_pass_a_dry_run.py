"""What `aisprint toscarize` writes is what a real server takes, for every kind of layer and every option."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from sketches import Sketch, make_layer, make_resource

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.templates import TemplateFile, make_component_templates, make_templates
from aisprint_cli.model.qos import LayerQos, LocalConstraint, QosConstraints
from aisprint_cli.model.resources import Accelerator, LayerKind, Processor

if TYPE_CHECKING:
    from im_world import World

ACCOUNTS = (
    "id = one; type = Dummy",
    "id = site; type = DeployedNode",
    "id = shop-l3; type = OSCAR; host = http://127.0.0.1:1; username = oscar; password = x",
    "id = shop-l4; type = Lambda; host = lambda; username = AK; password = SK;"
    " role = arn:aws:iam::123456789012:role/r",
)
CLOUDS = {1: "one", 2: "site"}
EVERYTHING = Options(
    domain="example.org",
    elastic=5,
    influxdb_url="https://influx.example.org",
    influxdb_token="secret://env/CENTRAL",
    registry_server="r.example.org",
    registry_username="puller",
    registry_password="secret://env/REGISTRY",
    clouds=CLOUDS,
    drift_detector="r.example.org/drift-detector:1",
)
SEEN = {1: "Dummy", 2: "DeployedNode", 3: "OSCAR", 4: "Lambda"}


def four_kinds() -> Sketch:
    """A chain over a layer of each kind, in both directions."""
    names = ("abc", "bcd", "cde", "def", "efg", "fgh", "ghi")
    layers = (1, 2, 3, 4, 3, 2, 1)
    images = {
        name: {"images": ("123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1",)}
        if layer == 4
        else {"images": ("r.example.org/x:1",)}
        for name, layer in zip(names, layers, strict=True)
    }
    return Sketch(
        places=dict(zip(names, layers, strict=True)),
        edges=tuple(itertools.pairwise(names)),
        kinds={
            1: LayerKind.VIRTUAL,
            2: LayerKind.PHYSICAL_TO_PROVISION,
            3: LayerKind.PHYSICAL_PROVISIONED,
            4: LayerKind.FUNCTIONS,
        },
        name="shop",
        qos=QosConstraints((LayerQos(1, ("abc",), (LocalConstraint("abc", 2.5),), (), None),)),
        containers=images,
    )


def estimates(place: ImBackend, files: tuple[TemplateFile, ...]) -> list[tuple[int, dict[str, Any]]]:
    client = place._parts()[0].client
    return [(file.layer, dict(client.estimate(file.text))) for file in files]


@pytest.mark.parametrize("options", [Options(clouds=CLOUDS), EVERYTHING], ids=["plain", "everything"])
def test_every_kind_of_layer_lands_where_it_was_placed(
    world: World, place: ImBackend, options: Options
) -> None:
    world.accounts(*ACCOUNTS)
    application, deployment = four_kinds().build()
    files = make_templates(application, deployment, options=options)
    for layer, found in estimates(place, files):
        ((_, cloud),) = found.items()
        assert cloud["cloudType"] == SEEN[layer]
    machines = dict(estimates(place, files))
    assert len(machines[1]["one"]["compute"]) == 3, "a front end and two workers"
    assert len(machines[2]["site"]["compute"]) == 3


def test_functions_land_where_they_were_placed_whatever_the_order_of_the_credentials(
    world: World, place: ImBackend
) -> None:
    world.accounts(*reversed(ACCOUNTS))
    application, deployment = four_kinds().build()
    for layer, found in estimates(place, make_templates(application, deployment, options=EVERYTHING)):
        assert [cloud["cloudType"] for cloud in found.values()] == [SEEN[layer]]


def test_templates_by_component_are_taken_one_by_one(world: World, place: ImBackend) -> None:
    world.accounts(*ACCOUNTS)
    application, deployment = four_kinds().build()
    files = make_component_templates(application, deployment, options=Options(clouds=CLOUDS))
    assert [file.file_name for file in files] == [f"{name}.yaml" for name in deployment.dag.components]
    for layer, found in estimates(place, files):
        assert [cloud["cloudType"] for cloud in found.values()] == [SEEN[layer]]


@pytest.mark.parametrize("kind", [LayerKind.VIRTUAL, LayerKind.PHYSICAL_TO_PROVISION])
def test_whatever_a_resource_may_be_is_understood(world: World, place: ImBackend, kind: LayerKind) -> None:
    world.accounts(*ACCOUNTS)
    document = {
        "flavorName": "g.large",
        "storageType": "SSD",
        "onSpot": True,
        "operatingSystemDistribution": "Raspbian",
        "operatingSystemVersion": 12,
        "operatingSystemImageId": "aws://eu-south-1/ami-1",
        "accelerators": {"a": {"processors": {"p": {"type": "GPU", "architecture": "NVIDIA Tesla T4"}}}},
    }
    resource = make_resource(
        "Pi",
        1,
        memory_mib=3906.25,
        processors=(Processor("p", "cpu", "arm64", 2.5, sgx=True),),
        accelerators=(Accelerator("a", "T4", "GPU", 2.0),),
        document=document,
    )
    sketch = Sketch({"abc": 1}, layers=(make_layer(1, kind, resource),))
    cloud = "one" if kind is LayerKind.VIRTUAL else "site"
    files = make_templates(*sketch.build(), options=Options(clouds={1: cloud}))
    ((_, found),) = estimates(place, files)
    workers = [machine for machine in found[cloud]["compute"] if machine.get("GPU")]
    assert [(machine["cpuCores"], machine["GPU"]) for machine in workers] == [(3, 2), (3, 2)]


def test_without_a_chosen_cloud_a_cluster_goes_where_it_fits(world: World, place: ImBackend) -> None:
    world.accounts("id = any; type = Dummy")
    files = make_templates(*Sketch({"abc": 1}).build(), options=DEFAULTS)
    assert [list(found) for _, found in estimates(place, files)] == [["any"]]
