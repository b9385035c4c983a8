"""One id leads from a request to all that followed from it: the API's line, the job's, and the far side's."""

import json

import httpx

from tests.stack import Stack, eventually


async def test_a_requests_id_finds_its_lines_in_api_worker_and_sandbox(undrawn: Stack) -> None:
    """A channel tells of money for an order that was paid already by another payment: it is sent back by a worker, later."""
    async with undrawn.phone() as phone:
        order = await phone.order()
        first = (await undrawn.trade_of(await phone.open_payment(order)))["out_trade_no"]
        answer = await phone.client.post(
            f"/api/v1/orders/{order['id']}/payments",
            json={"method": "wechatpay.native"}, headers={"idempotency-key": "another way"},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        second = next(
            one["out_trade_no"]
            for one in (await undrawn.truth())["trades"]
            if one["out_trade_no"] != first and one["state"] == "NOTPAY"
        )
        await undrawn.control("pay", out_trade_no=second, outcome="success")
        await phone.certificate(order)
        await undrawn.control("pay", out_trade_no=first, outcome="success", late=True)

        def runs() -> list[str] | None:
            told = [
                line for line in undrawn.log("worker").splitlines() if '"send_refunds"' in line and '"job.ran"' in line
            ]
            return told or None

        (ran,) = map(json.loads, await eventually(runs, 30, "the money was not sent back"))
        (request_id,) = ran["requests"]

        def lines(name: str) -> list[str]:
            return [line for line in undrawn.log(name).splitlines() if request_id in line]

        await eventually(
            lambda: any('"request.done"' in line and "/notify/" in line for line in lines("serve")) or None,
            5,
            "no request",
        )
        assert {json.loads(line).get("job") for line in lines("worker")} >= {"fulfil_paid", "send_refunds"}
        assert any("sandbox.asked" in line and "/refund" in line for line in lines("sandbox")), lines("sandbox")


async def test_a_caller_gets_the_id_that_the_log_has_and_not_one_of_their_own(undrawn: Stack) -> None:
    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False, verify=False) as caller:
        answer = await caller.get(f"/s/{undrawn.code}", headers={"x-request-id": "mine"})
    assert answer.headers["x-request-id"] != "mine"
    await eventually(
        lambda: answer.headers["x-request-id"] in undrawn.log("serve") or None, 5, "the log does not know its id"
    )
