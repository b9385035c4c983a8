"""Invoices through the doors: an organisation says what one bears, finance exports and marks it, later money is reversed."""

import csv
import html
from dataclasses import dataclass
from io import BytesIO, StringIO

import openpyxl
import pytest

from app.commerce import orders
from app.foundation import privacy
from app.foundation.identity import Role
from app.foundation.identity.organisation_rules import credit_code
from app.foundation.privacy import LookedAt
from app.gateways.database import fetch, fetch_value
from app.kernel.text import Text
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests.doors.conftest import OWN_PAGE, Caller
from tests.doors.test_api_holdings import CDCER, TONNE, org, send
from tests.doors.test_pages_operator import Platform, fields, platform
from tests.rooms.conftest import open_lot
from tests.staff import verified

__all__ = ["platform"]
CODE = credit_code("91510100MA1234567")
ASKED = {"title": "示例碳汇公司", "tax_number": CODE, "email": "fapiao@example.org"}


@dataclass
class Office:
    """Somebody of an organisation with a paid order, and somebody of the platform's finance."""

    at: Platform
    sponsor: Caller
    clerk: Caller
    order: str

    async def posts(self, who: Caller, url: str, **form: str) -> tuple[int, str]:
        session = str(who.cookies.get(cookies.SESSION))
        token = forms.token(session, key=self.at.door.app.state.services.form_key)
        answer = await who.post(url, data=form | {forms.FIELD: token}, headers=OWN_PAGE)
        return answer.status_code, answer.headers.get("location", "") or html.unescape(answer.text)

    async def asks(self, **changed: str) -> int:
        return (await self.posts(self.sponsor, "/organiser/invoices", **({"order": self.order} | ASKED | changed)))[0]

    async def rows(self) -> list[list[str]]:
        answer = await self.clerk.get("/operator/invoices.csv")
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(b"\xef\xbb\xbf") and answer.headers["cache-control"] == "no-store"
        return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))[1:]

    async def marks(self, seen: str, number: str = "") -> int:
        return (await self.posts(self.clerk, "/operator/invoices", order=self.order, seen=seen, number=number))[0]

    async def gives_back(self, tonnes: int) -> None:
        (line,) = await fetch("SELECT id, order_id FROM sale_line")
        buyer = await fetch_value("SELECT person_id FROM membership WHERE role = 'sponsor'")
        await orders.return_line(line["order_id"], line["id"], tonnes * TONNE, by=buyer, key=f"back-{tonnes}")


@pytest.fixture
async def office(platform: Platform) -> Office:
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    payer_id = await verified(Text(zh="示例碳汇公司", en="Sample Carbon"))
    sponsor = await platform.come(Role.SPONSOR, organisation_id=payer_id)
    answer = await send(
        sponsor, "/holdings/orders", {"payer": org(payer_id), "lines": [{"grams": 3 * TONNE, "mix": CDCER}]}
    )
    assert answer.status_code == 201, answer.text
    order = str(answer.json()["id"])
    await platform.door.fulfilled(order)
    return Office(platform, sponsor, await platform.come(Role.FINANCE), order)


async def test_an_organisation_says_what_its_invoice_bears_and_mends_it_until_it_is_made(office: Office) -> None:
    listed = (await office.sponsor.get("/organiser/invoices")).text
    assert office.order in listed and "待填抬头" in listed
    assert await office.asks(tax_number=CODE[:17] + "?") == 400
    assert await office.asks(title="旧抬头") == 303
    assert await office.asks() == 303
    opened = html.unescape((await office.sponsor.get(f"/organiser/invoices?open={office.order}")).text)
    assert all(value in opened for value in ASKED.values())
    sealed = await fetch_value("SELECT email_sealed FROM invoice_asking")
    assert b"fapiao" not in bytes(sealed)

    assert await office.marks("15000") == 303
    assert await office.asks(title="再改") == 409
    assert await fetch_value("SELECT title FROM invoice_asking") == "示例碳汇公司"


async def test_what_is_to_be_invoiced_is_exported_and_marked_once(office: Office) -> None:
    assert await office.rows() == []  # nobody said what it bears
    await office.asks()
    (row,) = await office.rows()
    assert row[0] == office.order
    assert row[5:] == ["示例碳汇公司", CODE, "f***@example.org", "碳信用", "3,000.000", "CNY", "150.00", "150.00", ""]

    assert await office.marks("14999") == 409  # another amount than the one that is left
    assert [await office.marks("15000", "24320000001234567890") for _ in range(2)] == [303, 409]
    assert await office.rows() == []
    assert await fetch("SELECT kind, amount_minor, number FROM invoice") == [
        {"kind": "issued", "amount_minor": 15000, "number": "24320000001234567890"}
    ]


async def test_where_an_invoice_goes_is_masked_and_seen_in_full_only_once_it_is_written_down(office: Office) -> None:
    await office.asks()
    here = f"/operator/invoices?show=all&open={office.order}"
    masked = html.unescape((await office.clerk.get(here)).text)
    assert "f***@example.org" in masked and ASKED["email"] not in masked
    form = fields(masked) | {"order": office.order, "reason": "asked"}
    refused = await office.clerk.post("/operator/invoices/unmask", data=form | {"said": ""})
    assert (refused.status_code, ASKED["email"] in html.unescape(refused.text)) == (422, False)
    assert await fetch("SELECT FROM audit_entry WHERE action = 'person.unmasked'") == []
    shown = await office.clerk.post("/operator/invoices/unmask", data=form | {"said": "发票邮件退回，核对邮箱"})
    assert (shown.status_code, ASKED["email"] in html.unescape(shown.text)) == (200, True)
    by_id = await fetch_value("SELECT by_id FROM invoice_asking")
    (look,) = await privacy.looks_at(by_id, keyring=office.at.door.app.state.services.keyring)
    assert (look.what, look.said) == (LookedAt.EMAIL, "发票邮件退回，核对邮箱")


async def test_a_file_with_addresses_in_full_is_a_look_at_each_of_them(office: Office) -> None:
    await office.asks()
    form = fields((await office.clerk.get("/operator/invoices")).text) | {"reason": "asked"}
    assert (await office.clerk.post("/operator/invoices/take", data=form | {"said": "x"})).status_code == 422
    taken = await office.clerk.post("/operator/invoices/take", data=form | {"said": "按申请发送本月发票"})
    sheet = openpyxl.load_workbook(BytesIO(taken.content)).active
    assert sheet is not None
    assert ASKED["email"] in {cell.value for line in sheet.iter_rows() for cell in line}
    by_id = await fetch_value("SELECT by_id FROM invoice_asking")
    (look,) = await privacy.looks_at(by_id, keyring=office.at.door.app.state.services.keyring)
    assert (look.what, look.said) == (LookedAt.EMAIL, "按申请发送本月发票")


async def test_what_goes_back_before_is_not_invoiced_and_what_goes_back_after_is_reversed_once(office: Office) -> None:
    await office.asks()
    await office.gives_back(1)
    ((*_, line, left, _),) = await office.rows()
    assert (line, left) == ("100.00", "100.00")
    assert await office.marks("10000") == 303

    await office.gives_back(2)
    ((*_, state_row),) = [(row[2], row[12]) for row in await office.rows()]
    assert state_row == "-100.00"
    assert [await office.marks("-10000") for _ in range(2)] == [303, 409]
    assert [row["kind"] for row in await fetch("SELECT kind FROM invoice ORDER BY id")] == ["issued", "reversed"]
    assert await office.rows() == []


async def test_no_cell_of_the_export_is_a_formula_whatever_an_organisation_is_called(office: Office) -> None:
    await office.asks()
    evil = '=HYPERLINK("http://evil")'
    await office.at.door.as_superuser(f"UPDATE organisation SET name_zh = '{evil}' WHERE name_en = 'Sample Carbon'")
    (row,) = await office.rows()
    assert row[4] == f"'{evil}"
    answer = await office.clerk.get("/operator/invoices.xlsx")
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)


async def test_only_the_payer_asks_only_finance_marks_and_a_role_that_is_gone_does_neither(office: Office) -> None:
    stranger = await office.at.come(
        Role.SPONSOR, organisation_id=await verified(Text(zh="别家公司", en="Another Company"))
    )
    asked = {"order": office.order} | ASKED
    assert (await office.posts(stranger, "/organiser/invoices", **asked))[0] == 404
    assert office.order not in (await stranger.get("/organiser/invoices")).text
    await office.asks()
    auditor = await office.at.come(Role.AUDITOR)
    assert (await auditor.get("/operator/invoices.csv")).status_code == 200
    assert (await office.posts(auditor, "/operator/invoices", order=office.order, seen="15000"))[0] == 403
    assert (await office.sponsor.get("/operator/invoices.csv")).status_code == 403
    await office.at.door.as_superuser("DELETE FROM membership WHERE role IN ('finance', 'sponsor')")
    assert await office.marks("15000") == 403
    assert await office.asks(title="改") == 404
    assert (await office.clerk.get("/operator/invoices")).status_code == 403


@pytest.mark.parametrize(
    "query", ["since=2026-13-01", "since=2026-11-02&until=2026-11-01", "since=2020-01-01&until=2026-01-01"]
)
async def test_days_that_are_none_are_refused_in_words(office: Office, query: str) -> None:
    answer = await office.clerk.get(f"/operator/invoices?{query}")
    assert (answer.status_code, "请填写起止日期" in answer.text) == (400, True)
    assert (await office.clerk.get(f"/operator/invoices.csv?{query}")).status_code == 400


async def test_what_was_typed_into_an_old_form_comes_back(office: Office) -> None:
    old = {forms.FIELD: "old", "order": office.order}
    answer = await office.sponsor.post("/organiser/invoices", data=old | ASKED, headers=OWN_PAGE)
    assert answer.status_code == 403
    assert all(f'value="{value}"' in answer.text for value in ASKED.values())
    await office.asks()
    answer = await office.clerk.post(
        "/operator/invoices", data=old | {"seen": "15000", "number": "24320000001234567890"}, headers=OWN_PAGE
    )
    assert (answer.status_code, 'value="24320000001234567890"' in answer.text) == (403, True)
