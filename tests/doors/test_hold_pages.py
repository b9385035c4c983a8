"""The pages of orders that hold: to be paid, arrived, given back; and one order that retires and holds."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.foundation.identity import Role
from app.kernel.text import Text
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_api_holdings import CDCER, TONNE, org, retirement, send
from tests.doors.test_api_joint import line
from tests.doors.test_pages_citizen import fields
from tests.rooms.conftest import open_lot, organisation
from tests.staff import verified


@dataclass(frozen=True, slots=True)
class Holder:
    """An organisation, and its member who orders."""

    door: Door
    buyer: Caller
    payer_id: UUID

    async def order(self, *grams: int) -> str:
        asked = {"payer": org(self.payer_id), "lines": [{"grams": one, "mix": CDCER} for one in grams]}
        answer = await send(self.buyer, "/holdings/orders", asked)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def told(self, order_id: str) -> dict[str, Any]:
        return dict((await self.buyer.get(f"/api/v1/orders/{order_id}")).json())

    async def page(self, address: str) -> str:
        answer = await self.buyer.get(address, headers=PAGE)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
async def holder(door: Door) -> AsyncIterator[Holder]:
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    payer = await verified(Text(zh="示例碳汇公司", en="Sample Carbon"))
    async with door.operator(payer, Role.OPERATOR) as buyer:
        yield Holder(door, buyer, payer)


async def test_an_order_that_only_holds_has_a_cashier_and_a_page_of_what_is_held_and_can_be_given_back(
    holder: Holder,
) -> None:
    order_id = await holder.order(3 * TONNE, TONNE)
    cashier = await holder.page(f"/o/{order_id}")
    for told in ("持有 4 t CO₂e", "2 项，存入账户", "由示例碳汇公司付款", "本机构持有账户", "¥150.00", "待付款"):
        assert told in cashier, told
    for told in ("证书上写谁", "注销后不可撤回", "现在可退"):
        assert told not in cashier, told
    assert "Holds 4 t CO₂e" in await holder.page(f"/o/{order_id}?lang=en")

    await holder.door.money_comes(order_id)
    arriving = await holder.page(f"/o/{order_id}?lang=zh")
    assert ("存入中" in arriving, "注销中" in arriving) == (True, False)

    await holder.door.work()
    page = await holder.page(f"/o/{order_id}")
    for told in ("2 项都已存入账户。", "已存入", "现在可退", "3 t · ¥150.00", "1 t · ¥50.00"):
        assert told in page, told
    assert "证明书" not in page

    (first, _) = (await holder.told(order_id))["lines"]
    used = await send(holder.buyer, "/holdings/retirements", retirement(holder.door, first["account"], 2 * TONNE))
    assert used.status_code == 201, used.text
    back = await send(holder.buyer, f"/orders/{order_id}/lines/{first['id']}/return", {"grams": TONNE})
    assert back.status_code == 201, back.text
    page = await holder.page(f"/o/{order_id}")
    assert "1 t · ¥50.00" in page
    assert "Given back" in await holder.page(f"/o/{order_id}?lang=en")


async def test_an_order_that_only_holds_stands_among_what_its_people_have_while_it_is_paid_for_and_after(
    holder: Holder,
) -> None:
    order_id = await holder.order(TONNE)
    mine = await holder.page("/me")
    for told in (f"/o/{order_id}", "持有的碳信用", "待支付"):
        assert told in mine, told
    await holder.door.fulfilled(order_id)
    mine = await holder.page("/me")
    assert (f"/o/{order_id}" in mine, "待支付" in mine) == (True, False)


async def test_an_order_that_only_holds_is_given_up_from_its_page(holder: Holder) -> None:
    order_id = await holder.order(TONNE)
    asked = await holder.page(f"/o/{order_id}/cancel")
    assert ("持有" in asked, "场景" in asked) == (True, False)
    answer = await holder.buyer.post(f"/o/{order_id}/cancel", data=fields(asked), headers=OWN_PAGE)
    assert answer.status_code == 303, answer.text
    assert "已退回" in await holder.page(f"/o/{order_id}")


async def test_a_stranger_finds_no_page_of_what_is_held(holder: Holder) -> None:
    order_id = await holder.order(TONNE)
    async with holder.door.operator(await organisation("示例乙公司"), Role.OPERATOR) as other:
        assert (await other.get(f"/o/{order_id}", headers=PAGE)).status_code == 404
        assert order_id not in (await other.get("/me", headers=PAGE)).text


async def test_one_joint_order_retires_and_holds(holder: Holder) -> None:
    asked = {
        "payer": org(holder.payer_id),
        "lines": [{"fulfil": "hold", "grams": TONNE, "mix": CDCER}, line(holder.door, 2 * TONNE, "CDCER")],
    }
    placed = await send(holder.buyer, "/orders/joint", asked)
    assert placed.status_code == 201, placed.text
    order_id = placed.json()["id"]
    assert [(one["no"], one["fulfil"]) for one in placed.json()["lines"]] == [(1, "hold"), (2, "retire")]
    assert "注销并持有，共 3 t CO₂e" in await holder.page(f"/o/{order_id}")
    await holder.door.fulfilled(order_id)
    done = await holder.told(order_id)
    assert (done["phase"], done["lines"][1]["retirement_number"] is not None) == ("done", True)
    page = await holder.page(f"/o/{order_id}")
    for told in ("2 项都已办妥", done["lines"][1]["certificate_url"], "已出证", "已存入", "1 t · ¥50.00"):
        assert told in page, told


async def test_a_held_line_of_a_joint_order_that_cannot_be_names_its_field(holder: Holder) -> None:
    for held, status, field in (
        ({"grams": 5, "mix": CDCER, "account": "acc_x"}, 404, "/lines/1/account"),
        ({"grams": 5, "mix": [{"programme": "CDCER", "grams": 4}]}, 400, "/lines/1/mix"),
    ):
        asked = {
            "payer": org(holder.payer_id),
            "lines": [line(holder.door, TONNE, "CDCER"), {"fulfil": "hold", **held}],
        }
        answer = await send(holder.buyer, "/orders/joint", asked)
        assert (answer.status_code, answer.json()["detail"]["field"]) == (status, field), answer.text
