"""The big screen on a page of the organiser's: open it, make and end links, let names through or take them off."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.foundation import identity
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.typed import typed_number
from app.programmes import wall
from app.programmes.wall import TURN_S, WAIT_S, Moderation
from app.views import estimates
from app.views.console import Tone
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.scenes import admit
from app.web.organiser.wall import checks
from app.web.organiser.wall.views import ScreenRow, TurnRow, WallPage

_STEP: Final = [by_password, limited("wall_desk", 120, is_exact=True)]
_TONES: Final[dict[Moderation, Tone]] = {
    Moderation.WAITING: "todo", Moderation.SHOWN: "done", Moderation.HIDDEN: "void",
}  # fmt: skip


@get("/organiser/{code:str}/wall", include_in_schema=False, guards=[by_password])
async def show_wall(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[bytes]:
    """The screen, its links, and the last people on it."""
    return desk.page(await _page(desk, await _scene(desk, code)))


@post("/organiser/{code:str}/wall/settings", include_in_schema=False, guards=_STEP, status_code=303)
async def set_up(desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Open the screen, set it up anew, or close it."""

    async def do(scene: scenarios.Scene) -> None:
        if data.get("step") == "close":
            await wall.close_wall(scene.id)
        else:
            await wall.open_wall(
                scene.id, is_premoderated="look" in data, turn_s=_number(data.get("turn_s", "")),
                wait_s=_number(data.get("wait_s", "")),
            )  # fmt: skip

    return await _step(desk, code, data, do)


@post("/organiser/{code:str}/wall/screens", include_in_schema=False, guards=_STEP, status_code=200)
async def make_screen(desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields) -> Response[bytes]:
    """A link for one screen, shown this once."""
    scene = await _scene(desk, code)
    try:
        desk.demand_seal(data)
        _, token = await wall.make_screen(
            scene.id, data.get("label", ""), organisation_id=_organisation(scene), by=desk.person_id
        )
    except DomainError as fact:
        return desk.page(await _page(desk, scene, fact, typed=data), fact)
    answer = desk.page(await _page(desk, scene, token=token))
    answer.headers["cache-control"] = "no-store"
    return answer


@post("/organiser/{code:str}/wall/revoke", include_in_schema=False, guards=_STEP, status_code=303)
async def revoke_screen(
    desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """End a link; a screen that is on with it goes dark within seconds."""

    async def do(scene: scenarios.Scene) -> None:
        screen_id = ids.parse("scr", data.get("screen", ""))
        if screen_id is None:
            raise wall.ScreenUnknown
        await wall.revoke_screen(screen_id, scene.id, organisation_id=_organisation(scene), by=desk.person_id)

    return await _step(desk, code, data, do)


@post("/organiser/{code:str}/wall/turns", include_in_schema=False, guards=_STEP, status_code=303)
async def decide_turn(
    desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """Let a name through, or take it off every screen."""

    async def do(scene: scenarios.Scene) -> None:
        found = await wall.find_wall(scene.id)
        turn = data.get("turn", "")
        if found is None or not (turn.isascii() and turn.isdigit() and len(turn) < 18):
            raise wall.TurnUnknown
        if data.get("step") == "release":
            await wall.release_turn(int(turn), found.id, by=desk.person_id)
        else:
            await wall.hide_turn(int(turn), found.id, by=desk.person_id)

    return await _step(desk, code, data, do)


async def _step(
    desk: Desk, code: str, data: dict[str, str], do: Callable[[scenarios.Scene], Awaitable[None]]
) -> Response[bytes] | Redirect:
    scene = await _scene(desk, code)
    return await desk.step(
        data,
        lambda: do(scene),
        onward=f"/organiser/{scene.code}/wall",
        again=lambda fact: _page(desk, scene, fact, typed=data),
    )


async def _scene(desk: Desk, code: str) -> scenarios.Scene:
    scene = await scenarios.open_scene(code, today=estimates.today())
    await admit(desk.person_id, scene)
    return scene


def _organisation(scene: scenarios.Scene) -> UUID:
    if scene.organisation_id is None:
        raise identity.RoleMissing
    return scene.organisation_id


def _number(said: str) -> int:
    plain = typed_number(said) or ""
    return int(plain) if plain.isdigit() and len(plain) < 6 else 0


async def _page(
    desk: Desk,
    scene: scenarios.Scene,
    fact: DomainError | None = None,
    *,
    token: str | None = None,
    typed: Mapping[str, str] = MappingProxyType({}),
) -> WallPage:
    """What was `typed` into a form that is refused comes back in its field."""
    found = await wall.find_wall(scene.id)
    turns = await wall.list_turns(found.id, keyring=desk.services.keyring) if found else []
    frame: dict[str, Any] = desk.frame(f"/organiser/{scene.code}/wall", fact)
    return WallPage(
        **frame,
        roles=(),
        door="organiser",
        scene_url=f"/organiser/{scene.code}",
        title=scene.title.in_(desk.language),
        is_there=found is not None,
        is_open=found is not None and found.is_open,
        turn_s=typed.get("turn_s") or str(found.turn_s if found else TURN_S),
        wait_s=typed.get("wait_s") or str(found.wait_s if found else WAIT_S),
        is_premoderated="look" in typed if "turn_s" in typed else found is None or found.is_premoderated,
        label=typed.get("label", ""),
        screens=tuple(
            ScreenRow(
                id=ids.public("scr", one.id), label=one.label, made_at=one.made_at, is_good=one.revoked_at is None
            )
            for one in await wall.screens_of(scene.id)
        ),
        turns=tuple(
            TurnRow(
                turn=one.id,
                no=one.no,
                name=one.name,
                mass_g=one.mass_g,
                state=one.moderation.value,
                tone=_TONES[one.moderation],
                can_release=one.moderation is Moderation.WAITING,
                can_hide=one.moderation is not Moderation.HIDDEN,
            )
            for one in turns
        ),
        made_url=f"{desk.services.issuer.public_url}/wall/{token}" if token else None,
        rehearse_url=f"/wall/{token}?rehearse=6",
    )


routes = Router(
    "/",
    route_handlers=[
        show_wall,
        set_up,
        make_screen,
        revoke_screen,
        decide_turn,
        checks.list_checks,
        checks.decide,
        checks.show_picture,
    ],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
