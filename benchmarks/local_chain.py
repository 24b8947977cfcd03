"""Files through a chain of three functions on the local runtime, against a shell loop over the scripts.

Run: python benchmarks/local_chain.py [--files N]

Both run one script at a time, on the same machine, one after the other, so that the difference is the
runtime's own work: queueing, a private directory, copying in, storing, triggering the next. Goal: below
30 ms for each job. A last line shows the chain with as many jobs at once as the machine takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from aisprint_cli.backends.interface import ClusterSpec, Item, ItemKind, ResourceCapacity
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.client import RuntimeClient
from aisprint_cli.backends.local.layout import Home

STEPS = ("aaa", "bbb", "ccc")
SCRIPT = '#!/bin/sh\ntr a-z b-za < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/${INPUT_FILE_PATH##*/}"\n'
LOOP = """
for step in aaa bbb ccc; do
    mkdir -p "$1/$step"
    for file in "$2"/*; do
        INPUT_FILE_PATH=$file TMP_OUTPUT_DIR=$1/$step sh "$1/script.sh"
    done
    set -- "$1" "$1/$step"
done
"""


def by_hand(folder: Path, files: list[Path]) -> float:
    """Wall seconds of the shell loop."""
    (folder / "script.sh").write_text(SCRIPT)
    began = time.perf_counter()
    subprocess.run(["sh", "-c", LOOP, "sh", str(folder), str(files[0].parent)], check=True)
    elapsed = time.perf_counter() - began
    assert len(list((folder / "ccc").iterdir())) == len(files)
    return elapsed


def on_runtime(folder: Path, files: list[Path], at_once: int) -> float:
    """Wall seconds from the first file put to the last result, the runtime already being there."""
    os.environ["AISPRINT_LOCAL_MAX_JOBS"] = str(at_once)
    home = Home(folder / "home")
    backend = LocalBackend(folder, lambda _: "benchmark", home.root, folder / "cache")
    spec = ClusterSpec("bench", 1, (ResourceCapacity("node", 1, float(at_once), 4096.0),), "secret://x")
    cluster = Item(ItemKind.CLUSTER, "bench", spec)
    backend.apply(cluster, lambda _: None)
    try:
        make_chain(home)
        began = time.perf_counter()
        for file in files:
            backend.put("bench", f"aaa/input/{file.name}", file)
        for file in files:
            trace = file.name.removeprefix("aisprint-")
            while not (view := backend.trace(trace, wait_s=60)).complete:
                pass
            assert [job.state.value for job in view.jobs] == ["succeeded"] * len(STEPS), view
        return time.perf_counter() - began
    finally:
        backend.remove(cluster, keep_data=False, progress=lambda _: None)
        backend.close()


def make_chain(home: Home) -> None:
    """Three services, each reading what the one before it writes."""
    client = RuntimeClient(home)
    source = "aaa/input"
    for step in STEPS:
        document = {
            "script": SCRIPT,
            "cpu": "1",
            "input": [{"storage_provider": "minio", "path": source}],
            "output": [{"storage_provider": "minio", "path": f"{step}/output"}],
        }
        client.put_service("bench", step, {"service": document})
        source = f"{step}/output"
    client.close()


def main() -> None:
    """Measure all and print the overhead."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=100)
    count = parser.parse_args().files
    jobs = count * len(STEPS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = folder / "inputs"
        inputs.mkdir()
        files = [inputs / f"aisprint-{uuid.uuid4()}" for _ in range(count)]
        for file in files:
            file.write_text("some text\n" * 100)
        hand = by_hand(folder, files)
        one = on_runtime(folder / "one", files, 1)
        cores = len(os.sched_getaffinity(0))
        many = on_runtime(folder / "many", files, cores)
    rows = [("shell loop, 1 at a time", hand), ("runtime, 1 at a time", one)]
    rows.append((f"runtime, {cores} at a time", many))
    for label, elapsed in rows:
        each = 1000 * elapsed / jobs
        print(f"{label:24} {count / elapsed:8.1f} files/s {each:8.2f} ms for each job")
    print(f"overhead for each job: {1000 * (one - hand) / jobs:.2f} ms (goal below 30 ms)")


if __name__ == "__main__":
    main()
