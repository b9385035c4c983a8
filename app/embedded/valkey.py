"""One Valkey on a private socket. It holds nothing that cannot be rebuilt; its files only save the rebuilding."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Final

from app.embedded import processes
from app.embedded.errors import ServerFailed
from app.embedded.logs import end_of
from app.embedded.places import Place

_READY_S: Final = 20


class Valkey:
    """The server in one place."""

    def __init__(self, place: Place, run: Path) -> None:
        self._place = place
        self._log = place.log / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = run / "valkey.sock"

    @property
    def pid(self) -> int | None:
        """None while it is down."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def take_over(self) -> None:
        """End what an earlier keeper that was killed has left running here."""
        left = processes.matching(f"--dir {self._place.valkey} --port 0")
        processes.put_down(left, first=signal.SIGTERM, timeout_s=10)

    def start(self) -> None:
        """Start it and wait for its PONG; files cut short by a kill are read up to the cut.

        Running already, it stays as it is.

        Raises:
            ServerFailed: it did not answer in time.
        """
        if self.pid is None:
            self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """The first half of `start`, for whoever has something else to do meanwhile."""
        settings: dict[str, str | Path] = {
            "dir": self._place.valkey,
            "port": "0",
            "unixsocket": self.socket,
            "unixsocketperm": "700",
            "appendonly": "yes",
            "save": "",
            "set-proc-title": "no",  # `take_over` knows it by its command line
        }
        argv: list[str | Path] = [self._place.binaries.valkey]
        for name, value in settings.items():
            argv += [f"--{name}", value]
        with self._log.open("ab") as log:
            self._process = processes.spawn(argv, account=self._place.account, stop=signal.SIGTERM, output=log)

    def wait_until_ready(self) -> None:
        """The second half of `start`."""
        if not processes.wait_until(self._answers, timeout_s=_READY_S):
            raise ServerFailed(f"Valkey did not come up in {_READY_S} s.\n{end_of(self._log)}")

    def ask_to_stop(self) -> None:
        """Write the files and end. Returns at once."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait(self) -> None:
        """Until it is down; killed after ten seconds."""
        if self._process is None:
            return
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait(10)

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise ServerFailed(f"Valkey does not start.\n{end_of(self._log)}")
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(1)
            try:
                wire.connect(str(self.socket))
                wire.sendall(b"PING\r\n")
                return wire.recv(64).startswith(b"+PONG")  # while it reads its files it says -LOADING
            except OSError:
                return False
