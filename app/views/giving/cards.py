"""Gift cards as their holders and their sponsors see them; nobody's name is in it."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import msgspec

from app import scenarios
from app.foundation import identity
from app.kernel import ids, mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts import Card, CardEvent, CardEventKind, CardState
from app.views import estimates
from app.views.giving import collecting


class CardEventView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a card's history."""

    kind: CardEventKind
    grams: int
    """Issued, used, given to another person, or given up; 0 where it was bound."""
    gift: str | None
    """What was collected by a use; told to its holder only."""
    at: str


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """A card of grams. It is worth no money, and opens nothing but its scene's gift."""

    id: Annotated[str, msgspec.Meta(examples=["gcd_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    no: int
    """In its batch."""
    state: CardState
    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    giver: str
    issued_grams: int
    left_grams: int
    """Neither used, nor given on, nor promised to others; 0 where it expired or was ended."""
    left_text: str
    given_grams: int = 0
    """Of it, what other persons took, as cards of their own."""
    offered_grams: int = 0
    """Of it, what codes that stand promise to others."""
    is_from_person: bool = False
    """Somebody gave it on: it goes no further."""
    expires_at: str
    history: tuple[CardEventView, ...]


EXAMPLE: Final = CardView(
    id="gcd_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    no=12,
    state=CardState.PART_USED,
    scene="H7QP3K",
    giver="示例城市总工会",
    issued_grams=20_000,
    left_grams=15_458,
    left_text="15.5 kg",
    expires_at="2026-12-31T23:59:00+08:00",
    history=(
        CardEventView(kind=CardEventKind.ISSUED, grams=20_000, gift=None, at="2026-11-29T09:00:00+08:00"),
        CardEventView(kind=CardEventKind.BOUND, grams=0, gift=None, at="2026-11-29T10:12:00+08:00"),
        CardEventView(
            kind=CardEventKind.USED, grams=4_542, gift="gft_01JD8Q9T5K3V2M7N4P6R8S0W1X", at="2026-11-29T10:12:00+08:00"
        ),
    ),
)


async def views(cards: Sequence[Card], language: Language, *, is_holder: bool) -> list[CardView]:
    """The cards with their history; which gift a use was is its holder's to know."""
    told = await gifts.history_of([one.id for one in cards])
    scenes = await scenarios.find_many([one.scenario_id for one in cards], today=estimates.today())
    givers = await identity.introduce([one.sponsor_id for one in cards])

    def line(event: CardEvent) -> CardEventView:
        gift = collecting.public_id(event.collection_id) if is_holder and event.collection_id else None
        return CardEventView(kind=event.kind, grams=event.mass_g, gift=gift, at=rfc3339(event.at))

    def one_view(one: Card) -> CardView:
        giver = givers[one.sponsor_id].name
        assert giver is not None, one.sponsor_id
        return CardView(
            id=public_id(one.id),
            no=one.no,
            state=one.state,
            scene=scenes[one.scenario_id].code,
            giver=giver.in_(language),
            issued_grams=one.issued_g,
            left_grams=one.free_g,
            left_text=mass.text(one.free_g),
            given_grams=one.given_g,
            offered_grams=one.offered_g,
            is_from_person=one.is_from_person,
            expires_at=rfc3339(one.ends_at),
            history=tuple(line(event) for event in told[one.id]),
        )

    return [one_view(one) for one in cards]


async def mine(person_id: UUID, language: Language) -> list[CardView]:
    """The cards that this person holds, the last bound first."""
    return await views(await gifts.cards_of(person_id), language, is_holder=True)


def public_id(card_id: UUID) -> str:
    """A card as addresses and the API show it."""
    return ids.public("gcd", card_id)


def card_id(shown: str) -> UUID:
    """The card behind `gcd_…`.

    Raises:
        CardUnknown: it is no such id at all.
    """
    uuid = ids.parse("gcd", shown)
    if uuid is None:
        raise gifts.CardUnknown
    return uuid
