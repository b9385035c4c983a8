"""The bank's statements: the list, a file at fault, one before and after it is taken in, and what does not fit."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from app.kernel.money import Currency
from app.kernel.text import Language
from app.views import listing
from app.views.console import Age
from app.views.page import Amount, Page
from app.web.operator.bank.views import (
    CreditRow,
    FaultShown,
    FindingRow,
    FindingShown,
    FindingsPage,
    StatementPage,
    StatementRow,
    StatementsPage,
)

NOW = datetime(2026, 11, 29, 2, 12, 40, tzinfo=UTC)
HERE = "/operator/statements"
FINDINGS = f"{HERE}/findings"
ONE = f"{HERE}/bst_01JD8Q9T5K3V2M7N4P6R8S0W1X"
FINDING = "bsf_01JD8Q9T5K3V2M7N4P6R8S0W1X"
LINKS = ("inbox", "transfers", "statements", "bills")


def yuan(minor: int) -> Amount:
    return Amount(minor=minor, currency=Currency.CNY)


def statement_pages(language: Language) -> dict[str, Page]:
    """By name."""

    def say(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    bank = say("示例江城银行股份有限公司", "Sample River City Bank")
    steel = say("示例钢铁厂", "Sample Steelworks")
    asked = listing.read(HERE, {})
    row = StatementRow(
        url=ONE,
        file_name=say("账户明细_20261128.csv", "account_20261128.csv"),
        first_day=date(2026, 11, 23),
        last_day=date(2026, 11, 28),
        state=say("待导入", "Not taken in"),
        tone="todo",
        credits=5,
        amount=yuan(12_987_345),
        open=0,
        waits=0,
    )
    done = replace(
        row,
        file_name="historydetail1432.xlsx",
        first_day=date(2026, 11, 22),
        last_day=date(2026, 11, 22),
        state=say("已导入", "Taken in"),
        tone="done",
        credits=1_204,
        amount=yuan(9_812_345_600),
        open=3,
        waits=2,
    )
    statements = StatementsPage(
        here=HERE,
        sandbox=True,
        csrf_token="token",
        roles=(),
        links=LINKS,
        rows=(row, done),
        paging=asked.paging(2),
        open=7,
        may_act=True,
    )
    wrong = replace(
        statements,
        fault_field="file",
        file_name=row.file_name,
        notice=say(
            "文件中有 103 处需要更正，未导入任何内容。第一处：C7：“约一万”不是金额，应如 12,400.50",
            "Things to correct in this file: 103. Nothing was taken in. The first: C7: “about ten” is no amount",
        ),
        faults=(
            FaultShown(
                place="C7", text=say("“约一万”不是金额，应如 12,400.50", '"about ten" is no amount; write 12,400.50')
            ),
            FaultShown(
                place="A12",
                text=say("日期应在 2020-01-01 至 2026-11-29 之间", "the day is between 2020-01-01 and 2026-11-29"),
            ),
            FaultShown(
                place="C15",
                text=say(
                    "含有公式，请复制后“选择性粘贴为数值”", "holds a formula; copy it and paste its value instead"
                ),
            ),
        ),
        faults_left=3,
    )
    came = (
        CreditRow(
            number="ICBC-20261127-0091",
            day=date(2026, 11, 27),
            amount=yuan(4_987_320),
            payer=bank,
            remark="DD7K3M9QXR",
            state=say("待复核", "To be confirmed"),
            tone="wait",
            url=None,
        ),
        CreditRow(
            number="ICBC-20261127-0092",
            day=date(2026, 11, 27),
            amount=yuan(4_987_300),
            payer=steel,
            remark=say("货款 DD0H8RTW2C · 转账", "goods DD0H8RTW2C · transfer"),
            state=say("少付", "Too little"),
            tone="todo",
            url=None,
        ),
        CreditRow(
            number=None,
            day=date(2026, 11, 28),
            amount=yuan(500),
            payer="—",
            remark="",
            state=say("没有附言码", "No remark"),
            tone="todo",
            url=None,
        ),
    )
    read = StatementPage(
        here=ONE,
        section=HERE,
        sandbox=True,
        csrf_token="token",
        roles=(),
        links=LINKS,
        file_name=row.file_name,
        state=row.state,
        tone="todo",
        account_end="2222",
        first_day=row.first_day,
        last_day=row.last_day,
        digest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        credits=5,
        debits=12,
        amount=row.amount,
        new=3,
        known=2,
        fitting=1,
        open=2,
        proposed=0,
        paid=0,
        closed=0,
        notes=(say("合计等非明细行，未读取：第 31 行", "totals and remarks, not read: row 31"),),
        read_by=say("钱一", "Qian Yi"),
        read_at=NOW,
        taken_by=None,
        taken_at=None,
        take_url=f"{ONE}/take",
        filters=(),
        rows=came,
        paging=listing.read(ONE, {}).paging(3),
    )
    states = listing.read(ONE, {}, {"state": ("all", "open", "proposed", "paid", "closed")})
    names = (
        say("全部", "All"),
        say("有差异", "Does not fit"),
        say("待复核", "To be confirmed"),
        say("已支付", "Paid"),
        say("已说明", "Explained"),
    )
    taken = replace(
        read,
        state=done.state,
        tone="done",
        fitting=0,
        proposed=1,
        taken_by=say("钱一", "Qian Yi"),
        taken_at=NOW + timedelta(minutes=2),
        take_url=None,
        filters=tuple(
            states.filter("state", one, name, count)
            for one, name, count in zip(
                ("all", "open", "proposed", "paid", "closed"), names, (3, 2, 1, 0, 0), strict=True
            )
        ),
        rows=(
            replace(came[0], url="/operator/inbox/1"),
            *(replace(one, url=f"{FINDINGS}?open={FINDING}") for one in came[1:]),
        ),
    )
    findings = listing.read(FINDINGS, {}, {"state": ("open", "over", "all"), "owner": ("all", "mine", "nobody")})
    finding = FindingRow(
        url=f"{FINDINGS}?open={FINDING}",
        title=say("到账没有附言码，不知是哪张订单的", "Money came without a remark; nobody knows for which order"),
        nature=say("没有附言码", "No remark"),
        number="ICBC-20261127-0093",
        amount=yuan(4_987_320),
        owner=None,
        age=Age(number=3, unit="days"),
        is_late=True,
        closed_at=None,
        state=say("未了结", "Open"),
        tone="todo",
        step=say("按附言码登记", "Record it under its remark"),
        is_open=True,
    )
    less = replace(
        finding,
        title=say("到账少于应收金额", "Less came than the order asks for"),
        nature=say("少付", "Too little"),
        number="ICBC-20261127-0092",
        amount=yuan(4_987_300),
        owner=say("钱一", "Qian Yi"),
        age=Age(number=5, unit="hours"),
        is_late=False,
        step=say("退回并说明", "Transfer it back and explain"),
        is_open=False,
    )
    shown = FindingShown(
        row=finding,
        day=date(2026, 11, 27),
        theirs=yuan(4_987_320),
        ours=None,
        payer=bank,
        payer_end="0001",
        text=say("货款", "goods"),
        is_numbered=True,
        order=None,
        statement_url=ONE,
        found_at=NOW,
        reason=None,
        evidence=None,
        closed_by=None,
        records_first=True,
        take_url=f"{FINDINGS}/{FINDING}/take",
        record_url=f"{FINDINGS}/{FINDING}/record",
        explain_url=f"{FINDINGS}/{FINDING}/explain",
    )
    page = FindingsPage(
        here=FINDINGS,
        section=HERE,
        sandbox=True,
        csrf_token="token",
        roles=(),
        links=LINKS,
        filters=(
            findings.filter("state", "open", say("未了结", "Open"), 2),
            findings.filter("state", "over", say("已了结", "Over"), 9),
            findings.filter("state", "all", say("全部", "All"), 11),
        ),
        owners=(
            findings.filter("owner", "all", say("所有人", "Anybody’s")),
            findings.filter("owner", "mine", say("我负责", "Mine")),
            findings.filter("owner", "nobody", say("没有负责人", "Nobody’s")),
        ),
        rows=(finding, less),
        paging=findings.paging(2),
        shown=shown,
        is_asked=True,
        closed_url=FINDINGS,
    )
    returns = replace(
        page,
        rows=(replace(finding, is_open=False), replace(less, is_open=True)),
        fault_field="reason",
        notice=say(
            "请在一行内写明（2 字以上，最多 200 字）。",
            "Write it on one line, with two characters at least and 200 at most.",
        ),
        typed_reason="x",
        shown=replace(
            shown,
            row=replace(less, is_open=True),
            theirs=yuan(4_987_300),
            ours=yuan(4_987_320),
            payer=steel,
            order="ord_01JD8Q9T5K3V2M7N4P6R8S0W1X",
            text="DD0H8RTW2C",
            records_first=False,
            take_url=None,
            record_url=None,
        ),
    )
    over = replace(less, state=say("已说明", "Explained"), tone="done", step=None, closed_at=NOW, is_open=True)
    return {
        "op_statements": statements,
        "op_statements_wrong": wrong,
        "op_statements_none": replace(statements, rows=(), paging=asked.paging(0), open=0, may_act=False),
        "op_statement_read": read,
        "op_statement_taken": taken,
        "op_statement_nothing": replace(
            read, new=0, known=5, fitting=0, open=0, rows=(), paging=listing.read(ONE, {}).paging(0)
        ),
        "op_findings": page,
        "op_finding_returns": returns,
        "op_finding_over": replace(
            page,
            rows=(over,),
            paging=findings.paging(1),
            shown=replace(
                shown,
                row=over,
                ours=yuan(4_987_320),
                reason=say("少付两角，已原路退回", "twenty fen short; transferred back"),
                evidence="ICBC-20261128-0007",
                closed_by=say("孙二", "Sun Er"),
                take_url=None,
                record_url=None,
                explain_url=None,
            ),
        ),
        "op_findings_none": replace(page, rows=(), paging=findings.paging(0), shown=None, is_asked=False),
    }
