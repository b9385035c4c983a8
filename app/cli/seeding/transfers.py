"""Two bank transfers of the demo's organiser: one that is expected, one whose receipt waits for a second person."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from tortoise import Tortoise

from app import wiring
from app.cli.seeding.gifts import GIFT_CODE
from app.commerce import orders, payments
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.channels.base import Channel
from app.gateways.channels.methods import Gives, all_offers
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.views.orders import ordering, receipts
from config.settings import Settings

_KEYS: Final = ("demo-transfer-1", "demo-transfer-2")
_TONNES: Final = (3, 2)
_PAYER: Final = "示例城市总工会"


async def leave_transfers(settings: Settings) -> None:
    """Let the organiser order into its holding, twice, and somebody of finance record the second; once in a demo's life."""
    await wiring.open_database(settings)
    gateways = wiring.gateways(settings)
    try:
        organisation_id = await fetch_value("SELECT organisation_id FROM scenario WHERE code = $1", GIFT_CODE)
        sponsor = await _member(organisation_id, Role.SPONSOR)
        if await orders.find_placed(_KEYS[0], by=sponsor) is not None:
            return
        account = await holdings.open_holding(organisation_id)
        for key, tonnes in zip(_KEYS, _TONNES, strict=True):
            line = NewHoldLine(account_id=account.id, mass_g=tonnes * GRAMS_PER_TONNE, mix=Mix.only(Programme.CDCER))
            asked = NewJointOrder(payer_id=organisation_id, lines=(line,), currency=Currency.CNY, language="zh")
            order = await orders.place_joint(asked, by=sponsor, key=key, clock=utc_now, bounds=wiring.bounds(settings))
            await _choose(order, sponsor, gateways.channels)
        newest = (await payments.list_expected(limit=len(_KEYS)))[-1]
        exchange = await identity.find_exchange()
        assert exchange is not None, "set up before"
        whole, cents = divmod(newest.amount_minor, 100)
        typed = {
            "remark": newest.remark, "amount": f"{whole}.{cents:02d}", "bank_number": "SANDBOX-0001",
            "payer_name": _PAYER, "value_day": beijing_day(utc_now()).isoformat(),
        }  # fmt: skip
        await receipts.record(typed, by=await _member(exchange, Role.FINANCE), keyring=wiring.keyring(settings))
    finally:
        await gateways.aclose()
        await Tortoise.close_connections()


async def _choose(order: orders.OrderFacts, sponsor: UUID, channels: Mapping[str, Channel]) -> None:
    """Whichever way to pay gives an account to transfer to."""
    offer = next(one for one in all_offers(channels.values()) if one.method.gives is Gives.TRANSFER)
    await orders.pay(
        order.id,
        orders.Way(channel=offer.channel, method=offer.method),
        by=sponsor,
        description=await ordering.described(order, Language.ZH),
        channels=channels,
    )


async def _member(organisation_id: UUID, role: Role) -> UUID:
    person_id = await fetch_value(
        "SELECT person_id FROM membership WHERE organisation_id = $1 AND role = $2 ORDER BY created_at LIMIT 1",
        organisation_id, role.value,
    )  # fmt: skip
    assert isinstance(person_id, UUID), role
    return person_id
