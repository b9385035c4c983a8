"""Money that the tiny channel took in lost time: paid at its far side, and two people have decided about the loss."""

from typing import Any
from uuid import UUID

from app.commerce import recovery
from app.gateways.database import fetch
from app.kernel.ids import uuid7
from tests.lost_time import decided
from tests.owning import as_owner
from tests.rooms.commerce.bills.conftest import TABLE, Shop, backdate

LOST_MINOR = 70


async def lost(shop: Shop, amount_minor: int = LOST_MINOR) -> dict[str, Any]:
    """One payment that both sides know, and one that only the channel does; the bill of the day is to be read."""
    await shop.paid(100)
    await backdate(shop)
    reference = f"LOST{uuid7().hex[:20].upper()}"
    number = shop.far.answer("open", {"reference": reference, "amount": amount_minor})["number"]
    shop.far.approve(reference)
    shop.far.answer("capture", {"number": number})
    case_id = await decided(shop.at(0))
    await as_owner("INSERT INTO recovery_day (case_id, channel, day) VALUES ($1, 'tiny', $2)", case_id, shop.day)
    shop.stands_at(shop.at(12, days=1))  # what goes back goes back on the day after
    return shop.far.trade(reference)


def refuses(shop: Shop, one: dict[str, Any]) -> None:
    """The channel gives this payment back no more: as if something stood against it."""
    shop.far.refunds["HELD"] = {"of": one["transaction"], "amount": one["amount"], "state": "HELD"}


def relents(shop: Shop) -> None:
    """What stood against it is gone."""
    del shop.far.refunds["HELD"]


async def recover(shop: Shop) -> int:
    """One round of the sweeper, on the day after."""
    return await recovery.go_on(channels=shop.channels, now=shop.at(11, days=1), kinds=TABLE)


async def refused(shop: Shop) -> dict[str, Any]:
    """A payment of lost time that its channel does not give back; our row of it."""
    refuses(shop, await lost(shop))
    await recover(shop)
    row = await found()
    assert (row["state"], row["last_word"], row["is_over"]) == ("refused", "NO", True)
    return row


async def found() -> dict[str, Any]:
    """Our row of it."""
    (row,) = await fetch("SELECT * FROM recovery_payment")
    return row


async def said_by_channel(row: dict[str, Any], state: str, *, is_over: bool = False) -> bool:
    """A word of the channel about its refund, as the sweeper writes it; whether it changed anything."""
    refund_id = "B-LATE" if state == "done" else None
    (told,) = await fetch(
        "SELECT payments.record_lost_answer($1, $2, $3, 'WORD', $4) AS changed",
        row["refund_reference"], state, refund_id, is_over,
    )  # fmt: skip
    return bool(told["changed"])


async def acts() -> list[tuple[str, UUID, str, str]]:
    """What people did about it: the act, by whom, why, under which number it stood."""
    rows = await fetch(
        "SELECT act, by_id, reason, reference_before FROM payment_refund_act WHERE recovery_payment_id IS NOT NULL"
        " ORDER BY acted_at"
    )
    return [(row["act"], row["by_id"], row["reason"], row["reference_before"]) for row in rows]
