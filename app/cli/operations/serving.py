"""Serving by granian: one process in this one, or several under granian's own supervision."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server as Granian
from granian.server.embed import Server as Embedded

from app import wiring
from app.main import create_app
from config.logging import configure_logging
from config.settings import Settings, environment_name

HEADERS_TIMEOUT_MS = 5_000
BACKPRESSURE = 1024
STOP_S = 15
"""How long a process of several may take to end: the streams of big screens go on until somebody ends them."""
BUFFER_BYTES = 256 * 1024
"""For the head of a request: room to refuse one that is too large in our own words; what is larger is the server's."""


_TAKEN = f"(os error {errno.EADDRINUSE})"


class AddressTaken(Exception):
    """Somebody listens there already."""


def serve(settings: Settings, *, host: str, port: int, processes: int) -> None:
    """Serve until SIGTERM or SIGINT; answers under way are finished.

    Raises:
        AddressTaken: somebody listens there, be it somebody who would share the port.
        OSError: there is no such address here, or we may not listen on it.
        SettingsUnfit: in production, the database is not fit for it; nothing has been served.
    """
    with contextlib.closing(_held(host, port)):
        try:
            _serve(settings, host=host, port=port, processes=processes)
        except RuntimeError as refusal:  # granian's, with the system's words and a trace of its own
            if _TAKEN in str(refusal):  # after we looked, where the address cannot be held
                raise AddressTaken from refusal
            raise


def _held(host: str, port: int) -> socket.socket:
    """The address, ours alone for as long as this is open.

    The server listens so that its own processes may share the port, and so would a stranger's of the same user: each
    would get every second visitor. One socket that is bound first without sharing is refused where anybody is, and from
    then on refuses who comes later. Who then asks to share, as the same user, Linux lets in: no socket of ours can help it.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    held = socket.socket(family, kind, protocol)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past connections that linger are nobody's
        held.bind(address)
        if sys.platform != "linux":
            held.close()  # elsewhere it would keep our own server out
            return held
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # from now on ours may listen beside it
    except OSError as refusal:
        held.close()
        if refusal.errno == errno.EADDRINUSE:
            raise AddressTaken from refusal
        raise
    return held


def _serve(settings: Settings, *, host: str, port: int, processes: int) -> None:
    if not settings.is_sandbox:
        # Asked again when the application starts, but there a refusal would end in the server's own words.
        asyncio.run(wiring.refuse_unfit(settings))
    http1 = HTTP1Settings(header_read_timeout=HEADERS_TIMEOUT_MS, max_buffer_size=BUFFER_BYTES)
    if processes > 1:
        # Each reads the settings for itself, and is to know of the others.
        os.environ[environment_name("api_processes")] = str(max(processes, settings.api_processes))
        Granian(
            "app.cli.operations.serving:from_environment",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            http1_settings=http1,
            workers=processes,
            websockets=False,
            log_enabled=False,
            factory=True,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_S,
            backpressure=BACKPRESSURE,
        ).serve()
        return
    configure_logging()
    wiring.share_metrics(settings, "api")
    app = create_app(settings)
    server = Embedded(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=http1,
        websockets=False,
        log_enabled=False,
        backpressure=BACKPRESSURE,
    )
    asyncio.run(_until_signal(server, app.state.services.screens.let_go))


def from_environment() -> object:
    """The application of one of several processes."""
    from config.loading import load

    configure_logging()
    settings = load()
    wiring.share_metrics(settings, "api")
    return create_app(settings)


async def _until_signal(server: Embedded, let_go: Callable[[], None]) -> None:
    def stop() -> None:
        let_go()  # a stream goes on until somebody ends it, and the server waits for answers under way
        server.stop()  # type: ignore[no-untyped-call]

    for how in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(how, stop)
    await server.serve()
