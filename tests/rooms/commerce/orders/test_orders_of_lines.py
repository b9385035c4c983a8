"""Orders of several lines: for several beneficiaries, from mixes of programmes, paid as one, exact to gram and fen."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from app import certificates
from app.commerce import orders
from app.commerce.orders import NewJointOrder, NewRetireLine, placing
from app.gateways.database import fetch
from app.kernel.clock import utc_now
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import holdings
from app.registry.claims import Mandate, NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.registry.retirements import Funding
from config.places import RECOGNITION
from config.settings import Settings
from tests.flow import Flow
from tests.rooms.conftest import KEYRING, River, connected, open_lot, organisation, refusal
from tests.staff import joined, price

TONNE = 1_000_000
PRICES = {Programme.CCER: 8_000, Programme.CQCER: 3_300}
"""Beside CDCER at 5 000 fen a tonne."""
CCER, CDCER, CQCER = Programme.CCER, Programme.CDCER, Programme.CQCER
CHUANYU: Final = holdings.load_recognition(RECOGNITION / f"{Settings().recognition}.csv")["chuanyu"]
MANDATE = Mandate("受托代购协议 2023-07", "受托代购协议.pdf", bytes(range(32)))


@pytest.fixture
async def stocked(river: River) -> River:
    """All three programmes of the joint service, in lots that one order does not empty."""
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    for programme, per_tonne_minor in PRICES.items():
        await open_lot(f"{programme}-2021", f"{programme}-2021-0001-501-700", 2021, programme)
        await price(programme, per_tonne_minor)
    return river


def line(
    river: River, beneficiary_id: UUID, mass_g: int, mix: Mix | Programme, *, mandate: Mandate | None = MANDATE
) -> NewRetireLine:
    """What one bank emitted in 2022."""
    return NewRetireLine(
        claim=NewClaim(
            purpose=Purpose.SITE,
            scenario_id=river.scene.id,
            subject="2022 年度生产经营活动",
            beneficiary_id=beneficiary_id,
            period_from=date(2022, 1, 1),
            period_to=date(2022, 12, 31),
            emission_g=mass_g,
            language="zh",
        ),
        mandate=mandate,
        mass_g=mass_g,
        mix=Mix.only(mix) if isinstance(mix, Programme) else mix,
    )


def claiming(one: NewRetireLine, **changed: Any) -> NewRetireLine:
    """The same with another claim."""
    return replace(one, claim=replace(one.claim, **changed))


async def placed(river: River, payer_id: UUID, lines: Sequence[NewRetireLine], key: str = "joint") -> orders.OrderFacts:
    joint = NewJointOrder(payer_id=payer_id, lines=tuple(lines), currency=Currency.CNY, language="zh")
    return await orders.place_joint(joint, by=river.person_id, key=key, clock=utc_now)


async def paid(flow: Flow, order: orders.OrderFacts) -> None:
    await flow.open(order)
    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()


async def records(order: orders.OrderFacts) -> list[dict[str, object]]:
    """The records of the order's certificates, by line."""
    issued = await certificates.of_causes([one.cause for one in order.retire_lines])
    rows = {
        row["id"]: certificates.rules.read_record(row["record"])
        for row in await fetch("SELECT c.id, c.record FROM certificate c")
    }
    return [rows[issued[one.cause]] for one in order.retire_lines]


async def test_one_order_retires_for_two_banks_from_two_programmes(flow: Flow, stocked: River) -> None:
    """The joint case of 2023: 87.79 t CCER for one bank, 857 t CDCER for another, which a third party pays."""
    payer, branch, bank = [
        await joined(stocked.person_id, name) for name in ("示例碳汇公司", "示例三峡分行", "示例总行")
    ]
    order = await placed(
        stocked,
        payer,
        [
            line(stocked, branch, 87_790_000, Programme.CCER),
            line(stocked, bank, 857 * TONNE, Programme.CDCER),
        ],
    )
    assert [one.amount_minor for one in order.retire_lines] == [702_320, 4_285_000]
    assert (order.mass_g, order.amount_minor) == (944_790_000, 4_987_320)
    assert [one.cause for one in order.retire_lines] == [f"order:{order.id}/1", f"order:{order.id}/2"]

    await paid(flow, order)

    first, second = await records(order)
    (ccer,), (old,) = first["lines"], second["lines"]
    assert (ccer["programme"], ccer["start_g"], ccer["stop_g"], ccer["tonnes"]) == (
        "CCER",
        0,
        87_790_000,
        "#501 – #588",
    )
    assert (old["programme"], old["start_g"], old["stop_g"], old["tonnes"]) == ("CDCER", 0, 857 * TONNE, "#1 – #857")
    names = ("示例三峡分行", "示例总行")
    assert [certificates.beneficiary_name(one, Language.ZH) for one in (first, second)] == list(names)
    for record, name in zip((first, second), names, strict=True):
        assert record["parties"] == {
            "named": [
                {"roles": ["payer", "holder"], "name": {"zh": "示例碳汇公司", "en": "Sample company"},
                 "is_verified": False},
                {"roles": ["beneficiary"], "name": {"zh": name, "en": "Sample company"}, "is_verified": False,
                 "naming": "payer"},
            ],
            "unnamed": [],
            "persons": [],
            "mandate": {"ground": MANDATE.ground, "document": MANDATE.document, "sha256": bytes(range(32)).hex()},
        }  # fmt: skip
        assert record["period"] == {"from": "2022-01-01", "to": "2022-12-31"}
        assert (record["kind"], record["payer"]["zh"]) == ("statement", "由示例碳汇公司支付")
        assert (record["level"], record["title"]["zh"]) == ("neutral", "碳中和证明书")
        assert (record["verdict"]["profile"], record["verdict"]["standing"]) == ("local", "stands")
        findings = {rule: (verdict, severity) for rule, verdict, severity in record["verdict"]["findings"]}
        assert findings["retired_12m"] == ("fail", "warn"), "the year ended long before"
    register = await fetch("SELECT series, register_no FROM certificate ORDER BY register_no")
    assert [(row["series"], row["register_no"]) for row in register] == [("S", 1), ("S", 2)]


async def test_a_mix_of_three_programmes_is_one_retirement_and_one_certificate(flow: Flow, stocked: River) -> None:
    bank = await joined(stocked.person_id, "示例总行")
    mix = Mix.by_share({CCER: 3_333, CDCER: 3_333, CQCER: 3_334})
    order = await placed(stocked, bank, [line(stocked, bank, 100_001, mix, mandate=None)])
    (only,) = order.retire_lines
    assert [(price.mass_g, price.amount_minor) for price in only.prices] == [
        (33_330, 267),
        (33_330, 167),
        (33_341, 111),
    ]
    assert (only.cause, order.amount_minor) == (f"order:{order.id}", 545)

    await paid(flow, order)

    (record,) = await records(order)
    assert {line["programme"]: line["mass_g"] for line in record["lines"]} == {
        "CCER": 33_330, "CDCER": 33_330, "CQCER": 33_341,
    }  # fmt: skip
    assert (record["mass_g"], record["payer"]["zh"]) == (100_001, "自行支付")


async def test_a_repeat_is_the_same_order_and_another_content_under_its_key_is_refused(stocked: River) -> None:
    bank = await joined(stocked.person_id, "示例总行")
    one = line(stocked, bank, 5_000, Programme.CCER)
    first = await placed(stocked, bank, [one])
    assert await placed(stocked, bank, [one]) == first
    for other in (
        [one, one],
        [replace(one, mix=Mix.only(CDCER))],
        [replace(one, mix=Mix.by_share({CCER: 5_000, CDCER: 5_000}))],
        [replace(one, accepting=CHUANYU)],
        [claiming(one, subject="2021 年度")],
        [claiming(one, period_to=date(2022, 12, 30))],
    ):
        with pytest.raises(orders.KeyUsedOtherwise):
            await placed(stocked, bank, other)


async def test_an_order_whose_last_line_finds_nothing_sets_nothing_aside(flow: Flow, stocked: River) -> None:
    bank = await joined(stocked.person_id, "示例总行")
    with pytest.raises(holdings.CreditsExhausted):
        await placed(
            stocked,
            bank,
            [
                line(stocked, bank, 5_000, Programme.CDCER),
                line(stocked, bank, 201 * TONNE, Programme.CCER),
            ],
        )
    assert await flow.count("purchase_order") == await flow.count("credit_reservation") == 0
    assert await flow.count("ledger_account", "path LIKE 'reserved:%' AND balance > 0") == 0


async def test_orders_that_name_the_same_programmes_in_another_order_do_not_wait_for_each_other(
    flow: Flow, stocked: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "again", lambda use_case: use_case())  # a deadlock is not tried again here
    bank = await joined(stocked.person_id, "示例总行")

    def lines(programmes: Sequence[Programme]) -> list[NewRetireLine]:
        return [line(stocked, bank, 1_000, programme, mandate=None) for programme in (*programmes, *programmes)]

    there, back = (CCER, CDCER, CQCER), (CQCER, CDCER, CCER)
    await asyncio.gather(*(placed(stocked, bank, lines(back if n % 2 else there), key=f"joint:{n}") for n in range(6)))
    assert await flow.count("sale_line") == 36


async def test_an_expired_order_gives_every_line_back_and_late_money_takes_all_of_it_or_none(
    flow: Flow, stocked: River
) -> None:
    bank = await joined(stocked.person_id, "示例总行")
    mix = Mix.by_share({CCER: 5_000, CQCER: 5_000})
    order = await placed(stocked, bank, [line(stocked, bank, 9_000, mix), line(stocked, bank, 7_000, Programme.CDCER)])
    await flow.open(order)
    await flow.time_is_up(order)
    assert (await flow.sweep())["expired"] == 1
    assert await flow.count("ledger_account", "path LIKE 'reserved:%' AND balance > 0") == 0

    rest = line(stocked, bank, 200 * TONNE, Programme.CQCER)
    await placed(stocked, bank, [rest], key="others")  # all that is left of one programme
    await flow.pays(order, late=True)
    await flow.receive_notice()
    await flow.work()
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "refunded"
    assert await flow.count("retirement") == 0
    held = await fetch("SELECT path, balance FROM ledger_account WHERE path LIKE 'reserved:%' AND balance > 0")
    assert [row["balance"] for row in held] == [200 * TONNE]


async def test_a_paid_order_is_taken_back_whole_while_nothing_of_it_is_settled(flow: Flow, stocked: River) -> None:
    bank = await joined(stocked.person_id, "示例总行")
    mix = Mix.by_share({CCER: 5_000, CQCER: 5_000})
    order = await placed(stocked, bank, [line(stocked, bank, 9_000, mix), line(stocked, bank, 7_000, Programme.CDCER)])
    await flow.open(order)
    await flow.pays(order)
    await flow.receive_notice()
    from workers.jobs import JOBS
    from workers.subscriptions import SETTLE

    await JOBS[SETTLE]["fulfil_paid"](await flow.open_rows("fulfil_paid"), flow.tools)
    assert await flow.state(order) == "paid"

    for _ in range(2):
        await orders.take_back(order.id, by=order.person_id, reason="重复下单", keyring=KEYRING)
        assert await flow.state(order) == "refunding"
    await flow.work()  # the jobs that would have settled find nothing to do
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "refunded"
    assert await flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}
    assert await flow.count("retirement", "state = 'withdrawn'") == 2
    assert await flow.count("ledger_account", "path LIKE 'reserved:%' AND balance > 0") == 0


async def test_an_order_of_which_a_line_is_settled_is_not_taken_back(flow: Flow) -> None:
    order = await flow.paid()
    with pytest.raises(orders.OrderFinal):
        await orders.take_back(order.id, by=order.person_id, reason="早了", keyring=KEYRING)  # not fulfilled yet
    await flow.work()
    with pytest.raises(orders.OrderFinal):
        await orders.take_back(order.id, by=order.person_id, reason="晚了", keyring=KEYRING)
    with pytest.raises(orders.OrderUnknown):
        await orders.take_back(order.id, by=await flow.river.guest(), reason="别人的", keyring=KEYRING)
    assert await flow.state(order) == "paid"


async def test_a_repeat_is_told_by_the_profile_that_was_asked_for(stocked: River) -> None:
    bank = await joined(stocked.person_id, "示例总行")
    asked = claiming(line(stocked, bank, 5_000, CCER), profile="iso14068-1")
    first = await placed(stocked, bank, [asked])
    assert await placed(stocked, bank, [asked]) == first
    assert first.retire_lines[0].claim.profile == "iso14068-1"
    for other in (None, "local"):
        with pytest.raises(orders.KeyUsedOtherwise):
            await placed(stocked, bank, [claiming(asked, profile=other)])


async def test_what_cannot_be_ordered_is_refused_with_its_field(stocked: River) -> None:
    bank, other = await joined(stocked.person_id, "示例总行"), await organisation("示例分行")
    good = line(stocked, bank, 5_000, Programme.CCER)
    for wrong, code, field in (
        ([], "order.lines_unfit", "/lines"),
        ([good] * 201, "order.lines_unfit", "/lines"),
        ([good, replace(good, mass_g=0)], "order.mass_unfit", "/lines/1/grams"),
        ([good, replace(good, mix=Mix.by_mass({CCER: 4_999}))], "holdings.mix_unfit", "/lines/1/mix"),
        ([replace(good, mix=Mix.by_mass({CCER: 2_000, CDCER: 3_001}))], "holdings.mix_unfit", "/lines/0/mix"),
        ([replace(good, mass_g=1, mix=Mix.by_share({CCER: 9_999, CDCER: 1}))], "holdings.mix_unfit", "/lines/0/mix"),
        ([good, replace(good, mix=Mix.by_preference(CCER, Programme.VCU), accepting=CHUANYU)],
         "holdings.programme_not_accepted", "/lines/1/mix"),
        ([claiming(good, period_to=date(2021, 12, 31))], "order.period_unfit", "/lines/0/period_to"),
        ([claiming(good, period_from=date(1, 1, 1))], "order.period_unfit", "/lines/0/period_from"),
        ([claiming(good, period_to=date(9999, 12, 31))], "order.period_unfit", "/lines/0/period_to"),  # PostgreSQL's infinity
        ([claiming(good, subject=" ")], "order.subject_unfit", "/lines/0/subject"),
        ([replace(claiming(good, beneficiary_id=other), mandate=None)], "order.mandate_missing", "/lines/0/mandate"),
        ([replace(good, mandate=Mandate("协议", "协议.pdf"))], "order.mandate_unfit", "/lines/0/mandate"),
        ([claiming(good, beneficiary_id=uuid4())], "order.party_unknown", "/lines/0/beneficiary"),
        ([good, replace(claiming(good, profile="local"), funding=Funding.DONATION)],
         "order.profile_unused", "/lines/1/profile"),
        ([claiming(good, profile="local", beneficiary_id=stocked.person_id)], "order.profile_unused", "/lines/0/profile"),
        ([good, replace(good, mix=Mix.only(Programme.VCU))], "credits.price_unknown", None),
    ):  # fmt: skip
        with pytest.raises(DomainError) as refused:
            await placed(stocked, bank, wrong)
        assert (refused.value.code, refused.value.field) == (code, field)
    with pytest.raises(orders.PartyUnknown) as nobody:
        await placed(stocked, uuid4(), [good])
    assert nobody.value.field == "/payer"
    assert await fetch("SELECT id FROM purchase_order") == []


async def test_postgresql_refuses_an_order_that_its_lines_and_prices_do_not_add_up_to(stocked: River) -> None:
    bank = await joined(stocked.person_id, "示例总行")
    order = await placed(stocked, bank, [line(stocked, bank, 5_000, Programme.CCER)])
    adds_up = ("23514", "purchase_order_adds_up")
    line_id = order.retire_lines[0].id
    copy = (
        "INSERT INTO purchase_order (id, person_id, payer_id, intent_key, mass_g, amount_minor, currency, language, state,"
        " placed_at, expires_at) SELECT gen_random_uuid(), person_id, payer_id, 'x', mass_g, amount_minor, currency,"
        " language, state, placed_at, expires_at FROM purchase_order"
    )
    second = (
        "WITH made AS (INSERT INTO claim (id, cause, purpose, layer, scenario_id, beneficiary_id, beneficiary_kind,"
        " period_from, period_to, emission_g, language, made_at) SELECT gen_random_uuid(), cause || '/2', purpose, layer,"
        " scenario_id, beneficiary_id, beneficiary_kind, period_from, period_to, emission_g, language, made_at FROM claim"
        " RETURNING id, cause)"
        " INSERT INTO sale_line (id, order_id, no, cause, claim_id, funding, mass_g) SELECT gen_random_uuid(),"
        " p.order_id, 2, m.cause, m.id, p.funding, p.mass_g FROM sale_line p, made m"
    )
    async with connected(stocked.stand.app_url) as app:
        for attack, refused in (
            (copy, adds_up),  # an order without a line
            (second, adds_up),  # a line that comes later
            (f"INSERT INTO sale_line_price VALUES (99, 'VCU', 1, 1, 1, '{line_id}')", adds_up),
            ("UPDATE sale_line_price SET amount_minor = 1", ("42501", None)),
            ("UPDATE sale_line SET mass_g = 1", ("42501", None)),
            ("UPDATE sale_line SET claim_id = id", ("42501", None)),
            ("UPDATE purchase_order SET amount_minor = 1", ("42501", None)),
            ("UPDATE purchase_order SET state = 'refunded'", ("23514", "purchase_order_step_check")),
        ):
            assert await refusal(app, attack) == refused, attack
