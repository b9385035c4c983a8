"""A small history that holds everything a migration must not lose, walked by the rooms themselves and the far side.

What comes of it is written down as `tests/data/release_before.sql.gz`, by the program of the release it is named for:
`REWRITE_RELEASE=1 .venv/bin/python -m pytest tests/migrations/test_release_before.py -k walked`, in a checkout of that
release. Afterwards the walk goes on with the program as it is now, so that the next release's rows come from the same.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app import certificates, wiring
from app.commerce import orders
from app.commerce.orders import NewJointOrder, NewRetireLine
from app.foundation import identity
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry import retirements
from app.registry.claims import Mandate, NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.registry.retirements import Funding
from config.settings import Settings
from tests.flow import Flow
from tests.rooms.conftest import KEYRING, PROFILES, open_lot, organisation
from tests.staff import joined, price
from workers.jobs import JOBS
from workers.subscriptions import SETTLE

LAST: Final = beijing_day(utc_now()) + timedelta(days=40)
"""The last day of the periods that are retired for ahead."""
MANDATE: Final = Mandate("受托代购协议 2023-07", "受托代购协议.pdf", bytes(range(32)))


async def walk(flow: Flow) -> None:
    """Orders in every state, of one line and of several; certificates in two editions; claims short and covered."""
    await open_lot("CCER-2021", "CCER-2021-0001-501-900", 2021, Programme.CCER)
    await price(Programme.CCER, 8_000)
    await visits(flow)
    bank = await joined(flow.river.person_id, "示例总行")
    await joint(flow, bank)
    await ahead(flow, bank)
    await unpaid(flow, bank)
    await sold_out(flow)


async def visits(flow: Flow) -> None:
    """Of guests: certified with a name and without, erased, taken back, cancelled, run out, waiting."""
    river = flow.river
    await flow.named("王𠮷")
    await flow.work()
    for key in ("trip-1", "trip-2"):  # two trips of one day
        await paid(flow, await river.order(key))
    erased = await river.order("erased", person_id=await river.guest())
    sealed = await identity.seal(erased.person_id, "李四", purpose=certificates.NAME_PURPOSE, keyring=KEYRING)
    await orders.rename(erased.id, by=erased.person_id, name_sealed=sealed)
    await paid(flow, erased)
    await identity.destroy_key(erased.person_id)

    back = await flow.paid("taken-back")
    await JOBS[SETTLE]["fulfil_paid"](await flow.open_rows("fulfil_paid"), flow.tools)
    await orders.take_back(back.id, by=back.person_id, reason="重复下单", keyring=KEYRING)
    await flow.work()
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(back) == "refunded"

    cancelled = await river.order("cancelled", person_id=await river.guest())
    assert await orders.cancel(cancelled.id, by=cancelled.person_id, channels=flow.channels)
    expired = await river.order("expired", person_id=await river.guest())
    await flow.time_is_up(expired)
    await flow.sweep()
    waiting = await river.order("waiting", person_id=await river.guest())
    sealed = await identity.seal(waiting.person_id, "张三", purpose=certificates.NAME_PURPOSE, keyring=KEYRING)
    await orders.rename(waiting.id, by=waiting.person_id, name_sealed=sealed)
    for number, id_ in enumerate(await river.requested([7_000, 8_000], name="hand")):  # of no order
        await settled([id_] if number == 0 else [], flow)
    await flow.work()


async def joint(flow: Flow, bank: UUID) -> None:
    """Three lines for three beneficiaries, one with a mandate, one given to a person, one given to an organisation."""
    river = flow.river
    branch = await organisation("示例三峡分行")
    guest = await river.guest()
    named = await identity.seal(guest, "赵六", purpose=certificates.NAME_PURPOSE, keyring=KEYRING)
    year = line(river.scene.id, branch, 2_000_000, mandate=MANDATE)
    ccer = Mix.by_mass({Programme.CCER: 1_000_000, Programme.CDCER: 1_000_000})
    said = year.claim
    given = replace(said, beneficiary_id=guest, name_sealed=named, subject=None, purpose=Purpose.EVENT)
    lines = [
        replace(year, mix=ccer, claim=replace(said, profile="local")),
        replace(year, claim=given, funding=Funding.GIFT, mandate=None, mass_g=5_000),
        replace(year, claim=replace(said, emission_g=0), funding=Funding.DONATION, mandate=None, mass_g=6_000),
        replace(
            year,
            claim=replace(said, purpose=Purpose.ORGANISATION, beneficiary_id=bank, subject=None),
            mandate=None,
        ),
    ]
    await paid(flow, await place(flow, bank, lines, "joint"))
    lines[0] = replace(lines[0], mandate=Mandate("授权书第 7 号"))
    await paid(flow, await place(flow, bank, lines[:1], "again"))  # the same claim, on another ground


async def ahead(flow: Flow, bank: UUID) -> None:
    """Claims that were retired for before their period was over: one covered by two retirements, one short."""
    year = line(flow.river.scene.id, bank, 100_000)
    claim = replace(year.claim, period_from=beijing_day(utc_now()), period_to=LAST, subject="春熙路网点")
    running = replace(year, claim=claim)
    first = await paid(flow, await place(flow, bank, [running], "ahead"))
    id_ = await retirement_of(first)
    await true_up(flow, id_, 130_000)  # short by 30 kg
    await paid(flow, await place(flow, bank, [replace(running, mass_g=30_000)], "ahead-2"))
    await true_up(flow, id_, 130_000)
    other = await paid(
        flow, await place(flow, bank, [replace(running, claim=replace(claim, subject="天府广场网点"))], "ahead-3")
    )
    await true_up(flow, await retirement_of(other), 500_000)
    await flow.work()


async def unpaid(flow: Flow, bank: UUID) -> None:
    """Two orders of one claim that nobody has paid, and one too large to hold grams unpaid."""
    same = line(flow.river.scene.id, bank, 10_000)
    for key in ("unpaid-1", "unpaid-2"):
        await place(flow, bank, [same], key)
    joint_order = asked(bank, [replace(same, claim=replace(same.claim, emission_g=90_000_000), mass_g=90_000_000)])
    quoted = await orders.place_joint(
        joint_order, by=flow.river.person_id, key="quoted", clock=utc_now, bounds=wiring.bounds(Settings())
    )
    assert quoted.state is orders.OrderState.QUOTED, quoted.state


async def sold_out(flow: Flow) -> None:
    """One is requested and not settled yet; one is paid when nothing is left, and its money is on its way back."""
    await flow.paid("requested")
    await JOBS[SETTLE]["fulfil_paid"](await flow.open_rows("fulfil_paid"), flow.tools)
    late = await flow.opened("late")
    await flow.time_is_up(late)
    await flow.sweep()
    await flow.others_take_all(late)
    await flow.pays(late, late=True)
    await flow.receive_notice()
    await JOBS[SETTLE]["fulfil_paid"](await flow.open_rows("fulfil_paid"), flow.tools)
    assert await flow.state(late) == "refunding"


def line(scenario_id: UUID, beneficiary_id: UUID, mass_g: int, *, mandate: Mandate | None = None) -> NewRetireLine:
    """What a branch emitted in 2025."""
    return NewRetireLine(
        claim=NewClaim(
            purpose=Purpose.SITE,
            scenario_id=scenario_id,
            subject="2025 年度生产经营活动",
            beneficiary_id=beneficiary_id,
            period_from=date(2025, 1, 1),
            period_to=date(2025, 12, 31),
            emission_g=mass_g,
            language="zh",
        ),
        mandate=mandate,
        mass_g=mass_g,
        mix=Mix.only(Programme.CDCER),
    )


def asked(payer_id: UUID, lines: list[NewRetireLine]) -> NewJointOrder:
    """These lines as one order."""
    return NewJointOrder(payer_id=payer_id, lines=tuple(lines), currency=Currency.CNY, language="zh")


async def place(flow: Flow, payer_id: UUID, lines: list[NewRetireLine], key: str) -> orders.OrderFacts:
    """Place an order of these lines."""
    return await orders.place_joint(asked(payer_id, lines), by=flow.river.person_id, key=key, clock=utc_now)


async def paid(flow: Flow, order: orders.OrderFacts) -> orders.OrderFacts:
    """Let an order be paid, and everything follow from it."""
    await flow.open(order)
    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()
    return order


async def settled(ids: list[UUID], flow: Flow) -> None:
    """Let the job settle these alone."""
    rows = [
        await fetch_value("SELECT id FROM outbox_message WHERE job = 'settle_retirements' AND subject = $1", subject)
        for subject in (f"retirement:{id_}" for id_ in ids)
    ]
    if rows:
        await JOBS[SETTLE]["settle_retirements"](rows, flow.tools)


async def retirement_of(order: orders.OrderFacts) -> UUID:
    """The retirement of an order's only line."""
    standing = await retirements.find_by_cause(order.retire_lines[0].cause)
    assert standing is not None
    return standing.id


async def true_up(flow: Flow, id_: UUID, actual_g: int) -> None:
    """Enter what was really emitted on the last day of the period, and let the papers follow."""
    await retirements.true_up(id_, actual_g, by=flow.river.person_id, profiles=PROFILES, today=LAST)
    await flow.work()
