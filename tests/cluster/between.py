"""What stands between: PgBouncer before the database, HAProxy before the APIs."""

import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.cluster import programs
from tests.cluster.database import Server
from tests.cluster.programs import Programs

_POOLER: Final = """
[databases]
diandian = host={run} port=5432 dbname=diandian
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
server_login_retry = 1
query_wait_timeout = 5
logfile = {log}
pidfile =
unix_socket_dir =
"""
_PROXY: Final = """
global
    maxconn 1000
    stats socket {control} mode 600
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option forwardfor
    option redispatch
    retries 2
    errorfile 503 {away}
frontend visitors
    bind 127.0.0.1:{port}
    default_backend api
backend api
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
    default-server inter 500ms fall 2 rise 1
{servers}
"""
_AWAY: Final = (
    "HTTP/1.0 503 Service Unavailable\r\nCache-Control: no-store\r\nRetry-After: 1\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nNobody serves just now; please come again.\n"
)
"""While no API is ready the proxy itself answers, and asks people to come again as the platform does."""


class Pooler:
    """PgBouncer in transaction mode, leading to one server."""

    def __init__(self, folder: Path, logs: Path, port: int, found: Programs) -> None:
        self.port = port
        self._found = found
        self._settings, self._log, self._users = folder / "pgbouncer.ini", logs / "pgbouncer.log", folder / "users"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, role: str) -> str:
        """For a program of ours."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/diandian"

    def begin(self, server: Server) -> None:
        """Begin it; returns when it listens."""
        self._users.write_text('"ddt_app" ""\n')
        self._log.touch()
        self._write(server)
        for path in (self._users, self._log):
            programs.own(path, self._found.account)
        self._process = programs.begin(
            [self._found.pgbouncer, "-q", self._settings], log=self._log, account=self._found.account
        )
        _wait_for("PgBouncer", self._process, self.port, self._log)

    def lead_to(self, server: Server) -> None:
        """As an operator does after a failover: another host in its file, and RELOAD."""
        self._write(server)
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def end(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)

    def _write(self, server: Server) -> None:
        told = {"run": server.run, "port": self.port, "users": self._users, "log": self._log}
        self._settings.write_text(_POOLER.format(**told))
        programs.own(self._settings, self._found.account)


class Proxy:
    """HAProxy, which asks each API's `/readyz` twice a second."""

    def __init__(self, folder: Path, port: int, servers: Mapping[str, int], found: Programs) -> None:
        self.port = port
        self._found = found
        self._control, self._settings, self._log = (
            folder / "haproxy.sock",
            folder / "haproxy.cfg",
            folder / "haproxy.log",
        )
        away = folder / "503.http"
        away.write_text(_AWAY, newline="")
        lines = "\n".join(f"    server {name} 127.0.0.1:{at} check" for name, at in servers.items())
        self._settings.write_text(_PROXY.format(control=self._control, away=away, port=port, servers=lines))
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Begin it; returns when it listens."""
        self._process = programs.begin([self._found.haproxy, "-db", "-f", self._settings], log=self._log, account=None)
        _wait_for("HAProxy", self._process, self.port, self._log)

    def up(self) -> set[str]:
        """The servers that it sends requests to."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(str(self._control))
            control.sendall(b"show stat -1 4 -1\n")
            said = b""
            while part := control.recv(65536):
                said += part
        head, *rows = said.decode().lstrip("# ").splitlines()
        at = {name: number for number, name in enumerate(head.split(","))}
        cells = [row.split(",") for row in rows if row]
        return {row[at["svname"]] for row in cells if row[at["status"]].startswith("UP")}

    def end(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)


def _wait_for(name: str, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + 20
    while True:
        assert process.poll() is None, f"{name} ended: {log.read_text()[-2000:]}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, f"{name} does not listen: {log.read_text()[-2000:]}"
            time.sleep(0.05)
        else:
            return
