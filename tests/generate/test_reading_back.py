"""A template read back gives what went in, whatever the application."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sketches import Sketch

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.names import cluster_name, design_directory
from aisprint_cli.generate.read import Template, is_ours, read_template
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment
from aisprint_cli.model.naming import Part, service_name
from aisprint_cli.model.resources import LayerKind

LAYERS = (1, 2, 3, 10)


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    stems = draw(
        st.lists(st.from_regex(r"[a-z][a-z0-9_]{1,10}[a-z0-9]", fullmatch=True), min_size=1, max_size=5)
    )
    components = list(dict.fromkeys(f"{stem}_{index}" for index, stem in enumerate(stems)))
    parts = {}
    for component in components:
        design = draw(st.sampled_from(["base", "partition1_1", "partition2_1"]))
        part = Part(component, design)
        parts[part.name] = part
    names = list(parts)
    pairs = [(first, second) for i, first in enumerate(names) for second in names[i + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return Sketch(
        places={name: draw(st.sampled_from(LAYERS)) for name in names},
        edges=tuple(edges),
        kinds={number: draw(st.sampled_from(list(LayerKind))) for number in LAYERS},
        name=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,50}", fullmatch=True)),
        deployment_name=draw(st.sampled_from(["base", "deployment17"])),
        parts=parts,
        containers={
            name: {
                "memory_mib": draw(st.floats(128, 8192)),
                "cores": draw(st.floats(0.01, 4.0)),
                "gpu": draw(st.booleans()),
                "trusted_execution": draw(st.booleans()),
            }
            for name in names
        },
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sketches())
def test_reading_gives_back_exactly_what_went_in(sketch: Sketch) -> None:
    application, deployment = sketch.build()
    templates = [read_template(file.text) for file in make_templates(application, deployment)]
    assert [template.layer for template in templates] == list(deployment.layers)
    for template in templates:
        check_cluster(template, application, deployment)
    check_functions(templates, deployment)
    check_chain(templates, deployment)


def check_cluster(template: Template, application: Application, deployment: Deployment) -> None:
    layer = application.catalogue.layer(template.layer)
    assert layer is not None
    assert template.application == application.name
    assert template.deployment == deployment.name
    assert template.kind is layer.kind
    assert template.cluster == cluster_name(application.name, f"l{template.layer}")
    used = {placed.resource for placed in deployment.placed if placed.layer == template.layer}
    assert [(each.name, each.nodes, each.cores, each.memory_mib) for each in template.resources] == [
        (each.name, each.nodes, each.cores, each.memory_mib) for each in layer.resources if each.name in used
    ]
    assert template.password in template.secrets
    assert list(template.secrets) == sorted(set(template.secrets))


def check_functions(templates: list[Template], deployment: Deployment) -> None:
    found = {function.part: function for template in templates for function in template.functions}
    assert set(found) == set(deployment.dag.components)
    for placed in deployment.placed:
        function = found[placed.part.name]
        assert (function.component, function.design) == (placed.part.component, placed.part.design)
        assert function.resource == placed.resource
        assert function.source == design_directory(placed.part)
        assert function.service["name"] == service_name(placed.part.name)
        assert function.service["memory"] == f"{math.ceil(placed.container.memory_mib)}Mi"
        assert float(function.service["cpu"]) == pytest.approx(placed.container.cores, rel=1e-5)
        assert function.service.get("enable_gpu", False) == placed.container.gpu
        assert function.service.get("enable_sgx", False) == placed.container.trusted_execution


def check_chain(templates: list[Template], deployment: Deployment) -> None:
    """What is written and what is read meet along the edges, and nowhere else."""
    writes, reads = {}, {}
    for template in templates:
        for function in template.functions:
            writes[function.part] = folders(template, function.service["output"])
            reads[function.part] = folders(template, function.service["input"])
    met = {(source, target) for source in writes for target in reads if writes[source] & reads[target]}
    assert met == {(edge.source, edge.target) for edge in deployment.dag.dependencies}
    for name in deployment.dag.components:
        read_by = [reads[target] for target in deployment.dag.successors(name)]
        if read_by:
            assert writes[name] <= frozenset().union(*read_by)
        else:
            assert len(writes[name]) == 1


def folders(template: Template, entries: list[dict[str, str]]) -> frozenset[tuple[str, str]]:
    """Each folder with the cluster whose storage holds it."""
    found = set()
    for entry in entries:
        _, _, other = entry["storage_provider"].partition(".")
        found.add((other or template.cluster, entry["path"]))
    return frozenset(found)


def test_a_foreign_template_is_not_taken_for_ours() -> None:
    text = "tosca_definitions_version: tosca_simple_yaml_1_0\ntopology_template: {}\n"
    assert not is_ours(text)
    assert not is_ours("[")
    with pytest.raises(InvalidInputError, match="not made by this version"):
        read_template(text)


def test_a_text_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"layer1\.yaml is not YAML"):
        read_template("a: [", "layer1.yaml")


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("aisprint_cluster: my-app-l1", "aisprint_other: x", "`cluster` is missing"),
        ("aisprint_layer: '1'", "aisprint_layer: one", "invalid literal"),
        ("    domain_name:", "    domain_other:", "`domain_name` is missing"),
        ("aisprint_layer_kind: Virtual", "aisprint_layer_kind: Cloudy", "Cloudy"),
        ("aisprint_part: abc", "aisprint_part_: abc", "`part` is missing"),
        ("topology_template:", "other_template:", "`topology_template` is missing"),
    ],
)
def test_a_template_changed_beyond_use_says_what_is_missing(before: str, after: str, what: str) -> None:
    text = make_templates(*Sketch({"abc": 1}).build())[0].text
    assert before in text
    with pytest.raises(InvalidInputError) as caught:
        read_template(text.replace(before, after), "layer1.yaml")
    assert "layer1.yaml" in caught.value.message
    assert what in caught.value.why


def test_a_reference_that_a_person_put_in_is_carried() -> None:
    text = make_templates(*Sketch({"abc": 1, "xyz": 2}, (("abc", "xyz"),)).build())[0].text
    changed = text.replace("secret://generated/my-app-l2/minio_password", "secret://env/MINIO_KEY")
    template = read_template(changed)
    provider = template.functions[0].service["storage_providers"]["minio"]["my-app-l2"]
    assert provider["secret_key"] == "secret://env/MINIO_KEY"
    assert "secret://env/MINIO_KEY" in template.secrets
