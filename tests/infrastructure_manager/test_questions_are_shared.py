"""Many who ask a server the same thing at the same time ask it twice, and none gets an old answer."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aisprint_cli.backends.im.shared_questions import SharedQuestions
from aisprint_cli.errors import ExternalError


class _Server:
    """Answers with the number of the question, once it may."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_answer = threading.Event()

    def ask(self, _key: str) -> int:
        self.begun += 1
        number = self.begun
        assert self.may_answer.wait(30)
        return number


def _until(server: _Server, begun: int) -> None:
    while server.begun < begun:
        time.sleep(0.001)


def test_all_who_come_while_one_is_asked_share_the_next_answer() -> None:
    server = _Server()
    ask = SharedQuestions(server.ask)
    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(ask, "a")
        _until(server, 1)
        others = [pool.submit(ask, "a") for _ in range(20)]
        while pool._work_queue.qsize():
            time.sleep(0.001)
        time.sleep(0.05)  # each of them is in its call by now, or comes later and asks again
        server.may_answer.set()

        assert first.result() == 1
        assert min(other.result() for other in others) == 2
        assert server.begun < 21


def test_an_answer_is_never_older_than_its_question() -> None:
    server = _Server()
    server.may_answer.set()
    ask = SharedQuestions(server.ask)

    assert [ask("a"), ask("a"), ask("b")] == [1, 2, 3]


def test_a_failure_is_told_to_each_and_the_next_one_asks_again() -> None:
    failures = [ExternalError("refused")]

    def answer(key: str) -> str:
        if failures:
            raise failures.pop()
        return key

    ask = SharedQuestions(answer)

    with pytest.raises(ExternalError, match="refused"):
        ask("a")
    assert ask("a") == "a"
