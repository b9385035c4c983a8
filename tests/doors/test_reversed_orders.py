"""What a payer sees of money that the channel took back without us, and of a refund that is refused since it is retired."""

import html

import pytest

from app.commerce.payments.finance.reversing import apply_reversal
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_one, transaction
from app.kernel.clock import utc_now
from app.kernel.reversal import Reversal, ReversalKind
from tests.doors.conftest import PAGE, Door
from tests.doors.test_pages_operator import Platform, platform

__all__ = ["platform"]


async def _reverse(kind: ReversalKind, amount_minor: int) -> None:
    row = await fetch_one("SELECT reference, transaction_id, channel FROM payment")
    assert row is not None
    async with transaction() as tx:
        (notice,) = await fetch(
            "INSERT INTO payment_notice (channel, event_id, kind, reference, body, headers, content, fate, received_at)"
            " VALUES ($1, gen_random_uuid()::text, 'x', $2, '', '{}', '', 'applied', clock_timestamp()) RETURNING id",
            row["channel"], row["reference"], tx=tx,
        )  # fmt: skip
        told = Reversal(
            kind=kind, reversal_id=f"R-{amount_minor}", reference=row["reference"], transaction_id=row["transaction_id"],
            amount_minor=amount_minor, currency="CNY", at=utc_now(),
        )  # fmt: skip
        assert await apply_reversal(row["channel"], told, notice_id=notice["id"], tx=tx) is None


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [
        (ReversalKind.REVERSED, "支付渠道撤销了 ¥0.05 的付款", "the payment channel reversed ¥0.05"),
        (ReversalKind.MERCHANT_REFUND, "已由支付渠道退回 ¥0.05", "was given back through the payment channel"),
        (ReversalKind.DISPUTE_OPENED, "付款人就 ¥0.05 提出了争议", "the payer disputed ¥0.05"),
        (ReversalKind.DISPUTE_WON, "争议已结束", "the dispute ended"),
    ],
)
async def test_the_page_of_an_order_tells_what_its_channel_did_and_leads_to_the_certificate_which_stays(
    door: Door, kind: ReversalKind, zh: str, en: str
) -> None:
    async with door.guest() as citizen:
        order = (await citizen.order(door.live)).json()["id"]
        certificate = await door.paid(order)
        assert (await citizen.get(f"/o/{order}", headers=PAGE)).headers["location"] == f"/c/{certificate}"
        await _reverse(kind, 5)
        for language, sentence in (("zh", zh), ("en", en)):
            page = await citizen.get(f"/o/{order}?lang={language}", headers=PAGE)
            assert (page.status_code, sentence in html.unescape(page.text)) == (200, True)
            assert f'href="/c/{certificate}"' in page.text
        assert (await citizen.get(f"/c/{certificate}", headers=PAGE)).status_code == 200


async def test_a_refund_of_what_is_retired_is_refused_in_words_that_say_why(door: Door) -> None:
    async with door.guest() as citizen:
        order = (await citizen.order(door.live)).json()["id"]
        await door.paid(order)
        answer = await citizen.post(f"/api/v1/orders/{order}/take-back", json={"reason": "不要了"})
        assert answer.status_code == 409
        told = answer.json()
        assert told["code"] == "ORDER_RETIRED"
        said = answer.text
        assert "注销不可撤回" in said or "Retirement is for ever" in said


async def test_finance_finds_what_was_reversed_and_sees_what_the_payer_reads(platform: Platform) -> None:
    clerk = await platform.come(Role.FINANCE)
    async with platform.door.guest() as citizen:
        order = (await citizen.order(platform.door.live)).json()["id"]
        await platform.door.paid(order)
    row = await fetch_one("SELECT reference, amount_minor FROM payment")
    assert row is not None
    await _reverse(ReversalKind.DISPUTE_OPENED, row["amount_minor"])
    assert "争议中" in (await clerk.get("/operator/payments?state=reversed")).text
    await _reverse(ReversalKind.REVERSED, row["amount_minor"])
    page = html.unescape((await clerk.get(f"/operator/payments?state=reversed&open={row['reference']}")).text)
    assert "渠道已撤销" in page and "已注销的减排量不会恢复" in page and "争议中" not in page
