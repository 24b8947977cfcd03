from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.errors import UsageError
from aisprint_cli.generate.scaffold import (
    render_scaffold,
    require_application_name,
    scaffolds,
    suggest_name,
)
from aisprint_cli.system.packaged import schemas_directory

NAMES = [item.name for item in scaffolds()]


@pytest.mark.parametrize("scaffold", NAMES)
@pytest.mark.parametrize("name", ["my_app", "123", "yes", "null", "1e3", "0x10", "Mixed-Case"])
def test_the_name_stays_a_text_whatever_yaml_makes_of_it(scaffold: str, name: str) -> None:
    files = render_scaffold(scaffold, name)
    for path in ("common_config/application_dag.yaml", "common_config/candidate_resources.yaml"):
        assert yaml.safe_load(files[path])["System"]["name"] == name


@pytest.mark.parametrize("scaffold", NAMES)
def test_every_file_is_whole(scaffold: str) -> None:
    files = render_scaffold(scaffold, "my_app")
    assert {"README.md", ".gitignore", "common_config/candidate_deployments.yaml"} <= files.keys()
    assert any(path.startswith("input/") for path in files)
    for path, content in files.items():
        assert not path.endswith(".jinja")
        if path.endswith(".onnx"):
            continue
        text = content.decode()
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert not re.search(r"\{\{|\{%|[ \t]+$", text, re.MULTILINE), path
        if path.endswith(".py"):
            compile(text, path, "exec")
    components = {path.split("/")[1] for path in files if path.startswith("src/")}
    for component in components:
        assert {f"src/{component}/main.py", f"src/{component}/requirements.txt"} <= files.keys()


@pytest.mark.parametrize("scaffold", NAMES)
def test_editors_find_the_schema_of_every_document(scaffold: str) -> None:
    files = render_scaffold(scaffold, "my_app")
    documents = [path for path in files if path.endswith(".yaml")]
    assert len(documents) >= 3
    for path in documents:
        first = files[path].decode().splitlines()[0]
        prefix = "# yaml-language-server: $schema=../"
        assert first.startswith(prefix), path
        schema = first.removeprefix(prefix)
        assert files[schema] == (schemas_directory() / schema.split("/")[1]).read_bytes()


@given(st.text(max_size=60))
def test_what_is_suggested_is_accepted(name: str) -> None:
    require_application_name(suggest_name(name))


LEGAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,37}[A-Za-z0-9]")


@given(st.from_regex(LEGAL, fullmatch=True))
def test_a_legal_name_is_accepted_and_suggests_itself(name: str) -> None:
    require_application_name(name)
    assert suggest_name(name) == name


@given(st.text(max_size=60).filter(lambda name: not LEGAL.fullmatch(name)))
def test_any_other_name_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(UsageError, match=r"(?s)cannot be the name of an application: [a-z].*\."):
        require_application_name(name)
