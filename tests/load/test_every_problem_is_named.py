"""Each kind of finding: what provokes it, and where it is reported."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from load_support import ApplicationFiles
from problem_cases import CASES, Case

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
    from load_support import CANDIDATES, DAG, RESOURCES

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
    from load_support import RESOURCES

    continuum.write(RESOURCES, "System: [\n")
    assert [finding.code for finding in continuum.load().findings] == ["yaml.syntax"]


def test_an_unsound_layer_does_not_make_references_to_it_unknown(continuum: ApplicationFiles) -> None:
    from load_support import RESOURCES

    continuum.edit(RESOURCES, "type: PhysicalAlreadyProvisioned", "type: 7")
    assert [finding.code for finding in continuum.load().errors] == ["structure.wrong-type"]
