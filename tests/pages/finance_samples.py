"""What finance looks through: payments, refunds, channels' messages, invoices; and what an organisation gives for one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.foundation.privacy import LookReasonMissing
from app.kernel.money import Currency
from app.kernel.text import Language
from app.views import listing
from app.views.console import Age
from app.views.listing import Filter
from app.views.page import Amount, Page
from app.web.operator import unmasking
from app.web.operator.finance import notices as notices_pages
from app.web.operator.finance import payments as payments_pages
from app.web.operator.finance import refunds as refunds_pages
from app.web.operator.finance import searching
from app.web.operator.finance.invoices import InvoiceRow, InvoicesPage
from app.web.operator.finance.views import Asking, Drawer, Fact, FinanceList, Moment, MoneyRow
from app.web.operator.views import NamesPage
from app.web.organiser.pages_invoices import OwnInvoice, OwnInvoicesPage

NOW = datetime(2026, 11, 22, 2, 32, 7, tzinfo=UTC)
ORDER = "ord_01JD8Q9T5K3V2M7N4P6R8S0W1X"
NUMBER = "DD20261122JSCCNKAM3K18ZH"
LINKS = ("inbox", "payments", "refunds", "transfers", "notices", "invoices")


def finance_pages(language: Language) -> dict[str, Page]:
    """By name."""

    def say(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    def money(minor: int) -> Amount:
        return Amount(minor=minor, currency=Currency.CNY)

    titles = {
        "payments": say("收款", "Payments"), "refunds": say("退款", "Refunds"), "notices": say("渠道来信", "Channel notices"),
    }  # fmt: skip

    leads = {
        name: module._LEAD.in_(language)
        for name, module in (("payments", payments_pages), ("refunds", refunds_pages), ("notices", notices_pages))
    }

    def page(name: str, states: dict[str, str], rows: tuple[MoneyRow, ...], drawer: Drawer | None) -> FinanceList:
        here = f"/operator/{name}"
        asked = searching.read(here, {}, tuple(states))
        return FinanceList(
            here=here, sandbox=True, csrf_token="token", roles=(), links=LINKS, title=titles[name], search=asked.search,
            lead=leads[name],
            states=tuple(asked.filter("state", key, label) for key, label in states.items()),
            channels=searching.channel_filters(asked, language), rows=rows, paging=asked.paging(len(rows)), drawer=drawer,
            closed_url=here,
        )  # fmt: skip

    row = MoneyRow(
        title=say("微信支付", "WeChat Pay"), number=NUMBER, url=f"/operator/payments?open={NUMBER}",
        state=say("已支付", "Paid"), tone="done",
        amount=money(1_240), age=Age(number=25, unit="minutes"), is_late=False, channel=None,
    )  # fmt: skip
    ask = Asking(
        action="/operator/payments/ask", title=say("再问一次渠道", "Ask the channel again"),
        button=say("查询渠道", "Ask the channel"), kept={"reference": NUMBER},
        help=say("只查询，不会重复扣款。", "It only asks; nobody is charged twice."),
    )  # fmt: skip
    paid = Drawer(
        title="¥12.40", above=say("微信支付", "WeChat Pay"), state=say("争议中", "Disputed"), tone="todo",
        facts=(
            Fact(label=say("我方单号", "Our number"), value=NUMBER, is_number=True),
            Fact(label=say("渠道单号", "The channel’s number"), value="4200002618202611227261840293", is_number=True),
            Fact(label=say("订单", "Order"), value=f"{ORDER} · {say('已完成', 'done')}", is_number=True),
            Fact(label=say("渠道最后应答", "The channel’s last word"), value="SUCCESS", is_number=True),
        ),
        sentences=(
            say(
                "2026-11-22 付款人就 ¥12.40 提出了争议，支付渠道正在处理。",
                "On 2026-11-22 the payer disputed ¥12.40; the payment channel is looking into it.",
            ),
        ),
        moments=(
            Moment(state=say("发起支付", "Opened"), tone="done", who=say("微信支付", "WeChat Pay"), at=NOW),
            Moment(
                state=say("逾期到账", "Paid late"), tone="done", who=say("微信支付", "WeChat Pay"),
                at=NOW + timedelta(hours=1),
            ),
        ),
        steps=(ask,),
    )  # fmt: skip
    late = replace(
        row, number="DD202611228H2M4KX9T6QW30P7", state=say("渠道已撤销", "Reversed"), tone="todo", amount=money(520_000),
        age=Age(number=6, unit="days"), is_late=True, is_open=True,
    )  # fmt: skip
    payments = page(
        "payments",
        {"all": say("全部", "All"), "open": say("待支付", "Open"), "paid": say("已支付", "Paid"),
         "reversed": say("争议与撤销", "Disputed or reversed")},
        (late, row), paid,
    )  # fmt: skip
    refused = replace(
        row, title=say("到账时减排量已售完", "The credits were gone when the money came"), number="RF7K3M9QXR0H8RTW2C5XJ2K9DA",
        url="/operator/refunds?open=RF7", state=say("渠道拒绝退款", "Refused"), tone="todo", is_open=True,
        age=Age(number=2, unit="days"), is_late=True,
    )  # fmt: skip
    hand = Asking(
        action="/operator/refunds/by-hand", title=say("已用其他方式退回", "Given back another way"),
        button=say("交给第二人复核", "Hand it to a second person"), kept={"reference": refused.number}, asks_reason=True,
        asks_evidence=True, is_quiet=True,
        help=say(
            "先转账，再登记凭证号；第二人同意后才结束。",
            "Transfer first, then give its number; it ends once another agrees.",
        ),
    )  # fmt: skip
    again = replace(
        ask, action="/operator/refunds/again", title=say("再请渠道退一次", "Ask the channel again"), asks_reason=True,
        button=say("再退一次", "Refund again"),
        help=say("渠道的原因排除后再试，例如商户余额已充值。", "Once its reason is gone, such as a balance that ran short."),
    )  # fmt: skip
    refund = Drawer(
        title="¥12.40", above=say("微信支付", "WeChat Pay"), state=refused.state, tone="todo",
        facts=(
            Fact(label=say("我方单号", "Our number"), value=refused.number, is_number=True),
            Fact(
                label=say("支付单号", "Payment"), value=NUMBER, is_number=True, url=f"/operator/payments?open={NUMBER}"
            ),
            Fact(label=say("渠道最后应答", "The channel’s last word"), value="NOT_ENOUGH", is_number=True),
        ),
        steps=(again, hand),
    )  # fmt: skip
    refunds = page(
        "refunds", {"refused": say("待人处理", "For a person"), "all": say("全部", "All")}, (refused,), refund
    )
    stray = replace(
        row, title=say("没有对应的支付单", "No payment of ours has that number"), number="STRAY0000000000000001",
        state=say("挂账", "Parked"), tone="todo", is_open=True, amount=money(77),
    )  # fmt: skip
    decide = Asking(
        action="/operator/notices/decide", title=say("由人处理", "Decide"), asks_reason=True, is_quiet=True,
        button=say("交给第二人复核", "Hand it to a second person"), kept={"notice": "7"},
        options=(
            ("refund", say("由渠道退回付款人", "Give it back")),
            ("note", say("登记原因，不作处理", "Note the reason only")),
        ),
    )  # fmt: skip
    parked = Drawer(
        title="¥0.77", above=say("微信支付", "WeChat Pay"), state=say("挂账", "Parked"), tone="todo",
        facts=(
            Fact(label=say("挂账原因", "Why it is parked"), value=stray.title),
            Fact(label=say("通知类型", "Kind of notice"), value="TRANSACTION.SUCCESS", is_number=True),
            Fact(label=say("渠道单号", "The channel’s number"), value="4200002618202611227261840293", is_number=True),
        ),
        steps=(decide,),
        raw=(
            (say("解密后的内容", "As decrypted"), '{"mchid":"1900000109","out_trade_no":"STRAY0000000000000001"}'),
            (say("原文", "As it came"), '{"id":"c1d55c8d-0a13-4327-8e25-81b5c494ce03"}' * 4),
        ),
    )  # fmt: skip
    masked = replace(parked, raw=(), unmask=unmasking.form("/operator/notices/unmask", language, kept={"notice": "1"}))
    notices = page("notices", {"parked": say("挂账", "Parked"), "all": say("全部", "All")}, (stray,), parked)
    veiled = page("notices", {"parked": say("挂账", "Parked"), "all": say("全部", "All")}, (stray,), masked)
    names = NamesPage(
        here="/operator/names", sandbox=True, csrf_token="token", roles=(), links=("inbox", "moderation", "names"), number="",
        ask=unmasking.form("/operator/names", language), is_seen=False, own=None, on_paper=None,
    )  # fmt: skip

    bill = InvoiceRow(
        order=ORDER, url=f"/operator/invoices?open={ORDER}", payer=say("示例江城银行股份有限公司", "Sample River City Bank"),
        title="示例江城银行股份有限公司", tax_number="91510100MA12345670", email="fapiao@bank.example.org",
        state=say("待开票", "To be issued"), tone="todo", paid=money(4_987_320), left=money(4_987_320), seen=4_987_320,
        number=None, paid_on="2026-11-20", can_mark=True, is_reversal=False,
    )  # fmt: skip
    invoices = InvoicesPage(
        here="/operator/invoices", sandbox=True, csrf_token="token", roles=(), links=LINKS, since="2026-11-01",
        until="2026-11-22", show="todo",
        filters=(
            Filter(label=say("待办", "To do"), url="/operator/invoices", is_on=True, count=3),
            Filter(label=say("已开票", "Issued"), url="/operator/invoices?show=issued", is_on=False, count=12),
        ),
        rows=(
            bill,
            replace(
                bill, order="ord_01JD8QB2F7M4X9C1T6W3Z8K5PV", title="示例钢铁厂", state=say("待红冲", "To be reversed"),
                left=money(-120_000), seen=-120_000, is_reversal=True, number="24320000001234567890",
            ),
            replace(
                bill, order="ord_01JD8QD6R0N5Y8G2S4V7X1M9QK", title=None, tax_number=None, email=None, can_mark=False,
                state=say("待填抬头", "No title yet"), tone="void", payer=say("示例总工会", "Sample Union"),
            ),
        ),
        paging=listing.read("/operator/invoices", {}).paging(3), open=bill, closed_url="/operator/invoices",
        csv_url="/operator/invoices.csv", xlsx_url="/operator/invoices.xlsx",
    )  # fmt: skip
    own_row = OwnInvoice(
        order=ORDER, url=f"/organiser/invoices?open={ORDER}", payer=bill.payer, state=say("待填抬头", "No title yet"),
        tone="todo", net=money(4_987_320), paid_on="2026-11-20", number=None, can_ask=True,
    )  # fmt: skip
    own = OwnInvoicesPage(
        here="/organiser/invoices", sandbox=True, csrf_token="token", roles=(), door="organiser",
        rows=(
            own_row,
            replace(
                own_row, order="ord_01JD8QB2F7M4X9C1T6W3Z8K5PV", state=say("已开票", "Issued"), tone="done",
                number="24320000001234567890", can_ask=False,
            ),
        ),
        paging=listing.read("/organiser/invoices", {}).paging(2), open=own_row, closed_url="/organiser/invoices",
    )  # fmt: skip
    return {
        "op_payments": payments,
        "op_payments_none": replace(payments, rows=(), drawer=None, paging=listing.read("/x", {}).paging(0)),
        "op_refunds": refunds,
        "op_refunds_wrong": replace(
            refunds, fault_field="evidence", typed_reason=say("渠道余额不足", "the balance ran short"),
            notice=say(
                "请填写理由和转账凭证号，每项一行，最多 120 个字。",
                "Please give a reason, and the number of the transfer, each on one line of at most 120 characters.",
            ),
        ),
        "op_refunds_waiting": replace(
            refunds, drawer=replace(refund, steps=(), waits_url="/operator/inbox/0190a5da-c967-74bb-bcce-b302099a8057")
        ),
        "op_notices": notices,
        "op_notices_masked": veiled,
        "op_names": names,
        "op_names_seen": replace(
            names, is_seen=True, number="7K3M9QFX2R", own=say("小川", "Chuan"), on_paper=say("林小川", "Lin Xiaochuan"),
        ),
        "op_names_wrong": replace(
            names, number=ORDER, fault_field="said", ask=replace(names.ask, said=say("投诉", "no")),
            notice=LookReasonMissing().message().in_(language),
        ),
        "op_invoices": invoices,
        "op_invoices_reverse": replace(invoices, open=invoices.rows[1]),
        "op_invoices_none": replace(invoices, rows=(), open=None, paging=listing.read("/x", {}).paging(0)),
        "own_invoices": own,
        "own_invoices_wrong": replace(
            own, fault_field="tax_number",
            typed={"title": "示例江城银行股份有限公司", "tax_number": "9151", "email": "fapiao@bank.example.org"},
            notice=say(
                "税号应为 18 位统一社会信用代码（校验码须正确），或旧的 15 位、20 位税号。",
                "A tax number is a unified social credit code of 18 characters whose check character is right, or an older"
                " one of 15 or 20.",
            ),
        ),
        "own_invoices_none": replace(own, rows=(), open=None, paging=listing.read("/x", {}).paging(0)),
    }  # fmt: skip
