"""Holdings over HTTP: an organisation buys ahead, gives away, retires, and is refunded for what is free."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from app.kernel.text import Text
from app.registry import books
from tests.doors.conftest import Caller, Door
from tests.rooms.conftest import open_lot, organisation
from tests.staff import verified

TONNE = 1_000_000
CDCER = [{"programme": "CDCER"}]


def org(organisation_id: UUID) -> str:
    return ids.public("org", organisation_id)


async def send(caller: Caller, path: str, form: dict[str, Any], *, key: str | None = None) -> httpx.Response:
    return await caller.post(f"/api/v1{path}", json=form, headers={"idempotency-key": key or uuid4().hex})


async def buy(door: Door, caller: Caller, payer: UUID, grams: int) -> dict[str, Any]:
    """Ordered and paid; the order as the API tells it then."""
    placed = await send(caller, "/holdings/orders", {"payer": org(payer), "lines": [{"grams": grams, "mix": CDCER}]})
    assert placed.status_code == 201, placed.text
    await door.fulfilled(placed.json()["id"])
    return (await caller.get(f"/api/v1/orders/{placed.json()['id']}")).json()


async def held(caller: Caller) -> dict[str, int]:
    """Grams by account."""
    answer = await caller.get("/api/v1/holdings")
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["grams"] for one in answer.json()["accounts"]}


def retirement(door: Door, account: str, grams: int, **more: Any) -> dict[str, Any]:
    return {
        "account": account, "grams": grams, "mix": CDCER, "scene": door.live, "purpose": "organisation",
        "subject": "2022 年度生产经营活动", "period_from": "2022-01-01", "period_to": "2022-12-31",
        "emission_grams": grams,
    } | more  # fmt: skip


@pytest.fixture
async def stocked(door: Door) -> Door:
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    return door


async def test_an_organisation_buys_100_t_gives_a_part_retires_from_it_and_is_refunded_for_the_rest(
    stocked: Door,
) -> None:
    buyer = await verified(Text(zh="示例碳汇公司", en="Sample Carbon"))
    friend = await verified(Text(zh="示例合作方", en="Sample Friend"))
    async with stocked.operator(buyer, Role.OPERATOR) as caller, stocked.operator(buyer, Role.SPONSOR) as other:
        order = await buy(stocked, caller, buyer, 100 * TONNE)
        (hold,) = order["lines"]
        assert (order["state"], order["phase"], hold["grams"], hold["amount_minor"]) == (
            "paid", "done", 100 * TONNE, 500_000,
        )  # fmt: skip
        account = hold["account"]
        assert await held(caller) == {account: 100 * TONNE}

        given = {"source": account, "organisation": org(friend), "grams": 10 * TONNE, "mix": CDCER, "reason": "赠予"}
        key = uuid4().hex
        moved = [await send(caller, "/holdings/transfers", given, key=key) for _ in range(2)]
        assert [one.status_code for one in moved] == [201, 201], moved[0].text
        assert moved[0].json() == moved[1].json()
        assert await held(caller) == {account: 90 * TONNE}

        retired = await send(caller, "/holdings/retirements", retirement(stocked, account, 20 * TONNE))
        assert retired.status_code == 201, retired.text
        assert retired.json()["number"].startswith("R-")
        large = await send(caller, "/holdings/retirements", retirement(stocked, account, 60 * TONNE, subject="其余"))
        assert (large.status_code, large.json()["number"]) == (201, None)
        assert await held(caller) == {account: 70 * TONNE}  # nothing is set aside while it waits
        word = {"approval": large.json()["approval"], "digest": large.json()["digest"]}
        alone = await caller.post("/api/v1/holdings/retirements/approve", json=word)
        assert (alone.status_code, alone.json()["code"]) == (403, "APPROVAL_SAME_PERSON")
        agreed = await other.post("/api/v1/holdings/retirements/approve", json=word)
        assert agreed.status_code == 200, agreed.text
        await stocked.work()
        assert await fetch_value("SELECT count(*) FROM certificate") == 2
        (row,) = await fetch(
            "SELECT payer_id, holder_id, account_id, funding FROM retirement WHERE mass_g = $1", 20 * TONNE
        )
        assert row == {
            "payer_id": buyer, "holder_id": buyer, "account_id": ids.parse("acc", account), "funding": "own",
        }  # fmt: skip

        path = f"/orders/{order['id']}/lines/{hold['id']}/return"
        much = await send(caller, path, {"grams": 11 * TONNE})
        assert (much.status_code, much.json()["code"]) == (409, "ORDER_NOTHING_TO_RETURN")
        key = uuid4().hex
        back = await send(caller, path, {"grams": 10 * TONNE}, key=key)
        assert back.status_code == 201, back.text
        (hold,) = back.json()["lines"]
        assert (back.json()["state"], hold["returned_grams"], hold["returned_minor"]) == (
            "partly_refunded", 10 * TONNE, 50_000,
        )  # fmt: skip
        assert (await send(caller, path, {"grams": 10 * TONNE}, key=key)).json() == back.json()
        assert await held(caller) == {account: 0}
    assert await fetch_value("SELECT amount_minor FROM payment_refund") == 50_000
    run = await books.prove(connect=lambda: asyncpg.connect(stocked.stand.app_url))
    assert run.is_balanced, run.differences


async def test_whoever_has_no_role_today_uses_nothing_of_a_holding(stocked: Door) -> None:
    buyer, stranger = await verified(Text(zh="示例公司", en="Sample A")), await organisation("示例乙公司")
    async with (
        stocked.operator(buyer, Role.OPERATOR) as caller,
        stocked.operator(buyer, Role.REVIEWER) as reader,
        stocked.operator(stranger, Role.OPERATOR) as other,
    ):
        order = await buy(stocked, caller, buyer, TONNE)
        account = order["lines"][0]["account"]
        assert await held(reader) == {account: TONNE}
        assert await held(other) == {}
        for path, form in (
            ("/holdings/retirements", retirement(stocked, account, 5)),
            (
                "/holdings/transfers",
                {"source": account, "organisation": org(buyer), "grams": 5, "mix": CDCER, "reason": "x"},
            ),
            (f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/return", {"grams": 5}),
        ):
            assert (await send(reader, path, form)).status_code == 403
            assert (await send(other, path, form)).status_code == 404
        bought = {"payer": org(buyer), "lines": [{"grams": 5, "mix": CDCER}]}
        assert (await send(other, "/holdings/orders", bought)).json()["detail"]["field"] == "/payer"


async def test_each_refusal_names_its_field(stocked: Door) -> None:
    buyer, unverified = await verified(Text(zh="示例公司", en="Sample A")), await organisation("示例乙公司")
    async with stocked.operator(buyer, Role.OPERATOR) as caller:
        account = (await buy(stocked, caller, buyer, TONNE))["lines"][0]["account"]
        move = {"source": account, "organisation": org(unverified), "grams": 5, "mix": CDCER, "reason": "x"}
        for path, form, status, field in (
            ("/holdings/transfers", move, 404, "/organisation"),
            ("/holdings/transfers", move | {"source": "acc_x"}, 404, "/source"),
            ("/holdings/transfers", {**move, "organisation": None, "target": "acc_x"}, 404, "/target"),
            ("/holdings/retirements", retirement(stocked, account, 5, scene="ZZZZZZ"), 404, "/scene"),
            ("/holdings/retirements", retirement(stocked, account, 5, period_to="2021-01-01"), 400, "/period_to"),
            ("/holdings/retirements", retirement(stocked, account, 5, subject="\u0007"), 400, "/subject"),
            (
                "/holdings/orders",
                {"payer": org(buyer), "lines": [{"grams": 5, "mix": CDCER, "account": "acc_x"}]},
                404,
                "/lines/0/account",
            ),
        ):
            answer = await send(caller, path, form)
            assert (answer.status_code, answer.json()["detail"]["field"]) == (status, field), answer.text
        none_left = await send(caller, "/holdings/retirements", retirement(stocked, account, TONNE + 1))
        assert none_left.json()["code"] == "CREDITS_EXHAUSTED"
        once = uuid4().hex
        assert (
            await send(caller, "/holdings/retirements", retirement(stocked, account, 5), key=once)
        ).status_code == 201
        changed = retirement(stocked, account, 6)
        assert (await send(caller, "/holdings/retirements", changed, key=once)).status_code == 422
