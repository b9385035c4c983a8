"""JSON for mini-programs and the page's script: how one stands to the screen, agreeing and taking it back."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app import certificates
from app.foundation import consents
from app.foundation.consents import ConsentPlace
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.programmes import wall
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.ids import certificate_id as known_certificate
from app.views.services import Services
from app.views.wall import card
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


class PhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """The photo moment: their turn once more, by their own tap before the screen."""

    can_take: bool
    left: int
    """How many more in this scene today."""
    wait_s: int | None
    """Until they are in the slot; 0: they are; null: nothing was asked."""
    show_from: str | None
    show_to: str | None


class WallStandingView(msgspec.Struct, frozen=True, kw_only=True):
    """How a certificate stands to the screen of its scene."""

    state: card.State
    said: str
    """The same in words: 约 40 秒后上屏，第 3 位."""
    ahead: int
    """How many come before, and are not on the screen yet."""
    wait_s: int | None
    """About how many seconds; null where no screen is on, or it has begun."""
    show_from: str | None
    version: int
    title: str
    text: str
    """What is asked; the present version."""
    asks_again: bool
    """They have a turn by older words; agreeing to these shows their picture as well."""
    photo: PhotoView | None
    """Null until their turn is over."""


class WallWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word about being shown."""

    given: bool
    version: Annotated[int, msgspec.Meta(ge=1, le=32_767)]
    """Of the text that was shown; when withdrawing it may be any."""


_STANDING = WallStandingView(
    state="line", said="约 40 秒后上屏，第 3 位", ahead=2, wait_s=40, show_from=None, version=2,
    title="大屏显示我的名字和头像", text="活动现场的大屏上，你中和后显示你在证书上填写的名字，以及你上传并通过审核的头像。",
    asks_again=False, photo=None,
)  # fmt: skip


@get(
    "/certificates/{certificate_id:str}/wall",
    operation_id="getWallStanding",
    summary="When I am on the screen / 我何时上屏",
    guards=[guards.signed_in],
    security=BEARER,
    responses=answers(_STANDING, FieldsInvalid, *SIGNED_IN, certificates.CertificateUnknown, wall.WallClosed),
)
async def show_standing(
    certificate_id: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[WallStandingView]:
    """Of a certificate of one's own, whose scene has a screen."""
    one = await certificates.find(known_certificate(certificate_id), by=person_id)
    return await _answer(one, person_id, language, services)


@put(
    "/certificates/{certificate_id:str}/wall",
    operation_id="decideWall",
    summary="Be shown on the screen, or not / 同意或收回上屏",
    guards=[guards.signed_in, limited("wall", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        _STANDING, *READ, *SIGNED_IN, RequestsTooMany, certificates.CertificateUnknown, consents.ConsentOutdated,
        consents.ConsenterGone, wall.WallClosed, wall.NotForWall,
    ),
)  # fmt: skip
async def decide(
    data: JSONBody[WallWord],
    certificate_id: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[WallStandingView]:
    """Agreeing also counts for later certificates, taking back for all. Said again it changes nothing."""
    one = await certificates.find(known_certificate(certificate_id), by=person_id)
    if data.given:
        await card.agree(one, person_id, data.version, language, ConsentPlace.API, services)
    else:
        await card.withdraw(one, person_id, ConsentPlace.API)
    return await _answer(one, person_id, language, services)


@post(
    "/certificates/{certificate_id:str}/wall/photo",
    operation_id="takeWallPhoto",
    summary="I am standing before it / 打卡",
    guards=[guards.signed_in, limited("wall", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(
        _STANDING, FieldsInvalid, *SIGNED_IN, RequestsTooMany, certificates.CertificateUnknown, wall.NotForWall,
        wall.TurnUnknown, wall.PhotoTooEarly, wall.ScreenOff, wall.PhotosUsed, wall.PhotosBusy, wall.WallClosed,
    ),
)  # fmt: skip
async def take_photo(
    certificate_id: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[WallStandingView]:
    """Their turn is shown once more, in a slot of its own; said again while it is to come or on, it is the same."""
    one = await certificates.find(known_certificate(certificate_id), by=person_id)
    await card.take_photo(one, person_id)
    return await _answer(one, person_id, language, services)


async def _answer(
    one: certificates.CertificateFacts, person_id: UUID, language: Language, services: Services
) -> Response[WallStandingView]:
    found = await card.card_of(one, person_id, services)
    if found is None:
        raise wall.WallClosed
    return Response(
        WallStandingView(
            state=found.state,
            said=card.said(found).in_(language),
            ahead=found.ahead,
            wait_s=found.wait_s,
            show_from=rfc3339(found.show_from) if found.show_from else None,
            version=found.text.version,
            title=found.text.title.in_(language),
            text=found.text.text.in_(language),
            asks_again=found.asks_again,
            photo=_photo(found),
        ),
        headers={"cache-control": "no-store"},
    )


def _photo(found: card.WallCard) -> PhotoView | None:
    one = found.photos
    if one is None:
        return None
    return PhotoView(
        can_take=found.can_take_photo,
        left=one.left,
        wait_s=one.wait_s,
        show_from=rfc3339(one.show_from) if one.show_from else None,
        show_to=rfc3339(one.show_to) if one.show_to else None,
    )


routes = Router(
    "/api/v1",
    route_handlers=[show_standing, decide, take_photo],
    dependencies={"services": Provide(provide_services)},
    tags=["wall"],
)
