"""Runs a component as a person would: `python main.py -i INPUT -o OUTPUT` with the library at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def start(component: Path, source: Path, output: Path) -> subprocess.CompletedProcess[str]:
    """Run `main.py` of a component directory to its end."""
    output.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "main.py", "-i", str(source), "-o", str(output)],
        cwd=component,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def run_component(component: Path, source: Path, output: Path) -> Path | None:
    """Run a component; gives the file it wrote, None for none."""
    done = start(component, source, output)
    assert done.returncode == 0, done.stderr
    written = list(output.parent.glob(f"{output.name}*"))
    assert len(written) <= 1
    return written[0] if written else None


def run_chain(source: Path, components: list[Path], folder: Path) -> Path | None:
    """Run components one after another, each on what the one before wrote; None where the chain ends."""
    current: Path | None = source
    for component in components:
        if current is not None:
            name = component.parent.name if component.name == "base" else component.name
            current = run_component(component, current, folder / name)
    return current
