"""`python -m app.sandbox`: the far side on a loopback port, in one process, until it is told to end."""

import argparse
import asyncio
import logging
import signal
import socket
import sys
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from app.sandbox import keys
from app.sandbox.app import create_app

HOST = "127.0.0.1"
ADDRESS_TAKEN = 3
"""Exit code: somebody listens there already, and another port would do."""


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="a free port on 127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True, help="where keys and truth are kept; made if missing")
    parser.add_argument("--time-factor", type=float, default=1.0, help="multiplies every waiting time (default 1)")
    parser.add_argument("--run", default="", help="what /readyz is to tell, so that whoever began it knows it again")
    parser.add_argument("--base-url", help="how a browser reaches the cashier (default: the loopback address)")
    given = parser.parse_args()
    if given.time_factor <= 0:
        parser.error("--time-factor must be above 0")
    if not _is_free(given.port):
        sys.stderr.write(f"somebody listens on {HOST}:{given.port} already\n")
        sys.exit(ADDRESS_TAKEN)
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("app.sandbox").setLevel(logging.INFO)
    address = f"http://{HOST}:{given.port}"
    app = create_app(
        folder=given.folder,
        keys=keys.ensure(given.folder),
        base_url=given.base_url or address,
        notify_factor=given.time_factor,
        run=given.run,
    )
    server = Server(
        app,
        address=HOST,
        port=given.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    sys.stdout.write(f"SANDBOX 样张 {address}\n")
    sys.stdout.flush()
    asyncio.run(_serve(server))


def _is_free(port: int) -> bool:
    """Whether nobody listens there; the server itself would share the port with others of its kind."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


async def _serve(server: Server) -> None:
    for how in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(how, server.stop)
    await server.serve()


if __name__ == "__main__":
    main()
