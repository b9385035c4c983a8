"""An account is asked for, shared, read and taken back over HTTP: by a bank's program, a person's browser, and nobody else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import sharing
from app.views.certificates.statement_form import VerifiedStatement
from app.web.kit.security import forms
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_pages_operator import fields
from tests.owning import as_owner
from tests.staff import member, staff, verified

BANK = Text(zh="示例农商银行", en="Sample Rural Bank")
BROWSER = {**OWN_PAGE, **PAGE}


@dataclass(frozen=True)
class Reader:
    """A bank that may ask, and its program."""

    organisation_id: UUID
    reader_id: UUID
    sponsor_id: UUID
    key_id: UUID
    program: Caller

    async def ask(self, *, key: str | None = None, **more: Any) -> httpx.Response:
        today = beijing_day(utc_now())
        form = {
            "purpose": {"zh": "用于绿色消费贷评估", "en": "To assess a green loan"},
            "books": ["emitted", "retired"],
            "period_from": f"{today:%Y}-01-01",
            "period_to": f"{today:%Y}-12-31",
            "share_until": (today + timedelta(days=90)).isoformat(),
        }
        headers = {"idempotency-key": key or uuid4().hex}
        return await self.program.post("/api/v1/sharing/requests", json=form | more, headers=headers)

    async def read(self, request: dict[str, Any], *, by: Caller | None = None) -> httpx.Response:
        return await (by or self.program).get(f"/api/v1/sharing/requests/{request['id']}/account")


async def enrolled_key(name: Text, *, may_ask: bool = True) -> tuple[UUID, UUID, UUID, identity.keys.MadeKey]:
    organisation_id = await verified(name)
    proposed = await sharing.propose_reader(organisation_id, "数据使用协议 2026-17", by=await staff(Role.OPERATOR))
    reader_id = await sharing.approve_reader(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))
    sponsor_id = await member(organisation_id, Role.SPONSOR)
    made = await identity.keys.make(organisation_id, "绿贷", [Role.SPONSOR], by=sponsor_id, now=utc_now())
    if may_ask:
        await sharing.let_ask(made.id, organisation_id, by=sponsor_id)
    return organisation_id, reader_id, sponsor_id, made


@asynccontextmanager
async def reading(door: Door, name: Text = BANK, *, may_ask: bool = True) -> AsyncIterator[Reader]:
    organisation_id, reader_id, sponsor_id, made = await enrolled_key(name, may_ask=may_ask)
    async with Caller(door.app, token=made.text) as program:
        yield Reader(organisation_id, reader_id, sponsor_id, made.id, program)


@asynccontextmanager
async def person(door: Door, *, has_retired: bool = True) -> AsyncIterator[Caller]:
    """Somebody in a browser of their own, who neutralised a visit."""
    async with door.guest() as one:
        if has_retired:
            await door.paid((await one.order(door.live)).json()["id"])
        yield one


async def answer(who: Caller, request: dict[str, Any], **said: str) -> httpx.Response:
    """As the page of the link has it."""
    page = await who.get(request["url"], headers=BROWSER)
    assert page.status_code == 200, page.text
    return await who.post("/me/sharing/ask", data=fields(page.text) | said, headers=BROWSER)


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


YES = {"book_emitted": "yes", "book_retired": "yes"}


async def test_a_bank_asks_a_person_agrees_it_reads_they_see_that_and_take_it_back(door: Door) -> None:
    async with reading(door) as bank, person(door) as who:
        asked = await bank.ask(granularity="months", key="loan-1")
        assert asked.status_code == 201, asked.text
        assert (await bank.ask(granularity="months", key="loan-1")).json() == asked.json()
        request = asked.json()
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", request["code"])

        typed = await who.get("/me/sharing/ask", params={"code": request["code"].lower()}, headers=BROWSER)
        for words in ("示例农商银行", "用于绿色消费贷评估", "合计和每个月", "自动失效", "排放", "注销", "不会自动续"):
            assert words in typed.text, words
        half = await answer(who, request, book_emitted="no")
        assert (half.status_code, "请对每一项选择" in half.text) == (400, True)
        said = await answer(who, request, book_emitted="no", book_retired="yes")
        assert (said.status_code, said.headers["location"]) == (303, f"/me/sharing#{request['id']}")

        read = await bank.read(request)
        assert (read.status_code, read.headers["cache-control"]) == (200, "no-store")
        told = read.json()
        mass_g = await fetch_value("SELECT sum(mass_g)::bigint FROM retirement WHERE state = 'settled'")
        month = f"{beijing_day(utc_now()):%Y-%m}"
        assert told["books"] == {
            "emitted": None, "avoided": None,
            "retired": {"total_grams": mass_g, "months": [{"month": month, "grams": mass_g}]},
        }  # fmt: skip
        assert told["person"].startswith("acc_") and (await bank.read(request)).json() == told

        mine = (await who.get("/me/sharing", headers=BROWSER)).text
        for words in (
            "示例农商银行",
            "读取了你同意的数字",
            f"尾号 {ids.public('key', bank.key_id)[-4:]}",
            "你没有同意，对方拿不到",
        ):
            assert words in mine, words
        leave = f"/me/sharing/{request['id']}/revoke"
        sure = await who.get(leave, headers=BROWSER)
        assert "对方下一次查询就会被拒绝" in sure.text
        for _ in range(2):  # a repeat changes nothing
            gone = await who.post(leave, data=fields(sure.text), headers=BROWSER)
            assert gone.status_code == 303, gone.text
        assert code(await bank.read(request)) == (403, "SHARING_REVOKED")
        english = (await who.get("/me/sharing?lang=en", headers=BROWSER)).text
        assert "Refused: you had revoked it" in english and "Revoked" in english


async def test_a_no_an_empty_account_and_nobody_yet_are_the_same_bytes(door: Door) -> None:
    async with reading(door) as bank, person(door) as who, person(door, has_retired=False) as poor:
        asked = [(await bank.ask()).json() for _ in range(3)]
        assert (await answer(who, asked[0], do="no")).status_code == 303
        assert (await answer(poor, asked[1], **YES)).status_code == 303
        replies = [await bank.read(one) for one in asked]
        bodies = {reply.content.replace(one["id"].encode(), b"") for reply, one in zip(replies, asked, strict=True)}
        assert len(bodies) == 1 and {reply.status_code for reply in replies} == {200}
        assert {tuple(sorted(reply.headers)) for reply in replies} == {tuple(sorted(replies[0].headers))}
        assert replies[0].json()["person"] is None
        listed = (await bank.program.get("/api/v1/sharing/requests")).json()["requests"]
        assert [one["id"] for one in listed] == [one["id"] for one in reversed(asked)]
        assert {tuple(sorted(one)) for one in listed} == {tuple(sorted(asked[0]))}


async def test_who_may_ask_and_read_and_who_may_not(door: Door) -> None:
    other_bank = Text(zh="示例城商银行", en="Sample City Bank")
    plain_bank = Text(zh="示例村镇银行", en="Sample Village Bank")
    async with (
        reading(door) as bank, reading(door, other_bank) as other, reading(door, plain_bank, may_ask=False) as plain,
        person(door) as who, person(door) as stranger, door.caller() as nobody,
        door.operator(bank.organisation_id, Role.SPONSOR) as sponsor,
    ):  # fmt: skip
        request = (await bank.ask()).json()
        await answer(who, request, **YES)
        assert (await bank.read(request)).status_code == 200
        for by, status in ((nobody, 401), (who, 403), (stranger, 403), (sponsor, 403)):
            assert (await bank.read(request, by=by)).status_code == status
        for program in (other.program, plain.program):
            assert code(await bank.read(request, by=program)) == (404, "SHARING_UNKNOWN")
        assert code(await plain.ask()) == (403, "SHARING_POWER_MISSING")
        for path in (f"ask?code={request['code']}", f"{request['id']}/revoke"):  # neither the request nor what was said
            seen = await stranger.get(f"/me/sharing/{path}", headers=BROWSER)
            assert seen.status_code == 404 and "绿色消费贷" not in seen.text
        revoked = await stranger.post(
            f"/me/sharing/{request['id']}/revoke", headers=BROWSER,
            data=fields((await stranger.get("/me/sharing", headers=BROWSER)).text),
        )  # fmt: skip
        assert revoked.status_code == 404
        assert (await bank.read(request)).json()["person"] is not None
        assert "示例农商银行" not in (await stranger.get("/me/sharing", headers=BROWSER)).text


async def test_a_key_ends_with_the_power_of_whoever_made_it_and_the_enrolment_with_one_of_ours(door: Door) -> None:
    async with reading(door) as bank, person(door) as who:
        request = (await bank.ask()).json()
        await answer(who, request, **YES)
        assert (await bank.read(request)).status_code == 200
        await sharing.end_reader(bank.reader_id, by=await staff(Role.OPERATOR))
        assert code(await bank.read(request)) == (404, "SHARING_UNKNOWN")
        assert code(await bank.ask()) == (403, "SHARING_POWER_MISSING")
        await as_owner("DELETE FROM membership WHERE person_id = $1", bank.sponsor_id)
        assert code(await bank.read(request)) == (401, "API_KEY_REFUSED")


async def test_two_of_ours_enrol_in_the_console_its_own_people_let_a_key_ask(door: Door) -> None:
    own = await verified(BANK)
    house = await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange'")
    async with (
        door.operator(house, Role.OPERATOR) as one, door.operator(house, Role.REVIEWER) as two,
        door.operator(own, Role.SPONSOR) as sponsor,
    ):  # fmt: skip
        key = await identity.keys.make(
            own, "绿贷", [Role.SPONSOR], now=utc_now(),
            by=await fetch_value("SELECT person_id FROM membership WHERE organisation_id = $1", own),
        )  # fmt: skip
        for who in (one, two, sponsor):
            who.cookies.set("dd_session", who.headers["authorization"].removeprefix("Bearer "))
        assert "尚未开通" in (await sponsor.get("/organiser/sharing", headers=BROWSER)).text
        page = await one.get("/operator/readers", headers=BROWSER)
        form = fields(page.text) | {"organisation": ids.public("org", own), "ground": ""}
        wrong = await one.post("/operator/readers", data=form, headers=BROWSER)
        assert (wrong.status_code, "请写明开通理由" in wrong.text) == (400, True)
        proposed = await one.post("/operator/readers", data=form | {"ground": "协议 2026-17"}, headers=BROWSER)
        assert proposed.status_code == 303, proposed.text
        approval = await two.get(proposed.headers["location"], headers=BROWSER)
        assert "开通账户查询：示例农商银行" in approval.text
        agreed = await two.post(f"{proposed.headers['location']}/approve", data=fields(approval.text), headers=BROWSER)
        assert agreed.status_code == 303, agreed.text
        mine = await sponsor.get("/organiser/sharing", headers=BROWSER)
        let = fields(mine.text) | {"key": ids.public("key", key.id)}
        assert (await sponsor.post("/organiser/sharing", data=let, headers=BROWSER)).status_code == 303
        async with Caller(door.app, token=key.text) as program:
            assert (await program.get("/api/v1/sharing/requests")).status_code == 200
        rows = await one.get("/operator/readers", headers=BROWSER)
        reader = re.findall(r'value="(rdr_[0-9A-Z]+)"', rows.text)[0]
        ended = await one.post("/operator/readers/end", data=fields(rows.text) | {"reader": reader}, headers=BROWSER)
        assert ended.status_code == 303, ended.text
        async with Caller(door.app, token=key.text) as program:
            assert code(await program.get("/api/v1/sharing/requests")) == (403, "SHARING_POWER_MISSING")


async def test_guessing_codes_is_counted_and_refused(door: Door) -> None:
    async with person(door, has_retired=False) as who:
        replies = [(await who.get("/me/sharing/ask?code=ABCD-EFGH", headers=BROWSER)).status_code for _ in range(12)]
        assert replies[:10] == [404] * 10 and replies[-1] == 429


async def test_a_browser_without_an_account_reads_the_request_and_is_told_where_to_answer(door: Door) -> None:
    async with reading(door) as bank, door.caller() as nobody:
        request = (await bank.ask()).json()
        page = await nobody.get(request["url"], headers=BROWSER)
        assert page.status_code == 200 and "示例农商银行" in page.text
        assert "这个浏览器里还没有你的账户" in page.text and "book_retired" not in page.text
        refused = await nobody.post("/me/sharing/ask", data={"code": request["code"], **YES}, headers=BROWSER)
        assert refused.status_code == 401


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"purpose": {"zh": "  ", "en": "x" * 20}}, "/purpose/zh"),
        ({"period_from": "2020-01-01"}, "/period_from"),
        ({"period_to": "2000-01-01"}, "/period_to"),
        ({"share_until": "2020-01-01"}, "/share_until"),
        ({"share_until": "2199-01-01"}, "/share_until"),
    ],
)
async def test_a_request_that_cannot_be_names_its_field(door: Door, changed: dict[str, Any], field: str) -> None:
    async with reading(door) as bank:
        refused = await bank.ask(**changed)
        assert (refused.status_code, refused.json()["detail"]["field"]) == (400, field), refused.text


async def test_a_statement_is_frozen_verifiable_and_only_its_persons(door: Door) -> None:
    async with person(door) as who, person(door) as stranger:
        page = await who.get("/me/sharing", headers=BROWSER)
        form = fields(page.text) | {
            "period_from": f"{beijing_day(utc_now()):%Y}-01-01", "period_to": beijing_day(utc_now()).isoformat(),
            "granularity": "months", "name": "林小川",
        }  # fmt: skip
        for _ in range(2):  # sent twice, made once
            made = await who.post("/me/sharing/statements", data=form, headers=BROWSER)
            assert made.status_code == 303, made.text
        assert "正在出具" in (await who.get("/me/sharing", headers=BROWSER)).text
        await door.work()
        mine = (await who.get("/me/sharing", headers=BROWSER)).text
        (number,), (verify,) = set(re.findall(r"DD-\d{8}-PA-\w+", mine)), set(re.findall(r'href="(/v/\w+)"', mine))
        (record_url,) = re.findall(r'href="(/me/sharing/statements/\w+/record\.json)"', mine)
        record = await who.get(record_url)
        told = record.json()
        mass_g = await fetch_value(
            "SELECT sum(r.mass_g)::bigint FROM retirement r WHERE r.beneficiary_id = (SELECT person_id FROM account_statement)"
        )
        assert told["number"] == number and told["books"]["retired"]["total_g"] == mass_g
        assert told["books"]["avoided"] is None and "林" not in record.text

        await door.paid((await who.order(door.live)).json()["id"])  # what comes later is not in it
        assert (await who.get(record_url)).content == record.content
        async with door.caller() as anybody:
            shown = (await anybody.get(verify, headers=PAGE)).text
            verified = (await anybody.get(f"/api/v1/verify{verify.removeprefix('/v')}")).json()
        assert (verified["valid"], verified["paper"], verified["holder"]) == (True, "account", "林*")
        assert msgspec.convert(verified, VerifiedStatement).record.books.retired.total_g == mass_g
        for words in (number, sha256(record.content).hexdigest(), f"{mass_g:,}", "林*", "从不相抵"):
            assert words in shown, words
        assert "林小川" not in shown
        assert (await stranger.get(record_url)).status_code == 404
        assert (await stranger.get(record_url.replace("record.json", "zh.pdf"))).status_code == 404
        assert (await who.get(record_url.replace("record.json", "zh.pdf"))).status_code == 202

        old = await who.post(
            "/me/sharing/statements", data=form | {forms.FIELD: "old", "name": "林小河"}, headers=BROWSER
        )
        assert (old.status_code, "页面已过期" in old.text, "林小河" in old.text) == (403, True, True)

        later = form | fields((await who.get("/me/sharing", headers=BROWSER)).text) | {"period_to": "2199-01-01"}
        refused = await who.post("/me/sharing/statements", data=later, headers=BROWSER)
        assert (refused.status_code, 'id="fault-period_to"' in refused.text) == (400, True)
