"""`aisprint --help` against the smallest typer program: goal at most 1.3 times its CPU."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.measure import measure, ratio, show

BARE = '''
import typer

app = typer.Typer()


@app.command()
def first(name: str = "x") -> None:
    """Do the first thing."""


@app.command()
def second(name: str = "x") -> None:
    """Do the second thing."""


app()
'''


def main() -> None:
    """Measure both and print the ratio."""
    aisprint = shutil.which("aisprint", path=str(Path(sys.executable).parent))
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "bare.py"
        program.write_text(BARE)
        baseline = measure([sys.executable, program, "--help"], runs=9)
        ours = measure([aisprint or "aisprint", "--help"], runs=9)
    show("bare typer program --help", baseline)
    show("aisprint --help", ours)
    ratio("aisprint / bare, cpu", ours.cpu_s, baseline.cpu_s)


if __name__ == "__main__":
    main()
