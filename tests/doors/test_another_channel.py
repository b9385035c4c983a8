"""A channel more at the doors: offered at the cashier by its mark, told at its own address, first after another has failed."""

import re
from collections.abc import AsyncIterator

import pytest

from app.gateways.channels.wechatpay import KIND as WECHATPAY
from app.gateways.database import fetch
from app.kernel.outcome import Closed
from tests.doors.conftest import OWN_PAGE, PAGE, Door
from tests.doors.test_pages_citizen import fields, scanned
from tests.doors.test_pages_paying import FarSide as Silent
from tests.tiny import far_side
from tests.tiny.far_side import KEY, FarSide
from tests.tiny.gateway import Tiny

PHONE = "Mozilla/5.0 (iPhone) Mobile Safari"


@pytest.fixture
async def tiny(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FarSide]:
    async with far_side.running() as far:
        channel = Tiny(far.url, KEY)
        monkeypatch.setitem(door.app.state.services.gateways.channels, "tiny", channel)
        yield far
        await channel.aclose()


def offered(page: str) -> list[tuple[str, str]]:
    return re.findall(r'class="mark" aria-hidden="true">(.)</span>.*?name="method" value="([^"]+)"', page)


async def test_the_cashier_offers_it_and_shows_its_code(door: Door, tiny: FarSide) -> None:
    async with door.caller(user_agent=PHONE) as visitor:
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        cashier = await visitor.get(url, headers=PAGE)
        assert offered(cashier.text) == [("微", "wechatpay.h5"), ("微", "wechatpay.native"), ("小", "tiny.scan")]
        paid = await visitor.post(url, data=fields(cashier.text) | {"method": "tiny.scan"}, headers=OWN_PAGE | PAGE)
        assert (paid.status_code, offered(paid.text)[0][1]) == (200, "tiny.scan")
        assert "扫一扫，三天内付" in paid.text
        english = await visitor.get(f"{url}?lang=en", headers=PAGE)
        assert offered(english.text)[0] == ("小", "tiny.scan")
        (row,) = await fetch("SELECT channel, method, payer_ip, opening ->> 'theirs' AS theirs FROM payment")
        assert (row["channel"], row["method"], row["payer_ip"]) == ("tiny", "scan", None)
        assert row["theirs"] in tiny.trades


async def test_after_a_declined_payment_nothing_was_charged_and_another_channel_comes_first(
    door: Door, tiny: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Silent()
    monkeypatch.setitem(door.app.state.services.gateways.channels, WECHATPAY.name, silent)
    async with door.caller(user_agent=PHONE) as visitor:
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        pay = fields((await visitor.get(url, headers=PAGE)).text) | {"method": "wechatpay.h5"}
        assert (await visitor.post(url, data=pay, headers=OWN_PAGE | PAGE)).status_code == 303
        silent.word = Closed(code="PAYERROR")
        told = (await visitor.get(f"{url}?paid=1", headers=PAGE)).text
        assert "没有付成，没有扣钱。" in told
        assert offered(told)[0][1] == "tiny.scan"
        assert re.search(
            r'<small class="failed">刚才没有付成，可以再试</small></div><input [^>]*value="wechatpay.h5"', told
        )
        assert len(await fetch("SELECT id FROM purchase_order")) == 1


async def test_its_notices_have_an_address_of_their_own_and_are_answered_in_its_words(
    door: Door, tiny: FarSide
) -> None:
    async with door.caller() as channel:
        tiny.answer("open", {"reference": "DD20261129AAAAAAAAAAAAAA", "amount": 22})
        body, headers = tiny.approve("DD20261129AAAAAAAAAAAAAA")
        taken = await channel.post("/notify/tiny", content=body, headers=headers)
        assert (taken.status_code, taken.content) == (200, b"ok")
        (kept,) = await fetch("SELECT channel, fate, fact FROM payment_notice")
        assert kept == {"channel": "tiny", "fate": "parked", "fact": "unknown_payment"}
        forged = await channel.post("/notify/tiny", content=body + b" ", headers=headers)
        assert (forged.status_code, forged.content) == (401, b"no")
        assert (await channel.post("/notify/nobody", content=body, headers=headers)).status_code == 404
