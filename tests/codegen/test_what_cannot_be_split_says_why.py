"""Every obstacle is named with its position, what it is, why it stands in the way and what to do."""

from __future__ import annotations

import textwrap

import pytest

from aisprint_cli.codegen.split import split_source
from aisprint_cli.errors import InvalidInputError

HEADER = """\
import argparse, json
from aisprint.onnx_inference import load_and_inference
"""
FOOTER = """
if __name__ == '__main__':
    ap = argparse.ArgumentParser()
    ap.add_argument('-i', '--input')
    ap.add_argument('-o', '--output')
    ap.add_argument('-y', '--onnx_file', default='onnx/m.onnx')
    main(vars(ap.parse_args()))
"""
CALL = "r, s = load_and_inference(args['onnx_file'], {'x': 1})"


def refusals(source: str) -> list[tuple[str, int, int]]:
    with pytest.raises(InvalidInputError) as caught:
        split_source(source, path="src/a/main.py", model_file="m.onnx", split=1)
    for finding in caught.value.diagnostics:
        assert finding.location.path == "src/a/main.py"
        assert finding.is_error
        assert finding.why
        assert finding.mend
    return [(item.code, item.location.line, item.location.column) for item in caught.value.diagnostics]


def main_of(body: str) -> str:
    return HEADER + "def main(args):\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + FOOTER


NESTED = {
    "if": f"if args['input']:\n    {CALL}",
    "for": f"for _ in range(3):\n    {CALL}",
    "while header": "while load_and_inference(args['onnx_file'], {})[1]:\n    pass",
    "with": f"with open(args['input']):\n    {CALL}",
    "try": f"try:\n    {CALL}\nexcept ValueError:\n    raise",
    "condition": "r = load_and_inference(args['onnx_file'], {}) if args['input'] else None",
    "comprehension": "r = [load_and_inference(args['onnx_file'], d) for d in [{}]]",
    "nested function": f"def run():\n    {CALL}\nrun()",
    "elif": "if args['input']:\n    pass\nelif load_and_inference(args['onnx_file'], {}):\n    pass",
}


@pytest.mark.parametrize("body", NESTED.values(), ids=NESTED.keys())
def test_a_call_that_is_not_evaluated_exactly_once(body: str) -> None:
    source = main_of(body)
    line = next(n for n, text in enumerate(source.split("\n"), 1) if "load_and_inference(" in text)
    column = source.split("\n")[line - 1].index("load_and_inference(") + 1
    assert refusals(source) == [("code.call-not-straight", line, column)]


def test_a_call_in_a_helper() -> None:
    source = (
        HEADER + f"def run(args):\n    {CALL}\ndef main(args):\n    run(args)\n    args['output']" + FOOTER
    )
    assert refusals(source) == [("code.call-in-helper", 4, 12)]


def test_several_calls_are_each_named() -> None:
    assert refusals(main_of(f"{CALL}\n{CALL}\nprint(args['output'])")) == [
        ("code.several-calls", 4, 12),
        ("code.several-calls", 5, 12),
    ]


def test_a_call_for_another_model_does_not_count() -> None:
    body = f"t = load_and_inference('onnx/other.onnx', {{}})\n{CALL}\nprint(args['output'], t, s)"
    halves = split_source(main_of(body), path="p", model_file="m.onnx", split=1)
    assert "onnx/other.onnx" in halves.first
    assert "other.onnx" not in halves.second


def test_all_problems_of_the_shape_come_at_once() -> None:
    source = "def main(a, b):\n    a[1]\n    x = print\n"
    assert [code for code, _, _ in refusals(source)] == [
        "code.no-arguments",
        "code.no-call",
        "code.no-model-path",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "code.no-main"),
        ("x = (", "code.syntax"),
        ("a\0b", "code.syntax"),
        ("if True:\n    def main(args): pass\n", "code.no-main"),
        (HEADER + f"def main(args): {CALL}\n" + FOOTER, "code.one-line-main"),
        (HEADER + f"def main(args):\n    {CALL}\n" * 2 + FOOTER, "code.several-mains"),
        (main_of("r, s = load_and_inference(*args['input'])"), "code.call-arguments"),
        (main_of("r, s = load_and_inference(args['onnx_file'])"), "code.call-arguments"),
        (main_of(CALL).replace("m.onnx", "n.onnx"), "code.no-model-path"),
        (main_of("# load_and_inference(a, b)\nprint(args['input'])"), "code.no-call"),
        (main_of(f"{CALL}\nprint(locals(), args['output'])"), "code.dynamic-names"),
    ],
)
def test_sources_without_the_shape(source: str, expected: str) -> None:
    assert expected in [code for code, _, _ in refusals(source)]


VALUES = {
    "built in a loop": ("for k in 'ab':\n    out = args['output'] + k", "out"),
    "worked on before": ("out = open(args['output'], 'w')\nout.write('head')", "out"),
    "printed to before": ("out = open(args['output'], 'w')\nprint('head', file=out)", "out"),
    "a container of it": ("out = {}\nout['path'] = args['output']", "out"),
    "appended to": ("out = []\nout.append(args['output'])", "out"),
    "from a helper that reads both": ("out = both(args)", "out"),
    "from the open input": ("out = dict(a=open(args['input']), b=args['output'])", "out"),
    "value changed meanwhile": ("n = 1\nout = f\"{args['output']}{n}\"\nn = 2", "out, n"),
}


@pytest.mark.parametrize(("body", "read"), VALUES.values(), ids=VALUES.keys())
def test_what_belongs_to_a_part_and_cannot_be_made_again(body: str, read: str) -> None:
    helper = "def both(args):\n    return open(args['input']), args['output']\n"
    source = helper + main_of(f"{body}\n{CALL}\nprint({read})")
    assert {code for code, _, _ in refusals(source)} == {"code.not-repeatable"}


def test_arguments_rebound_after_use() -> None:
    body = f"d = open(args['input']).read()\nargs = dict(args)\n{CALL}\nprint(args['output'], d)"
    assert refusals(main_of(body)) == [("code.arguments-rebound", 5, 5)]


WORK_OUTSIDE = {
    "the result of main is used in a loop": (
        "args = vars(ap.parse_args())\nfor name in ['a', 'b']:\n    done = main(args)",
        "for name in",
    ),
    "parsed where nothing can be left out": (
        "rows = open(args['input']).read()\nargs = {**args, 'rows': rows}\nmain(args)",
        "rows = open",
    ),
    "main has several arguments": (
        "args = vars(ap.parse_args())\nmain(args, open(args['input']).read())",
        "main(args, open",
    ),
}


@pytest.mark.parametrize(("lines", "marked"), WORK_OUTSIDE.values(), ids=WORK_OUTSIDE.keys())
def test_work_on_the_input_outside_main_that_cannot_be_left_out(lines: str, marked: str) -> None:
    parser = FOOTER.split("    main(")[0].replace("if __name__ == '__main__':\n", "")
    whole = "args = vars(ap.parse_args())\n" if "parse_args" not in lines else ""
    body = f"def main(args, rows=None):\n    open(args['output'])\n    {CALL}\n"
    guard = "if __name__ == '__main__':\n" + textwrap.indent(lines, "    ")
    source = HEADER + body + textwrap.dedent(parser) + whole + guard + "\n"
    line = next(number for number, text in enumerate(source.split("\n"), 1) if marked in text)
    assert refusals(source) == [("code.entry-uses-input", line, 5)]
