"""Every figure of the reference's stored solutions, to 1e-6. The data is not part of this project."""

from __future__ import annotations

from pathlib import Path

import pytest
from placement_systems import reference_data

from aisprint_cli.load.json_document import read_json
from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.output_file import differences, output_from, stated_rate_per_s
from aisprint_cli.placement.problem import CPP_SEMANTICS
from aisprint_cli.placement.system_file import read_system

_DATA = reference_data()
_OUTPUTS = sorted((_DATA / "solutions").glob("*.output.json")) if _DATA else []
_NEEDS_DATA = pytest.mark.skipif(
    not _OUTPUTS, reason="the reference's solutions are not here; AISPRINT_PLACEMENT_DATA says where they are"
)


@_NEEDS_DATA
@pytest.mark.parametrize("output", _OUTPUTS, ids=lambda path: path.name.split(".")[0])
def test_stated_figures_are_reproduced(output: Path) -> None:
    document = read_json(output)
    system = output.with_name(output.name.replace(".output.", ".system."))
    problem = read_system(system, rate_per_s=stated_rate_per_s(document), semantics=CPP_SEMANTICS).problem
    stated = output_from(document, output.parent, problem)
    compared = differences(stated, assess(problem, stated.placement))
    assert len(compared) > len(problem.components)
    for item in compared:
        assert item.computed == pytest.approx(item.stated, rel=0, abs=1e-6), item.what
