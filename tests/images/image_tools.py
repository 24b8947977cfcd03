"""Small images to build, and what is asked of them."""

from __future__ import annotations

import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from aisprint_cli.images.context import EPOCH_S, content_digest
from aisprint_cli.images.engines.interface import BuildEvent
from aisprint_cli.images.specification import BuildRequest, ImageSpec, Variant

BOTH = ("linux/amd64", "linux/arm64")


def make_base(registry: str, bases: Path, checkout: Path, work: Path) -> str:
    """Build the base image with buildah and push it."""
    import shutil

    shutil.copy(checkout / "templates" / "images" / "base" / "Dockerfile", work)
    for name in ("amd64.tar", "arm64.tar"):
        (work / name).symlink_to(bases / name)
        (work / name).unlink()
        shutil.copy(bases / name, work / name)
    image = f"{registry}/base/python:3.11"
    storage = ["--root", str(work / "storage"), "--runroot", str(work / "run")]
    name = f"base-{uuid.uuid4().hex[:8]}"
    build = ["buildah", *storage, "build", "--quiet", "--isolation", "chroot", "--platform", ",".join(BOTH)]
    subprocess.run([*build, "--manifest", name, work], check=True, capture_output=True)
    push = ["buildah", *storage, "manifest", "push", "--all", "--tls-verify=false", name, f"docker://{image}"]
    subprocess.run(push, check=True, capture_output=True)
    shutil.rmtree(work, ignore_errors=True)
    return image


@dataclass
class Tools:
    """Makes requests, and keeps the news of builds."""

    root: Path
    registry: str
    base: str
    events: list[BuildEvent] = field(default_factory=list)

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def request(
        self,
        dockerfile: str = "ARG BASE\nFROM ${BASE}\nCOPY part/ /opt/part/\n",
        *,
        platforms: tuple[str, ...] = BOTH,
        push: bool = True,
        content: str = "print('hello')\n",
        repository: str = "",
    ) -> BuildRequest:
        context = self.root / f"context-{uuid.uuid4().hex[:8]}"
        (context / "part").mkdir(parents=True)
        (context / "part" / "main.py").write_text(content)
        (context / "Dockerfile").write_text(dockerfile)
        spec = ImageSpec(
            name="part_base",
            part="part",
            component="part",
            design="base",
            variant=Variant.FUNCTION,
            platforms=platforms,
            repository=repository or f"{self.registry}/{uuid.uuid4().hex[:8]}/part-base",
            content_digest=content_digest(context, self.base, *platforms),
        )
        return BuildRequest(
            spec,
            context,
            context / "Dockerfile",
            base=self.base,
            arguments={"BASE": self.base},
            labels={"eu.aisprint.part": "part"},
            epoch_s=EPOCH_S,
            push=push,
        )
