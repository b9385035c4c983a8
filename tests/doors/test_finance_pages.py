"""The pages of finance: found by any number, evidence shown as text, one next step each, and nothing without finance."""

import html
import re
from dataclasses import dataclass

import pytest

from app.commerce import payments
from app.commerce.payments.refunding import apply_refund_outcome
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_one, transaction
from app.kernel.outcome import Refused
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests.doors.conftest import OWN_PAGE, Caller
from tests.doors.test_api_holdings import send
from tests.doors.test_pages_operator import Platform, fields, platform
from tests.lost_time import refused_refund

__all__ = ["platform"]
EVIL = "<script>alert(1)</script>"


@dataclass
class Desks:
    """Two people of finance, each in a browser of their own, and an order with its payment."""

    at: Platform
    clerk: Caller
    second: Caller
    order: str
    payment: str

    async def look(self, url: str, who: Caller | None = None) -> str:
        answer = await (who or self.clerk).get(url)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    async def posts(self, who: Caller, url: str, **form: str) -> tuple[int, str]:
        session = str(who.cookies.get(cookies.SESSION))
        token = forms.token(session, key=self.at.door.app.state.services.form_key)
        answer = await who.post(url, data=form | {forms.FIELD: token}, headers=OWN_PAGE)
        return answer.status_code, answer.headers.get("location", "") or html.unescape(answer.text)

    async def refused(self) -> str:
        """A refund that the channel refused; its number."""
        row = await fetch_one("SELECT id FROM payment")
        assert row is not None
        async with transaction() as tx:
            await payments.refund(row["id"], cause="credits_gone", amount_minor=1, reverses_sale=True, tx=tx)
        (refund,) = await fetch("SELECT reference FROM payment_refund")
        async with transaction() as tx:
            assert not await apply_refund_outcome(
                "wechatpay", refund["reference"], Refused(code="NOT_ENOUGH", text=""), tx=tx
            )
        return str(refund["reference"])

    async def parked(self, reference: str = "STRAY0000000000000001") -> int:
        """An authentic message that fits nothing, with what somebody evil wrote into it; its number."""
        (row,) = await fetch(
            "INSERT INTO payment_notice (channel, event_id, kind, reference, body, headers, content, fate, fact, received_at,"
            " transaction_id, amount_minor, currency) VALUES ('wechatpay', 'E-1', 'TRANSACTION.SUCCESS', $1, $2, $3, $4,"
            " 'parked', 'unknown_payment', clock_timestamp(), '4200001', 77, 'CNY') RETURNING id",
            reference, EVIL.encode() + b"\xff", '{"x-evil": "' + EVIL + '"}', f'{{"attach": "{EVIL}"}}',
        )  # fmt: skip
        return int(row["id"])


@pytest.fixture
async def desks(platform: Platform) -> Desks:
    clerk, second = await platform.come(Role.FINANCE), await platform.come(Role.FINANCE)
    async with platform.door.guest() as citizen:
        order = (await citizen.order(platform.door.live)).json()["id"]
        await platform.door.paid(order)
    row = await fetch_one("SELECT reference FROM payment")
    assert row is not None
    return Desks(platform, clerk, second, order, row["reference"])


async def test_a_payment_is_found_by_order_number_amount_day_channel_and_state_and_by_nothing_else(
    desks: Desks,
) -> None:
    row = await fetch_one(
        "SELECT transaction_id, amount_minor, (created_at AT TIME ZONE 'Asia/Shanghai')::date::text AS day FROM payment"
    )
    assert row is not None
    amount = f"{row['amount_minor'] // 100}.{row['amount_minor'] % 100:02d}"
    for found in (
        f"q={desks.order}", f"q={desks.payment}", f"q={row['transaction_id']}", f"q={amount}", f"q={row['day']}",
        "channel=wechatpay", "state=paid", f"q=%20{desks.payment}%20",
    ):  # fmt: skip
        assert desks.payment in await desks.look(f"/operator/payments?{found}"), found
    for none in (
        "q=99.99",
        "q=2020-01-01",
        "channel=bank",
        "state=open",
        "q=%27%20OR%201=1--",
        f"q={desks.payment[:-1]}",
    ):
        assert "没有记录" in await desks.look(f"/operator/payments?{none}"), none
    opened = await desks.look(f"/operator/payments?open={desks.payment}")
    for told in (desks.order, "已完成", row["transaction_id"], "发起支付"):
        assert told in opened, told
    assert "Payments" in await desks.look("/operator/payments?lang=en")


async def test_a_refused_refund_is_asked_again_once_with_a_reason(desks: Desks) -> None:
    number = await desks.refused()
    assert number in await desks.look("/operator/refunds")
    opened = await desks.look(f"/operator/refunds?open={number}")
    assert "NOT_ENOUGH" in opened and "再退一次" in opened and "交给第二人复核" in opened

    status, page = await desks.posts(desks.clerk, "/operator/refunds/again", reference=number, reason=" ")
    assert (status, "请填写理由" in page) == (400, True)
    asked = [
        await desks.posts(desks.clerk, "/operator/refunds/again", reference=number, reason="已充值") for _ in range(2)
    ]
    assert [status for status, _ in asked] == [303, 409]
    assert len(await fetch("SELECT 1 FROM payment_refund_act")) == 1


async def test_money_given_back_by_hand_takes_two_people_and_a_second_press_changes_nothing(desks: Desks) -> None:
    number = await desks.refused()
    typed = {"reference": number, "reason": "渠道余额不足", "evidence": "ICBC-0091"}
    status, page = await desks.posts(desks.clerk, "/operator/refunds/by-hand", **(typed | {"evidence": ""}))
    assert (status, "渠道余额不足" in page) == (400, True)  # what was typed stays
    status, approval = await desks.posts(desks.clerk, "/operator/refunds/by-hand", **typed)
    assert (status, approval.startswith("/operator/inbox/")) == (303, True)
    assert await desks.posts(desks.clerk, "/operator/refunds/by-hand", **typed) == (303, approval)  # the same one
    waits = await desks.look(f"/operator/refunds?open={number}")
    assert approval in waits and "/operator/refunds/again" not in waits

    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', (await desks.second.get(approval)).text)
    assert seen is not None
    assert (await desks.posts(desks.clerk, f"{approval}/approve", seen=seen[1]))[0] == 403
    answers = [(await desks.posts(desks.second, f"{approval}/approve", seen=seen[1]))[0] for _ in range(2)]
    assert answers == [303, 409]
    assert await fetch("SELECT state FROM payment_refund") == [{"state": "settled"}]
    assert "ICBC-0091" in await desks.look(f"/operator/refunds?state=all&open={number}")


async def test_a_parked_message_is_shown_as_text_and_decided_by_two(desks: Desks) -> None:
    notice = await desks.parked()
    answer = await desks.clerk.get(f"/operator/notices?open={notice}")
    assert "\\xff" not in answer.text, "masked until somebody says why"
    assert "没有对应的支付单" in answer.text and "由渠道退回付款人" in answer.text
    look = {"notice": str(notice), "reason": "fault", "said": "没有对应的支付单，核对原文"}
    token = fields(answer.text)[forms.FIELD]
    raw = await desks.clerk.post("/operator/notices/unmask", data=look | {forms.FIELD: token}, headers=OWN_PAGE)
    assert raw.status_code == 200 and "\\xff" in raw.text
    assert EVIL not in raw.text and html.escape(EVIL, quote=False) in raw.text.replace("&#34;", '"')

    decide = "/operator/notices/decide"
    status, page = await desks.posts(desks.clerk, decide, notice=str(notice), decision="refund", reason="")
    assert (status, "请填写理由" in page) == (400, True)
    status, approval = await desks.posts(desks.clerk, decide, notice=str(notice), decision="refund", reason="客户多付")
    assert status == 303, approval
    opened = await desks.look(approval, desks.second)
    assert "退回挂账款项 ¥0.77" in opened and "4200001" in opened
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', opened)
    assert seen is not None
    for typed, wanted in (("0.78", 400), ("0.77", 303), ("0.77", 409)):
        assert (await desks.posts(desks.second, f"{approval}/approve", seen=seen[1], typed=typed))[0] == wanted, typed
    assert await fetch("SELECT fate FROM payment_notice") == [{"fate": "decided"}]
    assert "正由渠道退回" in await desks.look(f"/operator/notices?state=all&open={notice}")


async def test_an_auditor_looks_and_is_offered_no_step_and_whoever_lost_the_role_is_refused(desks: Desks) -> None:
    number, notice = await desks.refused(), await desks.parked()
    auditor = await desks.at.come(Role.AUDITOR)
    for url in (
        f"/operator/refunds?open={number}",
        f"/operator/notices?open={notice}",
        f"/operator/payments?open={desks.payment}",
    ):
        page = await desks.look(url, auditor)
        assert 'class="ask"' not in page, url
    steps = {
        "/operator/refunds/again": {"reference": number, "reason": "x"},
        "/operator/refunds/by-hand": {"reference": number, "reason": "x", "evidence": "1"},
        "/operator/notices/again": {"notice": str(notice)},
        "/operator/notices/decide": {"notice": str(notice), "decision": "note", "reason": "x"},
        "/operator/payments/ask": {"reference": desks.payment},
    }
    for url, form in steps.items():
        assert (await desks.posts(auditor, url, **form))[0] == 403, url
        assert (await desks.posts(await desks.at.come(Role.OPERATOR), url, **form))[0] == 403, url
    await desks.at.door.as_superuser("DELETE FROM membership WHERE role = 'finance'")
    for url, form in steps.items():
        assert (await desks.posts(desks.clerk, url, **form))[0] == 403, url
    assert (await desks.clerk.get("/operator/refunds")).status_code == 403


async def test_what_was_typed_into_an_old_form_comes_back(desks: Desks) -> None:
    number, notice = await desks.refused(), await desks.parked()
    for url, form in {
        "/operator/refunds/again": {"reference": number, "reason": "商户余额已充值"},
        "/operator/refunds/by-hand": {"reference": number, "reason": "渠道余额不足", "evidence": "ICBC-0091"},
        "/operator/notices/decide": {"notice": str(notice), "decision": "note", "reason": "测试付款"},
    }.items():
        answer = await desks.clerk.post(url, data=form | {forms.FIELD: "old"}, headers=OWN_PAGE)
        assert (answer.status_code, "页面已过期" in answer.text) == (403, True), url
        assert f'action="{url}"' in answer.text
        assert all(form[name] in answer.text for name in ("reason", "evidence") if name in form), url


async def test_a_channel_that_is_silent_when_asked_leaves_the_payment_and_the_page_says_so(platform: Platform) -> None:
    clerk = await platform.come(Role.FINANCE)
    async with platform.door.guest() as citizen:
        order = (await citizen.order(platform.door.live)).json()["id"]
        await send(citizen, f"/orders/{order}/payments", {"method": "wechatpay.native"})
    row = await fetch_one("SELECT reference, state FROM payment")
    assert row is not None
    page = (await clerk.get(f"/operator/payments?state=open&open={row['reference']}")).text
    assert 'action="/operator/payments/ask"' in page
    session = str(clerk.cookies.get(cookies.SESSION))
    token = forms.token(session, key=platform.door.app.state.services.form_key)
    form = {"reference": row["reference"], forms.FIELD: token}
    answer = await clerk.post("/operator/payments/ask", data=form, headers=OWN_PAGE)
    assert (answer.status_code, "没有回应" in answer.text) == (409, True)
    assert await fetch("SELECT state FROM payment") == [{"state": row["state"]}]


async def test_money_of_lost_time_stands_in_the_same_list_and_is_led_on_there(desks: Desks) -> None:
    ours, lost = await desks.refused(), await refused_refund()
    listed = await desks.look("/operator/refunds")
    assert ours in listed and lost in listed and "丢失时段" in listed
    assert "Lost time" in await desks.look("/operator/refunds?lang=en")
    opened = await desks.look(f"/operator/refunds?open={lost}&lang=zh")
    assert "LOST1" in opened and "NOT_ENOUGH" in opened and "/operator/payments?open=LOST1" not in opened
    assert lost in await desks.look("/operator/refunds?q=LOST1"), "found by the payment’s number, too"

    typed = {"reference": lost, "reason": "渠道余额不足", "evidence": "ICBC-0092"}
    status, approval = await desks.posts(desks.clerk, "/operator/refunds/by-hand", **typed)
    assert (status, approval.startswith("/operator/inbox/")) == (303, True)
    shown = await desks.look(approval, desks.second)
    assert "丢失时段" in shown and "ICBC-0092" in shown and "订单随之结束" not in shown
    assert "Lost time" in await desks.look(f"{approval}?lang=en", desks.second)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', (await desks.second.get(approval)).text)
    assert seen is not None
    assert [(await desks.posts(desks.second, f"{approval}/approve", seen=seen[1]))[0] for _ in range(2)] == [303, 409]
    assert await fetch("SELECT state FROM recovery_payment") == [{"state": "settled"}]
    assert await fetch("SELECT state FROM payment_refund") == [{"state": "refused"}]
    assert "ICBC-0092" in await desks.look(f"/operator/refunds?state=settled&open={lost}")


async def test_money_of_lost_time_is_asked_for_again_with_a_reason(desks: Desks) -> None:
    lost = await refused_refund()
    asked = [
        await desks.posts(desks.clerk, "/operator/refunds/again", reference=lost, reason="已充值") for _ in range(2)
    ]
    assert [status for status, _ in asked] == [303, 409]
    assert await fetch("SELECT state, refund_reference FROM recovery_payment") == [
        {"state": "requested", "refund_reference": lost}
    ]
