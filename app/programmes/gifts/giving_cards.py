"""Grams of a gift card, given to another person by a code of one use. Whoever brings it has a card of their own: `bind_card`.

Nothing moves until then: what is offered stays on the first card, which its holder does not use meanwhile.
"""

from typing import Final
from uuid import UUID

from app.foundation.identity import Keyring
from app.gateways.database import Row, again, fetch_one, transaction
from app.kernel.errors import DomainError
from app.programmes.gifts.errors import (
    CardGivenOnce,
    CardKilled,
    CardUnknown,
    GiftHasLess,
    GiftOver,
    GiverMinor,
    OffersTooMany,
    UseKeyTaken,
)
from app.programmes.gifts.rules import OFFER_LASTS, OFFERS_MOST
from app.programmes.gifts.transferring import named

_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "unknown": CardUnknown,
    "given": CardGivenOnce,
    "card_killed": CardKilled,
    "over": GiftOver,
    "otherwise": UseKeyTaken,
    "minor": GiverMinor,
}


async def offer_card(card_id: UUID, mass_g: int, *, by: UUID, key: str, keyring: Keyring) -> UUID:
    """Promise grams of this person's card to whoever brings the code, which stands no longer than the card; answers the offer.

    `key` is theirs for this intent: repeated, nothing is promised again.

    Raises:
        CardUnknown: they have no such card.
        CardGivenOnce: it came from another person.
        CardKilled, GiftOver: it was ended, or its time is over.
        GiftHasLess: less is left of it, after what is promised already.
        GiverMinor: they are under 14.
        OffersTooMany: as many codes of theirs stand as may, those out of the account among them.
        UseKeyTaken: the key stands for another offer.
    """
    offer_id, hashed = named(card_id, by=by, key=key, keyring=keyring)

    async def use_case() -> Row | None:
        async with transaction() as tx:
            return await fetch_one(
                "SELECT outcome, left_g FROM gifts.offer_card($1, $2, $3, $4, $5, $6, $7, $8)",
                offer_id, card_id, by, mass_g, hashed, keyring.index_key_id, OFFER_LASTS, OFFERS_MOST, tx=tx,
            )  # fmt: skip

    said = await again(use_case)
    assert said is not None
    match said["outcome"]:
        case "offered":
            return offer_id
        case "too_much":
            raise GiftHasLess(left_g=said["left_g"])
        case "too_many":
            raise OffersTooMany(most=OFFERS_MOST)
    raise _REFUSALS[said["outcome"]]
