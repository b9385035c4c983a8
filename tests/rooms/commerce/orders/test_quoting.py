"""What a joint order would take and cost is what it takes and costs, and all that is missing is told at once."""

from datetime import date
from uuid import UUID

import pytest

from app.commerce import orders
from app.commerce.orders import NewJointOrder, NewRetireLine, Quotation
from app.gateways.database import fetch
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.registry.claims import NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Mix, MixUnfit
from tests.rooms.conftest import River, open_lot
from tests.staff import joined, price

CCER, CDCER, CQCER = Programme.CCER, Programme.CDCER, Programme.CQCER
TONNE = 1_000_000


@pytest.fixture
async def bank(river: River) -> UUID:
    """Beside 100 t CDCER of 2022 there are 2 t of 2021, and 3 t CCER."""
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-2", 2021)
    await open_lot("CCER-2021", "CCER-2021-0001-1-3", 2021, CCER)
    await price(CCER, 8_000)
    return await joined(river.person_id, "示例总行")


def joint(river: River, bank: UUID, *lines: tuple[int, Mix]) -> NewJointOrder:
    return NewJointOrder(
        payer_id=bank,
        lines=tuple(
            NewRetireLine(
                claim=NewClaim(
                    purpose=Purpose.ORGANISATION, scenario_id=river.scene.id, beneficiary_id=bank, language="zh",
                    period_from=date(2022, 1, 1), period_to=date(2022, 12, 31), emission_g=mass_g,
                ),
                mass_g=mass_g, mix=mix,
            )
            for mass_g, mix in lines
        ),
        currency=Currency.CNY,
        language="zh",
    )  # fmt: skip


def told(quotation: Quotation) -> list[list[tuple[Programme, int, int | None]]]:
    return [[(one.programme, one.mass_g, one.amount_minor) for one in prices] for prices in quotation.lines]


async def test_an_order_takes_and_costs_what_was_quoted(river: River, bank: UUID) -> None:
    asked = joint(
        river, bank,
        (2 * TONNE, Mix.by_preference(CCER, CDCER)),
        (4 * TONNE, Mix.by_preference(CCER, CDCER)),
        (TONNE + 1, Mix.by_share({CDCER: 10_000})),
    )  # fmt: skip
    quotation = await orders.quote_joint(asked, clock=utc_now)
    assert quotation.can_be_placed
    assert not await fetch("SELECT id FROM credit_reservation")

    order = await orders.place_joint(asked, by=river.person_id, key="k", clock=utc_now)
    assert told(quotation) == [
        [(one.programme, one.mass_g, one.amount_minor) for one in line.prices] for line in order.retire_lines
    ]
    assert (quotation.mass_g, quotation.amount_minor) == (order.mass_g, order.amount_minor)
    reserved = await fetch(
        "SELECT r.cause, t.code, l.mass_g FROM credit_reservation r JOIN credit_reservation_line l"
        " ON l.reservation_id = r.id JOIN credit_lot t ON t.id = l.lot_id"
    )
    assert {(row["cause"], row["code"], row["mass_g"]) for row in reserved} == {
        (line.cause, lot.code, grams)
        for line, prices in zip(order.retire_lines, quotation.lines, strict=True)
        for price in prices
        for lot, grams in price.lots
    }


async def test_everything_that_is_missing_is_told_at_once(river: River, bank: UUID) -> None:
    await open_lot("CQCER-2021", "CQCER-2021-0001-1-5", 2021, CQCER)
    asked = joint(river, bank, (4 * TONNE, Mix.only(CCER)), (103 * TONNE, Mix.only(CDCER)), (TONNE, Mix.only(CQCER)))
    quotation = await orders.quote_joint(asked, clock=utc_now)
    assert quotation.missing == {CCER: TONNE, CDCER: TONNE}
    assert (quotation.unpriced, quotation.amount_minor) == ((CQCER,), None)
    assert not quotation.can_be_placed


async def test_what_cannot_be_ordered_is_not_quoted(river: River, bank: UUID) -> None:
    with pytest.raises(MixUnfit) as unfit:
        await orders.quote_joint(joint(river, bank, (5, Mix.by_mass({CCER: 3, CDCER: 1}))), clock=utc_now)
    assert unfit.value.field == "/lines/0/mix"


async def test_an_order_is_found_by_its_key_and_recalled_by_its_number(river: River) -> None:
    order = await river.order("k1")
    found = await orders.find_placed("k1", by=river.person_id)
    assert found is not None
    assert found == await orders.recall(order.id)
    assert await orders.find_placed("k1", by=await river.guest()) is None
    with pytest.raises(orders.OrderUnknown):
        await orders.recall(river.person_id)
