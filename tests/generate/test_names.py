"""Names follow from the application and are legal wherever they end up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.generate.names import cluster_name, layer_tag, placeholder_image
from aisprint_cli.model.naming import Part, is_service_safe

APPLICATIONS = st.text(min_size=1, max_size=80)
LAYERS = st.integers(0, 9999)


@given(APPLICATIONS, LAYERS)
def test_a_cluster_name_is_legal_as_a_service_and_a_host(application: str, layer: int) -> None:
    name = cluster_name(application, layer_tag(layer))
    assert is_service_safe(name)
    assert name.endswith(f"-l{layer}")
    assert "." not in name


@given(st.text(alphabet="abcdefgh_-", min_size=40, max_size=60), st.text(alphabet="xyz", min_size=1), LAYERS)
def test_names_that_had_to_be_cut_stay_apart(stem: str, tail: str, layer: int) -> None:
    assert cluster_name(stem, f"l{layer}") != cluster_name(stem + tail, f"l{layer}")


@pytest.mark.parametrize(
    ("application", "layer", "name"),
    [("digit_reader", 1, "digit-reader-l1"), ("App", 12, "app-l12"), ("x" * 36, 1, "x" * 36 + "-l1")],
)
def test_a_plain_name_is_kept(application: str, layer: int, name: str) -> None:
    assert cluster_name(application, layer_tag(layer)) == name


def test_a_placeholder_image_is_a_legal_reference() -> None:
    image = placeholder_image("Digit_Reader 2", Part("Find_It", "partition1_2"))
    assert image == "digit-reader-2/find-it-partition1-2:design"
    assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+:[a-z]+", image)
