"""Orders that name several programmes: by share, by mass, in order of preference; under a recognition scheme."""

import asyncio
from collections.abc import Mapping
from datetime import date
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from app.commerce import orders
from app.commerce.orders import NewJointOrder, NewRetireLine
from app.gateways.database import fetch
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.registry import books, holdings
from app.registry.claims import NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Mix
from config.places import RECOGNITION
from config.settings import Settings
from tests.flow import Flow
from tests.rooms.conftest import River, connected, open_lot
from tests.staff import joined, price

CCER, CDCER, CQCER, VCU = Programme.CCER, Programme.CDCER, Programme.CQCER, Programme.VCU
TONNE = 1_000_000
SCHEMES = holdings.load_recognition(RECOGNITION / f"{Settings().recognition}.csv")


@pytest.fixture
async def stocked(river: River) -> River:
    """100 t CDCER, 3 t CCER, 2 t CQCER."""
    for programme, per_tonne_minor, last in ((CCER, 8_000, 3), (CQCER, 3_300, 2)):
        await open_lot(f"{programme}-2021", f"{programme}-2021-0001-1-{last}", 2021, programme)
        await price(programme, per_tonne_minor)
    return river


@pytest.fixture
async def bank(stocked: River) -> UUID:
    return await joined(stocked.person_id, "示例总行")


async def placed(
    river: River, bank: UUID, *lines: tuple[int, Mix], key: str = "k", scheme: str | None = None
) -> orders.OrderFacts:
    joint = NewJointOrder(
        payer_id=bank,
        lines=tuple(
            NewRetireLine(
                claim=NewClaim(
                    purpose=Purpose.ORGANISATION,
                    scenario_id=river.scene.id,
                    beneficiary_id=bank,
                    period_from=date(2022, 1, 1),
                    period_to=date(2022, 12, 31),
                    emission_g=mass_g,
                    language="zh",
                ),
                mass_g=mass_g,
                mix=mix,
                accepting=SCHEMES[scheme] if scheme else None,
            )
            for mass_g, mix in lines
        ),
        currency=Currency.CNY,
        language="zh",
    )
    return await orders.place_joint(joint, by=river.person_id, key=key, clock=utc_now)


def lines(order: orders.OrderFacts) -> list[Mapping[str, tuple[int, int]]]:
    """Of each line the grams and the fen of each programme."""
    return [{one.programme.value: (one.mass_g, one.amount_minor) for one in line.prices} for line in order.retire_lines]


async def test_the_three_ways_to_mix_all_three_programmes_settle_and_prove(
    flow: Flow, stocked: River, bank: UUID
) -> None:
    order = await placed(
        stocked,
        bank,
        (100_001, Mix.by_share({CCER: 5_000, CDCER: 3_000, CQCER: 2_000})),
        (60_000, Mix.by_mass({CCER: 10_000, CDCER: 20_000, CQCER: 30_000})),
        (6 * TONNE, Mix.by_preference(CCER, CQCER, CDCER)),
        scheme="chuanyu",
    )
    by_share, by_mass, by_preference = lines(order)
    assert by_share == {"CCER": (50_001, 401), "CDCER": (30_000, 150), "CQCER": (20_000, 66)}
    assert by_mass == {"CCER": (10_000, 80), "CDCER": (20_000, 100), "CQCER": (30_000, 99)}
    assert by_preference == {  # what the two lines before it left of the first two programmes
        "CCER": (2_939_999, 23_520), "CQCER": (1_950_000, 6_435), "CDCER": (1_110_001, 5_551),
    }  # fmt: skip
    assert {line.scheme for line in order.retire_lines} == {"chuanyu"}
    assert [line.mix for line in order.retire_lines][2] == "preference CCER CQCER CDCER"

    await flow.open(order)
    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()

    retired = await fetch(
        "SELECT p.no, l.programme, sum(s.mass_g)::bigint AS mass_g FROM sale_line p"
        " JOIN retirement r ON r.cause = p.cause JOIN retirement_slice s ON s.retirement_id = r.id"
        " JOIN credit_lot l ON l.id = s.lot_id GROUP BY p.no, l.programme"
    )
    assert {(row["no"], row["programme"]): row["mass_g"] for row in retired} == {
        (no, name): mass_g for no, own in enumerate(lines(order), start=1) for name, (mass_g, _) in own.items()
    }
    assert await flow.count("certificate", "series = 'S'") == 3
    run = await books.prove(connect=partial(asyncpg.connect, stocked.stand.app_url))
    assert run.is_balanced, run.differences


async def test_a_preference_takes_only_the_first_where_that_is_enough(stocked: River, bank: UUID) -> None:
    order = await placed(stocked, bank, (3 * TONNE, Mix.by_preference(CCER, CDCER)))
    assert lines(order) == [{"CCER": (3 * TONNE, 24_000)}]


async def test_a_preference_that_goes_over_the_edge_of_all_its_programmes_sets_nothing_aside(
    stocked: River, bank: UUID
) -> None:
    with pytest.raises(holdings.CreditsExhausted) as refused:
        await placed(
            stocked, bank, (4 * TONNE, Mix.by_preference(CCER, CQCER)), (TONNE + 1, Mix.by_preference(CCER, CQCER))
        )
    assert refused.value.facts["missing"] == {"CQCER": 1}
    assert await fetch("SELECT id FROM purchase_order UNION ALL SELECT id FROM credit_reservation") == []


async def test_a_preference_never_takes_what_may_not_be_sold_now(stocked: River, bank: UUID) -> None:
    async with connected(stocked.stand.super_url) as admin:
        await admin.execute(
            "SET session_replication_role = replica;"
            "UPDATE credit_methodology SET suspended_from = current_date - 1, note_zh = '停用', note_en = 'off',"
            " source = '示例' WHERE programme = 'CCER'"
        )
    order = await placed(stocked, bank, (5_000, Mix.by_preference(CCER, CQCER)))
    assert lines(order) == [{"CQCER": (5_000, 17)}]


async def test_at_once_preferences_go_on_to_the_next_programme_and_give_exactly_what_there_is(
    stocked: River, bank: UUID
) -> None:
    mix = Mix.by_preference(CCER, CQCER, CDCER)
    found = await asyncio.gather(*(placed(stocked, bank, (TONNE, mix), key=f"k{n}") for n in range(8)))
    taken: dict[str, int] = {}
    for order in found:
        assert order.mass_g == TONNE
        for name, (mass_g, _) in lines(order)[0].items():
            taken[name] = taken.get(name, 0) + mass_g
    assert taken == {"CCER": 3 * TONNE, "CQCER": 2 * TONNE, "CDCER": 3 * TONNE}


async def test_a_repeated_preference_is_the_same_order_whatever_is_open_by_then(stocked: River, bank: UUID) -> None:
    mix = Mix.by_preference(CCER, CDCER)
    first = await placed(stocked, bank, (2 * TONNE, mix))
    await placed(stocked, bank, (TONNE, Mix.only(CCER)), key="others")
    assert await placed(stocked, bank, (2 * TONNE, mix)) == first
    for other in (Mix.by_preference(CDCER, CCER), Mix.only(CCER), Mix.by_preference(CCER, CDCER, CQCER)):
        with pytest.raises(orders.KeyUsedOtherwise):
            await placed(stocked, bank, (2 * TONNE, other))
    with pytest.raises(orders.KeyUsedOtherwise):
        await placed(stocked, bank, (2 * TONNE, mix), scheme="chuanyu")


async def test_what_a_scheme_does_not_accept_is_refused_by_name_in_both_languages(stocked: River, bank: UUID) -> None:
    with pytest.raises(holdings.ProgrammeNotAccepted) as refused:
        await placed(stocked, bank, (5, Mix.only(CCER)), (5, Mix.by_mass({CDCER: 3, VCU: 2})), scheme="chuanyu")
    assert refused.value.field == "/lines/1/mix"
    assert refused.value.message().zh == "川渝碳中和联合服务不认可 VCU。"
    assert refused.value.message().en == "Sichuan–Chongqing joint service does not accept VCU."
    assert (await placed(stocked, bank, (5, Mix.only(CCER)), scheme="national")).lines[0].scheme == "national"
