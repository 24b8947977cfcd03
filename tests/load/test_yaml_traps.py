"""What YAML does behind people's backs is named as such."""

from __future__ import annotations

import pytest
from load_support import CANDIDATES, DAG, RESOURCES, SECURITY, ApplicationFiles


def _only(files: ApplicationFiles, code: str) -> str:
    found = files.findings(code)
    assert len(found) == 1, files.load().findings
    return f"{found[0].message} {found[0].mend}"


def test_a_duplicate_key_says_where_the_first_is(continuum: ApplicationFiles) -> None:
    continuum.edit(DAG, "  name: street_watch", "  name: one\n  name: street_watch")
    assert "line 2" in _only(continuum, "yaml.duplicate-key")


def test_octal_numbers_say_what_yaml_reads(continuum: ApplicationFiles) -> None:
    continuum.edit(RESOURCES, "totalNodes: 5", "totalNodes: 010")
    assert "reads `010` as 8" in _only(continuum, "yaml.octal")


@pytest.mark.parametrize("word", ["on", "off", "yes", "No", "ON"])
def test_boolean_words_must_be_quoted_where_text_is_meant(continuum: ApplicationFiles, word: str) -> None:
    continuum.edit(CANDIDATES, "name: capture", f"name: {word}")
    assert f'"{word}"' in _only(continuum, "yaml.boolean-word")


@pytest.mark.parametrize("word", ["on", "yes", "true", "True"])
def test_boolean_words_are_fine_where_a_boolean_is_meant(continuum: ApplicationFiles, word: str) -> None:
    continuum.edit(RESOURCES, "onSpot: False", f"onSpot: {word}")
    assert continuum.load().findings == ()


def test_exponents_without_a_point_are_numbers(continuum: ApplicationFiles) -> None:
    continuum.edit(RESOURCES, "AccessDelay: 0.02", "AccessDelay: 2e-2")
    application = continuum.load().application
    assert application is not None
    assert application.catalogue.domains[2].access_delay_s == 0.02


@pytest.mark.parametrize("value", [".inf", ".nan", "-.inf", "1e999"])
def test_only_finite_numbers_are_numbers(continuum: ApplicationFiles, value: str) -> None:
    continuum.edit(RESOURCES, "cost: 1.2", f"cost: {value}")
    assert "should be a number" in _only(continuum, "structure.wrong-type")


def test_each_mark_of_a_merge_conflict_is_shown(continuum: ApplicationFiles) -> None:
    name = "  name: street_watch\n"
    continuum.edit(DAG, name, f"<<<<<<< HEAD\n{name}=======\n  name: other\n>>>>>>> branch\n")
    found = continuum.load().findings
    assert [(item.code, item.location.line) for item in found if item.location.path == DAG] == [
        ("yaml.merge-conflict", 2),
        ("yaml.merge-conflict", 6),
    ]


def test_invalid_bytes_are_located(continuum: ApplicationFiles) -> None:
    continuum.write(DAG, b"System:\n  name: \xff\n")
    (found,) = continuum.findings("yaml.encoding")
    assert (found.location.line, found.location.column) == (2, 9)


def test_a_byte_order_mark_is_harmless(continuum: ApplicationFiles) -> None:
    continuum.write(DAG, b"\xef\xbb\xbf" + continuum.read(DAG).encode())
    assert continuum.load().findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        "a: " + "[" * 50_000,
        "- " * 100_000 + "x",
        "{a: " * 5_000 + "1" + "}" * 5_000,
        "".join(f"{' ' * depth}a:\n" for depth in range(300)),
        "".join(f"{' ' * depth}a:\n{' ' * depth}-\n" for depth in range(120)),
        "!x - " * 30_000 + "y",
    ],
    ids=["lists", "open", "dashes", "mappings", "indented", "mixed", "tagged"],
)
def test_nesting_without_end_is_refused_before_it_hurts(continuum: ApplicationFiles, text: str) -> None:
    continuum.write(SECURITY, text)
    codes = {finding.code for finding in continuum.load().findings}
    assert codes & {"yaml.too-deep", "yaml.syntax"}


def test_aliases_that_multiply_are_read_once_each(continuum: ApplicationFiles) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    continuum.write(SECURITY, "\n".join(lines) + "\n")
    assert continuum.load().findings == ()


def test_merge_keys_that_multiply_are_read_once_each(continuum: ApplicationFiles) -> None:
    lines = ["a0: &a0 {k: 1}"] + [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
    continuum.write(SECURITY, "\n".join(lines) + "\n")
    assert continuum.load().findings == ()


def test_a_mapping_that_merges_itself_ends(continuum: ApplicationFiles) -> None:
    continuum.write(SECURITY, "a: &a {k: 1, <<: *a}\n")
    assert continuum.load().findings == ()
