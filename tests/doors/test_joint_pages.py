"""The pages of a joint order: all its lines, for whoever placed it, from the cashier to the statements."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from app.foundation.identity import Role
from app.registry.credits import Programme
from tests.doors.conftest import PAGE, Caller, Door
from tests.doors.test_api_joint import line, placed, shown
from tests.rooms.conftest import open_lot, organisation
from tests.staff import price

MANDATE = {"mandate": {"ground": "受托代购协议 2023-07"}}


@dataclass(frozen=True, slots=True)
class Joint:
    """An order for two banks, and the buyer who placed it."""

    door: Door
    buyer: Caller
    payer_id: UUID
    banks: tuple[UUID, UUID]

    async def order(self, *lines: dict[str, object]) -> str:
        answer = await placed(self.buyer, self.payer_id, *lines, scheme="chuanyu")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def page(self, address: str) -> str:
        answer = await self.buyer.get(address, headers=PAGE)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
async def joint(door: Door) -> AsyncIterator[Joint]:
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    await open_lot("CCER-2021", "CCER-2021-0001-501-600", 2021, Programme.CCER)
    await price(Programme.CCER, 8000)
    payer = await organisation("示例碳汇公司")
    banks = await organisation("示例三峡分行"), await organisation("示例总行")
    async with door.operator(payer, Role.OPERATOR) as buyer:
        yield Joint(door, buyer, payer, banks)


async def test_the_page_of_a_joint_order_shows_both_lines_before_and_after_they_are_retired(joint: Joint) -> None:
    order_id = await joint.order(
        line(joint.door, 87_790_000, "CCER", beneficiary=shown(joint.banks[0]), **MANDATE),
        line(joint.door, 857_000_000, "CDCER", beneficiary=shown(joint.banks[1]), subject="2022 年度", **MANDATE),
    )
    cashier = await joint.page(f"/o/{order_id}")
    for told in ("由示例碳汇公司付款", "示例三峡分行", "示例总行", "87.79 t", "¥7,023.20", "¥42,850.00", "待付款"):
        assert told in cashier, told
    assert "证书上写谁" not in cashier

    await joint.door.fulfilled(order_id)
    done = (await joint.buyer.get(f"/api/v1/orders/{order_id}")).json()
    page = await joint.page(f"/o/{order_id}")
    for one in done["lines"]:
        assert one["retirement_number"] in page
        assert one["certificate_url"] in page
    for told in (
        "示例三峡分行",
        "示例总行 ",
        "第 0 至 87,790,000 克",
        "第 0 至 857,000,000 克",
        "#501 – #588",
        "已出证",
    ):
        assert told.strip() in page, told
    assert "statement issued" in await joint.page(f"/o/{order_id}?lang=en")


async def test_money_that_has_come_is_told_before_anything_is_retired(joint: Joint) -> None:
    order_id = await joint.order(line(joint.door, 5_000, "CCER"), line(joint.door, 5_000, "CDCER"))
    await joint.door.money_comes(order_id)
    page = await joint.page(f"/o/{order_id}")
    assert ("待付款" in page, page.count('class="tag retiring"')) == (False, 2)


async def test_a_stranger_finds_no_joint_order(joint: Joint) -> None:
    order_id = await joint.order(line(joint.door, 5_000, "CCER"), line(joint.door, 5_000, "CDCER"))
    async with joint.door.guest() as stranger:
        assert (await stranger.get(f"/o/{order_id}", headers=PAGE)).status_code == 404


async def test_many_lines_are_shown_some_at_a_time(joint: Joint) -> None:
    lines = [line(joint.door, 1_000, "CDCER", subject=f"第 {no:02} 网点") for no in range(1, 11)]
    order_id = await joint.order(*lines)
    first, rest, odd = [await joint.page(f"/o/{order_id}{query}") for query in ("", "?from=9", "?from=x")]
    assert ("第 08 网点" in first, "第 09 网点" in first, f"/o/{order_id}?from=9" in first) == (True, False, True)
    assert ("第 08 网点" in rest, "第 10 网点" in rest, f"/o/{order_id}?from=1" in rest) == (False, True, True)
    assert "第 01 网点" in odd


async def test_the_english_verify_page_calls_a_nameless_holder_visitor(joint: Joint) -> None:
    async with joint.door.guest() as guest:
        paper = await joint.door.paid((await guest.order(joint.door.live)).json()["id"])
        code = (await guest.get(f"/api/v1/certificates/{paper}")).json()["verify_code"]
        page = (await guest.get(f"/v/{code}?lang=en", headers=PAGE)).text
        assert ("Visitor" in page, "访客" in page) == (True, False)
        assert (await guest.get(f"/api/v1/verify/{code}")).json()["holder"] == "访客"
