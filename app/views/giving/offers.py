"""Grams of accounts and cards given to another person, as doors tell it: to whoever gives, and to whoever holds the code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final
from uuid import UUID

import msgspec

from app import scenarios
from app.foundation import identity
from app.kernel import ids, mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts import GivenOn, TransferState
from app.views import estimates
from app.views.giving import cards
from app.views.page import Page
from app.views.services import Services


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """Grams of a gift or of a gift card of yours, offered to another person."""

    id: Annotated[str, msgspec.Meta(examples=["gtr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    state: TransferState
    grams: int
    mass_text: str
    giver: str
    """Who gave them first: theirs is the name on every certificate."""
    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    card: Annotated[str | None, msgspec.Meta(examples=["gcd_01JD8Q9T5K3V2M7N4P6R8S0W1X"])] = None
    """Of which card of yours: whoever brings the code where cards are has one of their own; null: of your account."""
    offered_at: str
    expires_at: str
    ended_at: str | None = None
    code: Annotated[str | None, msgspec.Meta(examples=["7K3M-9QFX-2R8T-4W6Y-0Z1A"])] = None
    """For one person, once; null when it opens nothing any more."""
    url: Annotated[str | None, msgspec.Meta(examples=["https://diandian.example/take?code=7K3M9QFX2R8T4W6Y0Z1A"])] = (
        None
    )


EXAMPLE: Final = OfferView(
    id="gtr_01JD8Q9T5K3V2M7N4P6R8S0W1X", state=TransferState.OFFERED, grams=5_000, mass_text="5 kg",
    giver="示例城市总工会", scene="H7QP3K", offered_at="2026-12-01T10:12:00+08:00", expires_at="2026-12-08T10:12:00+08:00",
    code="7K3M-9QFX-2R8T-4W6Y-0Z1A", url="https://diandian.example/take?code=7K3M9QFX2R8T4W6Y0Z1A",
)  # fmt: skip


CARD_EXAMPLE: Final = msgspec.structs.replace(EXAMPLE, card="gcd_01JD8Q9T5K3V2M7N4P6R8S0W1X")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferShown:
    """An offer as pages show it."""

    id: str
    state: TransferState
    grams: int
    giver: str
    offered_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    code: str | None
    url: str | None
    card_until: datetime | None = None
    """Of a card: until when it is good, whoever has it; None: it is of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A gift in one's account, or a card of one's own, of which something may be given on."""

    id: str
    title: str
    giver: str
    left_g: int
    card_until: datetime | None = None
    """Of a card: until when it is good."""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GivePage(Page):
    """What one may give on, and gave. POST `gift`, `kg`, `intent`, `csrf_token` to `/me/give`."""

    template: ClassVar[str] = "account/give.html"

    sources: tuple[Source, ...]
    offers: tuple[OfferShown, ...]
    lasts_days: int
    is_closed: bool
    """They are under 14."""
    has_cards: bool = False
    """Some of it is on cards."""
    kg: str = ""
    kg_fault: str | None = None
    notice: str | None = None
    intent: str
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPage(Page):
    """One offer, for its giver. POST to `{here}/take-back` with `intent` and `csrf_token`."""

    template: ClassVar[str] = "account/offer.html"

    offer: OfferShown
    title: str
    notice: str | None = None
    intent: str
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePage(Page):
    """Whoever holds a code: it is typed, what it offers is shown, then taken. POST `code`, `intent`, `csrf_token`."""

    template: ClassVar[str] = "account/take.html"

    code: str = ""
    offer: OfferShown | None = None
    """What the code offers; None: none was looked up yet."""
    title: str = ""
    fault: str | None = None
    intent: str
    csrf_token: str


async def views(found: Sequence[GivenOn], language: Language, services: Services, *, own: bool) -> list[OfferView]:
    """These offers in the reader's words; to whoever gave them (`own`) with the code, as long as it stands."""
    scenes = await scenarios.find_many([one.scenario_id for one in found], today=estimates.today()) if found else {}
    givers = await identity.introduce([one.sponsor_id for one in found]) if found else {}
    told = []
    for one in found:
        giver = givers[one.sponsor_id].name
        assert giver is not None, one.sponsor_id
        stands = own and one.state is TransferState.OFFERED
        code = await gifts.code_of_offer(one.id, keyring=services.keyring) if stands else None
        told.append(
            OfferView(
                id=public_id(one.id), state=one.state, grams=one.mass_g, mass_text=mass.text(one.mass_g),
                giver=giver.in_(language), scene=scenes[one.scenario_id].code,
                card=cards.public_id(one.card_id) if one.card_id and own else None, offered_at=rfc3339(one.offered_at),
                expires_at=rfc3339(one.expires_at), ended_at=rfc3339(one.ended_at) if one.ended_at else None, code=code,
                url=f"{services.issuer.public_url}/take?code={code.replace('-', '')}" if code else None,
            )
        )  # fmt: skip
    return told


async def shown(found: Sequence[GivenOn], language: Language, services: Services, *, own: bool) -> list[OfferShown]:
    """As pages show them."""
    told = await views(found, language, services, own=own)
    return [_shown(view, one) for view, one in zip(told, found, strict=True)]


def _shown(one: OfferView, of: GivenOn) -> OfferShown:
    return OfferShown(
        id=one.id, state=one.state, grams=one.grams, giver=one.giver, code=one.code, url=one.url,
        offered_at=datetime.fromisoformat(one.offered_at), expires_at=datetime.fromisoformat(one.expires_at),
        ended_at=datetime.fromisoformat(one.ended_at) if one.ended_at else None, card_until=of.card_until,
    )  # fmt: skip


async def title_of(one: GivenOn, language: Language) -> str:
    """The scene in which it was collected."""
    scene = (await scenarios.find_many([one.scenario_id], today=estimates.today()))[one.scenario_id]
    return scene.title.in_(language)


def public_id(offer_id: UUID) -> str:
    """As a door shows it: `gtr_…`."""
    return ids.public("gtr", offer_id)


def offer_id(shown: str) -> UUID:
    """The offer behind `gtr_…`.

    Raises:
        OfferUnknown: it is no such id at all.
    """
    uuid = ids.parse("gtr", shown)
    if uuid is None:
        raise gifts.OfferUnknown
    return uuid
