"""The demo, begun as a person begins it and killed as hard as can be: nothing of it stays behind."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import migrated
from tests.conftest import PROJECT
from tests.scratch import scratch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")


def _of(folder: Path) -> set[int]:
    """Processes that were given this folder, by command line or environment."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                is_alive = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0] not in b"ZX"
            except OSError:
                continue
            if is_alive and os.fsencode(folder) in told:
                found.add(int(entry.name))
    return found


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_killed_demo_leaves_no_process_and_no_port() -> None:
    with scratch("demo") as folder:
        migrated.fill(folder)
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        port = random.randrange(14_000, 17_000)
        with subprocess.Popen(
            [sys.executable, "-m", "app.cli", "demo", "--no-walk", "--no-qr", "--port", str(port)],
            env=environment | {"DIANDIAN_DATA_FOLDER": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(PROJECT)},
            cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        ) as demo:  # fmt: skip
            assert demo.stdout is not None
            said = ""
            for line in demo.stdout:
                said += line
                if "sandbox cashier at" in line:
                    break
            ports = {int(number) for number in re.findall(r"127\.0\.0\.1:(\d+)", said)}
            assert len(ports) == 2, said
            assert all(_is_open(one) for one in ports)
            assert len(_of(folder)) >= 8  # demo, keeper, PostgreSQL's own, Valkey, sandbox, API, two workers
            assert not [
                pid for pid in _of(folder) if b"app.cli.demo.helper" in Path(f"/proc/{pid}/cmdline").read_bytes()
            ]
            assert (folder / "shell").stat().st_mode & 0o777 == 0o600
            demo.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 20
        while (left := _of(folder)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not left
        assert not any(_is_open(one) for one in ports)
