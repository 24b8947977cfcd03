from __future__ import annotations

from image_servers import *  # noqa: F403
