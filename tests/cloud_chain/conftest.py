"""One application over an OSCAR that is there already and AWS Lambda: the local runtime and moto."""

from __future__ import annotations

import sys
from pathlib import Path

for area in ("deploy", "lambda_backend", "oscar_backend"):
    sys.path.append(str(Path(__file__).resolve().parent.parent / area))
