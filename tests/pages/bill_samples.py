"""Channels' bills: the list, a day that is open and one that is signed, and what differs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from app.kernel.money import Currency
from app.kernel.text import Language
from app.views import listing
from app.views.console import Age
from app.views.page import Amount, Page
from app.web.operator.bills.views import (
    BillDayPage,
    BillRow,
    BillsPage,
    DayDot,
    DifferenceRow,
    DifferenceShown,
    DifferencesPage,
    Seat,
    SumShown,
    ThreeWays,
)

NOW = datetime(2026, 11, 29, 2, 12, 40, tzinfo=UTC)
DAY = date(2026, 11, 28)
HERE = "/operator/bills"
DIFFERENCES = f"{HERE}/differences"
LINKS = ("inbox", "transfers", "bills")


def yuan(minor: int) -> Amount:
    return Amount(minor=minor, currency=Currency.CNY)


def dollars(minor: int) -> Amount:
    return Amount(minor=minor, currency=Currency.USD)


def side(amount: Amount, rows: int, refunds: int = 0) -> SumShown:
    return SumShown(amount=amount, rows=rows, refunds=refunds, back=replace(amount, minor=refunds * 120))


def bill_pages(language: Language) -> dict[str, Page]:
    """By name."""

    def say(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    wechat = ThreeWays(
        channel=say("微信支付", "WeChat Pay"), state=say("已读取", "Read"), tone="done", word=None,
        bill=side(yuan(391_846), 1204, 3), ours=side(yuan(391_846), 1204, 3), posted=side(yuan(391_846), 1204, 3),
        fee=yuan(2_351),
    )  # fmt: skip
    alipay = replace(
        wechat, channel=say("支付宝", "Alipay"), bill=side(yuan(112_038), 366),
        ours=side(yuan(111_976), 365), posted=side(yuan(111_976), 365), apart=yuan(62), fee=None,
    )  # fmt: skip
    paypal = replace(
        wechat, channel="PayPal", bill=side(dollars(5_200), 47), ours=side(dollars(5_200), 47),
        posted=side(dollars(5_100), 46), apart=dollars(100), fee=None,
    )  # fmt: skip
    unfit = ThreeWays(
        channel=say("数字人民币", "e-CNY"), state=say("读不了", "Cannot be read"), tone="todo",
        word="sums · 0",
    )  # fmt: skip
    total = replace(
        wechat, channel="", bill=side(yuan(503_884), 1570), ours=side(yuan(503_822), 1569),
        posted=side(yuan(503_822), 1569), apart=yuan(62), fee=None,
    )  # fmt: skip
    row = DifferenceRow(
        number="bdf_01JF1X9C0000000000000000AA", url=f"{DIFFERENCES}?open=1", nature=say("只在账单里", "Only in the bill"),
        title=say("支付宝收了钱，我们的订单还没有付款", "Alipay has the money, our order is unpaid"),
        reference="ord_01JF1X9C2K5RN7Q8WTVY3HJMDP", at=datetime(2026, 11, 28, 15, 59, 48, tzinfo=UTC), amount=yuan(62),
        owner=say("何满", "He Man"), age=Age(number=1, unit="hours"), is_late=False, closed_at=None,
        state=say("未了结", "Open"), tone="todo", step=say("向渠道查询", "Ask the service"), ask_url=f"{DIFFERENCES}/1/ask",
        is_open=True,
    )  # fmt: skip
    late = replace(
        row, number="bdf_2", url=f"{DIFFERENCES}?open=2", nature=say("渠道自行退款", "A refund not of ours"),
        title=say("在 PayPal 的商户平台退的款，不是我们发起", "Given back at PayPal’s own console, not by us"),
        reference="8MC585209K746392H", amount=dollars(100), owner=None, age=Age(number=3, unit="days"), is_late=True,
        step=say("查明并说明", "Find out and explain"), ask_url=None, is_open=False,
    )  # fmt: skip
    over = replace(
        row, number="bdf_3", url=f"{DIFFERENCES}?open=3&state=all", nature=say("只在我们这里", "Only with us"),
        title=say("我们记为已付，微信支付的账单没有", "Paid as we count, and in no bill of WeChat Pay"),
        amount=yuan(120), closed_at=NOW - timedelta(minutes=30), state=say("已一致", "Settled"), tone="done", step=None,
        ask_url=None, is_open=False,
    )  # fmt: skip
    dots = tuple(
        DayDot(day=DAY - timedelta(back), url=f"{HERE}/{DAY - timedelta(back)}", tone=tone, label=label, is_here=back == 0)
        for back, tone, label in (
            (6, "none", say("没有账单", "no bill")), (5, "signed", say("已签认", "signed")),
            (4, "signed", say("已签认", "signed")), (3, "signed", say("已签认", "signed")),
            (2, "ready", say("可以签", "to be signed")), (1, "signed", say("已签认", "signed")),
            (0, "open", say("有未了结", "open")),
        )
    )  # fmt: skip
    day = BillDayPage(
        here=f"{HERE}/{DAY}", sandbox=True, csrf_token="token", roles=(), section=HERE, links=LINKS,
        day=DAY, dots=dots, channels=(wechat, alipay, paypal), totals=(total,), differences=(row, late, over), open=2,
        fetch_url=f"{HERE}/{DAY}/fetch", fetch_from=(("wechatpay", wechat.channel), ("alipay", alipay.channel)),
        sha256=None, propose_url=f"{HERE}/{DAY}/propose", is_ready=False, inbox_url=None,
        maker=Seat(
            name=None, at=None,
            text=say("账单到齐、差异都了结之后可签", "Once every bill is there and nothing is open"),
        ),
        decider=Seat(name=None, at=None, text=say("另一个人，看到同一个摘要", "Somebody else, who sees the same digest")),
    )  # fmt: skip
    digest = "3fa920c4d51e6b7781c2a9f0b3d4e5f60718293a4b5c6d7e8f90a1b2c3d471c2"
    signed = replace(
        day, channels=(wechat,), totals=(), differences=(over,), open=0, fetch_url=None, propose_url=None, sha256=digest,
        maker=Seat(name=say("何满", "He Man"), at=NOW, text=""),
        decider=Seat(name=say("苏和", "Su He"), at=NOW + timedelta(minutes=19), text=""),
    )  # fmt: skip
    waiting = replace(
        signed, decider=day.decider, inbox_url="/operator/inbox/1", differences=(),
        maker=Seat(
            name=say("示例江城银行股份有限公司财务何满", "He Man of Sample River City Bank’s finance"), at=NOW, text=""
        ),
    )  # fmt: skip
    wrong = replace(
        day, channels=(unfit, wechat), totals=(),
        notice=say(
            "还不能签：1 份账单未读取，2 项差异未了结。",
            "It cannot be signed yet; bills missing: 1, differences open: 2.",
        ),
    )  # fmt: skip
    asked = listing.read(HERE, {}, {"state": ("all", "expected", "unfit"), "channel": ("all", "wechatpay", "alipay")})
    bill = BillRow(
        day=DAY, url=f"{HERE}/{DAY}", channel=say("微信支付", "WeChat Pay"), state=say("已读取", "Read"), tone="done",
        age=Age(number=10, unit="hours"), is_late=False, answered_at=NOW, bill="¥3,918.46", ours="¥3,918.46", lines=1204,
        open=0, is_signed=False,
    )  # fmt: skip
    listed = BillsPage(
        here=HERE, sandbox=True, csrf_token="token", roles=(), links=LINKS, open=2,
        filters=(
            asked.filter("state", "all", say("全部", "All"), 4),
            asked.filter("state", "expected", say("未到", "Not there yet"), 1),
            asked.filter("state", "unfit", say("读不了", "Cannot be read"), 1),
        ),
        channels=(
            asked.filter("channel", "all", say("全部渠道", "All services")),
            asked.filter("channel", "wechatpay", say("微信支付", "WeChat Pay")),
            asked.filter("channel", "alipay", say("支付宝", "Alipay")),
        ),
        rows=(
            bill,
            replace(
                bill, channel=say("支付宝", "Alipay"), bill="¥1,120.38 US$52.00", ours="¥1,119.76 US$52.00", lines=366,
                open=1,
            ),
            replace(
                bill, channel=say("数字人民币", "e-CNY"), state=say("读不了", "Cannot be read"), tone="todo", answered_at=None,
                bill="—", ours="—", lines=0, is_late=True, age=Age(number=3, unit="days"),
            ),
            replace(bill, day=DAY - timedelta(1), is_signed=True),
        ),
        paging=asked.paging(4),
    )  # fmt: skip
    wanted = listing.read(DIFFERENCES, {}, {"state": ("open", "over", "all"), "owner": ("all", "mine", "nobody")})
    shown = DifferenceShown(
        row=row, channel=say("支付宝", "Alipay"), day=DAY, day_url=f"{HERE}/{DAY}", theirs=yuan(62), ours=yuan(62),
        is_ledger=False, order_reference=row.reference, transaction_id="2026112822001400000587013746", refund_reference=None,
        found_at=NOW, asks=2, asked_at=NOW, last_word="WAIT_BUYER_PAY", reason=None, evidence=None, closed_by=None,
        take_url=f"{DIFFERENCES}/1/take", ask_url=row.ask_url, explain_url=f"{DIFFERENCES}/1/explain",
    )  # fmt: skip
    differences = DifferencesPage(
        here=DIFFERENCES, sandbox=True, csrf_token="token", roles=(), section=HERE, links=LINKS,
        filters=(
            wanted.filter("state", "open", say("未了结", "Open"), 2), wanted.filter("state", "over", say("已了结", "Over"), 1),
            wanted.filter("state", "all", say("全部", "All"), 3),
        ),
        owners=(
            wanted.filter("owner", "all", say("所有人", "Anybody’s")), wanted.filter("owner", "mine", say("我负责", "Mine")),
            wanted.filter("owner", "nobody", say("没有负责人", "Nobody’s")),
        ),
        rows=(row, late, over), paging=wanted.paging(3), shown=shown, is_asked=True, closed_url=DIFFERENCES,
    )  # fmt: skip
    ended = replace(
        shown, row=replace(late, closed_at=NOW, state=say("已承担", "Accepted as missing"), tone="void", step=None),
        theirs=None, ours=dollars(100), refund_reference="RF7K3M9QXR2V4W6Y8Z0A1B2C3D", closed_by=say("苏和", "Su He"),
        reason=say("渠道漏列，已去函，两周后仍未回复", "The service left it out; written to, no answer in two weeks"),
        evidence="CASE-20261128-0091", take_url=None, ask_url=None, explain_url=None,
    )  # fmt: skip
    return {
        "op_bills": listed,
        "op_bills_none": replace(listed, rows=(), paging=asked.paging(0), channels=listed.channels[:2], open=0),
        "op_bill_day": day,
        "op_bill_day_wrong": wrong,
        "op_bill_day_waiting": waiting,
        "op_bill_day_signed": signed,
        "op_bill_differences": differences,
        "op_bill_differences_wrong": replace(
            differences, fault_field="reason", typed_evidence="CASE-20261128-0091", typed_missing=True,
            notice=say(
                "请写明原因（2 字以上），一行写完，最多 200 字。",
                "Say why on one line, with two characters at least and 200 at most.",
            ),
        ),
        "op_bill_difference_over": replace(differences, shown=ended),
        "op_bill_differences_none": replace(differences, rows=(), paging=wanted.paging(0), shown=None, is_asked=False),
    }  # fmt: skip
