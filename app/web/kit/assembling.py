"""The kit put together: a Litestar application with everything this folder does for every door.

`create_app` hands in the doors and what they need in `state`:

sessions        token -> Session | None          (guards)
api_keys        text of a key -> Session | None  (guards)
open_guest      Language -> (token, Session)     (guards.ensure_guest)
limiter         limits.Limiter                   (limits.limited)
intents         idempotency.IntentStore          (idempotency.answer_once)
in_flight       idempotency.InFlight             (the same)
form_key        bytes                            (forms.sealed_form)
render_problem  (ProblemView, Language) -> bytes (problem pages; without it browsers get the JSON)
query, migration_head, redis, is_stopping, demo_run (operations)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from app.web.kit import middleware, operations
from app.web.kit.middleware import AccessLog, TrustedProxy
from app.web.kit.requests import reading
from app.web.kit.responses import closed_forms, docs, packing, problems
from app.web.kit.security import guards, limits

BODY_BYTES_MAX: Final = 256 * 1024
"""Of an ordinary request. An upload says `request_max_body_size=2 * 1024 * 1024` in its handler, a callback 64 KB."""
FORM_PARTS_MAX: Final = 10

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def assemble(
    doors: Sequence[ControllerRouterHandler],
    *,
    version: str,
    hosts: Sequence[str],
    is_secure: bool,
    state: Mapping[str, Any],
    proxy: TrustedProxy | None = None,
    form_targets: Iterable[str] = (),
    lifespan: Sequence[Lifespan] = (),
    tags: tuple[Tag, ...] = (),
    body_s: float = limits.BODY_S,
    access: AccessLog = middleware.access_line,
    wait_s: float = middleware.WAIT_S,
) -> Litestar:
    """The application: the doors behind the front, with problem documents, guards, docs and probes.

    `is_secure` is whether the public address is https: cookies are then sent by https only. `access` writes the
    line of each request; an entrance hands in `config.logging.access_line`. `wait_s`: see `middleware.WAIT_S`.
    """
    app = Litestar(
        route_handlers=[*doors, docs.assets, operations.routes],
        state=State(dict(state), deep_copy=False),
        lifespan=list(lifespan),
        dependencies=dict(guards.DEPENDENCIES),
        exception_handlers=problems.HANDLERS,
        before_request=reading.guard,
        request_class=reading.GuardedRequest,
        request_max_body_size=BODY_BYTES_MAX,
        multipart_form_part_limit=FORM_PARTS_MAX,
        openapi_config=docs.openapi(version=version, tags=tags),
        plugins=[closed_forms.ClosedForms()],
        debug=False,
        logging_config=None,  # ours is config/logging.py; Litestar's would write bodies and headers
    )
    app.asgi_handler = packing.Packer(app.asgi_handler)
    return middleware.surround(
        app, hosts=hosts, is_secure=is_secure, proxy=proxy, form_targets=form_targets, body_s=body_s, access=access,
        wait_s=wait_s,
    )  # fmt: skip
