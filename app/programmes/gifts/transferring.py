"""Grams of a gift in one's account, given to another person by a code of one use: offered, taken once, or taken back.

Of a card the same is `giving_cards`; what was offered of either is read and ended here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from app.foundation import identity, outbox
from app.foundation.identity import Keyring
from app.gateways.database import Row, again, fetch, fetch_one, fetch_value, transaction
from app.kernel.errors import DomainError
from app.kernel.ids import code_of, grouped
from app.programmes.gifts.codes import CODE_LENGTH, code_hash
from app.programmes.gifts.errors import (
    CodeUnknown,
    CodeUsed,
    CollectionUnknown,
    GiftComing,
    GiftHasLess,
    GiverMinor,
    OfferEnded,
    OfferOfCard,
    OffersTooMany,
    OfferTaken,
    OfferUnknown,
    OwnOffer,
    UseKeyTaken,
)
from app.programmes.gifts.rules import OFFER_LASTS, OFFERS_MOST

_OFFER: Final = UUID("5a2c8f1e-7d6b-4a39-8c3e-2f9b0d14e7a6")
"""Names of offers: one intent of one person is one offer, however often it is sent."""
_PURPOSE: Final = "gift_transfer"


class TransferState(StrEnum):
    """How far it is."""

    OFFERED = "offered"
    """Whoever brings the code may take it; no gram has moved."""
    TAKEN = "taken"
    TAKEN_BACK = "taken_back"
    """By its giver, or because they were erased."""
    EXPIRED = "expired"
    """Nobody took it in time."""
    KILLED = "killed"
    """The sponsor ended the card that it is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOn:
    """Grams that somebody offered to another person."""

    id: UUID
    collection_id: UUID | None
    """Of which gift in an account; None: of a card."""
    card_id: UUID | None
    scenario_id: UUID
    sponsor_id: UUID
    """Who gave them first: theirs is the name on every paper."""
    mass_g: int
    state: TransferState
    offered_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    card_until: datetime | None
    """Of a card: when that expires, whoever has it; None: what is in an account stays."""


_COLUMNS: Final = (
    "SELECT t.id, t.collection_id, t.card_id, c.scenario_id, c.sponsor_id, t.mass_g, CASE WHEN t.state = 'offered'"
    " AND least(t.expires_at, u.card_until) <= clock_timestamp() THEN 'expired' ELSE t.state END AS state, t.offered_at,"
    " least(t.expires_at, u.card_until) AS expires_at, t.ended_at, u.card_until FROM gift_transfer t"
    " LEFT JOIN gift_collection k ON k.id = t.collection_id LEFT JOIN gift_card q ON q.id = t.card_id"
    " JOIN gift_campaign c ON c.id = coalesce(k.campaign_id, q.campaign_id)"
    " CROSS JOIN LATERAL (SELECT CASE WHEN q.id IS NOT NULL THEN c.ends_at END AS card_until) AS u"
)


async def offer(collection_id: UUID, mass_g: int, *, by: UUID, key: str, keyring: Keyring) -> UUID:
    """Promise grams of a gift in this person's account to whoever brings its code; answers the offer. No gram moves.

    `key` is theirs for this intent: repeated, nothing is promised again. What was given to them by somebody is not theirs
    to give on.

    Raises:
        CollectionUnknown: they collected no such gift, or it was retired at once.
        GiftComing: it is theirs, and not in their account yet.
        GiftHasLess: less is left of it, after what is promised already.
        GiverMinor: they are under 14.
        OffersTooMany: as many codes of theirs stand as may.
        UseKeyTaken: the key stands for another offer.
    """
    offer_id, hashed = named(collection_id, by=by, key=key, keyring=keyring)

    async def use_case() -> Row | None:
        async with transaction() as tx:
            return await fetch_one(
                "SELECT outcome, left_g FROM gifts.offer($1, $2, $3, $4, $5, $6, $7, $8)",
                offer_id, collection_id, by, mass_g, hashed, keyring.index_key_id, OFFER_LASTS, OFFERS_MOST, tx=tx,
            )  # fmt: skip

    said = await again(use_case)
    assert said is not None
    match said["outcome"]:
        case "unknown":
            raise CollectionUnknown
        case "coming":
            raise GiftComing
        case "too_much":
            raise GiftHasLess(left_g=said["left_g"])
        case "otherwise":
            raise UseKeyTaken
        case "minor":
            raise GiverMinor
        case "too_many":
            raise OffersTooMany(most=OFFERS_MOST)
    return offer_id


def named(source_id: UUID, *, by: UUID, key: str, keyring: Keyring) -> tuple[UUID, bytes | None]:
    """The offer that this intent of theirs is, and what is kept of its code; `source_id` is the gift's or the card's."""
    offer_id = uuid5(_OFFER, f"{source_id}:{by}:{key}")
    return offer_id, code_hash(_code(offer_id, by, keyring=keyring), keyring=keyring)


async def take(typed: str, *, by: UUID, keyring: Keyring) -> UUID:
    """The grams go into this person's account, once; answers the transfer. A repeat by them answers the same.

    Raises:
        CodeUnknown: no offer has this code.
        CodeUsed: somebody else took it.
        OfferEnded: its giver took it back, or its time is over.
        OwnOffer: it is their own.
        OfferOfCard: it is of a card, which `bind_card` takes.
    """
    hashed = code_hash(typed, keyring=keyring)
    if hashed is None:
        raise CodeUnknown

    async def use_case() -> Row | None:
        async with transaction() as tx:
            return await fetch_one("SELECT outcome, transfer_id FROM gifts.take($1, $2)", hashed, by, tx=tx)

    said = await again(use_case)
    assert said is not None
    if said["outcome"] == "code_unknown" and await is_of_card(hashed):
        raise OfferOfCard
    if said["outcome"] != "taken":
        raise _REFUSALS[said["outcome"]]
    outbox.nudge()
    return UUID(str(said["transfer_id"]))


_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "code_unknown": CodeUnknown,
    "code_used": CodeUsed,
    "taken_back": OfferEnded,
    "over": OfferEnded,
    "own": OwnOffer,
}


async def is_of_card(hashed: bytes, *, campaign_id: UUID | None = None) -> bool:
    """Whether the code with this hash offers, or offered, grams of a card, of this campaign where one is named."""
    return bool(
        await fetch_value(
            "SELECT EXISTS (SELECT FROM gift_transfer t JOIN gift_card q ON q.id = t.card_id WHERE t.code_hash = $1"
            " AND ($2::uuid IS NULL OR q.campaign_id = $2))",
            hashed, campaign_id,
        )
    )  # fmt: skip


async def take_offer_back(offer_id: UUID, *, by: UUID) -> None:
    """The code opens nothing any more, and the grams are the giver's to use. A repeat changes nothing.

    Raises:
        OfferUnknown: they offered no such thing.
        OfferTaken: somebody was faster.
    """

    async def use_case() -> str:
        async with transaction() as tx:
            return str(await fetch_value("SELECT gifts.take_back($1, $2)", offer_id, by, tx=tx))

    match await again(use_case):
        case "unknown":
            raise OfferUnknown
        case "taken":
            raise OfferTaken


async def look_at_offer(typed: str, *, keyring: Keyring) -> GivenOn:
    """What a code offers, for whoever holds it and has not decided yet.

    Raises:
        CodeUnknown: no offer has this code.
    """
    hashed = code_hash(typed, keyring=keyring)
    row = await fetch_one(f"{_COLUMNS} WHERE t.code_hash = $1", hashed) if hashed is not None else None
    if row is None:
        raise CodeUnknown
    return _of(row)


async def find_offer(offer_id: UUID, *, by: UUID) -> GivenOn:
    """An offer of one's own.

    Raises:
        OfferUnknown: they offered no such thing.
    """
    row = await fetch_one(
        f"{_COLUMNS} WHERE t.id = $1 AND t.giver_id = ANY(ARRAY(SELECT identity.persons_of($2)))", offer_id, by
    )
    if row is None:
        raise OfferUnknown
    return _of(row)


async def offers_of(person_id: UUID) -> list[GivenOn]:
    """What somebody offered to others: what stands first, then the newest; at most a hundred."""
    return [
        _of(row)
        for row in await fetch(
            f"{_COLUMNS} WHERE t.giver_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
            " ORDER BY t.state <> 'offered', t.offered_at DESC LIMIT 100",
            person_id,
        )
    ]


async def code_of_offer(offer_id: UUID, *, keyring: Keyring) -> str | None:
    """The code of an offer that stands, as its giver hands it on: `7K3M-9QFX-…`; None once it ended, or its key is gone.

    It is computed from the offer and its giver by a key that PostgreSQL does not have, so it is kept nowhere.
    """
    row = await fetch_one("SELECT giver_id, code_hash, state FROM gift_transfer WHERE id = $1", offer_id)
    if row is None or row["state"] != TransferState.OFFERED:
        return None
    code = _code(offer_id, row["giver_id"], keyring=keyring)
    return grouped(code) if code_hash(code, keyring=keyring) == bytes(row["code_hash"]) else None


async def expire_offers(*, limit: int = 200) -> int:
    """Write down which offers nobody took in time: the sweeper's step. Their grams never left."""
    return int(await fetch_value("SELECT gifts.expire_transfers($1)", limit))


def _code(offer_id: UUID, giver_id: UUID, *, keyring: Keyring) -> str:
    return code_of(
        int.from_bytes(identity.blind_index(_PURPOSE, str(giver_id), str(offer_id), keyring=keyring)), CODE_LENGTH
    )


def _of(row: Row) -> GivenOn:
    told = dict(row)
    return GivenOn(**told | {"state": TransferState(told["state"])})
