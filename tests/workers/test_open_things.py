"""What is open is told with how many there are and how long the oldest has waited, and no longer once it is done."""

from uuid import uuid4

from app.certificates import FileWanted
from app.commerce import orders, payments
from app.foundation import outbox
from app.foundation.identity import Role
from app.gateways.database import fetch, transaction
from app.registry import books
from tests.flow import Flow
from tests.staff import staff


async def told() -> dict[str, int]:
    return {one.what: one.number for one in (await books.gauges()).open if one.oldest_s >= 0}


async def test_a_payment_and_its_reservation_are_open_until_it_is_paid_and_a_paper_until_it_is_drawn(
    flow: Flow,
) -> None:
    before = await told()
    order = await flow.opened()
    async with transaction() as tx:
        await outbox.record(FileWanted(certificate_id=uuid4(), language="zh", file_kind="pdf"), tx=tx)
    assert await told() == before | {"payment": 1, "reservation": 1, "paper": 1}

    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()
    async with transaction() as tx:
        (row,) = await flow.open_rows("draw_wanted")
        await outbox.take([row], "draw_wanted", tx=tx)
    assert await told() == before


async def test_a_refund_is_open_until_the_channel_has_decided_it(flow: Flow) -> None:
    order = await flow.opened()
    assert await orders.cancel(order.id, by=order.person_id, channels=flow.channels)
    await flow.others_take_all(order)
    await flow.pays(order, late=True)
    await flow.receive_notice()
    await flow.work()
    assert (await told())["refund"] == 1

    await flow.receive_notice()
    await flow.work()
    assert "refund" not in await told()


async def test_a_message_that_fits_nothing_is_open_with_its_reason_until_it_is_decided(flow: Flow) -> None:
    order = await flow.opened()
    reference = (await flow.payment(order))["reference"]
    await flow.sandbox.control("POST", "notify", {"out_trade_no": reference, "tamper": "unknown_order"})
    await flow.pays(order)
    await flow.receive_notice()
    assert [one.kind for one in (await books.gauges()).open if one.what == "notice"] == ["unknown_payment"]

    (row,) = await fetch("SELECT id FROM payment_notice WHERE fate = 'parked'")
    proposed = await payments.propose_decision(
        row["id"], payments.Decision.NOTE, reason="无对应订单", by=await staff(Role.FINANCE)
    )
    await payments.decide(proposed.id, seen=proposed.sha256, by=await staff(Role.FINANCE))
    assert "notice" not in await told()
    await flow.due_now()
    await flow.sweep()  # the channel itself is asked, and settles the payment
    await flow.work()
