"""Names and pictures that wait for whoever looks after the scenes of an organisation, all on one page that works on a phone."""

from collections.abc import Sequence
from typing import Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.foundation import identity
from app.foundation.identity import Role
from app.kernel.errors import DomainError
from app.programmes import wall
from app.programmes.wall import PictureState, Waiting
from app.scenarios import Scene
from app.views import estimates
from app.views.console import age
from app.views.errors import NoSuchPage
from app.web.kit.desk import Desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password
from app.web.organiser.scenes import admit
from app.web.organiser.wall.views import ScreenCheck, ScreenChecksPage

HERE: Final = "/organiser/screen-checks"
_DIGITS_MOST: Final = 18


@get(HERE, include_in_schema=False, guards=[by_password])
async def list_checks(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What waits, the oldest first."""
    return desk.page(await _page(desk))


@post(HERE, include_in_schema=False, guards=[by_password, limited("wall_desk", 120, is_exact=True)], status_code=303)
async def decide(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Let a name through or keep somebody off, show a picture or the default one; written down with who did it."""

    async def do() -> None:
        scene = await _scene(desk, data.get("scene", ""))
        scene_id, turn_id = await _turn(scene, data.get("turn", ""))
        match data.get("step"):
            case "show_name":
                await wall.release_turn(turn_id, scene_id, by=desk.person_id)
            case "hide_turn":
                await wall.hide_turn(turn_id, scene_id, by=desk.person_id)
            case "show_picture" | "hide_picture" as step:
                state = PictureState.SHOWN if step == "show_picture" else PictureState.HIDDEN
                await wall.decide_picture(turn_id, scene_id, _digest(data.get("picture", "")), state, by=desk.person_id)
            case _:
                raise wall.TurnUnknown

    return await desk.step(data, do, onward=HERE, again=lambda fact: _page(desk, fact))


@get("/organiser/{code:str}/wall/pictures/{turn:str}", include_in_schema=False, guards=[by_password])
async def show_picture(desk: NamedDependency[Desk], code: FromPath[str], turn: FromPath[str]) -> Response[bytes]:
    """The picture that waits, for whoever looks after the scene."""
    scene_id, turn_id = await _turn(await _scene(desk, code), turn)
    picture = await wall.fetch_picture(turn_id, scene_id, keyring=desk.services.keyring)
    if picture is None:
        raise NoSuchPage
    return Response(picture, media_type="image/webp", headers={"cache-control": "no-store"})


async def _scene(desk: Desk, code: str) -> Scene:
    scene = await scenarios.open_scene(code, today=estimates.today())
    await admit(desk.person_id, scene)
    return scene


async def _turn(scene: Scene, turn: str) -> tuple[int, int]:
    """The screen of the scene, and the turn that was typed."""
    found = await wall.find_wall(scene.id)
    if found is None or not (turn.isascii() and turn.isdigit() and len(turn) <= _DIGITS_MOST):
        raise wall.TurnUnknown
    return found.id, int(turn)


def _digest(typed: str) -> bytes:
    try:
        return bytes.fromhex(typed)
    except ValueError:
        raise wall.PictureUnknown from None


async def _page(desk: Desk, fact: DomainError | None = None) -> ScreenChecksPage:
    own = await identity.own_organisations(desk.person_id)
    sponsored = [card.id for card, roles in own if Role.SPONSOR in roles]
    scenes = await scenarios.of_organisations(sponsored, today=estimates.today())
    waiting = await wall.list_waiting([scene.id for scene in scenes], keyring=desk.services.keyring)
    return ScreenChecksPage(**desk.frame(HERE, fact), roles=(), door="organiser", checks=_checks(desk, scenes, waiting))


def _checks(desk: Desk, scenes: Sequence[Scene], waiting: Sequence[Waiting]) -> tuple[ScreenCheck, ...]:
    by_id = {scene.id: scene for scene in scenes}
    return tuple(
        ScreenCheck(
            turn=one.turn_id,
            scene=(scene := by_id[one.scenario_id]).code,
            scene_title=scene.title.in_(desk.language),
            no=one.no,
            name=one.name,
            is_name_waiting=one.is_name_waiting,
            picture=one.picture.hex() if one.picture else None,
            picture_url=f"/organiser/{scene.code}/wall/pictures/{one.turn_id}" if one.picture else None,
            age=age(one.asked_at, desk.now),
        )
        for one in waiting
    )
