"""Kill deploy, invoke, undeploy and the runtime at random moments, for as many rounds as asked.

    python tests/deploy/kill_rounds.py [ROUNDS] [SEED]

After each round the next `deploy` has to bring everything back, the next `invoke` has to give the right
answer, and the next `undeploy` has to leave no process and no file. What does not is printed with the
round's history; exit code 1.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from installed_command import CommandLine
from tiny_chain import make_application, write_inputs

VERBS = {
    "deploy": ("deploy", "tiny", "--base", "--yes"),
    "deploy functions": ("deploy", "tiny", "--deployment", "deployment2", "--yes"),
    "invoke": ("invoke", "tiny", "hello.in", "-d", "out"),
    "invoke slow": ("invoke", "tiny", "slow.in", "-d", "out"),
    "undeploy": ("undeploy", "tiny", "--yes"),
    "undeploy keeping": ("undeploy", "tiny", "--keep-data", "--yes"),
}
TELLING_CODES = frozenset({0, 5, 6})
"""What a command may end with when the runtime was killed under it."""

HELD = ("clusters", "bundles", "work", "staging", "kept")


@dataclass
class Round:
    """One round: what was done, and what was wrong afterwards."""

    command: CommandLine
    dice: random.Random
    history: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def disturb(self) -> None:
        """A few commands, most of them killed, and the runtime killed now and then."""
        if self.dice.random() < 0.7:
            self.command(*VERBS["deploy"])
        for _ in range(self.dice.randint(1, 5)):
            if self.dice.random() < 0.15:
                self._kill_runtime()
            else:
                self._disturb_one(self.dice.choice(list(VERBS)))

    def _disturb_one(self, verb: str) -> None:
        process = self.command.start(*VERBS[verb])
        if self.dice.random() < 0.3:
            time.sleep(self.dice.uniform(0.2, 1.5))
            self._kill_runtime()
            self._ended(verb, process, 60.0)
            return
        self._ended(verb, process, self.dice.uniform(0.3, 3.0), killed=True)

    def _ended(
        self, verb: str, process: subprocess.Popen[str], seconds: float, *, killed: bool = False
    ) -> None:
        """Wait for a command; kill it when its time is over, which is a problem unless that was meant."""
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.history.append(f"{verb} killed after {seconds:.2f} s")
            if not killed:
                self.problems.append(f"{verb} hung")
            return
        self.history.append(f"{verb} ended with {process.returncode}")
        if process.returncode not in TELLING_CODES:
            self.problems.append(f"{verb} ended with {process.returncode}: {said[-500:]}")

    def _kill_runtime(self) -> None:
        with suppress(OSError, ValueError, KeyError):
            os.kill(json.loads((self.command.home / "runtime.json").read_text())["pid"], signal.SIGKILL)
            self.history.append("runtime killed")

    def mend(self) -> None:
        """What has to work whatever happened before."""
        try:
            if self.dice.random() < 0.6:
                self.command(*VERBS["deploy"])
                self.command("status", "tiny", "--check")
                fed = self.command.json(*VERBS["invoke"])
                texts = [Path(name).read_text() for name in fed["inputs"][0]["results"]]
                assert texts == ["hello>upper>sign"], texts
            self.command("undeploy", "tiny", "--delete-kept", "--yes")
        except (AssertionError, OSError) as error:
            self.problems.append(str(error))
        self.problems += [f"left over: {name}" for name in self._left()]

    def _left(self) -> list[str]:
        deadline = time.monotonic() + 20
        while list(_processes(self.command.home)) and time.monotonic() < deadline:
            time.sleep(0.1)
        folders = [self.command.home / name for name in HELD]
        files = [str(path) for folder in folders if folder.exists() for path in folder.iterdir()]
        return [*_processes(self.command.home), *files]


def _processes(home: Path) -> Iterator[str]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = [*process.cmdline(), *process.environ().values()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(home) in word for word in words):
                yield f"process {process.pid}: {' '.join(process.cmdline())}"


def main(rounds: int, seed: int) -> int:
    """The number of rounds with a problem, at most 1."""
    dice, bad = random.Random(seed), 0
    with tempfile.TemporaryDirectory(prefix="kill-rounds-") as name:
        root = Path(name)
        make_application(root / "tiny")
        write_inputs(root, hello="hello", slow="slow")
        places = {"AISPRINT_HOME": str(root / "home"), "AISPRINT_CACHE": str(root / "cache")}
        for number in range(rounds):
            one = Round(CommandLine(root, {**os.environ, **places}), dice)
            one.disturb()
            one.mend()
            print(f"{number}: {'; '.join(one.history)}", flush=True)  # noqa: T201  this is its result
            for problem in one.problems:
                print(f"    PROBLEM: {problem}", flush=True)  # noqa: T201
            bad += bool(one.problems)
    print(f"{rounds} rounds, {bad} with problems")  # noqa: T201
    return min(bad, 1)


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*arguments, *(20, 1)[len(arguments) :]))
