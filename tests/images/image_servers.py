"""A real registry, a real Docker Engine and a real buildah, in places of their own, and a base image."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest
from image_tools import BOTH, Tools, make_base

from aisprint_cli.images.engines import binfmt
from aisprint_cli.images.registry.client import RegistryClient

REGISTRY = """version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not start")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def bases(checkout: Path) -> Path:
    """A directory with a packed base for each architecture; the programs are installed on the way."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aisprint-tests"
    cache.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(cache / "engines.lock"):
        done = subprocess.run(
            ["sh", checkout / "scripts" / "container_engines.sh", cache / "bases"],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        pytest.skip(f"container engines cannot be had here: {done.stderr.strip()}")
    return cache / "bases"


@pytest.fixture(scope="session")
def registry(bases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry."""
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    (folder / "config.yml").write_text(REGISTRY.format(root=folder / "data", port=port))
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
    _await(lambda: _answers(port), "docker-registry")
    yield f"127.0.0.1:{port}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="session")
def client() -> Iterator[RegistryClient]:
    made = RegistryClient()
    yield made
    made.close()


@pytest.fixture(scope="session")
def base_image(registry: str, bases: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A base image with Python 3.11 for both architectures, in the registry."""
    return make_base(registry, bases, checkout, tmp_path_factory.mktemp("base"))


def clear_storage(folder: Path) -> None:
    """Take down what buildah mounts in a storage, which could not be removed else."""
    buildah = ["buildah", "--root", folder / "root", "--runroot", folder / "run"]
    for command in ([*buildah, "rm", "--all"], [*buildah, "rmi", "--all", "--force"]):
        subprocess.run(command, capture_output=True, check=False)
    for left in (*sorted((folder / "root").glob("overlay/*/merged")), folder / "root" / "overlay"):
        subprocess.run(["umount", left], capture_output=True, check=False)


@pytest.fixture(scope="session")
def buildah_storage(bases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A storage of our own for buildah."""
    folder = tmp_path_factory.mktemp("buildah")
    yield folder
    clear_storage(folder)


@pytest.fixture(scope="session")
def docker_address(bases: Path) -> Iterator[str]:
    """The address of a Docker Engine of our own."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a Docker Engine")
    # a socket's path has to be short
    folder = Path(tempfile.mkdtemp(prefix="aisprint-docker-"))
    socket_path = folder / "docker.sock"
    command = ["dockerd", "--data-root", folder / "data", "--exec-root", folder / "exec"]
    command += ["--pidfile", folder / "pid", "--host", f"unix://{socket_path}", "--log-level", "error"]
    with (folder / "log.txt").open("wb") as log:
        engine = subprocess.Popen(command, stdout=log, stderr=log)
    deadline = time.monotonic() + 60
    while not socket_path.exists() and engine.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if not socket_path.exists():
        engine.kill()
        said = (folder / "log.txt").read_text()[-500:]
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"a Docker Engine cannot run here: {said}")
    yield f"unix://{socket_path}"
    engine.terminate()
    engine.wait()
    for left in (folder / "exec" / "netns" / "default", folder / "data"):
        if left.is_mount() or left.is_file():
            subprocess.run(["umount", left], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def emulation(bases: Path) -> None:
    """That this machine runs programs for both platforms; switched on where that can be done."""
    if os.geteuid() == 0 and len(binfmt.emulated()) == 0:
        formats = Path("/proc/sys/fs/binfmt_misc")
        if not (formats / "register").exists():
            subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", formats], check=False)
        if shutil.which("update-binfmts"):
            subprocess.run(["update-binfmts", "--enable"], capture_output=True, check=False)
    if problems := binfmt.problems(BOTH):
        pytest.skip(f"{problems[0].what} {problems[0].mend}")


@pytest.fixture
def tools(tmp_path: Path, registry: str, base_image: str) -> Tools:
    return Tools(tmp_path, registry, base_image)
