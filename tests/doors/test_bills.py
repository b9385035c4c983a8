"""Bills at the console of finance: a day three ways, a lost payment asked for, what differs explained, two who sign."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.commerce import bills
from app.foundation.identity import Role
from app.views import bills as words
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests.doors.conftest import OWN_PAGE, PAGE, Caller
from tests.doors.test_pages_operator import Platform, platform
from tests.rooms.commerce.bills.conftest import Shop, backdate, shop, tickets

__all__ = ["platform", "shop", "tickets"]
HERE = "/operator/bills"


@dataclass
class Finance:
    """A shop behind the door, and two people of finance in browsers of their own."""

    shop: Shop
    at: Platform
    clerk: Caller
    second: Caller

    async def posts(self, who: Caller, url: str, **form: str) -> Any:
        session = str(who.cookies.get(cookies.SESSION))
        token = forms.token(session, key=self.at.door.app.state.services.form_key)
        return await who.post(url, data=form | {forms.FIELD: token}, headers=OWN_PAGE)

    async def page(self, url: str, language: str = "zh") -> str:
        answer = await self.clerk.get(f"{url}{'&' if '?' in url else '?'}lang={language}", headers=PAGE)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)

    @property
    def day(self) -> str:
        return f"{HERE}/{self.shop.day}"


@pytest.fixture
async def finance(platform: Platform, shop: Shop) -> AsyncIterator[Finance]:
    channels = platform.door.app.state.services.gateways.channels
    channels.update(shop.channels)
    yield Finance(shop, platform, await platform.come(Role.FINANCE), await platform.come(Role.FINANCE))
    del channels["tiny"]


async def test_a_lost_payment_is_asked_for_what_differs_is_explained_and_two_sign_the_day(finance: Finance) -> None:
    shop = finance.shop
    await shop.paid(100)
    lost = await shop.open(300)
    await backdate(shop)
    await shop.pays(lost)
    shop.lies(lambda rows: [*rows, rows[0] | {"transaction": "STRANGE", "reference": "STRANGE"}])
    await shop.fetch()

    page = await finance.page(finance.day)
    assert "差异，2 件未了结" in page
    assert "¥5.00" in page
    assert "¥1.00" in page
    assert "disabled" in page  # nobody signs yet
    refused = await finance.posts(finance.clerk, f"{finance.day}/propose")
    assert (refused.status_code, "2 项差异未了结" in refused.text) == (409, True)

    known, strange = sorted(await shop.differences(), key=lambda one: one.payment_id is None)
    asked = await finance.posts(finance.clerk, f"{HERE}/differences/{words.number_of(known.id)}/ask")
    assert asked.status_code == 303
    assert "已一致" in await finance.page(asked.headers["location"])
    assert (await shop.row(lost["id"]))["state"] == "paid"

    url = f"{HERE}/differences/{words.number_of(strange.id)}"
    assert (await finance.posts(finance.clerk, f"{url}/take")).status_code == 303
    unfit = await finance.posts(finance.clerk, f"{url}/explain", reason=" ", evidence="CASE-1")
    assert (unfit.status_code, 'value="CASE-1"' in unfit.text) == (400, True)
    ended = await finance.posts(finance.clerk, f"{url}/explain", reason="不是我们的商户号，已退回", is_missing="yes")
    assert ended.status_code == 303
    assert "已承担" in await finance.page(ended.headers["location"])

    proposed = await finance.posts(finance.clerk, f"{finance.day}/propose")
    assert proposed.status_code == 303
    inbox = proposed.headers["location"]
    assert "去待办复核" in await finance.page(finance.day)
    seen = await finance.second.get(inbox, headers=PAGE)
    assert "不是我们的商户号，已退回" in seen.text
    (digest,) = set(re.findall(r'name="seen" value="(\w+)"', seen.text))
    assert (await finance.posts(finance.clerk, f"{inbox}/approve", seen=digest)).status_code in {403, 409}
    assert (await finance.posts(finance.second, f"{inbox}/approve", seen=digest)).status_code == 303
    signed = await finance.page(finance.day)
    assert "这一天关账了" in signed
    assert digest in signed
    assert "已签认" in await finance.page(HERE)


async def test_the_lists_filter_by_state_channel_and_owner_in_both_languages(finance: Finance) -> None:
    await finance.shop.paid(100)
    await backdate(finance.shop)
    finance.shop.lies(lambda _: [])
    await finance.shop.fetch()
    assert "¥1.00" in await finance.page(HERE, "en")
    assert "Nothing moved" in await finance.page(f"{HERE}?state=none&channel=tiny", "en")
    assert "还没有账单" in await finance.page(f"{HERE}?state=unfit")
    listed = f"{HERE}/differences"
    assert "Paid as we count, and in no bill of tiny" in await finance.page(listed, "en")
    assert "没有差异" in await finance.page(f"{listed}?owner=mine")
    (one,) = await finance.shop.differences()
    await finance.posts(finance.clerk, f"{listed}/{words.number_of(one.id)}/take")
    assert "我们记为已付" in await finance.page(f"{listed}?owner=mine")
    assert "没有差异" in await finance.page(f"{listed}?owner=nobody&state=open")


async def test_a_bill_is_fetched_again_by_a_button_and_an_auditor_only_looks(finance: Finance) -> None:
    await finance.shop.paid(100)
    await backdate(finance.shop)
    finance.shop.lies(lambda rows: [row | {"amount": -1} for row in rows])
    await finance.shop.fetch()
    assert "读不了" in await finance.page(finance.day)
    finance.shop.lies(None)
    answer = await finance.posts(finance.clerk, f"{finance.day}/fetch", channel="tiny")
    assert answer.status_code == 303
    assert "已读取" in await finance.page(finance.day)
    assert (await bills.list_day(finance.shop.day))[0].open == 0

    auditor = await finance.at.come(Role.AUDITOR)
    shown = await auditor.get(finance.day, headers=PAGE)
    assert shown.status_code == 200
    assert "/fetch" not in shown.text
    for step in ("fetch", "propose"):
        assert (await finance.posts(auditor, f"{finance.day}/{step}", channel="tiny")).status_code == 403


@pytest.mark.parametrize("address", ["2026-13-01", "yesterday", "2020-01-01"])
async def test_a_day_without_bills_says_so(finance: Finance, address: str) -> None:
    answer = await finance.clerk.get(f"{HERE}/{address}", headers=PAGE)
    assert (answer.status_code, "没有这个渠道这一天的账单" in answer.text) == (404, True)
