"""How somebody's certificate stands to the screen of its scene: on their page, and as JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from app.certificates import CertificateFacts
from app.foundation import consents
from app.foundation.consents import ConsentPlace, ConsentPurpose, ConsentState, ConsentText
from app.kernel.text import Language, Text
from app.programmes import wall
from app.programmes.wall import Because, Moderation, PhotoStanding, Standing
from app.views.services import Services

State = Literal["ask", "moderation", "line", "soon", "on", "over", "photo_soon", "photo", "withdrawn", "hidden"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WallCard:
    """What the page of a certificate says of the screen."""

    state: State
    text: ConsentText
    """What is asked; the present version."""
    ahead: int
    wait_s: int | None
    """None: no screen is on."""
    no: int
    show_from: datetime | None
    asks_again: bool
    """They have a turn by older words: by the present ones their picture is shown as well."""
    photos: wall.PhotoStanding | None
    """None: their turn is not over."""

    @property
    def can_take_photo(self) -> bool:
        """Whether a tap shows them once more."""
        return self.state == "over" and self.photos is not None and self.photos.is_on and self.photos.left > 0


_SAID: Final[dict[State, Text]] = {
    "ask": Text(
        zh="同意后按顺序上屏",
        en="Agree, and you are shown in turn",
    ),
    "moderation": Text(
        zh="名字正在核对，通过后按顺序上屏",
        en="Your name is being checked; then it is your turn",
    ),
    "on": Text(
        zh="你正在大屏上",
        en="You are on the screen now",
    ),
    "over": Text(
        zh="你已经上过大屏",
        en="You were on the screen",
    ),
    "photo": Text(
        zh="你正在打卡位上，现在可以合影",
        en="You are in the photo slot: take your picture now",
    ),
    "withdrawn": Text(
        zh="你已收回，大屏不再显示",
        en="You took it back; the screen does not show you",
    ),
    "hidden": Text(
        zh="主办方没有在大屏上显示这张证书",
        en="The organiser did not show this certificate",
    ),
}
_AWAY: Final = Text(
    zh="大屏打开后按顺序上屏，第 {place} 位",
    en="On screen once it is switched on, number {place} in line",
)
_SECONDS: Final = Text(
    zh="约 {n} 秒后上屏，第 {place} 位",
    en="On screen in about {n} seconds, number {place} in line",
)
_MINUTES: Final = Text(
    zh="约 {n} 分钟后上屏，第 {place} 位",
    en="On screen in about {n} minutes, number {place} in line",
)
_PHOTO_SOON: Final = Text(
    zh="约 {n} 秒后在打卡位再次显示，请站到大屏前",
    en="In about {n} seconds you are shown again; stand before the screen",
)
_IN_MINUTES_FROM_S: Final = 120


def said(one: WallCard) -> Text:
    """The state in words; how long it takes in seconds below two minutes."""
    if one.state == "photo_soon" and one.photos is not None:
        return _PHOTO_SOON.filled(n=one.photos.wait_s)
    if one.state not in {"line", "soon"}:
        return _SAID[one.state]
    if one.wait_s is None:
        return _AWAY.filled(place=one.ahead + 1)
    if one.wait_s < _IN_MINUTES_FROM_S:
        return _SECONDS.filled(n=one.wait_s, place=one.ahead + 1)
    return _MINUTES.filled(n=round(one.wait_s / 60), place=one.ahead + 1)


async def card_of(one: CertificateFacts, person_id: UUID, services: Services) -> WallCard | None:
    """The card for the person who holds this certificate; None where nothing is said of a screen."""
    offered = await wall.offer(one.id)
    if one.holder_id != person_id or not offered.is_fit or not (offered.is_open or offered.has_turn):
        return None
    told = await wall.standing(one.cause)
    photos = await wall.photo_standing(one.cause) if told.is_over else None
    word = await consents.status_of(person_id, ConsentPurpose.WALL, texts=services.consents)
    return WallCard(
        state=state_of(told, photos),
        text=services.consents.present(ConsentPurpose.WALL),
        ahead=told.ahead,
        wait_s=told.wait_s,
        no=told.no,
        show_from=photos.show_from if photos and photos.show_from else told.show_from,
        asks_again=word.state is ConsentState.OUTDATED and told.moderation in {Moderation.WAITING, Moderation.SHOWN},
        photos=photos,
    )


def state_of(told: Standing, photos: PhotoStanding | None = None) -> State:
    """In one word."""
    match told.moderation:
        case None:
            return "ask"
        case Moderation.HIDDEN:
            return "withdrawn" if told.because is Because.WITHDRAWN else "hidden"
        case Moderation.WAITING:
            return "moderation"
        case Moderation.SHOWN:
            if told.is_on:
                return "on"
            if told.is_over:
                return _photo_state(photos)
            return "soon" if told.show_from is not None else "line"


def _photo_state(photos: PhotoStanding | None) -> State:
    if photos is None or photos.wait_s is None:
        return "over"
    return "photo_soon" if photos.wait_s > 0 else "photo"


async def take_photo(one: CertificateFacts, person_id: UUID) -> None:
    """They stand before the screen: their turn is shown once more, in the photo slot. Repeated: nothing happens.

    Raises:
        NotForWall: it is not theirs.
        PhotoTooEarly, ScreenOff, PhotosUsed, PhotosBusy, TurnUnknown: it is not shown now.
    """
    if one.holder_id != person_id:
        raise wall.NotForWall
    await wall.take_photo(one.cause, person_id)


async def agree(
    one: CertificateFacts, person_id: UUID, version: int, language: Language, place: ConsentPlace, services: Services
) -> None:
    """They agree to the text of `version`, and their certificate is lined up.

    Raises:
        ConsentOutdated, ConsenterGone: of the consent; nothing was lined up.
        WallClosed, NotForWall: it is not shown.
    """
    if one.holder_id != person_id:
        raise wall.NotForWall
    await consents.give(
        person_id, ConsentPurpose.WALL, version=version, language=language, place=place, texts=services.consents
    )
    await wall.ask(one.id, version=version)


async def withdraw(one: CertificateFacts, person_id: UUID, place: ConsentPlace) -> None:
    """They take it back; their certificate is off every screen at once. Repeated: nothing happens."""
    await consents.withdraw(person_id, ConsentPurpose.WALL, place=place)
    if one.holder_id == person_id:
        await wall.hide(one.cause, because=Because.WITHDRAWN)
