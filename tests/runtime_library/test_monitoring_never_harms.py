from __future__ import annotations

import logging
import socket
import struct
import threading
from pathlib import Path

import pytest
from library_programs import Program

from aisprint import monitoring
from aisprint._background import BackgroundSender
from aisprint._fluent import pack
from aisprint._line_protocol import make_line
from aisprint.monitoring import Monitor


def test_lines_arrive_in_order_and_several_in_a_datagram(listener: socket.socket) -> None:
    monitor = Monitor(*listener.getsockname())
    for number in range(200):
        monitor.send("m", {"t": "x"}, {"v": number})
    assert monitor.flush(20)
    lines: list[bytes] = []
    datagrams = 0
    while len(lines) < 200:
        data = listener.recv(65536)
        assert len(data) <= monitoring.DATAGRAM_BYTES
        lines += data.splitlines()
        datagrams += 1
    assert [line.split()[1] for line in lines] == [b"v=%di" % number for number in range(200)]
    assert datagrams < 200
    assert monitor.dropped == 0


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "256.1.1.1", "x" * 300])
def test_a_host_that_is_not_there_costs_only_the_reports(host: str) -> None:
    monitor = Monitor(host, 9)
    monitor.send("m", {}, {"v": 1})
    monitor.send_metric("m", object())
    monitor.send_metric("m", {1: float("nan")}, {"a": None})
    monitor.flush(20)
    assert monitor.dropped >= 2


def test_nobody_listening_is_no_problem() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = taken.getsockname()
    monitor = Monitor(*address)
    for _ in range(50):
        monitor.send("m", {}, {"v": 1})
        assert monitor.flush(20)


def test_a_full_queue_drops_and_counts() -> None:
    entered, leave = threading.Event(), threading.Event()

    def deliver(batch: list[bytes]) -> int:
        entered.set()
        leave.wait(20)
        return 0

    sender = BackgroundSender(deliver, capacity=3)
    sender.put(b"0")
    assert entered.wait(20)
    for _ in range(10):
        sender.put(b"x")
    assert sender.dropped == 7
    assert not sender.flush(0)
    leave.set()
    assert sender.flush(20)


def test_a_line_that_cannot_be_a_datagram_is_counted(listener: socket.socket) -> None:
    monitor = Monitor(*listener.getsockname())
    monitor.send("m", {}, {"v": "x" * 70_000})
    assert monitor.flush(20)
    assert monitor.dropped == 1


def test_the_environment_says_where_and_who(program: Program, listener: socket.socket) -> None:
    host, port = listener.getsockname()
    source = (
        "from aisprint.monitoring import report_metric\n"
        "report_metric('faces', {'n': 3, 'ok': True}, {'cam': 'a b'})\n"
    )
    program(source, MONIT_HOST=host, MONIT_PORT=str(port), COMPONENT_NAME="c", UUID="u")
    assert listener.recv(65536).startswith(b"faces,cam=a\\ b,component_name=c,session_id=u n=3i,ok=true ")


def test_a_program_with_an_unreachable_monitor_ends_by_itself(program: Program) -> None:
    source = (
        "from aisprint import monitoring as m\nfor i in range(20000): m.report_metric('x', i)\nprint('done')"
    )
    done = program(source, MONIT_HOST="no-such-host.invalid", MONIT_PORT="nonsense")
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_an_unwritable_report_file_is_counted(tmp_path: Path, listener: socket.socket) -> None:
    monitor = Monitor(*listener.getsockname(), report_file=str(tmp_path / "no" / "file"))
    monitor.send("m", {}, {"v": 1})
    assert monitor.flush(20)
    assert monitor.dropped == 1
    assert listener.recv(100).startswith(b"m v=1i ")


def test_processes_write_whole_lines_to_one_report_file(program: Program, tmp_path: Path) -> None:
    source = (
        "import os\nfrom aisprint import monitoring as m\n"
        "children = [os.fork() for _ in range(2)]\n"
        "for i in range(300): m.report_metric('x', {'v': i, 'text': 'y' * 100})\n"
        "if 0 in children: m.flush(); os._exit(0)\n"
        "for child in children: os.waitpid(child, 0)\n"
    )
    program(source, AISPRINT_REPORT_FILE=str(tmp_path / "r"))
    lines = (tmp_path / "r").read_text().splitlines()
    assert len(lines) == 4 * 300
    assert all(line.startswith("x v=") and line.count("y") == 100 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("m", {"a": "b"}, {"f": 1}), "m,a=b f=1i 7"),
        (("m n,o=p", {"k =,": "v =,"}, {"f =,": 1.5}), r"m\ n\,o=p,k\ \=\,=v\ \=\, f\ \=\,=1.5 7"),
        (("m", {"a": "", "b": None}, {"f": True}), "m f=true 7"),
        (("m", {"a": "x\ny\\"}, {"f": 'q"\\\n'}), 'm,a=x\\ y f="q\\"\\\\ " 7'),
        (("m", {}, {"f": float("inf"), "g": None}), None),
        (("m", {}, {"f": 2**63, "g": -(2**63)}), "m f=9.223372036854776e+18,g=-9223372036854775808i 7"),
        (("", {}, {"f": 1}), None),
    ],
)
def test_line_protocol(arguments: tuple[str, dict[str, object], dict[str, object]], line: str | None) -> None:
    assert make_line(*arguments, 7) == line


def test_numpy_values_become_numbers(listener: socket.socket) -> None:
    import numpy as np

    monitor = Monitor(*listener.getsockname())
    monitor.send_metric("m", {"a": np.float32(0.5), "b": np.int64(3), "c": np.array([2.0]), "d": np.bool_(1)})
    assert listener.recv(1000).startswith(b"m a=0.5,b=3i,c=2.0,d=true ")


def test_logs_go_to_the_collector_in_its_own_protocol() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        logger = logging.Logger("component")
        context = monitoring.initialise_logging(
            "c", "127.0.0.1", server.getsockname()[1], "%(levelname)s %(message)s", logger
        )
        logger.warning("größe %d", 3)
        connection, _ = server.accept()
        connection.settimeout(20)
        with connection:
            data = connection.recv(4096)
            monitoring.tear_down_logging(context)
    assert data.startswith(b"\xdd\x00\x00\x00\x03" + pack("c"))
    assert pack({"message": "WARNING größe 3", "level": "WARNING", "logger": "component"}) in data
    assert struct.unpack(">Q", data[12:20])[0] > 1_600_000_000
    assert logger.handlers == []


def test_logging_without_a_collector_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    logger = logging.Logger("component")
    context = monitoring.initialise_logging("c", "127.0.0.1", port, None, logger)
    logger.error("lost")
    assert context[1].flush_within(20)
    assert context[1].dropped == 1
    monitoring.tear_down_logging(context)
