"""The bank's statement at the console of finance: a file at fault, a preview, taken in, what does not fit, who may."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from app.commerce import statements
from app.foundation.identity import Role
from app.gateways.channels.bank import Bank
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.views.orders import statements as words
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests.doors.conftest import OWN_PAGE, PAGE
from tests.doors.test_bank_transfers import Sponsor, sponsor
from tests.doors.test_pages_operator import platform

__all__ = ["platform", "sponsor"]
HERE = "/operator/statements"
HEAD = "交易日期,贷方金额,对方户名,对方账号,附言,交易流水号"


class Desk:
    """Finance with a bank account and its statements."""

    def __init__(self, sponsor: Sponsor) -> None:
        self.sponsor = sponsor
        self.clerk, self.second = sponsor.clerk, sponsor.second

    def row(self, amount: str, remark: str, number: str) -> str:
        return f"{beijing_day(utc_now())},{amount},示例碳汇公司,6222000099990001,{remark},{number}"

    async def uploads(self, *rows: str, who: Any = None, head: str = HEAD) -> Any:
        who = who or self.clerk
        token = forms.token(str(who.cookies.get(cookies.SESSION)), key=self.sponsor.at.door.app.state.services.form_key)
        file = ("明细.csv", "\n".join((head, *rows, "")).encode("gb18030"), "text/csv")
        return await who.post(HERE, data={forms.FIELD: token}, files={"file": file}, headers=OWN_PAGE)

    async def page(self, url: str, who: Any = None, language: str = "zh") -> str:
        answer = await (who or self.clerk).get(f"{url}{'&' if '?' in url else '?'}lang={language}", headers=PAGE)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)

    async def posts(self, url: str, who: Any = None, **form: str) -> Any:
        return await self.sponsor.posts(who or self.clerk, url, form)


@pytest.fixture
async def desk(sponsor: Sponsor) -> AsyncIterator[Desk]:
    channels = sponsor.at.door.app.state.services.gateways.channels
    before = channels.get("bank")
    channels["bank"] = Bank(holder="示例环境交易所", bank="示例银行", account="6222 0000 1111 2222", workdays=5)
    yield Desk(sponsor)
    if before is not None:
        channels["bank"] = before


async def test_a_statement_is_previewed_taken_in_and_paid_once_a_second_person_agrees(desk: Desk) -> None:
    remark = (await desk.sponsor.chooses(await desk.sponsor.order()))["remark"]
    answer = await desk.uploads(desk.row("150.00", f"货款 {remark}", "ICBC0001"), desk.row("5.00", "利息", "ICBC0002"))
    assert answer.status_code == 303, answer.text
    url = answer.headers["location"]
    preview = await desk.page(url)
    for said in ("待导入", "ICBC0001", "待复核", "没有附言码", "¥155.00"):
        assert said in preview
    assert await fetch_value("SELECT count(*) FROM bank_statement_row") == 0

    taken = await desk.posts(f"{url}/take")
    assert (taken.status_code, taken.headers["location"]) == (303, url)
    approval = UUID(str(await fetch_value("SELECT id FROM approval WHERE kind = 'bank_receipt'")))
    assert f"/operator/inbox/{approval}" in await desk.page(url)
    shown = await desk.page(f"/operator/inbox/{approval}", who=desk.second)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown)
    assert seen
    agreed = await desk.posts(
        f"/operator/inbox/{approval}/approve",
        who=desk.second,
        seen=seen[1],
        typed="150.00",
        figure="150.00",
        amount="150.00",
    )
    assert agreed.status_code == 303, agreed.text
    await statements.compare_due()
    assert "已支付" in await desk.page(url)
    assert await fetch_value("SELECT count(*) FROM bank_receipt WHERE bank_number = 'ICBC0001'") == 1


async def test_every_fault_of_a_file_stands_on_the_page_and_nothing_was_kept(desk: Desk) -> None:
    answer = await desk.uploads(desk.row("约一万", "x", "A0001"), desk.row("=1+1", "x", "A0002"))
    assert answer.status_code == 400
    for said in ("B2", "约一万", "B3", "公式", "明细.csv"):
        assert said in answer.text
    assert await fetch_value("SELECT count(*) FROM bank_statement") == 0


async def test_a_form_without_a_file_says_so(desk: Desk) -> None:
    token = forms.token(
        str(desk.clerk.cookies.get(cookies.SESSION)), key=desk.sponsor.at.door.app.state.services.form_key
    )
    answer = await desk.clerk.post(
        HERE, data={forms.FIELD: token}, files={"file": ("", b"", "text/csv")}, headers=OWN_PAGE
    )
    assert answer.status_code == 400, answer.text
    assert "请选择银行对账单文件" in answer.text


async def test_a_finding_is_taken_recorded_under_a_remark_and_another_is_explained(desk: Desk) -> None:
    remark = (await desk.sponsor.chooses(await desk.sponsor.order()))["remark"]
    url = (await desk.uploads(desk.row("150.00", "货款", "A0001"), desk.row("5.00", "利息", "A0002"))).headers[
        "location"
    ]
    await desk.posts(f"{url}/take")
    first, second = await statements.list_findings(
        is_open=True, keyring=desk.sponsor.at.door.app.state.services.keyring, limit=10
    )
    one = f"{HERE}/findings/{words.finding_number(first.id)}"
    assert (await desk.posts(f"{one}/take")).status_code == 303
    assert "我负责" in await desk.page(f"{HERE}/findings?owner=mine")
    wrong = await desk.posts(f"{one}/record", remark="DD00000000")
    assert (wrong.status_code, 'value="DD00000000"' in wrong.text) == (404, True)
    recorded = await desk.posts(f"{one}/record", remark=remark)
    assert recorded.status_code == 303, recorded.text
    assert recorded.headers["location"].startswith("/operator/inbox/")

    other = f"{HERE}/findings/{words.finding_number(second.id)}"
    assert (await desk.posts(f"{other}/explain", reason="x")).status_code == 400
    assert (await desk.posts(f"{other}/explain", reason="银行利息", evidence="A0002")).status_code == 303
    over = await desk.page(f"{HERE}/findings?state=over&open={words.finding_number(second.id)}")
    assert "银行利息" in over
    assert "没有差异" in await desk.page(f"{HERE}/findings")


async def test_who_may_only_look_is_shown_no_step_and_may_take_none(desk: Desk) -> None:
    url = (await desk.uploads(desk.row("5.00", "利息", "A0002"))).headers["location"]
    auditor = await desk.sponsor.at.come(Role.AUDITOR)
    assert "导入这份对账单" not in await desk.page(url, who=auditor)
    assert 'type="file"' not in await desk.page(HERE, who=auditor)
    assert (await desk.uploads(desk.row("6.00", "利息", "A0003"), who=auditor)).status_code == 403
    assert (await desk.posts(f"{url}/take", who=auditor)).status_code == 403
    assert await fetch_value("SELECT count(*) FROM bank_statement_row") == 0


async def test_what_is_not_there_is_no_page(desk: Desk) -> None:
    for path in ("bst_x", "bst_01JD8Q9T5K3V2M7N4P6R8S0W1X", "findings?open=bsf_x"):
        assert (await desk.clerk.get(f"{HERE}/{path}", headers=PAGE)).status_code == 404, path
