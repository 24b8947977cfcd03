from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "images"))

from image_servers import base_image, bases, registry  # noqa: F401
