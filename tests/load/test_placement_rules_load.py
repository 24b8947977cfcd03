"""A file of placement rules: one that is sound, and one with misspelt keys."""

from __future__ import annotations

from collections.abc import Callable

from load_support import ApplicationFiles
from rule_cases import RULES, SOUND


def test_a_sound_file_is_carried_to_the_application(application: Callable[[str], ApplicationFiles]) -> None:
    files = application("continuum")
    before = files.load()
    files.write(RULES, SOUND)
    loaded = files.load()
    assert loaded.findings == before.findings
    assert loaded.application is not None
    rules = loaded.application.placement_rules
    assert [next(iter(rule)) for rule in rules["rules"]] == [
        "pin", "private", "keep_off", "together", "apart", "quota"
    ]  # fmt: skip
    assert rules["percentiles"]["detect"] == {"local": 99, "global": 90}


def test_misspelt_keys_are_suggested(application: Callable[[str], ApplicationFiles]) -> None:
    files = application("continuum")
    files.write(RULES, "rule: []\nregions: {a: [1]}\nresources: {VM1: {availabilty: 0.9}}\n")
    found = {finding.code: finding for finding in files.load().errors}
    assert list(found) == ["structure.misspelt-key"]
    assert found["structure.misspelt-key"].mend.startswith("Write `")
