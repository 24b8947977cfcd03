from __future__ import annotations

from pathlib import Path

import pytest
from applications import EXAMPLES, SCAFFOLDS, place

from aisprint_cli.load.application import load_application


@pytest.mark.parametrize("name", [*EXAMPLES, *SCAFFOLDS])
def test_nothing_is_found_wrong_with_it(name: str, examples: Path, tmp_path: Path) -> None:
    loaded = load_application(place(name, examples, tmp_path))
    assert loaded.findings == ()
    assert loaded.application is not None


@pytest.mark.parametrize("name", EXAMPLES)
def test_editors_find_the_schema_of_an_example(name: str, examples: Path) -> None:
    for path in (examples / name).rglob("*.yaml"):
        if not {"common_config", "space4ai-d"} & set(path.parts) or "aisprint" in path.parts:
            continue  # made by tools: designs, and what was measured
        if path.name in {"annotations.yaml", "qos_constraints.yaml"}:
            continue
        first = path.read_text().splitlines()[0]
        schema = path.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert schema.resolve().parent == examples.parent / "schemas"
        assert schema.is_file()


def test_the_digit_reader_states_a_chain_with_a_branch_and_limits(digit_reader: Path) -> None:
    application = load_application(digit_reader).application
    assert application is not None
    assert application.dag.topological_order() == ("locate", "classify", "tally")
    assert application.dag.outgoing("locate")[0].probability < 1
    limits = {name: source.annotations.exec_time for name, source in application.sources.items()}
    assert all(limit is not None and limit.local_limit_s for limit in limits.values())
    tally = limits["tally"]
    assert tally is not None
    assert tally.previous == ("locate", "classify")
