"""Items come from the templates; a part's digest changes with any of its files, and only then."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from directory_backend import function

from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, ItemKind
from aisprint_cli.deploy.desired import desired_state, source_digest
from aisprint_cli.deploy.topology import Folder, topology_of
from aisprint_cli.design.current import open_design, select
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.read import Template, read_template
from aisprint_cli.generate.templates import make_templates


@pytest.fixture(scope="module")
def templates(designed: Path) -> list[Template]:
    selection = select(open_design(designed), choice="base")
    return [read_template(file.text) for file in make_templates(selection.application, selection.deployment)]


def test_each_layer_is_a_cluster_and_each_part_a_function_after_the_clusters_it_uses(
    templates: list[Template],
) -> None:
    state = desired_state(reversed(templates), lambda source: f"digest of {source}")

    assert (state.application, state.deployment) == ("tiny_chain", "base")
    assert [(item.id, item.requires) for item in state.items] == [
        ("cluster/tiny-chain-l1", ()),
        ("cluster/tiny-chain-l2", ()),
        ("function/tiny-chain-l1/upper", ("cluster/tiny-chain-l1", "cluster/tiny-chain-l2")),
        ("function/tiny-chain-l2/sign", ("cluster/tiny-chain-l2",)),
    ]
    device = state.items[0].spec
    upper = state.items[2].spec
    assert isinstance(device, ClusterSpec)
    assert isinstance(upper, FunctionSpec)
    assert (device.resources[0].nodes, device.resources[0].cores) == (2, 4.0)
    assert device.password.startswith("secret://generated/tiny-chain-l1/")
    assert upper.source_digest == "digest of aisprint/designs/upper/base"
    assert upper.resource == "Device"


def test_the_topology_joins_parts_across_clusters(templates: list[Template]) -> None:
    topology = topology_of(desired_state(templates, str).items)
    upper, sign = topology.functions

    assert topology.entries == (upper,)
    assert topology.readers(Folder("tiny-chain-l2", "upper/output")) == (sign,)
    assert topology.result_folders(upper) == ()
    assert topology.result_folders(sign) == (Folder("tiny-chain-l2", "sign/output"),)


def test_functions_are_listed_along_the_chain_in_whatever_order_they_were_made(
    templates: list[Template],
) -> None:
    items = desired_state(templates, str).items
    for order in itertools.permutations(items):
        assert [node.part for node in topology_of(order).functions] == ["upper", "sign"]


def test_functions_that_feed_each_other_are_all_listed() -> None:
    there = function("there", "shop", reads="back/output", writes=(("shop", "there/output"),))
    back = function("back", "shop", reads="there/output", writes=(("shop", "back/output"),))
    assert [node.part for node in topology_of([there, back]).functions] == ["back", "there"]


def test_templates_of_two_deployments_are_refused(templates: list[Template]) -> None:
    with pytest.raises(InvalidInputError, match="2 deployments"):
        desired_state([templates[0], replace(templates[1], deployment="deployment9")], str)


def test_the_order_of_the_same_templates_makes_no_difference(templates: list[Template]) -> None:
    first = desired_state(templates, str)
    second = desired_state(reversed(templates), str)

    assert [item.digest for item in first.items] == [item.digest for item in second.items]
    assert [item.kind for item in first.items].count(ItemKind.CLUSTER) == 2


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "design"
    (folder / "onnx").mkdir(parents=True)
    (folder / "main.py").write_text("pass\n")
    (folder / "onnx" / "model.onnx").write_bytes(b"\0" * 100)
    return folder


def test_a_digest_changes_with_content_names_and_executable_bits(source: Path) -> None:
    seen = {source_digest(source)}
    (source / "onnx" / "model.onnx").write_bytes(b"\0" * 99 + b"\1")
    seen.add(source_digest(source))
    (source / "main.py").chmod(0o755)
    seen.add(source_digest(source))
    (source / "main.py").rename(source / "other.py")
    seen.add(source_digest(source))
    (source / "empty").write_text("")
    seen.add(source_digest(source))

    assert len(seen) == 5


def test_a_digest_does_not_change_with_caches_dates_or_links(source: Path, tmp_path: Path) -> None:
    before = source_digest(source)
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"x")
    model = source / "onnx" / "model.onnx"
    model.rename(tmp_path / "model.onnx")
    model.symlink_to(tmp_path / "model.onnx")

    assert source_digest(source) == before


def test_a_missing_design_directory_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        source_digest(tmp_path / "none")

    assert caught.value.mend == "Run `aisprint design`."
