"""BuildKit's packed news are read as they are written, and nothing breaks on what is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.images.engines.buildkit_news import News, read_news


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _step(name: str, *, ended: bool = False) -> bytes:
    when = _varint(1 << 3) + _varint(1_700_000_000)
    body = _field(1, b"sha256:abc") + _field(3, name.encode()) + _field(5, when)
    return _field(1, body + (_field(6, when) if ended else b""))


def _log(text: str) -> bytes:
    stream = _varint(3 << 3) + _varint(2)
    return _field(3, _field(1, b"sha256:abc") + stream + _field(4, text.encode()))


def test_steps_at_work_and_written_lines_are_found() -> None:
    packed = _step("[1/2] FROM base", ended=True) + _step("[2/2] RUN make") + _log("one\ntwo\n") + _log("thr")

    assert read_news(packed) == News(("[2/2] RUN make",), ("one", "two", "thr"))


def test_a_step_is_told_once_in_a_message() -> None:
    assert read_news(_step("RUN x") + _step("RUN x")).steps == ("RUN x",)


def test_other_fields_are_passed_over() -> None:
    fixed = _varint(9 << 3 | 1) + bytes(8) + _varint(10 << 3 | 5) + bytes(4) + _varint(11 << 3) + b"\x05"

    assert read_news(fixed + _field(2, b"status") + _step("RUN x")).steps == ("RUN x",)


def test_a_message_that_is_cut_off_holds_nothing() -> None:
    packed = _step("RUN a long name of a step")

    assert all(read_news(packed[:length]) == News((), ()) for length in range(len(packed)))


@given(st.binary())
def test_no_bytes_break_it(packed: bytes) -> None:
    read_news(packed)


@given(st.text(min_size=1), st.text())
def test_what_is_written_is_read(name: str, text: str) -> None:
    found = read_news(_step(name) + _log(text))

    assert found.steps == (name,)
    assert list(found.lines) == text.splitlines()
