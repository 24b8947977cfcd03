"""The schemas in the repository are those the shapes give, and say what loading enforces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from load_support import FIXTURES

from aisprint_cli.load.documents import INPUTS, KINDS, DocumentKind
from aisprint_cli.load.json_schema import DIALECT, make_schema, make_schemas


@pytest.fixture(scope="module")
def schemas(checkout: Path) -> Path:
    return checkout / "schemas"


def test_the_schemas_are_up_to_date(schemas: Path) -> None:
    written = {path.name: path.read_text() for path in schemas.glob("*.json")}
    assert written == dict(make_schemas()), "run: aisprint schema --write schemas"


def test_there_is_a_schema_of_every_file() -> None:
    assert sorted(KINDS) == [
        "annotations",
        "application_dag",
        "candidate_deployments",
        "candidate_resources",
        "environment",
        "load_schedule",
        "physical_nodes",
        "placement_rules",
        "security",
        "space4ai_d",
    ]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_reference_leads_somewhere_and_every_property_is_described(name: str) -> None:
    schema = json.loads(make_schemas()[f"{name}.json"])
    assert schema["$schema"] == DIALECT
    definitions = schema.get("$defs", {})
    references = {node["$ref"] for node in _nodes(schema) if "$ref" in node}
    assert references == {f"#/$defs/{title}" for title in definitions}
    for definition in definitions.values():
        assert all(value.get("description") for value in definition["properties"].values())
        assert set(definition.get("required", ())) <= set(definition["properties"])


def test_optional_values_may_be_null_and_required_ones_may_not() -> None:
    definitions = json.loads(make_schemas()["application_dag.json"])["$defs"]
    properties = definitions["ApplicationSystem"]["properties"]
    assert properties["dependencies"]["type"] == ["array", "null"]
    assert properties["components"]["type"] == "array"


def _nodes(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        return [value, *(node for item in value.values() for node in _nodes(item))]
    if isinstance(value, list):
        return [node for item in value for node in _nodes(item)]
    return []


FILES = [
    (path, kind)
    for application in ("continuum", "screening")
    for kind in INPUTS
    if (path := FIXTURES / application / kind.path).exists() and path.stat().st_size
]


@pytest.mark.parametrize(("path", "kind"), FILES, ids=lambda value: getattr(value, "name", ""))
def test_files_that_load_fit_their_schemas(path: Path, kind: DocumentKind) -> None:
    validator = Draft202012Validator(make_schema(kind))
    errors = validator.iter_errors(yaml.safe_load(path.read_text()))
    assert [error.message for error in errors] == []
