from __future__ import annotations

import ast
from pathlib import Path

from library_programs import Program

SOURCES = sorted((Path(__file__).parents[2] / "aisprint").glob("*.py"))


def test_a_component_without_inference_runs_on_a_bare_interpreter(program: Program) -> None:
    done = program(
        "import sys\n"
        "from aisprint.annotations import *\n"
        "import aisprint.annotations, aisprint.onnx_inference, aisprint.monitoring, aisprint.wire\n"
        "import aisprint.segments\n"
        "@aisprint.annotations.exec_time()\n"
        "def main():\n"
        "    aisprint.monitoring.report_metric('m', 1)\n"
        "    aisprint.wire.save('x', {'a': [1, (2, 'b')]})\n"
        "    print(aisprint.wire.load('x'))\n"
        "main()\n"
        "print(sorted({'numpy', 'onnx', 'onnxruntime', 'aisprint_cli'} & set(sys.modules)))\n"
    )
    assert done.stdout == "{'a': [1, (2, 'b')]}\n[]\n"
    assert done.stderr == ""


def test_its_syntax_is_that_of_python_3_9() -> None:
    assert SOURCES
    for path in SOURCES:
        ast.parse(path.read_text(), path.name, feature_version=(3, 9))
