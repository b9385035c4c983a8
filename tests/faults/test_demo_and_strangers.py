"""A demo that others are in the way of: a stranger on its port, another demo in its folder, its database gone."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from granian.server.common import SocketSpec

from app.cli.columns import WIDTH, columns
from app.cli.demo.ports import free_port
from app.cli.demo.tree import AddressTaken, Tree
from app.cli.operations import serving
from tests import migrated
from tests.conftest import PROJECT
from tests.faults.test_demo_leaves_nothing import _of as processes_of
from tests.scratch import scratch
from tests.stack import Stack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")
READY = "Ctrl-C"
"""Of the last line that a demo which has come up prints."""


class Stranger(ThreadingHTTPServer):
    """Somebody else's server that answers everything well, and would share its port as ours would."""

    allow_reuse_port = True

    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", port), _Answering)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        super().__exit__(*args)


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Stranger)
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


def _port() -> int:
    return random.randrange(14_000, 17_000)


@contextlib.contextmanager
def demo(folder: Path, *arguments: str, **more: str) -> Iterator["subprocess.Popen[str]"]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "LC_ALL"}}
    ours = {"DIANDIAN_DATA_FOLDER": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo", "--no-qr", *arguments], env=kept | ours | more, cwd=PROJECT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def until(process: "subprocess.Popen[str]", words: str) -> str:
    """What it said, up to the line with these words."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if words in line:
            return said
    assert process.stderr is not None
    pytest.fail(f"it ended before it said {words!r}: {said}{process.stderr.read()}")


def none_is_left(folder: Path) -> bool:
    deadline = time.monotonic() + 20
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes_of(folder)


def test_a_stranger_who_answers_well_is_not_taken_for_ours(tmp_path: Path) -> None:
    port = _port()
    with Stranger(port), pytest.raises(AddressTaken):
        Tree(tmp_path, {}).wait(f"http://127.0.0.1:{port}/readyz", run="the word of this start")


@pytest.mark.parametrize("kind", ["sharing", "alone"])
def test_serve_refuses_a_port_that_somebody_has_even_one_who_would_share_it(kind: str, tmp_path: Path) -> None:
    with socket.socket() as stranger:
        if kind == "sharing":
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(port)], cwd=PROJECT, check=False,
            capture_output=True, text=True, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}, timeout=60,
        )  # fmt: skip
        beside = subprocess.run(
            [sys.executable, "-m", "app.sandbox", "--port", str(port), "--folder", str(tmp_path)], cwd=PROJECT,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert (
        done.stderr.splitlines()[0]
        == f"✘ somebody listens on 127.0.0.1:{port} already: another --port, or stop it first"
    )
    assert (beside.returncode, len(beside.stderr.splitlines())) == (3, 1), beside.stderr


@pytest.mark.parametrize("option", [0, socket.SO_REUSEADDR])
def test_whoever_comes_between_our_taking_a_port_and_our_listening_is_refused(option: int) -> None:
    port = free_port(_port())
    with contextlib.closing(serving._held("127.0.0.1", port)):
        for _ in range(2):  # before our server listens, and while it does
            with socket.socket() as stranger:
                if option:
                    stranger.setsockopt(socket.SOL_SOCKET, option, 1)
                with pytest.raises(OSError, match="in use"):
                    stranger.bind(("127.0.0.1", port))
            SocketSpec("127.0.0.1", port, 128).build()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_port_that_is_taken_at_the_last_moment_is_told_in_one_line(stack: Stack, processes: str) -> None:
    """As on systems where nobody can hold a port for a server: a stranger comes after we looked, before we listen."""
    port = free_port(_port())
    done = subprocess.run(
        [sys.executable, "-c", _TOO_LATE, "serve", "--port", str(port), "--processes", processes], cwd=PROJECT,
        check=False, capture_output=True, text=True, timeout=60, env=os.environ | stack.environment | _PLAIN,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr.splitlines() == [
        f"✘ somebody listens on 127.0.0.1:{port} already: another --port, or stop it first"
    ]


_PLAIN = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(PROJECT)}
_TOO_LATE = """
import socket
from app.cli import main
from app.cli.operations import serving

stranger, look = socket.socket(), serving._held

def looked(host, port):
    look(host, port).close()
    stranger.bind((host, port))
    stranger.listen()
    return socket.socket()

serving._held = looked
main()
"""


def test_a_demo_whose_port_is_taken_at_the_last_moment_goes_on_with_the_next_ones() -> None:
    with scratch("demo") as folder:
        migrated.fill(folder)
        port = _port()
        with demo(folder, "--no-walk", "--port", str(port)) as running:
            until(running, "PostgreSQL")  # the ports are chosen, nobody listens there yet
            with Stranger(port) as stranger:
                said = until(running, READY)
            (scanned,) = set(re.findall(r"http://127\.0\.0\.1:(\d+)/s/", said))
            assert int(scanned) >= port + 2, said
            assert set(stranger.asked) <= {"/readyz"}
            assert not [line for line in said.splitlines() if columns(line) > WIDTH and len(line.split()) > 1], said
        assert none_is_left(folder)


def test_a_demo_whose_database_is_killed_ends_with_one_plain_line_and_leaves_nothing() -> None:
    with scratch("demo") as folder:
        migrated.fill(folder)
        with demo(folder, "--no-walk", "--port", str(_port()), LANG="zh_CN.UTF-8") as running:
            until(running, READY)
            with demo(folder, "--no-walk", "--port", str(_port())) as second:
                assert second.wait(60) == 1
                assert second.stderr is not None
                told = second.stderr.read()
                assert re.fullmatch(r" ✘ Process \d+ keeps its servers in [^✘]*\n", told), told
            postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            assert running.wait(60) == 1
            assert running.stderr is not None
            told = running.stderr.read()
            assert re.fullmatch(r" ✘ 数据库停止了；日志：\S+postgres\.log\n", told.replace("\n    ", "")), told
        assert none_is_left(folder)


def test_a_demo_without_its_own_database_ends_with_one_plain_line() -> None:
    nowhere = "postgresql://ddt_owner@127.0.0.1:1/diandian"
    with scratch("demo") as folder, demo(
        folder, "--no-walk", "--port", str(_port()), DATABASE_URL=nowhere, DATABASE_OWNER_URL=nowhere
    ) as running:  # fmt: skip
        assert running.wait(60) == 1
        assert running.stderr is not None
        told = running.stderr.read()
        assert re.fullmatch(r" ✘ `migrate` failed: the database does not answer \(\w+\):[^✘]*\n", told), told
        assert none_is_left(folder)
