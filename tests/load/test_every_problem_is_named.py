"""Each kind of finding: what provokes it, and where it is reported."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from load_support import CANDIDATES, DAG, RESOURCES, ApplicationFiles
from problem_cases import ARCHIVE, CASES, DETECT, REPORT, Case

from aisprint_cli.load.codes import CODES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_the_problem_is_reported_at_its_place(
    case: Case, application: Callable[[str], ApplicationFiles]
) -> None:
    files = application(case.application)
    case.spoil(files)
    loaded = files.load()
    found = [finding for finding in loaded.findings if finding.code == case.code]
    assert found, [f"{finding.location} {finding.code} {finding.message}" for finding in loaded.findings]
    here = [finding for finding in found if finding.location.path == case.path]
    assert here, found
    if case.marked is not None:
        assert any(files.marked(finding).startswith(case.marked) for finding in here), [
            files.marked(finding) for finding in here
        ]
    assert (loaded.application is None) == bool(loaded.errors)


def test_every_kind_of_finding_is_provoked() -> None:
    assert {case.code for case in CASES} == set(CODES)


def test_every_finding_says_what_why_and_how_to_mend() -> None:
    for code in CODES.values():
        assert all(text.endswith(".") for text in (code.what, code.why, code.mend)), code.slug


def test_all_problems_of_all_files_are_reported_at_once(continuum: ApplicationFiles) -> None:
    continuum.edit(DAG, "['capture', 'detect', 1]", "['capture', 'detect', 2]")
    continuum.edit(CANDIDATES, "memorySize: 512", "memorySzie: 512")
    continuum.edit(RESOURCES, "type: Virtual", "type: Virtuall")
    continuum.edit("src/report/main.py", "networkShield=True", "networkShield=1")
    codes = [finding.code for finding in continuum.load().errors]
    assert sorted(codes) == [
        "structure.misspelt-key",
        "structure.out-of-range",
        "structure.unknown-value",
        "structure.wrong-type",
    ]


def test_a_broken_file_does_not_bring_follow_up_findings_in_others(continuum: ApplicationFiles) -> None:
    continuum.write(RESOURCES, "System: [\n")
    assert [finding.code for finding in continuum.load().findings] == ["yaml.syntax"]


_NO_RESULT_OF_ANOTHER = [
    (RESOURCES, "          number: 3", "          number: 5", ["resources.layer-number"]),
    (RESOURCES, "totalNodes: 5", "totalNodes: five", ["structure.wrong-type"]),
    (RESOURCES, "cost: 1.2", "cost: [1.2]", ["structure.wrong-type"]),
    (RESOURCES, "architecture: arm64, cost", "architecture: ARM64, cost", ["structure.unknown-value"]),
    (RESOURCES, "architecture: arm64, comp", "architecture: ARM64, comp", ["structure.unknown-value"]),
    (CANDIDATES, "Layers: [4]", "Layers: ['4']", ["structure.wrong-type"]),
    (CANDIDATES, "Layers: [4]", "Layers: [99]", ["candidates.unknown-layer"]),
    (REPORT, "global_time_thr=20", "global_time_thr=-20", ["structure.out-of-range"]),
    (REPORT, "global_time_thr=20", "global_time_thr=LIMIT", ["annotation.not-literal"]),
    (REPORT, '["capture", "detect"]', "PATH", ["annotation.not-literal"]),
    (REPORT, '["capture", "detect"]', '"detect"', ["structure.wrong-type"]),
    (DETECT, "onnx_file=MODEL", "onnx_file=model()", ["annotation.not-literal"]),
    (ARCHIVE, "return args", "return args)", ["code.syntax"]),
    (ARCHIVE, '@component_name(name="archive")\n', "", ["annotation.no-component-name"]),
]


@pytest.mark.parametrize(("path", "old", "new", "codes"), _NO_RESULT_OF_ANOTHER)
def test_one_mistake_is_one_finding(
    path: str, old: str, new: str, codes: list[str], continuum: ApplicationFiles
) -> None:
    continuum.edit(path, old, new)
    assert [finding.code for finding in continuum.load().findings] == codes


def test_two_resources_that_each_lack_something_leave_no_place(continuum: ApplicationFiles) -> None:
    continuum.edit(CANDIDATES, "computingUnits: 2\n", "computingUnits: 6\n")
    continuum.edit(RESOURCES, "memorySize: 16384\n              storageSize: 450", "memorySize: 1024")
    assert [finding.code for finding in continuum.load().findings] == [
        "candidates.memory",
        "candidates.cores",
    ]


def test_an_unsound_layer_does_not_make_references_to_it_unknown(continuum: ApplicationFiles) -> None:
    continuum.edit(RESOURCES, "type: PhysicalAlreadyProvisioned", "type: 7")
    assert [finding.code for finding in continuum.load().errors] == ["structure.wrong-type"]
