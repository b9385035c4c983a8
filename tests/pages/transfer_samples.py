"""Bank transfers: where a sponsor transfers to, and what finance expects and records."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.kernel.money import Currency
from app.kernel.text import Language
from app.views import listing
from app.views.console import Age
from app.views.orders.order_page import CashierPage, PayMethod, TransferShown
from app.views.page import Amount, Page
from app.web.operator.bank.expected_views import TransferRow, TransfersPage

NOW = datetime(2026, 11, 22, 2, 32, 7, tzinfo=UTC)
HERE = "/operator/transfers"


def transfer_pages(held: Page, language: Language) -> dict[str, Page]:
    """By name, from the cashier of an order that is held."""

    def say(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    assert isinstance(held, CashierPage)
    own = PayMethod(
        key="bank.transfer", label=say("对公转账", "Bank transfer"), mark="银",
        note=say(
            "从单位账户转账，减排量保留 5 个工作日", "From your organisation’s account; credits wait 5 working days"
        ),
    )  # fmt: skip
    cashier = replace(
        held, methods=(own, *held.methods), expires_at=NOW + timedelta(days=7), lasts_days=True,
        transfer=TransferShown(
            holder="示例环境交易所", bank="示例银行成都分行",
            account="0000 0000 0000 0000", remark="DD7K3M9QXR", is_recorded=False,
        ),
    )  # fmt: skip
    asked = listing.read(HERE, {}, {"state": ("all", "expected", "recorded")})
    row = TransferRow(
        remark="DD7K3M9QXR", url=f"{HERE}?open=DD7K3M9QXR", order="ord_01JD8Q9T5K3V2M7N4P6R8S0W1X",
        payer=say("示例江城银行股份有限公司", "Sample River City Bank"),
        amount=Amount(minor=4_987_320, currency=Currency.CNY), age=Age(number=2, unit="days"), is_late=False,
        expires_at=NOW + timedelta(days=5), state=say("待到账", "Expected"), tone="wait", is_open=True,
    )  # fmt: skip
    rows = (
        replace(
            row, remark="DD0H8RTW2C", payer=say("示例钢铁厂", "Sample Steelworks"), age=Age(number=9, unit="days"),
            is_late=True, expires_at=NOW - timedelta(days=2), state=say("已过保留期", "Late"), tone="void", is_open=False,
        ),
        row,
        replace(
            row, remark="DD55XJ2K9D", payer=say("示例总工会", "Sample Union"), age=Age(number=25, unit="minutes"),
            state=say("待复核", "To be confirmed"), tone="todo", is_open=False, url="/operator/inbox/1",
        ),
    )  # fmt: skip
    page = TransfersPage(
        here=HERE, sandbox=True, csrf_token="token", roles=(), rows=rows, paging=asked.paging(3), today="2026-11-22",
        links=("inbox", "transfers"), typed={"remark": "DD7K3M9QXR"},
        filters=(
            asked.filter("state", "all", say("全部", "All"), 3),
            asked.filter("state", "expected", say("待到账", "Expected"), 2),
            asked.filter("state", "recorded", say("待复核", "To be confirmed"), 1),
        ),
    )  # fmt: skip
    return {
        "cashier_transfer": cashier,
        "cashier_transfer_recorded": replace(
            cashier, transfer=cashier.transfer and replace(cashier.transfer, is_recorded=True)
        ),
        "op_transfers": page,
        "op_transfers_wrong": replace(
            page, fault_field="amount",
            notice=say(
                "应收 ¥49,873.20，实到 ¥49,873.00，不能登记。请将款项原路退回付款人，请其按应收金额一次转账。",
                "¥49,873.20 is expected and ¥49,873.00 came, so nothing is recorded. Transfer it back to its payer, who may"
                " transfer the exact amount at once.",
            ),
            typed={
                "remark": "DD7K3M9QXR", "amount": "49873.00", "bank_number": "ICBC-20261127-0091",
                "payer_name": "示例江城银行股份有限公司", "value_day": "2026-11-21",
            },
        ),
        "op_transfers_none": replace(page, rows=(), paging=asked.paging(0), typed={}),
    }  # fmt: skip
