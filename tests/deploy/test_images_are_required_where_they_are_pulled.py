"""A part without an image goes nowhere but to a back end that runs the designs themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aisprint_cli.deploy.image_check import require_images
from aisprint_cli.design.current import Selection, open_design, select
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.positions import positions_in
from aisprint_cli.generate.read import Template, read_template
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.model.deployment import Deployment


def backend_of(template: Template) -> str:
    return "local" if template.layer == 1 else "oscar"


def with_images(deployment: Deployment, *images: str) -> Deployment:
    placed = [replace(each, container=replace(each.container, images=images)) for each in deployment.placed]
    return replace(deployment, placed=tuple(placed))


@pytest.fixture(scope="module")
def selection(designed: Path) -> Selection:
    return select(open_design(designed), choice="base")


@pytest.fixture(scope="module")
def templates(selection: Selection) -> list[Template]:
    return [read_template(file.text) for file in make_templates(selection.application, selection.deployment)]


def test_a_part_without_one_is_refused_where_images_are_pulled(
    designed: Path, selection: Selection, templates: list[Template]
) -> None:
    deployment = with_images(selection.deployment)
    with pytest.raises(InvalidInputError) as caught:
        require_images(deployment, templates, backend_of, positions_in(designed))

    (found,) = caught.value.diagnostics
    assert (found.code, "sign" in found.message, "oscar" in found.message) == ("deploy.image", True, True)
    assert found.location.line > 1
    require_images(deployment, templates, lambda _template: "local", positions_in(designed))


def test_a_part_with_one_goes_anywhere(
    designed: Path, selection: Selection, templates: list[Template]
) -> None:
    deployment = with_images(selection.deployment, "r.example.org/x:1")
    require_images(deployment, templates, lambda _template: "im", positions_in(designed))
