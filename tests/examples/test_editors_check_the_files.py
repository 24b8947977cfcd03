"""What an editor does with our files: the schema each names is there, fits it, and finds its faults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from applications import EXAMPLES, SCAFFOLDS, place
from jsonschema import Draft202012Validator

_HEADER = re.compile(r"# yaml-language-server: \$schema=(\S+)")


def _documents(directory: Path) -> Iterator[Path]:
    for folder in ("common_config", "space4ai-d"):
        yield from sorted((directory / folder).glob("*.yaml"))


@pytest.mark.parametrize("name", [*EXAMPLES, *SCAFFOLDS])
def test_every_file_names_its_schema_and_fits_it(
    name: str, examples: Path, checkout: Path, tmp_path: Path
) -> None:
    directory = examples / name if name in EXAMPLES else place(name, examples, tmp_path)
    documents = list(_documents(directory))
    assert len(documents) >= 3
    for path in documents:
        text = path.read_text()
        header = _HEADER.match(text)
        assert header, f"{path} names no schema in its first line"
        named = (path.parent / header[1]).resolve()
        assert named.stem == path.stem.lower().replace("-", "_")
        assert named.read_text() == (checkout / "schemas" / named.name).read_text()
        validator = Draft202012Validator(json.loads(named.read_text()))
        assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []


FAULTS = [
    ("application_dag", "[clean, detect, 1]", "[clean, detect, 1.5]"),
    ("application_dag", "[clean, detect, 1]", "[clean, detect]"),
    ("application_dag", "  name:", "  title:"),
    ("candidate_resources", "type: Virtual", "type: Virtuall"),
    ("candidate_resources", "architecture: amd64", "architecture: x86_64"),
    ("candidate_resources", "totalNodes: ", "totalNodes: -"),
    ("candidate_deployments", "candidateExecutionLayers: [1]", "candidateExecutionLayers: ['1']"),
    ("candidate_deployments", "candidateExecutionLayers: [1]", "candidateExecutionLayers: []"),
    ("candidate_deployments", "GPURequirement: false", "GPURequirement: 'false'"),
]


@pytest.mark.parametrize(("name", "old", "new"), FAULTS)
def test_a_fault_is_found_while_it_is_typed(
    name: str, old: str, new: str, examples: Path, checkout: Path, tmp_path: Path
) -> None:
    text = (place("chain", examples, tmp_path) / "common_config" / f"{name}.yaml").read_text()
    validator = Draft202012Validator(json.loads((checkout / "schemas" / f"{name}.json").read_text()))
    assert validator.is_valid(yaml.safe_load(text))
    assert old in text
    assert not validator.is_valid(yaml.safe_load(text.replace(old, new, 1)))


def test_the_schemas_themselves_are_valid(checkout: Path) -> None:
    for path in (checkout / "schemas").glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text()))
