"""Memory of the local runtime with many files queued: it should not grow with the queue.

Run: python benchmarks/local_queue_memory.py [--files N]

Every file is put through the runtime's API while one job holds the only slot; the resident memory is
read before, on the way and at the end.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import psutil

from aisprint_cli.backends.interface import ClusterSpec, Item, ItemKind, ResourceCapacity
from aisprint_cli.backends.local import launch
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.client import RuntimeClient
from aisprint_cli.backends.local.layout import Home

MIB = 2**20


def measure(home: Home, folder: Path, count: int) -> list[tuple[int, float]]:
    """Files queued and MiB resident, at several moments."""
    os.environ["AISPRINT_LOCAL_MAX_JOBS"] = "1"
    backend = LocalBackend(folder, lambda _: "benchmark", home.root, folder / "cache")
    spec = ClusterSpec("bench", 1, (ResourceCapacity("node", 1, 1.0, 4096.0),), "secret://x")
    cluster = Item(ItemKind.CLUSTER, "bench", spec)
    backend.apply(cluster, lambda _: None)
    client = RuntimeClient(home)
    try:
        document = {
            "script": "exec sleep 3600",
            "cpu": "1",
            "input": [{"storage_provider": "minio", "path": "queue/input"}],
        }
        client.put_service("bench", "queue", {"service": document})
        process = psutil.Process(launch.ensure(home).pid)
        source = folder / "file"
        source.write_text("content")
        points = []
        steps = {1, count // 100, count // 10, count // 2, count}
        began = time.perf_counter()
        for number in range(1, count + 1):
            backend.put("bench", f"queue/input/{number}", source)
            if number in steps:
                points.append((number, process.memory_info().rss / MIB))
        elapsed = time.perf_counter() - began
        time.sleep(2)  # the watch over the folder has walked it by then
        points.append((count, process.memory_info().rss / MIB))
        print(f"{count / elapsed:.0f} files put each second")
        return points
    finally:
        backend.remove(cluster, keep_data=False, progress=lambda _: None)
        client.close()
        backend.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as name:
        points = measure(Home(Path(name) / "home"), Path(name), count)
    for number, used in points:
        print(f"{number:6d} files queued: {used:6.1f} MiB resident")
    print(f"growth from the first to the last file: {points[-1][1] - points[0][1]:.1f} MiB")


if __name__ == "__main__":
    main()
