"""`aisprint validate` on a chain of 1,000 components: goal 0.5 s of CPU, the whole process counted."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.applications import write_chain
from support.measure import measure, ratio, show


def main() -> None:
    """Measure a small and a large application, and the process that only shows help."""
    aisprint = Path(sys.executable).parent / "aisprint"
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        write_chain(small, components=10, layers=2)
        write_chain(large, components=1000, layers=2)
        start = measure([aisprint, "--help"])
        few = measure([aisprint, "validate", small])
        many = measure([aisprint, "validate", large])
    show("aisprint --help", start)
    show("aisprint validate, 10 components", few)
    show("aisprint validate, 1000 components", many)
    ratio("1000 components / 10 components, cpu", many.cpu_s, few.cpu_s)


if __name__ == "__main__":
    main()
