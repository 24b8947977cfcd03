"""The digit reader's images: built and pushed cold, warm and after a changed line; their sizes.

A registry and a Docker Engine of their own are started on this machine. The sizes (compressed, as a machine
fetches them) stand beside the base's alone, and beside the reference's form of Dockerfile on the same base:
pip inside the image, the code in the same layer as all the rest of its directory.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tests" / "images"))

from image_servers import REGISTRY, free_port  # noqa: E402
from image_tools import make_base  # noqa: E402

from aisprint_cli.images.registry.client import RegistryClient  # noqa: E402

AISPRINT = Path(sys.executable).with_name("aisprint")
PLATFORM = "linux/amd64"
_BESIDE = {"wheels", "Dockerfile"}
REFERENCE = """FROM {base}
WORKDIR /opt/{part}
COPY requirements.txt .
RUN --mount=type=bind,source=wheels,target=/wheels \\
    python3 /wheels/{installer}/pip install --break-system-packages --no-index --find-links /wheels \\
    -r requirements.txt pip
COPY {names} ./
RUN chmod +x script.sh || true
"""


@contextmanager
def _started(command: list[str | Path], ready: Path | None = None) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while ready is not None and not ready.exists():
        if process.poll() is not None:
            raise SystemExit(f"{command[0]} did not start: only root can run it.")
        time.sleep(0.1)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _timed(environment: dict[str, str], *words: str | Path) -> tuple[float, dict[str, object]]:
    began = time.perf_counter()
    command = [AISPRINT, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - began, json.loads(done.stdout or "{}")


def _layers(client: RegistryClient, published: dict[str, object]) -> dict[str, int]:
    """The layers of all images with their sizes."""
    found: dict[str, int] = {}
    for image in published["images"]:  # type: ignore[attr-defined]
        repository = image["reference"].rpartition(":")[0]
        for digest in image["by_platform"].values():
            manifest = client.manifest(f"{repository}@{digest}")
            assert manifest is not None
            found |= {layer["digest"]: layer["size"] for layer in manifest.document["layers"]}
    return found


def _size(client: RegistryClient, reference: str) -> int:
    manifest = client.manifest(reference)
    assert manifest is not None
    if manifest.is_index:
        manifest = client.manifest(f"{reference.rpartition(':')[0]}@{manifest.platforms[PLATFORM]}")
        assert manifest is not None
    return sum(layer["size"] for layer in manifest.document["layers"])


def _reference_form(application: Path, part: str, base: str, registry: str, work: Path) -> str:
    """The image of a part as the reference's Dockerfile makes it; its reference."""
    context = work / f"reference-{part}"
    shutil.copytree(application / "aisprint" / "designs" / part / "base", context)
    requirements = context / "requirements.txt"
    kept = [line for line in requirements.read_text().splitlines() if not line.startswith("aisprint")]
    requirements.write_text("\n".join(kept) + "\n")
    wheels = work / f"wheels-{part}"
    download = [sys.executable, "-m", "pip", "download", "-q", "--only-binary=:all:", "-d", wheels]
    download += ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"]
    download += ["--platform", "manylinux_2_27_x86_64", "--platform", "manylinux2014_x86_64"]
    subprocess.run([*download, "-r", requirements, "pip"], check=True)
    image = f"{registry}/reference/{part}:1"
    storage = ["--root", str(work / "storage"), "--runroot", str(work / "run")]
    shutil.copytree(wheels, context / "wheels")
    installer = next(wheels.glob("pip-*.whl")).name
    names = " ".join(sorted(path.name for path in context.iterdir() if path.name not in _BESIDE))
    text = REFERENCE.format(base=base, part=part, installer=installer, names=names)
    (context / "Dockerfile").write_text(text)
    build = ["buildah", *storage, "build", "--isolation", "chroot", "--tls-verify=false", "-q", "-t", image]
    subprocess.run([*build, context], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["buildah", *storage, "push", "-q", "--tls-verify=false", image], check=True)
    return image


def measure(work: Path, stack: ExitStack) -> None:
    """Run all and print."""
    port, bases = free_port(), work / "bases"
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aisprint-tests" / "bases"
    subprocess.run(["sh", CHECKOUT / "scripts" / "container_engines.sh", cached], check=True)
    bases.symlink_to(cached)
    (work / "config.yml").write_text(REGISTRY.format(root=work / "registry", port=port))
    stack.enter_context(_started(["docker-registry", "serve", work / "config.yml"]))
    socket = work / "s"
    engine: list[str | Path] = ["dockerd", "--data-root", work / "data", "--exec-root", work / "exec"]
    engine += ["--pidfile", work / "pid", "--host", f"unix://{socket}"]
    stack.enter_context(_started(engine, socket))
    registry = f"127.0.0.1:{port}"
    (work / "base").mkdir()
    base = make_base(registry, bases, CHECKOUT, work / "base")
    application = work / "digit_reader"
    shutil.copytree(CHECKOUT / "examples" / "digit_reader", application)
    environment = os.environ | {
        "AISPRINT_REGISTRY": registry,
        "AISPRINT_BASE_IMAGE": base,
        "AISPRINT_PYTHON": "3.11",
        "AISPRINT_CACHE": str(work / "cache"),
        "DOCKER_HOST": f"unix://{socket}",
    }
    publish = ("publish", application, "-o", "json", "--all", "--engine", "buildkit")
    _timed(environment, "design", application, "-o", "json")
    client = RegistryClient(lambda _registry: None)
    cold, published = _timed(environment, *publish)
    print(f"{len(published['images'])} images, cold, packages fetched  {cold:8.1f} s")  # type: ignore[arg-type]
    warm, published = _timed(environment, *publish)
    print(f"warm, nothing changed                {warm:8.1f} s")
    before = _layers(client, published)
    with (application / "src" / "classify" / "main.py").open("a") as code:
        code.write("# one line more\n")
    design, _ = _timed(environment, "design", application, "-o", "json")
    changed, published = _timed(environment, *publish, "--only", "classify_base")
    new = set(after := _layers(client, published)) - set(before)
    print(f"one line of code changed             {changed:8.1f} s   (its design before that {design:.1f} s)")
    print(
        f"layers pushed then                   {len(new):8}     of {sum(after[name] for name in new)} bytes"
    )
    print(f"\n{'compressed size, ' + PLATFORM:36} {'MB':>8}")
    print(f"{'the base alone':36} {_size(client, base) / 1e6:8.1f}")
    for image in published["images"]:  # type: ignore[attr-defined]
        print(f"{image['name']:36} {_size(client, image['reference']) / 1e6:8.1f}")
        other = _reference_form(application, image["part"], base, registry, work)
        print(f"{'  in the form of the reference':36} {_size(client, other) / 1e6:8.1f}")
    client.close()


def main() -> None:
    """Measure in a directory that goes afterwards."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    work = Path(tempfile.mkdtemp(prefix="aisprint-bench-"))
    try:
        with ExitStack() as stack:
            measure(work, stack)
    finally:
        for left in (
            work / "exec" / "netns" / "default",
            work / "data",
            work / "storage" / "overlay",
            work / "base" / "storage" / "overlay",
        ):
            subprocess.run(["umount", left], capture_output=True, check=False)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
