"""Paid orders without a phone: the rooms' own functions, one citizen and one named certificate each."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from app import footprint, scenarios, wiring
from app.certificates import NAME_PURPOSE
from app.commerce import orders, payments
from app.commerce.orders import cause_of
from app.commerce.payments.applying import apply_status
from app.foundation import identity
from app.gateways.channels.wechatpay import JSAPI
from app.gateways.database import fetch_one, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.kernel.outcome import Done
from app.kernel.text import Language
from app.registry.credits import Programme
from tests.benchmarks.ground import SCENE, Ground

_AT_ONCE: Final = 8
_NAMES: Final = ("林小川", "王芳", "陈一诺", "欧阳明月", "Alice Example", "赵六")


async def paid_orders(here: Ground, count: int, chance: random.Random, *, by: UUID | None = None) -> list[UUID]:
    """`count` orders, paid through the books, each with its `payment.succeeded` in the outbox.

    Of as many persons, or all of one.
    """
    return [order.id for order in await _orders(here, count, chance, then=pay, of=by)]


async def unpaid_orders(
    here: Ground, count: int, chance: random.Random, *, by: UUID | None = None
) -> list[orders.OrderFacts]:
    """`count` orders of as many persons, or all of one, each with its grams set aside."""
    return await _orders(here, count, chance, then=None, of=by)


async def _orders(
    here: Ground,
    count: int,
    chance: random.Random,
    *,
    then: Callable[[orders.OrderFacts], Awaitable[None]] | None,
    of: UUID | None,
) -> list[orders.OrderFacts]:
    await here.open_rooms()
    settings = here.settings
    keyring = wiring.keyring(settings)
    factors = footprint.load_factor_set(settings.factor_folder)
    scene = await scenarios.open_scene(SCENE, today=beijing_day(utc_now()))
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(km: int, name: str) -> orders.OrderFacts:
        async with gate:
            by = of or await _somebody(keyring)
            assert scene.setup is not None
            inputs = footprint.visit_inputs("metro", str(km), round_trip=True, extras=scene.setup.extras)
            calculation = footprint.calculate("personal", inputs, factors)
            order = await orders.place(
                orders.NewOrder(
                    footprint_id=await footprint.keep(calculation, by=by),
                    scenario_id=scene.id,
                    emission_g=calculation.total_g,
                    step_g=1,
                    programme=Programme.CDCER,
                    currency=Currency.CNY,
                    language=Language.ZH.value,
                    name_sealed=await identity.seal(by, name, purpose=NAME_PURPOSE, keyring=keyring),
                ),
                by=by,
                key=str(uuid7()),
                clock=utc_now,
            )
            if then is not None:
                await then(order)
            return order

    return list(await asyncio.gather(*(one(chance.randint(1, 90), chance.choice(_NAMES)) for _ in range(count))))


async def _somebody(keyring: identity.Keyring) -> UUID:
    guest = await identity.open_guest_session(Language.ZH, keyring=keyring, now=utc_now())
    return guest.session.person_id


async def pay(order: orders.OrderFacts) -> None:
    async with transaction() as tx:
        payment_id = await payments.prepare(
            payments.NewPayment(
                subject=cause_of(order.id),
                channel="wechatpay",
                method=JSAPI,
                amount_minor=order.amount_minor,
                currency=order.currency,
                description="benchmark",
                expires_at=order.expires_at,
            ),
            tx=tx,
        )
        row = await fetch_one("SELECT reference FROM payment WHERE id = $1", payment_id, tx=tx)
        assert row is not None
        done = Done(
            reference=row["reference"],
            transaction_id=f"BENCH{payment_id.hex[:20]}",
            at=utc_now(),
            amount_minor=order.amount_minor,
            currency=order.currency,
        )
        verdict = await apply_status("wechatpay", row["reference"], done, tx=tx)
        assert verdict is not None and verdict.step == "pay", verdict
