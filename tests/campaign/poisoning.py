"""F9: a row that always raises, kills whoever takes it, or eats all memory; and the verb that brings it back."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from tests.campaign.rounds import Ground
from tests.faults.seeing import SETTLED_WITHIN_S
from tests.faults.test_killed_workers import POISON_POINTS
from tests.stack import Phone, eventually

_ROOM_MB = 64
"""What a worker may still take beside what it has: enough for its work, not for the hundred of the glutton's row."""
_GLUTTON = "SELECT ('[' || repeat('[],', 1499999) || '[]]')::jsonb"
_PLANT = (
    "INSERT INTO outbox_message (kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, tries)"
    " VALUES ('payment.succeeded', 'order:poison', {payload}, 'fulfil_paid', 'settle', clock_timestamp(),"
    " clock_timestamp(), 0, 0, 0) RETURNING id"
)


async def poison_row(ground: Ground) -> None:
    """One kind of poison by lot: parked after eight tries, the others as quick as before, brought back by the verb."""
    stack = ground.stack
    kind = ground.chance.choice(["raises", "kills", "eats memory"])
    ground.outcome.what = kind
    variables = {
        "raises": {},
        "kills": {"FAULT_POINT": f"{POISON_POINTS[0]}@order:poison"},
        "eats memory": {"MEMORY_MB": str(_ROOM_MB)},
    }[kind]
    payload = f"({_GLUTTON})" if kind == "eats memory" else "'{}'"
    async with stack.phone() as phone:
        before = time.monotonic()
        ground.orders.append(await _visit(phone))
        usual_s = time.monotonic() - before
        await stack.kill("worker")
        (row,) = await stack.sql(_PLANT.format(payload=payload))
        stack.begin("worker", **variables)
        if kind == "eats memory":  # its beginning is slow by itself; what counts is who works beside the poison
            await stack.ready("worker", SETTLED_WITHIN_S)

        async def is_parked() -> bool:
            if not stack.is_running("worker"):
                stack.begin("worker", **variables)
            (found,) = await stack.sql("SELECT dead_at, failures, tries FROM outbox_message WHERE id = $1", row["id"])
            if found["dead_at"] is not None:
                return True
            await stack.sql(  # its next try is due minutes from now; told that it is time, it comes at once
                "UPDATE outbox_message SET due_at = clock_timestamp() WHERE id = $1 AND due_at > clock_timestamp()",
                row["id"],
            )
            return False

        parking = asyncio.create_task(eventually(is_parked, 120, "the poisoned row is still tried", every_s=0.5))
        try:
            if kind != "kills":  # one that kills stops whoever works beside it, for as long as a worker takes to begin
                while not parking.done():
                    ground.orders.append(await _not_held_up(phone, usual_s))
            await parking
        finally:
            parking.cancel()
        ground.outcome.faults += 1
        (found,) = await stack.sql("SELECT failures, tries, last_error FROM outbox_message WHERE id = $1", row["id"])
        tries = found["failures"] + found["tries"] + (kind == "kills")  # the first death is not counted
        assert tries == 8, f"parked after {tries} tries: {dict(found)}"
        began = time.monotonic()
        ground.orders.append(await _visit(phone))
        ground.outcome.settled_s = time.monotonic() - began
        await stack.kill("worker")
        back = await stack.sql("SELECT outbox.replay(ARRAY[$1::bigint]) AS id", row["id"])
        assert [one["id"] for one in back] == [row["id"]]
        await stack.sql("DELETE FROM outbox_message WHERE id = $1", row["id"])
        stack.begin("worker")
        await stack.ready("worker", SETTLED_WITHIN_S)
    await ground.end()


async def _not_held_up(phone: Phone, usual_s: float) -> Mapping[str, Any]:
    began = time.monotonic()
    order = await _visit(phone)
    took_s = time.monotonic() - began
    assert took_s < 5 * usual_s + 3, f"a healthy order took {took_s:.1f} s beside the poison, {usual_s:.1f} s before"
    return order


async def _visit(phone: Phone) -> Mapping[str, Any]:
    order = await phone.order()
    await phone.pay(order)
    await phone.certificate(order, SETTLED_WITHIN_S)
    return order
