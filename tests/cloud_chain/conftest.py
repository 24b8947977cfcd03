"""One application over several clouds: the local runtime as an OSCAR, moto, an Infrastructure Manager."""

from __future__ import annotations

import sys
from pathlib import Path

for area in ("deploy", "infrastructure_manager", "lambda_backend", "oscar_backend"):
    sys.path.append(str(Path(__file__).resolve().parent.parent / area))
