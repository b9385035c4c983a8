"""The page of the big screen, its drawings, and taking somebody off it."""

import re
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app.foundation import identity
from app.kernel.drawing import ring_svg
from app.kernel.text import Language
from app.programmes import wall
from app.programmes.wall import SLOTS_MOST, Because
from app.views.errors import FormExpired, NoSuchPage
from app.views.services import Services
from app.views.wall import board, screen
from app.web.kit.requests import cookies
from app.web.kit.responses import html
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.public.wall.opening import GUESSING, may_operate, opened, scene_of

_PEOPLE: Final = re.compile(r"people-(0|[1-9][0-9]{0,8})\.svg")
_FACE: Final = re.compile(r"([0-9a-f]{64})\.webp")
_TURN: Final = re.compile(r"turn-([1-9][0-9]{0,17})\.svg")


@get("/wall/{token:str}", include_in_schema=False, guards=[GUESSING.guard])
async def show_screen(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The screen; with `?rehearse=6` six invented people at a time."""
    one = await opened(token, request)
    operating = None
    if (
        await may_operate(one, await guards.counted_of(request))
        and (session := cookies.read(request.scope, cookies.SESSION)) is not None
    ):
        operating = screen.Operating(
            action=f"/wall/{token}/turns", csrf_token=forms.token(session, key=services.form_key)
        )
    page = await screen.show(
        await scene_of(one),
        await wall.snapshot(one.scene_id, keyring=services.keyring),
        token=token,
        public_url=services.issuer.public_url,
        language=language,
        sandbox=services.issuer.is_sandbox,
        boards=await board.boards_of(one.scenario_id, keyring=services.keyring, texts=services.consents),
        rehearsed_slots=_rehearsed(request.query_params.get("rehearse", "")),
        operating=operating,
    )
    return html.page(page, language)


def _rehearsed(asked: str) -> int:
    return min(SLOTS_MOST, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0


@get("/wall/{token:str}/rings/{name:str}", include_in_schema=False, guards=[GUESSING.guard])
async def show_ring(request: Request[Any, Any, Any], token: FromPath[str], name: FromPath[str]) -> Response[str]:
    """The ring of the scene with so many people in it, or that of a turn; drawn from its name alone."""
    one = await opened(token, request)
    if found := _PEOPLE.fullmatch(name):
        drawn = ring_svg(str(one.scenario_id), use="wall", progress=screen.filled(int(found[1])))
    elif found := _TURN.fullmatch(name):
        drawn = ring_svg(f"turn {found[1]}", use="tile", progress=0.9)
    else:
        raise NoSuchPage
    return Response(drawn, media_type="image/svg+xml", headers={"cache-control": "private, max-age=86400, immutable"})


@post(
    "/wall/{token:str}/turns",
    include_in_schema=False,
    guards=[guards.signed_in, limited("wall_turn", 120, is_exact=True)],
    status_code=204,
)
async def take_off(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    services: NamedDependency[Services],
) -> None:
    """Take somebody off every screen of the scene: `turn`, and `because` hidden or skipped."""
    seal = cookies.read(request.scope, cookies.SESSION)
    if seal is None or not forms.is_genuine(data.get(forms.FIELD, ""), seal, key=services.form_key):
        raise FormExpired
    one = await opened(token, request)
    if not await may_operate(one, session):
        raise identity.RoleMissing
    turn = data.get("turn", "")
    because = Because.SKIPPED if data.get("because") == Because.SKIPPED else Because.HIDDEN
    if not (turn.isascii() and turn.isdigit() and len(turn) < 18):
        raise wall.TurnUnknown
    await wall.hide_turn(int(turn), one.scene_id, because=because, by=session.person_id)


@get("/wall/{token:str}/faces/{name:str}", include_in_schema=False, guards=[GUESSING.guard])
async def show_face(
    request: Request[Any, Any, Any], token: FromPath[str], name: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """The picture of somebody whom this screen shows, for as long as it does."""
    one = await opened(token, request)
    found = _FACE.fullmatch(name)
    data = await wall.fetch_face(one.scene_id, bytes.fromhex(found[1]), keyring=services.keyring) if found else None
    if data is None:
        raise NoSuchPage
    headers = {"cache-control": "no-store", "content-security-policy": "default-src 'none'"}
    return Response(data, media_type="image/webp", headers=headers)


routes = Router(
    "/",
    route_handlers=[show_screen, show_ring, show_face, take_off],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
