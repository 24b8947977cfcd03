"""What `--backend` says, as a value: for all layers, by their kind, or one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.deploy.backend_choice import CLOUD, BackendChoice, parse_backends, require_fitting
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.workspace import open_workspace
from aisprint_cli.design.current import open_design, select
from aisprint_cli.errors import UsageError
from aisprint_cli.generate.read import Template, read_template
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.model.resources import LayerKind
from aisprint_cli.system.state_directory import ledger_path, state_directory


@pytest.fixture(scope="module")
def template(designed: Path) -> Template:
    selection = select(open_design(designed), choice="base")
    return read_template(make_templates(selection.application, selection.deployment)[0].text)


def test_nothing_said_is_nothing_chosen() -> None:
    assert parse_backends([]) is None


def test_one_name_sends_everything_there(template: Template) -> None:
    choice = parse_backends(["im"])

    assert choice == BackendChoice("im")
    assert choice.ledger_name == "im"
    assert choice.backend_of(replace(template, kind=LayerKind.FUNCTIONS)) == "im"


@pytest.mark.parametrize(
    ("kind", "access", "expected"),
    [
        (LayerKind.VIRTUAL, {}, "im"),
        (LayerKind.PHYSICAL_TO_PROVISION, {}, "im"),
        (LayerKind.PHYSICAL_PROVISIONED, {"oscar.endpoint": "e", "kubernetes.context": "c"}, "oscar"),
        (LayerKind.PHYSICAL_PROVISIONED, {"kubernetes.context": "c"}, "kubernetes"),
        (LayerKind.FUNCTIONS, {"aws.region": "r"}, "lambda"),
    ],
)
def test_cloud_chooses_by_the_kind_of_the_layer(
    template: Template, kind: LayerKind, access: dict[str, str], expected: str
) -> None:
    assert BackendChoice(CLOUD).backend_of(replace(template, kind=kind, access=access)) == expected


def test_a_layer_may_go_elsewhere_and_the_ledger_keeps_them_together(template: Template) -> None:
    choice = parse_backends(["cloud", "2=lambda", "02=lambda"])
    assert choice is not None

    assert choice.ledger_name == CLOUD
    assert choice.backend_of(replace(template, layer=2)) == "lambda"
    assert choice.backend_of(replace(template, layer=1)) == "im"
    assert str(choice) == "cloud 2=lambda"


def test_what_is_said_of_one_layer_leaves_the_others_on_the_default() -> None:
    assert parse_backends(["2=lambda"]) == BackendChoice("local", {2: "lambda"})
    assert parse_backends(["2=local"]) == BackendChoice("local")


@pytest.mark.parametrize("values", [["local", "im"], ["1=im", "1=oscar"], ["edge=im"], ["1="]])
def test_what_contradicts_itself_or_means_nothing_is_refused(values: list[str]) -> None:
    with pytest.raises(UsageError):
        parse_backends(values)


@given(
    st.sampled_from(["local", "im", CLOUD]),
    st.dictionaries(st.integers(0, 99), st.sampled_from(["oscar", "lambda"]), max_size=4),
)
def test_a_choice_comes_back_from_the_ledger_as_it_was(name: str, layers: dict[int, str]) -> None:
    choice = BackendChoice(name, layers)

    assert BackendChoice.of_document(choice.document()) == choice


def _deployed_on(application: Path, *choices: BackendChoice) -> None:
    state_directory(application)
    with Ledger(ledger_path(application), durable=False) as ledger:
        for choice in choices:
            ledger.begin(choice.ledger_name, "shop", "base", {}, routing=choice.document())


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ((), BackendChoice("local")),
        ((BackendChoice("oscar"),), BackendChoice("oscar")),
        ((BackendChoice(CLOUD, {2: "lambda"}),), BackendChoice(CLOUD, {2: "lambda"})),
        ((BackendChoice("oscar"), BackendChoice("local")), BackendChoice("local")),
    ],
)
def test_what_is_not_said_is_what_the_ledger_says_is_in_use(
    tmp_path: Path, there: tuple[BackendChoice, ...], expected: BackendChoice
) -> None:
    _deployed_on(tmp_path, *there)

    with open_workspace(tmp_path) as workspace:
        assert (workspace.choice, workspace.asked) == (expected, False)
        assert workspace.backend_name == expected.ledger_name


def test_where_several_deployments_are_there_one_has_to_be_named(tmp_path: Path) -> None:
    _deployed_on(tmp_path, BackendChoice("oscar"), BackendChoice(CLOUD))

    with pytest.raises(UsageError, match="deployments on cloud, oscar"), open_workspace(tmp_path):
        pass
    with open_workspace(tmp_path, BackendChoice("oscar")) as workspace:
        assert workspace.backend_name == "oscar"


@pytest.mark.parametrize(
    ("kind", "backend"),
    [
        (LayerKind.VIRTUAL, "lambda"),
        (LayerKind.PHYSICAL_PROVISIONED, "lambda"),
        (LayerKind.FUNCTIONS, "oscar"),
        (LayerKind.FUNCTIONS, "kubernetes"),
    ],
)
def test_a_layer_that_a_back_end_can_never_make_is_refused_while_planning(
    template: Template, kind: LayerKind, backend: str
) -> None:
    wrong = replace(template, layer=4, kind=kind)

    with pytest.raises(UsageError) as caught:
        require_fitting([template, wrong], BackendChoice("local", {4: backend}).backend_of)

    assert f"Layer 4 cannot be made by the back end {backend}." == caught.value.message
    assert "--backend cloud" in caught.value.mend


def test_what_fits_and_what_stands_in_for_everything_is_taken(template: Template) -> None:
    for kind in LayerKind:
        for backend in (CLOUD, "local", "im"):
            require_fitting([replace(template, kind=kind)], BackendChoice(backend).backend_of)
