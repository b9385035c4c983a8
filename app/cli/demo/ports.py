"""Ports that nobody listens on."""

import contextlib
import socket

from app.cli.output import say


class NoFreePort(Exception):
    """Every port that was tried is taken."""


def free_port(wished: int) -> int:
    """The wished port, or the next one up to twenty further that nobody listens on.

    Raises:
        NoFreePort: there is none.
    """
    for port in range(wished, min(wished + 20, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise NoFreePort(say(f"{wished} 起的二十个端口都被占用", f"no free port from {wished} on"))
