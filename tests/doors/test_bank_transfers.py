"""A bank transfer through the doors: a sponsor asks where to, finance records what came, another confirms, it is theirs."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.commerce import payments
from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import public
from app.kernel.text import Text
from app.registry import holdings
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests.doors.conftest import OWN_PAGE, PAGE, Caller
from tests.doors.test_api_holdings import CDCER, TONNE, org, send
from tests.doors.test_pages_citizen import fields
from tests.doors.test_pages_operator import Platform, platform
from tests.rooms.conftest import open_lot
from tests.staff import verified

__all__ = ["platform"]
HERE = "/operator/transfers"


@dataclass
class Sponsor:
    """A sponsor of an organisation, and two people of the platform's finance, all in browsers of their own."""

    at: Platform
    caller: Caller
    payer_id: UUID
    clerk: Caller
    second: Caller

    async def order(self, grams: int = 3 * TONNE) -> str:
        asked = {"payer": org(self.payer_id), "lines": [{"grams": grams, "mix": CDCER}]}
        answer = await send(self.caller, "/holdings/orders", asked)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def page(self, order_id: str, language: str = "zh") -> str:
        answer = await self.caller.get(f"/o/{order_id}?lang={language}", headers=PAGE)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def chooses(self, order_id: str) -> dict[str, Any]:
        answer = await send(self.caller, f"/orders/{order_id}/payments", {"method": "bank.transfer"})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["transfer"])

    def typed(self, remark: str, **changed: str) -> dict[str, str]:
        told = {
            "remark": remark, "amount": "150.00", "bank_number": "ICBC-20261127-0091", "payer_name": "示例碳汇公司",
            "value_day": beijing_day(utc_now()).isoformat(),
        }  # fmt: skip
        return told | changed

    async def posts(self, who: Caller, url: str, form: dict[str, str]) -> Any:
        session = str(who.cookies.get(cookies.SESSION))
        token = forms.token(session, key=self.at.door.app.state.services.form_key)
        return await who.post(url, data=form | {forms.FIELD: token}, headers=OWN_PAGE)

    async def records(self, remark: str, **changed: str) -> str:
        answer = await self.posts(self.clerk, HERE, self.typed(remark, **changed))
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])


@pytest.fixture
async def sponsor(platform: Platform) -> AsyncIterator[Sponsor]:
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    payer_id = await verified(Text(zh="示例碳汇公司", en="Sample Carbon"))
    clerk, second = await platform.come(Role.FINANCE), await platform.come(Role.FINANCE)
    async with platform.door.operator(payer_id, Role.SPONSOR) as caller:
        yield Sponsor(platform, caller, payer_id, clerk, second)


async def test_a_sponsor_transfers_two_people_look_and_the_grams_are_in_the_account(sponsor: Sponsor) -> None:
    order_id = await sponsor.order()
    cashier = await sponsor.page(order_id)
    assert 'value="bank.transfer"' in cashier and "对公转账" in cashier
    form = fields(cashier) | {"method": "bank.transfer"}
    shown = await sponsor.caller.post(f"/o/{order_id}", data=form, headers=OWN_PAGE)
    assert shown.status_code == 200, shown.text
    (remark,) = set(re.findall(r"DD[0-9A-Z]{8}(?![0-9A-Z])", shown.text))
    for told in (
        "SANDBOX 样张：示例账户，请勿转账",
        "SANDBOX 示例环境交易所",
        "SANDBOX 0000 0000",
        "¥150.00",
        "减排量保留到",
    ):
        assert told in shown.text, told
    assert remark in await sponsor.page(order_id, "en"), "whoever comes back finds it again"

    listed = (await sponsor.clerk.get(HERE)).text
    for told in (remark, "示例碳汇公司", "¥150.00", "待到账"):
        assert told in listed, told
    approval = await sponsor.records(remark)
    assert "待复核" in (await sponsor.clerk.get(HERE)).text
    assert "财务已登记这笔到账" in await sponsor.page(order_id)

    opened = (await sponsor.second.get(approval)).text
    for told in ("到账 ¥150.00", "ICBC-20261127-0091", "示例碳汇公司", remark, order_id):
        assert told in opened, told
    seen = re.findall(r'name="seen" value="([0-9a-f]{64})"', opened)[0]
    wrong = await sponsor.posts(sponsor.second, f"{approval}/approve", {"seen": seen, "typed": "105.00"})
    assert (wrong.status_code, "输入的数量与提请的不一致" in wrong.text) == (400, True)
    agreed = await sponsor.posts(sponsor.second, f"{approval}/approve", {"seen": seen, "typed": "¥150"})
    assert agreed.status_code == 303, agreed.text
    await sponsor.at.door.work()

    assert "已存入" in await sponsor.page(order_id)
    assert await held(sponsor) == 3 * TONNE
    assert "没有等待到账的转账" in (await sponsor.clerk.get(HERE)).text


async def test_the_api_offers_it_to_an_organisation_and_tells_where_to(sponsor: Sponsor) -> None:
    order_id = await sponsor.order()
    methods = (await sponsor.caller.get(f"/api/v1/orders/{order_id}/payment-methods")).json()["methods"]
    (offered,) = [one for one in methods if one["key"] == "bank.transfer"]
    assert offered["gives"] == "transfer"
    assert timedelta(days=5) < timedelta(seconds=offered["waits_s"]) <= timedelta(days=8)
    told = await sponsor.chooses(order_id)
    assert (told["amount_minor"], told["currency"]) == (15_000, "CNY")
    assert (await payments.find_transfer(told["remark"])).paid_for.startswith("order:")
    assert await sponsor.chooses(order_id) == told


async def test_it_is_not_offered_to_a_citizen_and_refused_where_one_asks_for_it(sponsor: Sponsor) -> None:
    door = sponsor.at.door
    async with door.guest() as citizen:
        order_id = (await citizen.order(door.live)).json()["id"]
        for place in ("desktop", "phone", "wechat", "terminal"):
            asked = await citizen.get(f"/api/v1/orders/{order_id}/payment-methods?place={place}")
            assert "bank.transfer" not in asked.text
        refused = await send(citizen, f"/orders/{order_id}/payments", {"method": "bank.transfer"})
        assert (refused.status_code, refused.json()["code"]) == (400, "PAYMENT_METHOD_UNAVAILABLE"), refused.text
        assert "bank.transfer" not in (await citizen.get(f"/o/{order_id}", headers=PAGE)).text


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("remark", "DD00000000", "没有附言为此的待收转账"),
        ("amount", "150.01", "应收 ¥150.00，实到 ¥150.01"),
        ("amount", "149.99", "应收 ¥150.00，实到 ¥149.99"),
        ("amount", "一百五", "请填写金额"),
        ("amount", "150.001", "请填写金额"),
        ("bank_number", "1", "银行流水号为 4 至 40 位"),
        ("payer_name", " ", "请按银行流水填写付款人名称"),
        ("value_day", "2099-01-01", "到账日应在"),
        ("value_day", "昨天", "请填写到账日"),
    ],
)
async def test_what_does_not_fit_is_told_beside_its_field_and_what_was_typed_is_kept(
    sponsor: Sponsor, field: str, typed: str, told: str
) -> None:
    remark = (await sponsor.chooses(await sponsor.order()))["remark"]
    answer = await sponsor.posts(sponsor.clerk, HERE, sponsor.typed(remark) | {field: typed})
    assert 400 <= answer.status_code < 500
    assert told in answer.text
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', answer.text), answer.text
    assert 'value="ICBC-20261127-0091"' in answer.text or field == "bank_number"
    assert await fetch_value("SELECT count(*) FROM approval WHERE kind = 'bank_receipt'") == 0


async def test_who_recorded_it_does_not_confirm_it_and_may_take_it_back(sponsor: Sponsor) -> None:
    remark = (await sponsor.chooses(await sponsor.order()))["remark"]
    approval = await sponsor.records(remark)
    own = (await sponsor.clerk.get(approval)).text
    assert (f'action="{approval}/approve"' in own, f'action="{approval}/withdraw"' in own) == (False, True)
    seen = await fetch_value("SELECT encode(payload_sha256, 'hex') FROM approval WHERE kind = 'bank_receipt'")
    refused = await sponsor.posts(sponsor.clerk, f"{approval}/approve", {"seen": str(seen), "typed": "150.00"})
    assert refused.status_code == 403, refused.text
    taken = await sponsor.posts(sponsor.clerk, f"{approval}/withdraw", {"reason": "抄错流水号"})
    assert taken.status_code == 303, taken.text
    assert "待到账" in (await sponsor.clerk.get(HERE)).text
    await sponsor.records(remark, bank_number="ICBC-2")


async def test_an_auditor_reads_what_is_expected_and_records_nothing(sponsor: Sponsor) -> None:
    remark = (await sponsor.chooses(await sponsor.order()))["remark"]
    auditor = await sponsor.at.come(Role.AUDITOR)
    assert remark in (await auditor.get(HERE)).text
    refused = await sponsor.posts(auditor, HERE, sponsor.typed(remark))
    assert refused.status_code == 403
    operator = await sponsor.at.come(Role.OPERATOR)
    assert (await operator.get(HERE)).status_code == 403


async def test_money_that_comes_too_late_says_so_to_whoever_confirms_it(sponsor: Sponsor) -> None:
    order_id = await sponsor.order()
    remark = (await sponsor.chooses(order_id))["remark"]
    await sponsor.at.door.as_superuser(
        "UPDATE purchase_order SET expires_at = clock_timestamp(); UPDATE payment SET expires_at = clock_timestamp()"
    )
    assert "已过保留期" in (await sponsor.clerk.get(HERE)).text
    approval = await sponsor.records(remark)
    assert "已过保留期" in (await sponsor.second.get(approval)).text
    assert public("ord", UUID(str(await fetch_value("SELECT id FROM purchase_order")))) == order_id


async def test_nobody_is_told_anything_at_the_address_of_its_notices(sponsor: Sponsor) -> None:
    async with sponsor.at.door.caller() as stranger:
        assert (await stranger.post("/notify/bank", content=b"{}")).status_code == 404


async def held(sponsor: Sponsor) -> int:
    """What the organisation's holding has."""
    account = await holdings.open_holding(sponsor.payer_id)
    return sum(one.mass_g for one in await holdings.balances(account.account))
