"""Lots: a registry's tonnes come into the books once, and no tonne twice. Prices hold from a day on."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.gateways.database import fetch, fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.kernel.text import Text
from app.registry import credits, ledger
from app.registry.credits import NewLot, NewProject, Programme, UnitKind
from tests.conftest import Stand
from tests.rooms.conftest import connected, open_lot, refusal
from tests.staff import price

VCU = "0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1"
LOT = NewLot(
    code="L-1",
    project=NewProject(
        programme=Programme.VCU,
        number="0003",
        name=Text(zh="示例风电", en="Sample wind farm"),
        methodology="ACM0002",
        unit_kind=UnitKind.REDUCTION,
        place=Text(zh="示例县", en="Sample county"),
    ),
    serial=VCU,
    vintage_start=date(2020, 1, 1),
    vintage_end=date(2020, 12, 31),
    issued_on=date(2021, 6, 1),
    trade_number="T-1",
)


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def test_a_lot_comes_into_the_inventory_with_the_last_tonne_of_its_serial():
    lot_id = await credits.open_lot(LOT)
    facts = (await credits.describe_lots([lot_id]))[lot_id]
    assert (facts.block_start, facts.mass_g, facts.serial_raw) == (1, 100_000_000, VCU)
    assert (facts.project, facts.programme) == (LOT.project.name, Programme.VCU)
    assert await ledger.balances([f"source:{lot_id}", f"inventory:{lot_id}"], unit=f"g:{lot_id}") == {
        f"source:{lot_id}": -100_000_000,
        f"inventory:{lot_id}": 100_000_000,
    }
    assert await credits.supply(Programme.VCU) == credits.Supply(Programme.VCU, 100_000_000, facts)
    recorded = await fetch("SELECT kind, subject, payload->>'mass_g' AS mass_g FROM outbox_message")
    assert recorded == [{"kind": "lot.opened", "subject": f"lot:{lot_id}", "mass_g": "100000000"}]


async def test_the_same_lot_imported_again_also_at_once_is_one_lot():
    first, *others = await asyncio.gather(
        credits.open_lot(LOT),
        *(credits.open_lot(replace(LOT, serial=VCU.lower())) for _ in range(5)),
        return_exceptions=True,
    )
    # Whoever came at the very same instant is refused, never taken in a second time; one of all is in.
    told = {one for one in (first, *others) if isinstance(one, int)}
    assert all(isinstance(one, (int, credits.LotOverlaps)) for one in (first, *others))
    assert len(told) == 1
    assert await credits.open_lot(LOT) in told
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 1
    assert (await credits.supply(Programme.VCU)).open_g == 100_000_000


OTHERS = {
    "its last tonne": replace(LOT, code="L-2", trade_number=None, serial=VCU.replace("000001-000100", "000100-000101")),
    "the batch spelt otherwise": replace(LOT, code="L-2", trade_number=None, serial=VCU.replace("0001-", "1-", 1)),
    "the same serial": replace(LOT, code="L-2", trade_number=None),
    "the same trade number": replace(LOT, code="L-2", serial=VCU.replace("000001-000100", "000101-000200")),
    "the same code": replace(LOT, trade_number=None, serial=VCU.replace("000001-000100", "000101-000200")),
}


async def test_what_we_hold_already_is_refused_at_the_door_and_leaves_nothing():
    await credits.open_lot(LOT)
    for other in OTHERS.values():
        with pytest.raises(credits.LotOverlaps):
            await credits.open_lot(other)
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 1
    assert await fetch_value("SELECT count(*) FROM ledger_account WHERE path LIKE 'inventory:%'") == 1
    assert await fetch_value("SELECT count(*) FROM outbox_message") == 1


async def test_the_next_block_and_the_same_numbers_of_another_batch_are_welcome():
    await credits.open_lot(LOT)
    for code, serial in (
        ("L-2", VCU.replace("000001-000100", "000101-000101")),
        ("L-3", VCU.replace("0001-000001", "0002-000001")),
    ):
        await credits.open_lot(replace(LOT, code=code, serial=serial, trade_number=None))
    assert (await credits.supply(Programme.VCU)).open_g == 201_000_000
    assert await fetch_value("SELECT count(*) FROM credit_project") == 1


async def test_postgresql_refuses_the_overlap_and_any_change_of_a_lot_to_the_application(database: Stand):
    lot_id = await credits.open_lot(LOT)
    kept = [
        row["column_name"]
        for row in await fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = 'credit_lot' AND column_name NOT IN ('id', 'code', 'serial_key', 'trade_number',"
            " 'block_start', 'block_stop', 'mass_g')"
        )
    ]

    def twin(start: int, stop: int, mass_g: int) -> str:
        return (
            f"INSERT INTO credit_lot (code, serial_key, block_start, block_stop, mass_g, {', '.join(kept)})"
            f" SELECT 'L-9', 'other', {start}, {stop}, {mass_g}, {', '.join(kept)} FROM credit_lot WHERE id = {lot_id}"
        )

    async with connected(database.app_url) as app:
        assert await refusal(app, twin(100, 102, 2_000_000)) == ("23P01", "credit_lot_no_overlap")
        assert await refusal(app, twin(101, 102, 2_000_000)) == ("23514", "credit_lot_mass_check")
        assert await refusal(app, twin(102, 102, 0)) == ("23514", "credit_lot_block_check")
        for attack in (
            "UPDATE credit_lot SET mass_g = mass_g",
            "DELETE FROM credit_lot",
            "TRUNCATE credit_lot CASCADE",
        ):
            assert await refusal(app, attack) == ("42501", None)


async def test_lots_are_sold_oldest_first_and_supply_names_the_next():
    young = await open_lot("C-24", "CDCER-2024-C-1-1", year=2024)
    old = await open_lot("C-19", "CDCER-2019-C-1-1", year=2019)
    supply = await credits.supply(Programme.CDCER)
    assert supply.open_g == 2_000_000
    assert supply.next_lot is not None and supply.next_lot.id == old != young
    assert await credits.supply(Programme.CCER) == credits.Supply(Programme.CCER, 0, None)


async def test_a_price_holds_from_its_day_until_the_next_one():
    day = timedelta(days=1)
    first = beijing_day(utc_now()) + day
    for valid_from, fen in ((first, 5_000), (first + 10 * day, 6_000), (first + 10 * day, 7_000)):
        await price(Programme.VCU, fen, valid_from=valid_from)

    async def fen(on: date) -> int:
        return (await credits.quote(Programme.VCU, 1_000_001, currency=Currency.CNY, on=on)).amount_minor

    assert [await fen(first + n * day) for n in (0, 9, 10, 400)] == [5_001, 5_001, 7_001, 7_001]
    for programme, currency, on in (
        (Programme.VCU, Currency.CNY, first - day),
        (Programme.VCU, Currency.USD, first),
        (Programme.CCER, Currency.CNY, first),
    ):
        # Of what costs yuan nobody has said what it is in dollars.
        with pytest.raises(credits.RateUnknown if currency is Currency.USD else credits.PriceUnknown):
            await credits.quote(programme, 1, currency=currency, on=on)
