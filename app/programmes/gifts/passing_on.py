"""Whoever holds a one-time code may decline the gift, or pass it on once, as long as it was not collected."""

from typing import Final
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import again, fetch_value, transaction
from app.kernel.errors import DomainError
from app.kernel.ids import code_of, grouped, read_code
from app.programmes.gifts.codes import CODE_LENGTH, code_hash
from app.programmes.gifts.errors import (
    CodeDeclined,
    CodePassedOn,
    CodePassedOnce,
    CodeUnknown,
    CodeUsed,
    GiftOver,
    NoGift,
)
from app.programmes.gifts.rules import Outcome

_REFUSALS: Final[dict[str, type[DomainError]]] = {
    Outcome.CODE_UNKNOWN: CodeUnknown,
    Outcome.CODE_USED: CodeUsed,
    Outcome.CODE_DECLINED: CodeDeclined,
    Outcome.CODE_PASSED_ON: CodePassedOn,
    Outcome.CODE_PASSED_ONCE: CodePassedOnce,
    Outcome.OVER: GiftOver,
    Outcome.DRAFT: NoGift,
}


async def decline(campaign_id: UUID, typed: str, *, keyring: Keyring) -> None:
    """The code dies, for good; its share stays in the pool. A repeat changes nothing.

    Raises:
        CodeUnknown: there is no such code in this campaign.
        CodeUsed, CodePassedOn: somebody collected with it, or it was passed on.
        GiftOver, NoGift: the campaign is over, or not open yet.
    """
    await _end(campaign_id, code_hash(typed, keyring=keyring), "declined", None)


async def pass_on(campaign_id: UUID, typed: str, *, by: UUID, keyring: Keyring) -> str:
    """The code dies, and a new one is made, told here: `7K3M-9QFX-…`. Who passed it on is told the same when they ask again.

    The new code follows from the old one and from who passed it on, by a key that PostgreSQL does not have. So an answer
    that got lost loses no gift, and nobody else who knows the old code learns the new one.

    Raises:
        CodePassedOnce: this one was passed on to its holder.
        CodeDeclined, and as `decline`.
    """
    code = read_code(typed, length=CODE_LENGTH)
    if code is None:
        raise CodeUnknown
    drawn = identity.blind_index("gift_pass_on", str(by), code, keyring=keyring)
    following = code_of(int.from_bytes(drawn), CODE_LENGTH)
    await _end(
        campaign_id, code_hash(code, keyring=keyring), "passed_on", code_hash(following, keyring=keyring)
    )  # fmt: skip
    return grouped(following)


async def _end(campaign_id: UUID, hashed: bytes | None, kind: str, following: bytes | None) -> None:
    if hashed is None:
        raise CodeUnknown

    async def use_case() -> str:
        async with transaction() as tx:
            return str(
                await fetch_value("SELECT gifts.end_code($1, $2, $3, $4)", campaign_id, hashed, kind, following, tx=tx)
            )

    outcome = await again(use_case)
    if outcome != "done":
        raise _REFUSALS[outcome]
