"""tosca-parser is asked about every template, and what it says is fit for a person."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sketches import Sketch

from aisprint_cli.errors import ExitCode, VerificationError
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.generate.verify import problems_of, verify_tosca


@pytest.fixture(scope="module")
def valid() -> str:
    return make_templates(*Sketch({"abc": 1, "xyz": 2}, (("abc", "xyz"),)).build())[0].text


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("cpu: 0.9", "cpu: 1", "float"),
        ("memory: 512Mi", "memories: 512Mi", "memories"),
        ("image: my-app/abc:design", "alpine: true", "image"),
        ("MONIT_PORT: '8094'", "MONIT_PORT: 8094", "string"),
        (
            "        - storage_provider: minio\n          path: abc/input",
            "        - path: abc/input",
            "storage_provider",
        ),
        ("tosca_simple_yaml_1_3", "tosca_simple_yaml_9_9", "tosca_simple_yaml_9_9"),
        (
            "type: tosca.nodes.aisprint.FaaS.Function\n      metadata",
            "type: tosca.nodes.Gone\n      metadata",
            "Gone",
        ),
        ("get_input: domain_name", "get_input: nothing_such", "nothing_such"),
        ("- host: oscar\n", "- host: gone\n", "gone"),
    ],
)
def test_what_is_wrong_is_found(valid: str, before: str, after: str, says: str) -> None:
    assert before in valid
    problems = problems_of(valid.replace(before, after))
    assert problems
    assert says in " ".join(problems)
    assert not any(
        "\n" in problem or "Traceback" in problem or "/" + "site-packages" in problem for problem in problems
    )


def test_several_problems_are_reported_together(valid: str) -> None:
    broken = valid.replace("cpu: 0.9", "cpu: 1").replace("MONIT_PORT: '8094'", "MONIT_PORT: 8094")
    assert len(problems_of(broken)) >= 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "not YAML"),
        ("just text", "not a map"),
        ("tosca_definitions_version: tosca_simple_yaml_1_3\nimports: [x.yaml]\n", "imports"),
        ("tosca_definitions_version: tosca_simple_yaml_1_3\ntopology_template: {node_templates: 7}\n", ""),
    ],
)
def test_what_is_no_template_at_all_is_found(text: str, says: str) -> None:
    assert says in " ".join(problems_of(text))
    assert problems_of(text)


def test_one_failure_leaves_no_trace_on_the_next_check(valid: str) -> None:
    assert problems_of(valid.replace("cpu: 0.9", "cpu: 1"))
    assert problems_of(valid) == ()


def test_a_failed_verification_has_its_own_exit_code(valid: str) -> None:
    verify_tosca(valid, "layer1.yaml")
    with pytest.raises(VerificationError, match=r"layer1\.yaml is not valid TOSCA") as caught:
        verify_tosca(valid.replace("cpu: 0.9", "cpu: 1"), "layer1.yaml")
    assert caught.value.exit_code is ExitCode.VERIFICATION


def test_the_parser_says_nothing_of_its_own(valid: str) -> None:
    program = (
        "import sys; from aisprint_cli.generate.verify import problems_of;"
        "print(problems_of(sys.stdin.read()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program],
        input=valid,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("()\n", "")
