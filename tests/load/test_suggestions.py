"""Did you mean: near words are suggested, other words are not."""

from __future__ import annotations

import pytest

from aisprint_cli.load.suggestions import Suggester, closest, misspelling_of

KEYS = ["memorySize", "computingUnits", "name", "cost", "storageSize", "totalNodes", "exec_time", "SGXFlag"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("memorysize", "memorySize"),
        ("memory_size", "memorySize"),
        ("memorySze", "memorySize"),
        ("memorSizes", "memorySize"),
        ("computingUnit", "computingUnits"),
        ("naem", "name"),
        ("costs", "cost"),
        ("exectime", "exec_time"),
        ("exec-time", "exec_time"),
        ("totalNode", "totalNodes"),
        ("SgxFlag", "SGXFlag"),
    ],
)
def test_keys_that_can_only_be_misspelt(word: str, meant: str) -> None:
    assert misspelling_of(word, KEYS) == meant


@pytest.mark.parametrize(
    "word", ["owner", "x", "cost2", "rack", "labels", "memory", "region", "", "a" * 5000]
)
def test_keys_that_may_be_meant(word: str) -> None:
    assert misspelling_of(word, KEYS) is None


def test_the_nearest_name_is_suggested() -> None:
    assert closest("clasify", ["classify", "clarify", "filter"]) == "classify"
    assert closest("zzz", ["classify", "filter"]) is None
    assert closest("x" * 1000, ["x" * 999]) is None


def test_suggestions_end_with_their_budget() -> None:
    suggester = Suggester(comparisons=5)
    assert suggester.closest("ab1", ["abc", "abd"]) is not None
    assert suggester.closest("ab1", ["abc", "abd"]) is not None
    assert suggester.closest("ab1", ["abc", "abd"]) is None
