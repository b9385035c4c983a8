"""Ports that nobody listens on."""

import contextlib
import socket


class NoFreePort(Exception):
    """Every port that was tried is taken."""


def free_port(wished: int) -> int:
    """The wished port, or the next one up to twenty further that nobody listens on.

    Raises:
        NoFreePort: there is none.
    """
    for port in range(wished, wished + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise NoFreePort(f"no free port from {wished} on")
