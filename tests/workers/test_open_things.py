"""What is open is told with how many there are and how long the oldest has waited, and no longer once it is done."""

from uuid import uuid4

from app.certificates import FileWanted
from app.commerce import orders
from app.foundation import outbox
from app.gateways.database import transaction
from app.registry import books
from tests.flow import Flow


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
