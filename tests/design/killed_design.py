"""Design an application in processes that kill themselves at every change they make to the disk.

Run as `python killed_design.py TEMPLATE SCRATCH exchange|rename`. Prints one JSON object for each kill:
the state of the output right after it (`old`, `new`, `gone`, or `mixed` with what differs), and what
the next run made of it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from design_directories import snapshot

from aisprint_cli.design.exchange import Swap
from aisprint_cli.design.run import DesignSettings, design_application
from aisprint_cli.system.files import exchange

CHANGING = frozenset({"os.rename", "os.mkdir", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.chmod"})
SPREAD = 8


def unable(first: Path, second: Path) -> bool:
    """A file system that cannot swap directories."""
    return False


def design(directory: Path, swap: Swap) -> None:
    design_application(directory, DesignSettings(), lambda _: None, swap=swap)


def counted(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether an audit event is a change to the disk; a swap shows as the look-up of its function."""
    if event == "open":
        return isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
    return event in CHANGING or (event == "ctypes.dlsym" and arguments[1] == "renameat2")


def in_child(directory: Path, swap: Swap, kill_at: int) -> list[str]:
    """Design in a child that dies at the given change, from 1; gives the changes of one that lived."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        seen: list[str] = []

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            if counted(event, arguments):
                seen.append(event)
                if len(seen) == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        design(directory, swap)
        with os.fdopen(writing, "w") as stream:
            stream.write(" ".join(seen))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        changes = stream.read().split()
    os.waitpid(child, 0)
    return changes


def split_snapshot(directory: Path) -> tuple[dict[str, object], dict[str, object]]:
    """What is in the output tree, and what is outside it."""
    every = snapshot(directory)
    inside = {name: content for name, content in every.items() if name.startswith("aisprint/")}
    return inside, {name: content for name, content in every.items() if name not in inside}


def state(found: dict[str, object], old: dict[str, object], new: dict[str, object]) -> str:
    if not found:
        return "gone"
    if found in (old, new):
        return "old" if found == old else "new"
    differing = [name for name in found.keys() | new.keys() if found.get(name) != new.get(name)]
    return f"mixed: {sorted(differing)[:5]}"


def kill_points(changes: list[str]) -> list[int]:
    """Some moments spread over the run, and all those around the steps that publish the result."""
    total = len(changes)
    spread = range(1, total + 1, max(1, total // SPREAD))
    steps = [index for index, event in enumerate(changes, 1) if event in {"os.rename", "ctypes.dlsym"}]
    publishing = steps[1:]  # the first one notes who holds the lock
    near = {index + step for index in publishing for step in (0, 1)}
    return sorted({*spread, total, *near} & set(range(1, total + 1)))


def main() -> None:
    template, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    swap = exchange if sys.argv[3] == "exchange" else unable
    old, _ = split_snapshot(template)
    changed = scratch / "changed"
    shutil.copytree(template, changed, symlinks=True)
    main_file = changed / "src/first/main.py"
    main_file.write_text(main_file.read_text().replace("local_time_thr=8", "local_time_thr=9"))
    (changed / "aisprint/notes.txt").write_text("mine")
    old["aisprint/notes.txt"] = b"mine"
    whole = scratch / "whole"
    shutil.copytree(changed, whole, symlinks=True)
    changes = in_child(whole, swap, 0)
    new, new_outside = split_snapshot(whole)
    for point in kill_points(changes):
        victim = scratch / f"victim{point}"
        shutil.copytree(changed, victim, symlinks=True)
        in_child(victim, swap, point)
        inside, _ = split_snapshot(victim)
        after = state(inside, old, new)
        design(victim, swap)
        inside, outside = split_snapshot(victim)
        left = sorted(path.name for path in (victim / ".aisprint").iterdir() if path.name == "design")
        result = {
            "point": point,
            "after": after,
            "next": state(inside, old, new),
            "outside": outside == new_outside,
            "left": left,
        }
        print(json.dumps(result))  # noqa: T201  read by the test


if __name__ == "__main__":
    main()
