"""Generated mains: the second half prints what the whole would print, and everything compiles.

The inference of these components is a function of their own, told apart by the model's name, so that
many of them can run inside the test.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.codegen.split import split_source

PROLOGUE = '''
"""Doc."""
from __future__ import annotations
import json, os
MODEL = {quote}onnx/m.onnx{quote}
def load_and_inference(onnx_file, input_dict):
    name = os.path.basename(onnx_file)
    rest = {{k: v for k, v in input_dict.items() if k not in ("x", "cut")}}
    if name.startswith("m."):
        out = {{"y": input_dict["x"] * 2 + 1}}
    elif name == "partition1_1.onnx":
        out = {{"cut": input_dict["x"] * 2}}
    else:
        out = {{"y": input_dict["cut"] + 1}}
    return {{**out, **rest}}, list(out.values())
def helper(value):
    return value + 1
'''
# Pairs: statements before the inference, and what the rest of main does with them.
PIECES = [
    ("a = 1", "print(a)"),
    ("b = [1, 2]\nalias = b", "alias.append(3); print(b)"),
    ("c = 1\nc += 4", "c *= 2\nprint(c)"),
    ("def f(v):\n    return v * k\nk = 3", "print(f(2))"),
    ("g = lambda v: v - 1", "print(g(5))"),
    ("class K:\n    z = 4", "print(K.z)"),
    ("import math as m", "print(m.floor(2.5))"),
    ("if len(args) > 10**6:\n    maybe = 1", "try:\n    print(maybe)\nexcept NameError:\n    print('none')"),
    ("for i in range(3):\n    last = i * i", "print(i, last)"),
    ("with open(args['input']) as stream:\n    text = stream.read()", "print(len(text))"),
    ("try:\n    q = int('x')\nexcept ValueError as error:\n    q = str(error)", "print(q)"),
    ("u = {'k': (1, None, 2.5, b'b')}\nv = u['k']", "del u\nprint(v)"),
    ("n = [w for w in 'abc' if (last_w := w)]", "print(n, last_w)"),
    ("t = s1 = 5; (p, *r) = 'xyz'", "print(t, s1, p, r)"),
    ("gone = open(args['input'])\ngone.close()\ndel gone", "gone = 2\nprint(gone)"),
    ("args['seen'] = {1, 2}\nargs['list'].append(5)", "print(args['seen'], args['list'], args.get('input'))"),
    ("match len(args):\n    case 0:\n        w = 0\n    case other:\n        w = 1", "print(w)"),
    ("def outer():\n    nonlocal deep\n    deep += 1\ndeep = 1\nouter()", "outer(); print(deep)"),
    ("log = {'a': []}", "for e in range(2):\n    log['a'].append(e)\nelse:\n    print(log)"),
    ("e1 = object()", "while True:\n    e1 = 1\n    if e1:\n        break\nprint(e1)"),
    ("h1 = object()", "h1 = helper(3); print(f'{h1!r:>4}')"),
    ("loc = os.path.dirname(args['output'])\nnm = args['input'][-4:]", "print(os.path.isdir(loc), nm)"),
]  # fmt: skip
CALLS = [
    "ret, res = load_and_inference(MODEL, d)",
    "ret, res = load_and_inference(\n    onnx_file=MODEL,  # model\n    input_dict=d,\n)",
    "both = load_and_inference(input_dict={**d, 'w': 1}, onnx_file=MODEL); res = both[1]",
    "*_, res = load_and_inference(MODEL, d); ret = _[0]",
    "res = list(load_and_inference(MODEL, dict(d))[-1])",
    "(ret), res = (load_and_inference((MODEL), (d)))",
]
ENDINGS = [
    "print(res)",
    "print(res)\nreturn res[0]",
    "if res[0]:\n    print(res)\n    return\nprint('never')",
]


def build(pieces: list[tuple[str, str]], call: str, ending: str, quote: str, indent: str) -> str:
    before = "\n".join(head for head, _ in pieces)
    after = "\n".join(tail for _, tail in pieces)
    body = f"{before}\nd = {{'x': 20, 'more': [1]}}\n{call}\n{after}\n{ending}"
    text = textwrap.indent(body, "    ").replace("    ", indent)
    return (
        PROLOGUE.format(quote=quote) + f"def main(\n    args\n):\n{indent}# start\n{text}\n# behind\nX = 1\n"
    )


def run(source: str, given: Path, output: Path) -> str:
    space: dict[str, object] = {"__name__": "component"}
    exec(compile(source, "main.py", "exec"), space)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        space["main"]({"input": os.fspath(given), "output": os.fspath(output), "list": [1]})  # type: ignore[operator]
    return printed.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), unique=True, max_size=8),
    st.sampled_from(CALLS),
    st.sampled_from(ENDINGS),
    st.sampled_from("'\""),
    st.sampled_from(["    ", "\t", "  "]),
)
def test_the_halves_print_what_the_whole_prints(
    pieces: list[tuple[str, str]], call: str, ending: str, quote: str, indent: str
) -> None:
    source = build(pieces, call, ending, quote, indent)
    halves = split_source(source, path="main.py", model_file="m.onnx", split=1)
    assert halves == split_source(source, path="main.py", model_file="m.onnx", split=1)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        given = place / "page.txt"
        given.write_text("hello")
        expected = run(source, given, place / "out")
        assert run(halves.first, given, place / "half") == ""
        assert run(halves.second, place / "half", place / "out2") == expected


@pytest.mark.parametrize("piece", PIECES, ids=[head.split("\n")[0] for head, _ in PIECES])
def test_each_piece_alone(piece: tuple[str, str], tmp_path: Path) -> None:
    source = build([piece], CALLS[0], ENDINGS[0], "'", "    ")
    halves = split_source(source, path="main.py", model_file="m.onnx", split=1)
    (tmp_path / "page.txt").write_text("hello")
    expected = run(source, tmp_path / "page.txt", tmp_path / "out")
    run(halves.first, tmp_path / "page.txt", tmp_path / "half")
    assert run(halves.second, tmp_path / "half", tmp_path / "out2") == expected


def test_the_text_outside_main_and_its_head_stay_as_written() -> None:
    source = build(PIECES[:3], CALLS[1], ENDINGS[0], '"', "  ")
    halves = split_source(source, path="main.py", model_file="m.onnx", split=1)
    for half in (halves.first, halves.second):
        assert half.endswith("\n# behind\nX = 1\n")
        assert "def main(\n    args\n):\n  # start\n" in half
    head = source[source.index("  # start") : source.index("  ret, res")]
    assert head in halves.first
    assert 'MODEL = "onnx/partition1_1.onnx"' in halves.first
    assert 'MODEL = "onnx/partition1_2.onnx"' in halves.second


def test_names_of_ours_give_way_to_the_components(tmp_path: Path) -> None:
    source = build([("_aisprint_taken = 3", "print(_aisprint_taken)")], CALLS[0], ENDINGS[0], "'", "    ")
    halves = split_source(source, path="main.py", model_file="m.onnx", split=1)
    (tmp_path / "in").write_text("")
    run(halves.first, tmp_path / "in", tmp_path / "half")
    assert run(halves.second, tmp_path / "half", tmp_path / "out") == "3\n[41]\n"


PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("examples/digit_reader/src/classify/main.py", "digits.onnx"),
        ("templates/new/onnx/files/src/classify/main.py", None),
    ],
)
def test_the_components_that_come_with_the_tool_split(path: str, model: str | None) -> None:
    source = (PROJECT / path).read_text()
    if model is None:
        (model,) = {item.name for item in (PROJECT / path).parent.glob("onnx/*.onnx")}
    halves = split_source(source, path=path, model_file=model, split=12)
    assert "partition12_1.onnx" in halves.first
    assert "partition12_2.onnx" in halves.second
