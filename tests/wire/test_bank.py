"""Our bank account as a channel: it has no wire, so what it promises is told here and not in `channel_promises.py`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.gateways.channels.bank import KIND, Bank, remark_of, typed_remark
from app.gateways.channels.base import (
    Charge,
    Closed,
    NoBill,
    NotAuthentic,
    Opening,
    Pending,
    RawRequest,
    Refund,
    Refused,
    Trade,
    Transfer,
)
from app.gateways.channels.kinds import Surroundings
from app.gateways.channels.methods import Circumstances, Gives, Place, offers
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import random_code
from app.kernel.money import Currency
from app.kernel.text import Language

AROUND = Surroundings(notify_url="https://dd.example.org/notify/bank", mini_program_appid="wx1", account_appid=None)
VALUES = {"holder": "示例环境交易所", "branch": "示例银行成都分行", "account": "6222 0000"}
REFERENCE = "DD20261129" + "0123456789ABCD"


@pytest.fixture
def bank() -> Bank:
    found = KIND.build(VALUES, AROUND)
    assert isinstance(found, Bank)
    return found


def charge(bank: Bank) -> Charge:
    return Charge(
        reference=REFERENCE, description="碳", amount_minor=1, currency=Currency.CNY, method=bank.methods[0].code,
        expires_at=utc_now() + timedelta(days=7),
    )  # fmt: skip


async def test_what_is_opened_is_the_account_and_a_remark_and_repeated_the_same(bank: Bank) -> None:
    opening = await bank.open(charge(bank))
    told = Transfer(holder="示例环境交易所", bank="示例银行成都分行", account="6222 0000", remark="DD6789ABCD")
    assert opening == Opening(transfer=told)
    assert await bank.open(charge(bank)) == opening
    assert bank.methods[0].gives is Gives.TRANSFER


async def test_it_knows_nothing_closes_at_once_and_gives_nothing_back(bank: Bank) -> None:
    trade = Trade(
        reference=REFERENCE, theirs=None, method="transfer", amount_minor=1, currency=Currency.CNY, expires_at=utc_now()
    )
    assert await bank.query(trade) == await bank.advance(trade) == Pending(code="NO_RECEIPT")
    assert isinstance(await bank.close(trade), Closed)
    refund = Refund(
        reference=REFERENCE, transaction_id="ICBC-1", refund_reference="RF1", refund_minor=1, total_minor=1,
        currency=Currency.CNY, reason="退",
    )  # fmt: skip
    for word in (await bank.refund(refund), await bank.query_refund(refund)):
        assert isinstance(word, Refused) and not word.is_over
    assert isinstance(await bank.fetch_bill(beijing_day(utc_now())), NoBill)


async def test_no_notice_of_it_is_authentic(bank: Bank) -> None:
    with pytest.raises(NotAuthentic):
        await bank.read_notice(RawRequest(body=b"{}", headers={}))
    assert bank.acknowledge(accepted=True).status == 404


def test_a_remark_is_the_end_of_our_number_however_it_is_typed() -> None:
    for _ in range(200):
        reference = "DD20261129" + random_code(14)
        remark = remark_of(reference)
        for typed in (remark, remark.lower(), f"{remark[:2]}-{remark[2:6]} {remark[6:]}。", reference, remark[2:]):
            assert typed_remark(typed) == reference[-8:], typed
    assert typed_remark("ＤＤ６７８９ＡＢＣＤ") == typed_remark("DD6789ABCD")
    assert typed_remark("DDOI10LABC") == "0110" + "1ABC"
    assert typed_remark("") == ""


def test_only_what_an_organisation_pays_is_offered_it_wherever_they_stand(bank: Bank) -> None:
    for place in Place:
        here = Circumstances(
            place=place, language=Language.ZH, currency=Currency.CNY, amount_minor=1, knows_payer=True,
            for_organisation=True,
        )  # fmt: skip
        assert [one.key for one in offers([bank], here)] == ["bank.transfer"]
        assert offers([bank], replace(here, for_organisation=False)) == []


@pytest.mark.parametrize("typed", ["0", "16", "-1", "five", "٥", "1.5", "999"])
def test_working_days_that_are_none_are_refused_at_the_start(typed: str) -> None:
    with pytest.raises(ValueError, match="workdays"):
        KIND.build(VALUES | {"workdays": typed}, AROUND)


def test_credits_wait_as_many_working_days_as_the_settings_say() -> None:
    bank = KIND.build(VALUES | {"workdays": "2"}, AROUND)
    waits = bank.methods[0].waits_until(utc_now()) - utc_now()
    assert timedelta(days=1) < waits < timedelta(days=6)
    assert "2 个工作日" in bank.methods[0].note.zh
