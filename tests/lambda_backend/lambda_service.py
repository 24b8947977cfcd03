"""The parts of AWS Lambda that moto lacks: it calls functions when objects come, and runs their images.

An image is a directory here, with the parts' code below `opt`. What runs in it is real: Lambda's own
runtime client, which asks our small Runtime API for events, and the FaaS supervisor as its handler.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from amazon import ACCESS, REGION, SECRET, Amazon

_PACKAGES = ("awslambdaric>=3", "boto3", "requests", "pyyaml", "webdavclient3==3.14.6", "setuptools<81")
_SUPERVISOR = "faas-supervisor==1.5.8"  # its own list of requirements cannot be read
_TIMEOUT_S = 60


def make_runtime(directory: Path) -> Path:
    """Make an environment as a Lambda image has it; its interpreter."""
    place, interpreter = directory / "venv", directory / "venv" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, place], check=True)
    install = [uv, "pip", "install", "-q", "--python", interpreter]
    subprocess.run([*install, *_PACKAGES], check=True)
    subprocess.run([*install, "--no-deps", _SUPERVISOR], check=True)
    return interpreter


class LambdaService:
    """Watches the buckets of an account and runs what their notifications name, until `close`."""

    def __init__(self, amazon: Amazon, interpreter: Path, image: Path) -> None:
        self.image = image
        self.failures: list[str] = []
        self._amazon = amazon
        self._interpreter = interpreter
        self._stop = threading.Event()
        self._known: set[tuple[str, str, Any]] = set()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        assert not self.failures

    def _watch(self) -> None:
        s3 = self._amazon.client("s3")
        while not self._stop.wait(0.5):
            for bucket in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]:
                try:
                    self._look(s3, bucket)
                except s3.exceptions.NoSuchBucket:
                    continue
                except Exception as error:
                    self.failures.append(repr(error))
                    raise

    def _look(self, s3: Any, bucket: str) -> None:
        found = s3.get_bucket_notification_configuration(Bucket=bucket)
        entries = found.get("LambdaFunctionConfigurations", [])
        for stored in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            key = (bucket, stored["Key"], stored["LastModified"])
            if key in self._known:
                continue
            self._known.add(key)
            for entry in entries:
                if _matches(entry, stored["Key"]):
                    name = entry["LambdaFunctionArn"].rpartition(":")[2]
                    self.invoke(name, s3_event(bucket, stored["Key"]))

    def invoke(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        """Run a function's handler once for an event; what it answers. Its log goes to CloudWatch."""
        function = self._amazon.client("lambda").get_function(FunctionName=name)["Configuration"]
        request, stream = str(uuid.uuid4()), uuid.uuid4().hex
        api = _RuntimeApi(request, function, event)
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "AISPRINT_ROOT": str(self.image),
            "PYTHONPATH": str(self.image / "lib"),
            "AWS_ENDPOINT_URL": self._amazon.url,
            "AWS_ACCESS_KEY_ID": ACCESS,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "PYTHONWARNINGS": "ignore",
            **self._inside(function["Environment"]["Variables"]),
        }
        began = time.time()
        arguments = [self._interpreter, "-m", "awslambdaric", "faassupervisor.supervisor.main"]
        self.image.mkdir(exist_ok=True)
        process = subprocess.Popen(
            arguments,
            env=environment,
            cwd=self.image,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        answer = api.wait(_TIMEOUT_S)
        process.terminate()
        written, _ = process.communicate()
        api.close()
        self._log(name, stream, request, written.splitlines(), began)
        return answer

    def _inside(self, variables: dict[str, str]) -> dict[str, str]:
        """The variables as they are inside the image, whose root is a directory here."""
        config = json.loads(base64.b64decode(variables["FDL"]))
        config["init_script"] = str(self.image) + config["init_script"]
        return {**variables, "FDL": base64.b64encode(json.dumps(config).encode()).decode()}

    def _log(self, name: str, stream: str, request: str, lines: list[str], began: float) -> None:
        logs, group = self._amazon.client("logs"), f"/aws/lambda/{name}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        spent = (time.time() - began) * 1000
        ends = [
            f"END RequestId: {request}",
            f"REPORT RequestId: {request}\tDuration: {spent:.2f} ms\tBilled Duration: {spent:.0f} ms",
        ]
        messages = [f"START RequestId: {request} Version: $LATEST", *(line or " " for line in lines), *ends]
        moments = [int(began * 1000), *[int(began * 1000) + 1] * len(lines), *[int(time.time() * 1000)] * 2]
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[
                {"timestamp": moment, "message": message}
                for moment, message in zip(moments, messages, strict=True)
            ],
        )


def s3_event(bucket: str, key: str) -> dict[str, Any]:
    """What S3 sends when an object was stored."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": quote_plus(key, safe="/")},
        },
    }
    return {"Records": [record]}


def _matches(entry: dict[str, Any], key: str) -> bool:
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    values = {rule["Name"].lower(): rule["Value"] for rule in rules}
    return key.startswith(values.get("prefix", "")) and key.endswith(values.get("suffix", ""))


class _RuntimeApi:
    """Lambda's Runtime API for one invocation."""

    def __init__(self, request: str, function: dict[str, Any], event: dict[str, Any]) -> None:
        self._answered = threading.Event()
        self.answer: dict[str, Any] = {}
        served = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_words: Any) -> None:
                pass

            def do_GET(self) -> None:
                if served.is_set():
                    outer._answered.wait()
                    self.close_connection = True
                    return
                served.set()
                body = json.dumps(event).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", request)
                self.send_header(
                    "Lambda-Runtime-Deadline-Ms", str(int((time.time() + function["Timeout"]) * 1000))
                )
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", function["FunctionArn"])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.answer = {"path": self.path.rpartition("/")[2], "body": json.loads(body or b"{}")}
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                outer._answered.set()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def wait(self, seconds: float) -> dict[str, Any]:
        assert self._answered.wait(seconds), "the function did not answer"
        return self.answer

    def close(self) -> None:
        self._answered.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
