"""FDL that OSCAR's own clients can apply, for the functions of OSCAR layers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from sketches import Sketch

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.fdl import FDL_FILE, make_fdl_files
from aisprint_cli.generate.options import Options
from aisprint_cli.generate.read import read_template
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.model.resources import LayerKind

CHAIN = Sketch(
    {"one": 1, "two": 1, "three": 2, "cloud": 3}, (("one", "two"), ("two", "three"), ("two", "cloud"))
)
CHAIN.kinds = {3: LayerKind.FUNCTIONS}


class OscarStub(BaseHTTPRequestHandler):
    """Keeps the services that a client sends."""

    received: ClassVar[list[dict[str, Any]]]

    def do_GET(self) -> None:
        self._answer(404)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.received.append(json.loads(self.rfile.read(length)))
        self._answer(201)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def oscar() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    class Handler(OscarStub):
        received: ClassVar[list[dict[str, Any]]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", Handler.received
    server.shutdown()
    thread.join()
    server.server_close()


def whole_fdl(sketch: Sketch, **options: Any) -> str:
    files = {file.path: file.text for file in make_fdl_files(*sketch.build(), **options)}
    return files[FDL_FILE]


def test_only_functions_of_oscar_layers_are_listed() -> None:
    functions = yaml.safe_load(whole_fdl(CHAIN))["functions"]
    assert list(functions) == ["oscar"]
    listed = [
        (cluster, service["name"]) for entry in functions["oscar"] for cluster, service in entry.items()
    ]
    assert listed == [("my-app-l1", "one"), ("my-app-l1", "two"), ("my-app-l2", "three")]


def test_an_application_of_native_functions_has_no_fdl_files() -> None:
    assert make_fdl_files(*Sketch({"abc": 1}, kinds={1: LayerKind.FUNCTIONS}).build()) == ()


def test_providers_stand_once_for_the_whole_file_with_references() -> None:
    document = yaml.safe_load(whole_fdl(CHAIN, options=Options(domain="example.org")))
    assert document["storage_providers"] == {
        "minio": {
            "my-app-l2": {
                "endpoint": "https://minio.my-app-l2.example.org",
                "access_key": "minio",
                "secret_key": "secret://generated/my-app-l2/minio_password",
                "region": "us-east-1",
            }
        },
        "s3": {
            "my-app-l3": {
                "access_key": "secret://generated/my-app-l3/s3_access_key",
                "secret_key": "secret://generated/my-app-l3/s3_secret_key",
                "region": "us-east-1",
            }
        },
    }


def test_scripts_are_beside_the_files_that_name_them(tmp_path: Path) -> None:
    files = make_fdl_files(*CHAIN.build())
    for file in files:
        target = tmp_path / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text)
    named = 0
    for file in files:
        if file.path.endswith(".yaml"):
            for entry in yaml.safe_load(file.text)["functions"]["oscar"]:
                for service in entry.values():
                    script = ((tmp_path / file.path).parent / service["script"]).read_text()
                    assert script.startswith("#!/bin/sh\n")
                    named += 1
    assert named == 6


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_oscar_python_creates_the_service_that_the_template_describes(
    tmp_path: Path, oscar: tuple[str, list[dict[str, Any]]]
) -> None:
    from oscar_python.client import Client

    endpoint, received = oscar
    for file in make_fdl_files(*CHAIN.build()):
        target = tmp_path / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text)
    options = {"cluster_id": "my-app-l1", "endpoint": endpoint, "user": "oscar", "password": "x", "ssl": ""}
    Client(options).create_service(str(tmp_path / "services" / "two.yaml"))
    template = read_template(make_templates(*CHAIN.build())[0].text)
    (expected,) = (function.service for function in template.functions if function.part == "two")
    (sent,) = received
    assert sent.pop("environment")["variables"] == expected["environment"]["Variables"]
    assert sent == {key: value for key, value in expected.items() if key != "environment"}


def test_what_cannot_be_deployed_gives_no_fdl() -> None:
    with pytest.raises(InvalidInputError):
        make_fdl_files(*Sketch({"x": 1}).build())
    with pytest.raises(InvalidInputError):
        make_fdl_files(*Sketch({"x": 1}).build())
