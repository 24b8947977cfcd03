"""Annotations are read from the syntax tree in every form people write them, and nothing is run."""

from __future__ import annotations

from typing import Any

import pytest

from aisprint_cli.diagnostics import Findings
from aisprint_cli.load.annotations import read_annotations
from aisprint_cli.load.reporter import Reporter


def _read(source: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    findings = Findings()
    code = read_annotations("src/x/main.py", source.encode(), Reporter(findings))
    values = {name: dict(value) for name, value in code.values.items()} if code else {}
    return values, [finding.code for finding in findings]


def _decorated(decorator: str, before: str = "") -> str:
    return f"{before}\n@{decorator}\ndef main(args):\n    return args\n\nmain({{}})\n"


@pytest.mark.parametrize(
    ("before", "decorator"),
    [
        ("from aisprint.annotations import exec_time", "exec_time(local_time_thr=3)"),
        ("from aisprint.annotations import exec_time as limit", "limit(local_time_thr=3)"),
        ("from aisprint.annotations import *", "exec_time(3)"),
        ("import aisprint", "aisprint.annotations.exec_time(local_time_thr=3)"),
        ("import aisprint.annotations", "aisprint.annotations.exec_time(local_time_thr=3)"),
        ("import aisprint.annotations as a", "a.exec_time(local_time_thr=3)"),
        ("from aisprint import annotations", "annotations.exec_time(3)"),
        ("import aisprint as ai", "ai.annotations.exec_time(3)"),
        (
            "try:\n    from aisprint.annotations import exec_time\nexcept ImportError:\n    pass",
            "exec_time(3)",
        ),
        ("", "exec_time(local_time_thr=3)"),
        ("from aisprint.annotations import annotation", "annotation({'exec_time': {'local_time_thr': 3}})"),
        ("LIMIT = 3", "exec_time(local_time_thr=LIMIT)"),
        ("LIMIT: int = 3", "exec_time(LIMIT)"),
        ("ALL = {'exec_time': {'local_time_thr': 3}}", "annotation(ALL)"),
    ],
)
def test_every_way_to_name_an_annotation(before: str, decorator: str) -> None:
    assert _read(_decorated(decorator, before)) == ({"exec_time": {"local_time_thr": 3}}, [])


@pytest.mark.parametrize("decorator", ["exec_time()", "exec_time", "annotation({'exec_time': {}})"])
def test_times_may_be_measured_without_a_limit(decorator: str) -> None:
    assert _read(_decorated(decorator)) == ({"exec_time": {}}, [])


@pytest.mark.parametrize(
    ("before", "decorator"),
    [
        ("import functools", "functools.lru_cache(maxsize=None)"),
        ("from tenacity import retry", "retry"),
        ("from other import exec_time", "exec_time(nonsense)"),
        ("import other", "other.annotation(1, 2, 3)"),
        ("def exec_time(x): return x", "exec_time"),
        ("class tools:\n    annotation = 1", "tools.annotation(8)"),
        ("import app", "app.route('/')"),
        ("", "registry['x']"),
        ("", "(lambda f: f)"),
    ],
)
def test_foreign_decorators_are_left_in_peace(before: str, decorator: str) -> None:
    assert _read(_decorated(decorator, before)) == ({}, [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("['a', 'b']", ["a", "b"]),
        ("('a', 'b')", ["a", "b"]),
        ("['a' 'b']", ["ab"]),
        ("[]", []),
    ],
)
def test_lists_and_tuples_are_lists(value: str, expected: list[str]) -> None:
    values, codes = _read(_decorated(f"exec_time(global_time_thr=1, prev_components={value})"))
    assert values["exec_time"]["prev_components"] == expected
    assert codes == []


def test_nested_lists_are_read() -> None:
    drift = (
        "detect_metric_drift(metric=['a', 'b'], field=[['x', 'y'], ['z']], statistical_test='chi-squared',"
        " test_threshold=0.1, detection_interval=1, monitoring_period=2, data_collection_period=3)"
    )
    values, codes = _read(_decorated(drift))
    assert codes == []
    assert values["detect_metric_drift"]["field"] == [["x", "y"], ["z"]]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("-1", "structure.out-of-range"),
        ("+1", None),
        ("1_000", None),
        ("0x10", None),
        ("--1", "annotation.not-literal"),
        ("1 + 1", "annotation.not-literal"),
        ("f'1'", "annotation.not-literal"),
        ("b'1'", "annotation.not-literal"),
        ("1j", "annotation.not-literal"),
        ("...", "annotation.not-literal"),
        ("{1}", "annotation.not-literal"),
        ("[x for x in y]", "annotation.not-literal"),
        ("os.environ['X']", "annotation.not-literal"),
        ("None", None),
        ("True", "structure.wrong-type"),
        ("'1'", "structure.wrong-type"),
        ("float('inf')", "annotation.not-literal"),
        ("1e999", "structure.wrong-type"),
        ("9" * 5000, "code.syntax"),
    ],
)
def test_what_counts_as_a_literal_number(value: str, code: str | None) -> None:
    _, codes = _read(_decorated(f"exec_time(local_time_thr={value})"))
    assert codes == ([] if code is None else [code])


@pytest.mark.parametrize(
    "before",
    ["LIMIT = 1\nLIMIT = 2", "LIMIT = 1\nLIMIT += 1", "LIMIT, b = 1, 2", "import LIMIT", "LIMIT = LIMIT"],
)
def test_only_names_assigned_once_are_constants(before: str) -> None:
    _, codes = _read(_decorated("exec_time(local_time_thr=LIMIT)", before))
    assert codes == ["annotation.not-literal"]


def test_a_misspelt_annotation_gives_the_right_name() -> None:
    findings = Findings()
    source = _decorated("annotation({'exectime': {}})")
    read_annotations("m.py", source.encode(), Reporter(findings))
    (finding,) = findings
    assert (finding.code, finding.mend) == ("annotation.unknown", "Write `exec_time`.")


def test_an_undefined_decorator_like_an_annotation_is_pointed_out() -> None:
    assert _read(_decorated("componet_name(name='x')"))[1] == ["annotation.unknown"]


def test_both_forms_may_be_mixed_and_the_last_decorator_counts() -> None:
    source = _decorated("component_name(name='abc')\n@annotation({'exec_time': {'local_time_thr': 2}})")
    assert _read(source) == ({"component_name": {"name": "abc"}, "exec_time": {"local_time_thr": 2}}, [])


def test_the_code_is_never_run() -> None:
    source = _decorated("exec_time(local_time_thr=2)", "raise SystemExit('run')\nimport nothing_of_that_name")
    assert _read(source) == ({"exec_time": {"local_time_thr": 2}}, [])


def test_doubtful_escapes_in_user_code_stay_silent() -> None:
    assert _read(_decorated("exec_time()", "PATTERN = '\\d'")) == ({"exec_time": {}}, [])


def test_deep_expressions_are_refused_with_a_reason() -> None:
    deep = "[" * 80 + "]" * 80
    assert _read(_decorated(f"exec_time(prev_components={deep})"))[1] == ["annotation.not-literal"]
