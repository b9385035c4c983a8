"""Gift cards in grams: whoever uses or types one first has it, and uses it bit by bit at its scene.

Every live card is backed: the pool's account keeps what all of them still have, whoever takes grams out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from tortoise.exceptions import IntegrityError

from app.foundation import audit
from app.gateways.database import Tx, again, constraint, fetch, fetch_as, fetch_one, fetch_value, transaction
from app.programmes.gifts.errors import (
    CampaignUnknown,
    CardKilled,
    CardsUncovered,
    CardTaken,
    CodeUnknown,
    GiftOver,
    OfferEnded,
    OwnOffer,
)
from app.programmes.gifts.rules import CardEventKind, CardState, Outcome
from app.programmes.gifts.setting_up import locked

_USE: Final = UUID("6f2d0c53-7c1f-4e0b-9c39-2a6f3c1b5c77")
"""Names of uses: one intent of one person is one collection, however often it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvent:
    """A line of a card's history."""

    card_id: UUID
    kind: CardEventKind
    mass_g: int
    collection_id: UUID | None
    """What was collected by a use."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card, without whose it is."""

    id: UUID
    batch_id: UUID
    no: int
    """In its batch, from 1."""
    campaign_id: UUID
    scenario_id: UUID
    sponsor_id: UUID
    state: CardState
    issued_g: int
    left_g: int
    """Of one that expired or was killed: what was given up."""
    given_g: int
    """What other persons took of it."""
    offered_g: int
    """What of its rest is promised to others by codes that stand."""
    is_from_person: bool
    """Another person gave it; it goes no further."""
    ends_at: datetime
    """When it expires."""

    @property
    def free_g(self) -> int:
        """What its holder may still use, or give."""
        return 0 if self.state in {CardState.EXPIRED, CardState.KILLED} else self.left_g - self.offered_g


async def issue(batch_id: UUID, *, tx: Tx) -> None:
    """Give each code of a new batch its card.

    Raises:
        CardsUncovered: the pool has less than its live cards would have.
    """
    try:
        await fetch("SELECT gifts.issue_cards($1)", batch_id, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) == "gift_card_backed_check":
            raise CardsUncovered from refusal
        raise


async def bind_card(hashed: bytes | None, *, by: UUID) -> UUID:
    """Make a card this person's, by the hash of its code; answers its id. A repeat by them changes nothing.

    Where the code offers grams of somebody's card, those are a card of its own by this, and that one has less.

    Raises:
        CodeUnknown: there is no such card.
        CardTaken: somebody else was the first.
        CardKilled, GiftOver: it was ended, or its time is over.
        OfferEnded, OwnOffer: its giver took it back, or its time is over; it is their own.
    """
    if hashed is None:
        raise CodeUnknown

    async def use_case() -> tuple[str, UUID]:
        async with transaction() as tx:
            row = await fetch_one("SELECT outcome, card_id FROM gifts.bind_card($1, $2)", hashed, by, tx=tx)
            assert row is not None
            if row["outcome"] == Outcome.CODE_UNKNOWN:
                row = await fetch_one("SELECT outcome, card_id FROM gifts.take_card($1, $2)", hashed, by, tx=tx)
                assert row is not None
            return row["outcome"], row["card_id"]

    outcome, card_id = await again(use_case)
    match outcome:
        case Outcome.CODE_UNKNOWN:
            raise CodeUnknown
        case Outcome.CARD_TAKEN:
            raise CardTaken
        case Outcome.CARD_KILLED:
            raise CardKilled
        case Outcome.OVER:
            raise GiftOver
        case "taken_back" | "offer_over":
            raise OfferEnded
        case "own":
            raise OwnOffer
    return card_id


def use_id(campaign_id: UUID, key: str, *, by: UUID) -> UUID:
    """The collection that this intent of theirs is: sent again, it is the same one."""
    return uuid5(_USE, f"{campaign_id}:{by}:{key}")


async def kill_cards(campaign_id: UUID, *, by: UUID) -> int:
    """End every live card of a campaign, also what is left of those used in part; answers the grams that are free by it.

    What was used stands. For whoever wants back what was paid for the rest.

    Raises:
        CampaignUnknown, RoleMissing: `by` runs no such campaign.
    """

    async def use_case() -> int:
        async with transaction() as tx:
            campaign = await locked(campaign_id, by=by, tx=tx)
            freed_g = int(await fetch_value("SELECT gifts.kill_cards($1)", campaign.id, tx=tx))
            if freed_g:
                await audit.record(
                    "gift_cards.killed", str(campaign.id), before={"promised_g": freed_g}, after={"promised_g": 0}, by=by,
                    tx=tx,
                )  # fmt: skip
            return freed_g

    return await again(use_case)


_CARD: Final = (
    "SELECT q.id, c.batch_id, c.no, q.campaign_id, g.scenario_id, g.sponsor_id, q.state, q.issued_g, q.left_g, q.given_g,"
    " (SELECT coalesce(sum(t.mass_g), 0)::bigint FROM gift_transfer t WHERE t.card_id = q.id AND t.state = 'offered'"
    "  AND t.expires_at > clock_timestamp()) AS offered_g,"
    " EXISTS (SELECT FROM gift_transfer t WHERE t.new_card_id = q.id) AS is_from_person, g.ends_at"
    " FROM gift_card q JOIN gift_code c ON c.id = q.code_id JOIN gift_campaign g ON g.id = q.campaign_id"
)


async def cards_of(person_id: UUID, *, card_id: UUID | None = None) -> list[Card]:
    """The cards of this person, or one of them: the last bound first, at most a hundred."""
    return await fetch_as(
        Card,
        f"{_CARD} WHERE q.person_id = ANY(ARRAY(SELECT identity.persons_of($1))) AND ($2::uuid IS NULL OR q.id = $2)"
        " ORDER BY q.bound_at DESC, q.id LIMIT 100",
        person_id, card_id,
    )  # fmt: skip


async def cards_in(batch_id: UUID, *, by_person: UUID, after: int = 0, limit: int = 100) -> list[Card]:
    """Cards of a batch by number, for whoever acts for its sponsor; nobody's name is told. None where it is not theirs.

    Raises:
        CampaignUnknown: there is no such batch, or not for them.
    """
    allowed = await fetch_value(
        "SELECT EXISTS (SELECT FROM gift_batch b JOIN gift_campaign g ON g.id = b.campaign_id"
        " WHERE b.id = $1 AND identity.acts_for($2, g.sponsor_id))",
        batch_id, by_person,
    )  # fmt: skip
    if not allowed:
        raise CampaignUnknown
    return await fetch_as(
        Card, f"{_CARD} WHERE c.batch_id = $1 AND c.no > $2 ORDER BY c.no LIMIT $3", batch_id, after, limit
    )


async def history_of(card_ids: Sequence[UUID]) -> dict[UUID, list[CardEvent]]:
    """The history of these cards, each from its first line on; what another person took is a line of the card that gave it."""
    rows = await fetch_as(
        CardEvent,
        "SELECT h.card_id, h.kind, h.mass_g, h.collection_id, h.at FROM (SELECT e.id, e.card_id, e.kind, e.mass_g,"
        "  e.collection_id, e.at FROM gift_card_event e WHERE e.card_id = ANY($1::uuid[])"
        " UNION ALL SELECT 0, t.card_id, 'given', t.mass_g, NULL, t.ended_at FROM gift_transfer t"
        "  WHERE t.card_id = ANY($1::uuid[]) AND t.state = 'taken') AS h ORDER BY h.at, h.id",
        list(card_ids),
    )
    found: dict[UUID, list[CardEvent]] = {one: [] for one in card_ids}
    for row in rows:
        found[row.card_id].append(row)
    return found
