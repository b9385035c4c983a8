"""One id leads from a request to all that followed from it: the API's line, the job's, and the far side's."""

import json

import httpx

from tests.faults.seeing import one_of_each
from tests.stack import Stack, eventually


async def test_a_requests_id_finds_its_lines_in_api_worker_and_sandbox(undrawn: Stack) -> None:
    """Somebody takes a paid order back: the money is asked back from the channel by a worker, later."""
    await undrawn.kill("worker")
    async with undrawn.phone() as phone:
        order, other = await phone.order(), await phone.order()
        await phone.pay(order)
        await phone.pay(other)

        async def is_paid() -> bool:
            rows = await undrawn.sql("SELECT FROM outbox_message WHERE job = 'fulfil_paid' AND done_at IS NULL")
            return len(rows) == 2

        await eventually(is_paid, 20, "the notices did not come")
        answer = await phone.client.post(
            f"/api/v1/orders/{order['id']}/take-back",
            json={"reason": "changed my mind"}, headers={"idempotency-key": "take-back one"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        request_id = answer.headers["x-request-id"]
        undrawn.begin("worker")
        await undrawn.ready("worker")
        await phone.certificate(other)

        def lines(name: str) -> list[str]:
            return [line for line in undrawn.log(name).splitlines() if request_id in line]

        await eventually(lambda: lines("sandbox") or None, 20, "the far side was not told")
        assert any('"event":"request.done"' in line and "/take-back" in line for line in lines("serve"))
        (ran,) = [line for line in map(json.loads, lines("worker")) if line.get("job") == "send_refunds"]
        assert (ran["event"], ran["outcome"], ran["requests"]) == ("job.ran", "done", [request_id])
        assert any("sandbox.asked" in line and "/refunds" in line for line in lines("sandbox")), lines("sandbox")
    await one_of_each(undrawn, [other])


async def test_a_caller_gets_the_id_that_the_log_has_and_not_one_of_their_own(undrawn: Stack) -> None:
    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False, verify=False) as caller:
        answer = await caller.get(f"/s/{undrawn.code}", headers={"x-request-id": "mine"})
    assert answer.headers["x-request-id"] != "mine"
    await eventually(
        lambda: answer.headers["x-request-id"] in undrawn.log("serve") or None, 5, "the log does not know its id"
    )
