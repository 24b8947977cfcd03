"""Which images there are: one for each part, for exactly the architectures that it may meet."""

from __future__ import annotations

import pytest
from image_sketches import application, built, deployment, layer, placed, spec

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.images.plan import hosting_detector, plan_images, with_detector
from aisprint_cli.images.record import BuildRecord
from aisprint_cli.images.specification import Variant
from aisprint_cli.images.use import use_built
from aisprint_cli.model.naming import Part
from aisprint_cli.model.resources import LayerKind

FUNCTIONS = LayerKind.FUNCTIONS


def test_platforms_are_those_of_the_resources_a_part_is_placed_on_over_all_deployments() -> None:
    shop = application(layer(1, edge="aarch64"), layer(2, vm="x86_64"))
    here = deployment(placed("find", 1, "edge"), placed("sort", 2, "vm"))
    there = deployment(placed("find", 2, "vm"), placed("sort", 2, "vm"))

    one = plan_images(shop, [here]).wanted
    both = plan_images(shop, [here, there]).wanted

    assert {image.name: image.platforms for image in one} == {
        "find_base": ("linux/arm64",),
        "sort_base": ("linux/amd64",),
    }
    assert both[0].platforms == ("linux/amd64", "linux/arm64")


def test_a_resource_without_an_architecture_counts_as_amd64() -> None:
    (image,) = plan_images(application(layer(1, vm="")), [deployment(placed("find", 1, "vm"))]).wanted

    assert image.platforms == ("linux/amd64",)


def test_the_reference_defect_of_a_key_error_for_a_wrong_architecture_is_gone() -> None:
    """Every such resource is named at once, once, with the names that can be used."""
    shop = application(layer(1, edge="faXx", board="riscv64"))
    found = deployment(placed("find", 1, "edge"), placed("sort", 1, "edge"), placed("tell", 1, "board"))

    with pytest.raises(InvalidInputError) as caught:
        plan_images(shop, [found])

    messages = [finding.message for finding in caught.value.diagnostics]
    assert len(messages) == 2
    assert "'faXx'" in messages[0] or "'faXx'" in messages[1]
    assert all("arm64" in finding.mend for finding in caught.value.diagnostics)


def test_a_lambda_layer_has_an_image_of_its_own_beside_that_of_other_layers() -> None:
    shop = application(layer(1, vm="amd64"), layer(2, FUNCTIONS, cloud="arm64"))
    found = plan_images(
        shop, [deployment(placed("find", 1, "vm")), deployment(placed("find", 2, "cloud"))]
    ).wanted

    assert [(image.name, image.variant, image.platforms) for image in found] == [
        ("find_base", Variant.FUNCTION, ("linux/amd64",)),
        ("find_base-lambda", Variant.LAMBDA, ("linux/arm64",)),
    ]
    assert found[1].repository == "find-base-lambda"


def test_what_the_application_names_is_given_and_not_built() -> None:
    shop = application(layer(1, vm="amd64"))

    plan = plan_images(shop, [deployment(placed("find", 1, "vm", images=("registry.example.org/find:1",)))])

    assert plan.wanted == ()
    assert plan.given[0].images == ("registry.example.org/find:1",)


def test_a_gpu_and_a_port_are_those_of_any_of_its_containers() -> None:
    shop = application(layer(1, vm="amd64"), layer(2, gpu="amd64"))
    served = {"ExposeService": {"api_port": "8080"}}
    (image,) = plan_images(
        shop,
        [
            deployment(placed("find", 1, "vm", document=served)),
            deployment(placed("find", 2, "gpu", gpu=True)),
        ],
    ).wanted

    assert image.gpu
    assert image.port == 8080


def test_segments_are_named_as_in_the_reference() -> None:
    shop = application(layer(1, vm="amd64"))
    (image,) = plan_images(shop, [deployment(placed(Part("Find", "partition1_2"), 1, "vm"))]).wanted

    assert image.name == "Find_partition1_2"
    assert image.repository == "find-partition1-2"


def test_the_drift_detector_is_for_the_highest_layer_that_is_made() -> None:
    shop = application(layer(1, edge="amd64"), layer(2, vm="arm64"), layer(3, FUNCTIONS, cloud="amd64"))
    found = deployment(placed("find", 1, "edge"), placed("sort", 2, "vm"), placed("tell", 3, "cloud"))
    plan = plan_images(shop, [found])

    image = with_detector(shop, plan, hosting_detector(shop, found)).wanted[-1]

    assert (image.name, image.variant, image.platforms) == (
        "drift-detector_main",
        Variant.DRIFT,
        ("linux/arm64",),
    )


def test_without_a_layer_that_is_made_there_is_no_drift_detector() -> None:
    shop = application(layer(3, FUNCTIONS, cloud="amd64"))
    found = deployment(placed("tell", 3, "cloud"))
    plan = plan_images(shop, [found])

    assert with_detector(shop, plan, hosting_detector(shop, found)) == plan


def test_what_was_pushed_takes_its_place_by_digest() -> None:
    shop = application(layer(1, vm="amd64"))
    image = built()
    record = BuildRecord((image,))

    (part,) = use_built(shop, deployment(placed("find", 1, "vm")), record).placed

    assert part.container.images == (f"{image.spec.repository}@{image.digest}",)


def test_what_was_only_built_or_is_named_by_the_application_changes_nothing() -> None:
    shop = application(layer(1, vm="amd64"))
    plain = deployment(placed("find", 1, "vm"))
    named = deployment(placed("find", 1, "vm", images=("own:1",)))

    assert use_built(shop, plain, BuildRecord((built(pushed=False),))) == plain
    assert use_built(shop, named, BuildRecord((built(),))) == named


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_lambda_gets_the_image_of_its_own_architecture(architecture: str, platform: str) -> None:
    shop = application(layer(1, FUNCTIONS, cloud=architecture))
    image = built(spec("find_base-lambda", variant=Variant.LAMBDA))

    (part,) = use_built(shop, deployment(placed("find", 1, "cloud")), BuildRecord((image,))).placed

    assert part.container.images == (f"{image.spec.repository}@{image.by_platform[platform]}",)
