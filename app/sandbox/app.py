"""The far side as one ASGI app: the wires, the cashier and the control plane over one file of truth."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from app.sandbox import cashier, control, notices, registry_keys
from app.sandbox.channels import CannotBePaid, channels
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.keys import SandboxKeys, packages
from app.sandbox.truth import Truth

_LARGEST_BODY: Final = 64 * 1024
_log: Final = logging.getLogger("app.sandbox")
_PLAIN: Final = re.compile(rb"[0-9A-Za-z_-]{1,64}")


def create_app(
    *,
    folder: Path,
    keys: SandboxKeys,
    base_url: str,
    notify_factor: float = 1.0,
    clock_offset_s: float | None = None,
    run: str = "",
) -> Litestar:
    """The far side with its truth in `folder`, which must exist; one process at a time per folder.

    `base_url` is how a browser reaches it, and stands in h5 links. `notify_factor` multiplies every waiting
    time (retries, delays, refunds under way). `clock_offset_s` sets the clock anew; None leaves it as it was.
    `run` is told by `/readyz`, so that whoever began this process knows it again.
    """

    @contextlib.asynccontextmanager
    async def open_for_business(app: Litestar) -> AsyncIterator[None]:
        truth = Truth(folder, schemas=[one.SCHEMA for one in packages() if hasattr(one, "SCHEMA")])
        if clock_offset_s is not None:
            truth.set("clock.offset_s", clock_offset_s)
        far = FarSide(
            keys=keys,
            registry=registry_keys.ensure(folder),
            truth=truth,
            folder=folder,
            base_url=base_url.rstrip("/"),
            notify_factor=notify_factor,
        )
        app.state.far = far
        messenger = asyncio.create_task(notices.deliver(far))
        messenger.add_done_callback(_note_end)
        try:
            yield
        finally:
            messenger.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await messenger
            truth.close()

    return Litestar(
        route_handlers=[
            *cashier.ROUTES,
            *(route for package in packages() for route in package.ROUTES),
            control.ROUTER,
            ready,
        ],
        dependencies={"far": Provide(_far_side, sync_to_thread=False)},
        lifespan=[open_for_business],
        middleware=[_named],
        exception_handlers={HTTPException: _in_dialect},
        after_exception=[_note],
        request_max_body_size=_LARGEST_BODY,
        state=State({"run": run}),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


@get("/readyz", media_type="text/plain")
async def ready(far: FarSide, state: State) -> Response[str]:
    """The books are open."""
    far.truth.row("SELECT 1")
    return Response("SANDBOX ready", headers={"demo-run": state.run} if state.run else {})


def _far_side(state: State) -> FarSide:
    far: FarSide = state.far
    return far


def _in_dialect(request: Request[Any, Any, Any], fact: HTTPException) -> Response[Any]:
    """Whatever the framework refuses: in its channel's own words on a channel's paths, plain JSON elsewhere."""
    for channel in channels().values():
        if request.scope["path"].startswith(channel.paths):
            return channel.refuse(request, fact)
    told = {"code": fact.__class__.__name__, "message": fact.detail, "extra": fact.extra}
    return Response(told, status_code=fact.status_code, headers=fact.headers)


def _named(app: ASGIApp) -> ASGIApp:
    """Write a line for each question that says which request it comes from: whoever asks may look for it here."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            for name, value in scope["headers"]:
                if name == b"x-request-id":
                    told = value.decode("latin-1") if _PLAIN.fullmatch(value) else "-"
                    _log.info("sandbox.asked request_id=%s path=%s", told, scope.get("path_template", "-"))
        await app(scope, receive, send)

    return asked


def _note_end(messenger: asyncio.Task[None]) -> None:
    if not messenger.cancelled():
        _log.critical("sandbox.messenger_ended: no notice is sent any more", exc_info=messenger.exception())


def _note(fault: Exception, scope: Scope) -> None:
    if not isinstance(fault, HTTPException | Refusal | CannotBePaid):
        _log.error("sandbox.fault path=%s", scope["path"], exc_info=fault)
