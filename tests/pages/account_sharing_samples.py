"""One page of each kind and state of sharing an account: the person's, the organisation's, the platform's, anybody's."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from app.kernel.text import Language
from app.programmes.sharing import Granularity, ReadOutcome, ShareState
from app.views.account_sharing.pages import AskPage, ReadLine, RevokePage, ShareCard, SharingPage, StatementLine
from app.views.page import Page
from app.web.operator.readers.pages import ReaderRow, ReadersPage
from app.web.organiser.account_sharing.pages import AskingPage, KeyLine, ReaderCard, RequestLine
from app.web.public.account_statements import AccountStatementPage, BookColumn

NOW = datetime(2026, 11, 30, 9, 14, 7, tzinfo=UTC)
FROM, TO, UNTIL = date(2026, 1, 1), date(2026, 12, 31), date(2027, 4, 11)


def account_sharing_pages(language: Language) -> dict[str, Page]:
    """By name."""
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    bank = say("示例农商银行股份有限公司", "Sample Rural Commercial Bank")
    purpose = say("用于“绿色消费贷”评估，不作他用", "To assess a green consumer loan, and for nothing else")
    live = ShareCard(
        id="shr_01JD8Q9T5K3V2M7N4P6R8S0W1X", organisation=bank, purpose=purpose, state=ShareState.LIVE,
        granted=("retired",), withheld=("emitted",), granularity=Granularity.MONTHS, period_from=FROM, period_to=TO,
        answered_at=NOW - timedelta(days=40), revoked_at=None, until=UNTIL, revoke_url="/me/sharing/shr_01/revoke",
    )  # fmt: skip
    employer = replace(
        live, id="shr_02JD8Q9T5K3V2M7N4P6R8S0W1X", organisation=say("示例雇主", "Sample Employer"), state=ShareState.REVOKED,
        granted=("emitted", "retired"), withheld=(), revoked_at=NOW, revoke_url=None,
    )  # fmt: skip
    refused = replace(
        employer, id="shr_03JD8Q9T5K3V2M7N4P6R8S0W1X", state=ShareState.REFUSED, granted=(), withheld=("retired",),
        revoked_at=None,
    )  # fmt: skip
    over = replace(live, id="shr_04JD8Q9T5K3V2M7N4P6R8S0W1X", state=ShareState.EXPIRED, revoke_url=None)
    reads = tuple(
        ReadLine(share_id=live.id, organisation=bank, key_end="4C1F", at=NOW - timedelta(days=at), outcome=outcome)
        for at, outcome in enumerate(ReadOutcome)
    )
    stated = StatementLine(
        id="sta_01JD8Q9T5K3V2M7N4P6R8S0W1X", period_from=FROM, period_to=NOW.date(), made_at=NOW,
        granularity=Granularity.MONTHS,
        number="DD-20261130-PA-8A2B3C4D5", verify_url="/v/7K3M9QFX2R", pdf_zh_url="/me/sharing/statements/crt_01/zh.pdf",
        pdf_en_url="/me/sharing/statements/crt_01/en.pdf", json_url="/me/sharing/statements/crt_01/record.json",
    )  # fmt: skip
    waiting = StatementLine(
        id="sta_02JD8Q9T5K3V2M7N4P6R8S0W1X", period_from=FROM, period_to=NOW.date(), granularity=Granularity.TOTALS,
        made_at=NOW,
    )  # fmt: skip
    full = SharingPage(
        here="/me/sharing", sandbox=True, is_known=True, shares=(live, employer, refused, over), reads=reads,
        statements=(waiting, stated), intent="x", csrf_token="x",
        typed={"period_from": "2026-01-01", "period_to": "2026-11-30", "granularity": "months", "name": "<b>"},
    )  # fmt: skip
    empty = replace(full, shares=(), reads=(), statements=())
    ask = AskPage(
        here="/me/sharing/ask?code=7K3M9QFX", sandbox=True, is_known=True, may_answer=True, code="7K3M9QFX",
        organisation=bank, purpose=purpose, books=("emitted", "retired"), granularity=Granularity.MONTHS,
        period_from=FROM, period_to=TO, until=UNTIL, asked_at=NOW, intent="x", csrf_token="x",
    )  # fmt: skip
    organisation = ReaderCard(
        id="org_01", name=bank, is_enrolled=True,
        keys=(KeyLine(id="key_01", name=say("绿贷", "Loans"), may_ask=True), KeyLine(id="key_02", name="ERP", may_ask=False)),
        requests=(
            RequestLine(
                code="7K3M9QFX", url="https://carbon.example.org/me/sharing/ask?code=7K3M9QFX", purpose=purpose,
                books=("emitted", "retired"), granularity=Granularity.MONTHS, period_from=FROM, period_to=TO, until=UNTIL,
            ),
        ),
    )  # fmt: skip
    asking = AskingPage(
        here="/organiser/sharing", sandbox=True, csrf_token="token", roles=(), door="organiser",
        organisations=(
            organisation,
            replace(organisation, id="org_02", name=say("示例雇主", "Sample Employer"), is_enrolled=False, requests=()),
        ),
    )  # fmt: skip
    row = ReaderRow(
        id="rdr_01", name=bank, ground=say("数据使用协议 2026-17，绿色消费贷", "Data agreement 2026-17, green loans"),
        enrolled_at=NOW, ended_at=None, tone="done",
    )  # fmt: skip
    readers = ReadersPage(
        here="/operator/readers", sandbox=True, csrf_token="token", roles=(), links=("inbox", "organisations", "readers"),
        rows=(row, replace(row, id="rdr_02", ended_at=NOW, tone="void")), choices=(("org_03", "示例信用社"),),
        may_propose=True, may_end=True, typed={},
    )  # fmt: skip
    months = tuple((f"2026-{month:02}", 12_345 * month) for month in range(1, 12))
    paper = AccountStatementPage(
        here="/v/7K3M9QFX2R", sandbox=True, code="7K3M9QFX2R",
        title=say("个人碳账户声明", "Statement of a Personal Carbon Account"),
        number="DD-20261130-PA-8A2B3C4D5", holder="林*", period_from=FROM, period_to=NOW.date(),
        books=(
            BookColumn(name="emitted", total_g=412_700, months=()),
            BookColumn(name="retired", total_g=814_770, months=months),
        ),
        as_of=NOW, issuer=say("示例环境交易所", "Sample Environment Exchange"), sha256="9f" * 32,
    )  # fmt: skip
    return {
        "sharing": full,
        "sharing_empty": empty,
        "sharing_stranger": replace(empty, is_known=False),
        "sharing_unknown_code": replace(
            empty, notice=say("没有这条查询请求，或它已不可用。", "There is no such request."), fault_field="code"
        ),
        "share_ask": ask,
        "share_ask_stranger": replace(ask, is_known=False, may_answer=False),
        "share_ask_open": replace(
            ask, notice=say("请对每一项选择同意或不同意。", "Please say yes or no to each of them.")
        ),
        "share_revoke": RevokePage(
            here="/me/sharing/shr_01/revoke", sandbox=True, share=live, intent="x", csrf_token="x"
        ),
        "organiser_sharing": asking,
        "organiser_sharing_nobody": replace(asking, organisations=()),
        "readers": readers,
        "readers_none": replace(readers, rows=()),
        "account_statement": paper,
    }
