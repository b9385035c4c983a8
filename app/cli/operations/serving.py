"""Serving by granian: one process in this one, or several under granian's own supervision.

Told to end by SIGTERM, a process says first that it leaves (`/readyz` is 503, and answers close their connections), and goes
on answering for `DIANDIAN_DRAIN_S`: a proxy asks every few seconds and knows no sooner. A second signal, or SIGINT from a
terminal, ends it at once; answers under way are finished either way.
"""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import threading

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server as Granian
from granian.server.embed import Server as Embedded
from litestar import Litestar

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
_LEAVE = signal.SIGUSR1
"""What our supervisor sends to its processes when they are to leave soon."""


_TAKEN = f"(os error {errno.EADDRINUSE})"


class AddressTaken(Exception):
    """Somebody listens there already."""


def serve(settings: Settings, *, host: str, port: int, processes: int) -> None:
    """Serve until SIGTERM or SIGINT: see above.

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
        _Several(
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
            drain_s=settings.drain_s,
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
    asyncio.run(_until_signal(server, app, drain_s=settings.drain_s))


class _Several(Granian):  # type: ignore[misc, valid-type] # an alias of the class for this platform
    """Granian's supervisor, which tells its processes that they leave before it ends them."""

    def __init__(self, *args: object, drain_s: int, **more: object) -> None:
        super().__init__(*args, **more)
        self._drain_s = drain_s
        self._told: list[int] = []
        self._is_told_twice = threading.Event()

    def signal_handler_interrupt(self, *args: object, **more: object) -> None:
        """Note which signal came; the main loop then goes to `shutdown`."""
        if self._told:
            self._is_told_twice.set()
        self._told.append(int(args[0]) if args else signal.SIGINT)  # type: ignore[call-overload]
        super().signal_handler_interrupt(*args, **more)

    def shutdown(self, exit_code: int = 0) -> None:
        """Let a proxy notice, then end as granian does."""
        if self._told == [signal.SIGTERM]:
            for one in self.wrks:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.inner.pid, _LEAVE)
            self._is_told_twice.wait(self._drain_s)
        super().shutdown(exit_code)


def from_environment() -> object:
    """The application of one of several processes."""
    from config.loading import load

    configure_logging()
    settings = load()
    wiring.share_metrics(settings, "api")
    app = create_app(settings)
    signal.signal(_LEAVE, lambda *_: _leave(app))
    return app


def _leave(app: Litestar) -> None:
    """Say from now on that no requests are to be sent here."""
    app.state.is_stopping = True
    structlog.get_logger().info("serve.leaving")


async def _until_signal(server: Embedded, app: Litestar, *, drain_s: int) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # A stream goes on until somebody ends it, and the server waits for answers under way.
        app.state.services.screens.let_go()
        server.stop()  # type: ignore[no-untyped-call]

    def leave() -> None:
        loop.add_signal_handler(signal.SIGTERM, stop)
        _leave(app)
        loop.call_later(drain_s, stop)

    loop.add_signal_handler(signal.SIGTERM, leave)
    loop.add_signal_handler(signal.SIGINT, stop)
    await server.serve()
