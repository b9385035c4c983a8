"""Gifts at the doors: the organiser sets one up and watches it, whoever scans collects it, and each is told the truth."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest

from app import scenarios
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from app.kernel.clock import beijing_day, rfc3339, utc_now
from app.kernel.text import Text
from app.programmes import gifts
from app.registry import holdings, retirements
from app.registry.credits import Programme
from app.registry.holdings import PLATFORM, Amount, Mix
from app.views.giving import collecting as given
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_pages_operator import Platform, fields
from tests.staff import opened, verified

KG = 1_000
TITLE = Text(zh="=示例骑行日", en="=Sample Ride")
"""Begins as a formula does."""


@dataclass
class Host:
    """An organiser's desk, and the scene that it gives in."""

    door: Door
    code: str
    caller: Caller
    campaign: dict[str, Any]
    organisation_id: UUID

    async def browser(self) -> Caller:
        """Another sponsor of theirs, at the desk."""
        return await Platform(self.door, self.organisation_id).come(Role.SPONSOR)

    async def fill(self, mass_g: int) -> None:
        """Grams of the platform's stock into the pool."""
        one = await gifts.find_campaign(ids.parse("gca", self.campaign["id"]))  # type: ignore[arg-type]
        await holdings.move(
            f"fill:{uuid4()}", PLATFORM, holdings.Account.read(one.holder), Amount(Mix.only(Programme.CDCER), mass_g),
            reason="test",
        )  # fmt: skip

    async def step(self, what: str, status: int = 200) -> Any:
        """One of its steps by the API."""
        answer = await self.caller.post(f"/api/v1/gift-campaigns/{self.campaign['id']}/{what}")
        assert answer.status_code == status, answer.text
        given._offered.forget()  # what the page remembers for a second
        return answer.json()


def asked(code: str, **changed: Any) -> dict[str, Any]:
    now = utc_now()
    return {
        "scene": code, "amount": "cover", "each_grams": 20 * KG, "starts_at": rfc3339(now - timedelta(minutes=1)),
        "ends_at": rfc3339(now + timedelta(hours=1)), "message_zh": "谢谢你来", "message_en": "Thank you for coming",
    } | changed  # fmt: skip


async def scene_of(organisation_id: UUID) -> str:
    today = beijing_day(utc_now())
    return await opened(
        scenarios.Draft(
            kind=scenarios.ScenarioKind.EVENT, title=TITLE, organiser=Text(zh="示例工会", en="Sample Union"),
            organisation_id=organisation_id, starts_on=today, ends_on=today,
            setup=scenarios.Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}),
        )
    )  # fmt: skip


@asynccontextmanager
async def hosting(door: Door, *, pool_g: int = 100 * KG, **changed: Any) -> AsyncIterator[Host]:
    """An organiser with a gift that is open, where its pool has anything."""
    given._offered.forget()
    organisation_id = await verified(Text(zh="示例工会", en="Sample Union"))
    code = await scene_of(organisation_id)
    async with door.operator(organisation_id, Role.SPONSOR) as caller:
        made = await caller.post(
            "/api/v1/gift-campaigns", json=asked(code, **changed), headers={"idempotency-key": uuid4().hex}
        )
        assert made.status_code == 201, made.text
        host = Host(door, code, caller, made.json(), organisation_id)
        if pool_g:
            await host.fill(pool_g)
            await host.step("open")
        yield host


async def collect(caller: Caller, code: str, **more: Any) -> Any:
    return await caller.post(f"/api/v1/scenes/{code}/gift", json={"mode": "metro", "km": 23} | more)


async def test_a_gift_is_collected_once_and_told_how_far_it_is(door: Door) -> None:
    async with hosting(door) as host, door.guest() as visitor:
        first = await collect(visitor, host.code)
        assert (first.status_code, first.json()["is_new"], first.json()["no"]) == (201, True, 1)
        again = await collect(visitor, host.code)
        assert (again.status_code, again.json()) == (200, first.json() | {"is_new": False})
        gift = f"/api/v1/gifts/{first.json()['id']}"
        assert (await visitor.get(gift)).json()["phase"] == "collected"
        await door.work()
        told = (await visitor.get(gift)).json()
        assert (told["phase"], told["giver"], told["is_named"]) == ("naming", "示例工会", False)
        named = await visitor.post(f"{gift}/name", json={"name": "林小川"})
        assert (named.status_code, named.json()["phase"]) == (200, "certifying")
        await door.work()
        done = (await visitor.get(gift)).json()
        paper = (await visitor.get(done["certificate_url"], headers=PAGE)).text
        assert (done["phase"], "林小川" in paper) == ("done", True)
        assert (await visitor.post(f"{gift}/name", json={"name": "二次"})).json()["code"] == "GIFTS_NAME_SETTLED"


async def test_a_strangers_gift_does_not_exist(door: Door) -> None:
    async with hosting(door) as host, door.guest() as visitor, door.guest() as stranger:
        id_ = (await collect(visitor, host.code)).json()["id"]
        for answer in (
            await stranger.get(f"/api/v1/gifts/{id_}"),
            await stranger.post(f"/api/v1/gifts/{id_}/name", json={"name": "x"}),
            await stranger.get("/api/v1/gifts/gft_nothing"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "GIFTS_COLLECTION_UNKNOWN")
        assert (await stranger.get(f"/g/{id_}", headers=PAGE)).status_code == 404


@pytest.mark.parametrize(
    ("step", "status", "code"),
    [("pause", 409, "GIFTS_PAUSED"), ("end", 410, "GIFTS_OVER")],
)  # fmt: skip
async def test_a_gift_that_is_not_open_says_what_it_is(door: Door, step: str, status: int, code: str) -> None:
    async with hosting(door) as host, door.guest() as visitor:
        await host.step(step)
        answer = await collect(visitor, host.code)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_sold_out_is_said_and_nothing_is_taken_unasked(door: Door) -> None:
    async with hosting(door, pool_g=3 * KG) as host, door.guest() as visitor:
        assert (await collect(visitor, host.code)).json()["code"] == "GIFTS_SOLD_OUT"  # 4.5 kg or nothing
        part = await collect(visitor, host.code, least_grams=3 * KG)
        assert (part.status_code, part.json()["grams"]) == (201, 3 * KG)
    async with hosting(door, pool_g=0) as host:
        assert (await host.step("open", 409))["code"] == "GIFTS_POOL_EMPTY"


async def test_a_scene_without_a_gift_says_so(door: Door) -> None:
    async with door.guest() as visitor:
        answer = await collect(visitor, door.live)
        assert (answer.status_code, answer.json()["code"]) == (404, "GIFTS_NONE")


async def test_the_page_offers_the_gift_first_and_leads_to_the_paper_without_a_script(door: Door) -> None:
    async with hosting(door) as host, door.caller() as visitor:
        page = (await visitor.get(f"/s/{host.code}", headers=PAGE)).text
        assert "示例工会请你中和 20.0 kg" in page.replace("\u00a0", " ")
        assert "免费中和" in page
        form = fields(page) | {"mode": "metro", "km": "23", "pay": "gift"}
        tapped = await visitor.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert tapped.status_code == 303
        gift = tapped.headers["location"]
        assert re.fullmatch(r"/g/gft_[0-9A-Z]{26}", gift)
        asks = (await visitor.get(gift, headers=PAGE)).text
        assert "证书上写谁" in asks
        bad = await visitor.post(gift, data=fields(asks) | {"name": "a\u0007b"}, headers=OWN_PAGE | PAGE)
        assert (bad.status_code, 'aria-invalid="true"' in bad.text) == (422, True)
        old = await visitor.post(gift, data={"name": "林小川", "csrf_token": "0" * 80}, headers=OWN_PAGE | PAGE)
        assert (old.status_code, 'value="林小川"' in old.text) == (403, True)
        await visitor.post(gift, data=fields(asks) | {"name": "林小川"}, headers=OWN_PAGE | PAGE)
        assert 'http-equiv="refresh"' in (await visitor.get(gift, headers=PAGE)).text
        await door.work()
        done = await visitor.get(gift, headers=PAGE)
        assert (done.status_code, done.headers["location"].startswith("/c/crt_")) == (303, True)
        assert "林小川" in (await visitor.get(done.headers["location"], headers=PAGE)).text


async def test_a_gift_that_covers_a_part_is_collected_and_the_rest_paid_in_one_go(door: Door) -> None:
    async with hosting(door, each_grams=2 * KG) as host, door.caller() as visitor:
        page = await visitor.get(f"/s/{host.code}", headers=PAGE)
        assert "其余自己出" in page.text
        form = fields(page.text) | {"mode": "metro", "km": "23", "pay": "share"}
        tapped = await visitor.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert tapped.headers["location"].startswith("/o/ord_")
        again = await visitor.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert again.headers["location"] == tapped.headers["location"]
        await door.fulfilled(tapped.headers["location"].removeprefix("/o/"))
    rows = await fetch("SELECT cause, mass_g FROM retirement WHERE state = 'settled' ORDER BY cause")
    emission_g = await fetch_value("SELECT emission_g FROM claim WHERE cause LIKE 'gift:%'")
    assert [row["cause"].partition(":")[0] for row in rows] == ["gift", "order"]
    assert [row["mass_g"] for row in rows] == [2 * KG, emission_g - 2 * KG]
    # Each paper tells its own grams, and both together.
    assert await retirements.end_naming_due() == 0
    told = await fetch("SELECT c.record FROM certificate c ORDER BY c.register_no")
    assert len(told) == 1, "the gift's own paper waits for its name"


async def test_given_out_between_page_and_tap_keeps_the_choice_and_stays_calm(door: Door) -> None:
    async with hosting(door, pool_g=5 * KG) as host, door.caller() as late, door.guest() as early:
        page = await late.get(f"/s/{host.code}", headers=PAGE)
        assert (await collect(early, host.code)).status_code == 201
        form = fields(page.text) | {"mode": "metro", "km": "23", "pay": "gift"}
        answer = await late.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert (answer.status_code, "赠碳已经领完" in answer.text) == (422, True)
        assert 'class="notice calm"' in answer.text
        assert 'value="23"' in answer.text


async def test_only_an_organiser_gives_and_only_in_a_scene_of_their_own(door: Door) -> None:
    async with hosting(door) as host, door.guest() as visitor:
        other = await verified(Text(zh="示例别家", en="Sample Other"))
        async with door.operator(other, Role.SPONSOR) as stranger:
            for caller, status in ((visitor, 403), (stranger, 403)):
                made = await caller.post(
                    "/api/v1/gift-campaigns", json=asked(host.code), headers={"idempotency-key": uuid4().hex}
                )
                assert made.status_code == status, made.text
            own = f"/api/v1/gift-campaigns/{host.campaign['id']}"
            for answer in (
                await stranger.get(own),
                await stranger.post(f"{own}/pause"),
                await stranger.post(f"{own}/end"),
                await stranger.put(own, json={k: v for k, v in asked(host.code).items() if k != "scene"}),
                await stranger.post(f"{own}/take-back", headers={"idempotency-key": "x"}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (404, "GIFTS_CAMPAIGN_UNKNOWN")
            assert (await stranger.get("/api/v1/gift-campaigns")).json()["campaigns"] == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ends_at": "2020-01-01T00:00:00+08:00"}, "/ends_at"),
        ({"message_zh": "字" * 61}, "/message_zh"),
        ({"message_en": None}, "/message_en"),
        ({"each_grams": 0}, "/each_grams"),
        ({"most_people": 0}, "/most_people"),
        ({"starts_at": "2026-11-29T10:00:00"}, "/starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+08:00"}, "/starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "/ends_at"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_named_by_its_field(door: Door, changed: dict[str, Any], field: str) -> None:
    async with hosting(door, pool_g=0) as host:
        answer = await host.caller.post(
            "/api/v1/gift-campaigns", json=asked(host.code, **changed), headers={"idempotency-key": uuid4().hex}
        )
        assert (answer.status_code, answer.json()["detail"]["field"]) == (400, field), answer.text


async def test_the_organisers_desk_sets_a_gift_up_opens_it_and_takes_the_rest_back(door: Door) -> None:
    async with hosting(door, pool_g=0) as host, door.guest() as visitor:
        desk, at = f"/organiser/{host.code}/gift", await host.browser()

        async def press(**form: str) -> Any:
            seal = fields((await at.get(desk)).text)["csrf_token"]
            given._offered.forget()
            return await at.post(desk, data={"csrf_token": seal, **form})

        refused = await press(do="open")
        assert (refused.status_code, "请先购买或转入" in refused.text) == (409, True)
        unread = await press(do="buy", buy_t="一吨")
        assert (unread.status_code, 'value="一吨"' in unread.text) == (400, True)
        bought = await press(do="buy", buy_t="0.1")
        assert bought.headers["location"].startswith("/o/ord_"), bought.text
        await door.fulfilled(bought.headers["location"].removeprefix("/o/"))
        assert (await press(do="open")).status_code == 303
        assert (await collect(visitor, host.code)).status_code == 201
        page = (await at.get(desk)).text.replace("\u00a0", " ")
        shown = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
        assert [words for words in ("正在领取", "第 1 位", "95.8") if words not in shown] == [], shown
        for do, state in (("pause", "paused"), ("open", "open"), ("end", "ended")):
            assert (await press(do=do)).status_code == 303
            assert await fetch_value("SELECT state FROM gift_campaign") == state
        assert "还剩 95.8 kg" in (await at.get(desk)).text.replace("\u00a0", " ")
        assert (await press(do="take_back")).status_code == 303
        assert "赠碳池已空" in (await at.get(desk)).text


async def test_what_was_not_given_is_refunded_at_the_desk_to_the_fen_and_once(door: Door) -> None:
    async with hosting(door, pool_g=0) as host, door.guest() as visitor:
        desk, at = f"/organiser/{host.code}/gift", await host.browser()

        async def press(**form: str) -> Any:
            seal = fields((await at.get(desk)).text)["csrf_token"]
            return await at.post(desk, data={"csrf_token": seal, **form})

        bought = await press(do="buy", buy_t="0.1")
        await door.fulfilled(bought.headers["location"].removeprefix("/o/"))
        await press(do="open")
        await collect(visitor, host.code)
        page = (await at.get(desk)).text
        assert ("暂停或结束后可退" in page, 'value="refund"' in page) == (True, False)
        await press(do="end")
        page = (await at.get(desk)).text.replace("\u00a0", " ")
        left_g = 100 * KG - await fetch_value("SELECT stop_g - start_g FROM gift_collection")
        back_fen = 500 * left_g // (100 * KG)
        assert f"退回 95.8 kg，退款 ¥{back_fen / 100:.2f}" in page
        (line,) = re.findall(r'name="line" value="(lin_\w+)"', page)
        assert (await press(do="refund", line=line)).status_code == 303
        again = await press(do="refund", line=line)
        assert (again.status_code, "最多可退回 0 克" in again.text) == (409, True)
        assert (await press(do="refund", line="lin_nothing")).status_code == 404
        assert "已全部送出、转出或退回" in (await at.get(desk)).text
        assert [row["amount_minor"] for row in await fetch("SELECT amount_minor FROM payment_refund")] == [back_fen]
        assert await fetch_value("SELECT sum(mass_g) FROM purchase_order_return") == left_g


async def test_the_export_computes_nothing_whatever_a_title_begins_with(door: Door) -> None:
    async with hosting(door) as host, door.guest() as visitor:
        await collect(visitor, host.code)
        sheet = await host.caller.get(f"/organiser/{host.code}/gift.xlsx")
        book = openpyxl.load_workbook(io.BytesIO(sheet.content))
        about = {row[0].value: row[1] for row in book.worksheets[0].iter_rows()}
        assert (about["场景"].value, about["场景"].data_type) == ("=示例骑行日", "s")
        assert [cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row].count(
            "f"
        ) == 0
        assert book.worksheets[1].max_row == 2


async def codes_of(host: Host, count: int = 3) -> tuple[str, list[str]]:
    """A batch's id, and its codes as the file has them."""
    made = await host.caller.post(
        f"/api/v1/gift-campaigns/{host.campaign['id']}/codes", json={"count": count, "label": "志愿者"}
    )
    assert made.status_code == 201, made.text
    lines = made.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "no,code,url"
    return made.headers["gift-batch"], [line.split(",")[1] for line in lines[1:]]


async def test_codes_come_as_a_file_once_and_open_the_gift_by_link_and_by_hand(door: Door) -> None:
    async with hosting(door, audience="codes") as host, door.caller() as guest, door.guest() as other:
        batch, codes = await codes_of(host)
        link = f"/s/{host.code}?gift_code={codes[0].replace('-', '')}"
        page = (await guest.get(link, headers=PAGE)).text
        assert f'name="gift_code" value="{codes[0].replace("-", "")}"' in page
        form = fields(page) | {"mode": "metro", "km": "23", "pay": "gift"}
        none = await guest.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert (none.status_code, "凭领取码领取" in none.text) == (422, True)
        tapped = await guest.post(f"/s/{host.code}", data=form | {"gift_code": codes[0]}, headers=OWN_PAGE | PAGE)
        assert tapped.headers["location"].startswith("/g/gft_")
        used = await collect(other, host.code, gift_code=codes[0])
        assert (used.status_code, used.json()["code"], used.json()["detail"]["field"]) == (
            409, "GIFTS_CODE_USED", "/gift_code",
        )  # fmt: skip
        listed = (await host.caller.get(f"/api/v1/gift-campaigns/{host.campaign['id']}/codes")).json()["batches"]
        assert [(one["id"], one["size"], one["used"]) for one in listed] == [(batch, 3, 1)]
        assert (await host.caller.post(f"/api/v1/gift-codes/{batch}/void")).json()["is_void"] is True
        gone = await collect(other, host.code, gift_code=codes[1])
        assert (gone.status_code, gone.json()["code"]) == (404, "GIFTS_CODE_UNKNOWN")
        log = await fetch(
            "SELECT payload::text AS told FROM outbox_message UNION ALL SELECT after::text FROM audit_entry"
        )
        assert not [row for row in log for code in codes if code.replace("-", "") in str(row["told"])]


async def test_codes_are_guessed_ten_times_an_hour_and_no_more(door: Door) -> None:
    async with hosting(door, audience="codes") as host, door.guest() as guesser:
        _, codes = await codes_of(host)
        told = [(await collect(guesser, host.code, gift_code=f"{no:020d}")).status_code for no in range(14)]
        assert told == [404] * 10 + [429] * 4
        assert (await collect(guesser, host.code, gift_code=codes[0])).status_code == 429


async def test_the_desk_makes_codes_and_says_what_stands_in_the_way(door: Door) -> None:
    async with hosting(door, audience="codes") as host:
        desk, at = f"/organiser/{host.code}/gift", await host.browser()
        seal = fields((await at.get(desk)).text)["csrf_token"]
        bad = await at.post(f"{desk}/codes", data={"csrf_token": seal, "label": "嘉宾", "count": "多"})
        assert (bad.status_code, 'value="嘉宾"' in bad.text) == (400, True)
        file = await at.post(f"{desk}/codes", data={"csrf_token": seal, "label": "嘉宾", "count": "2"})
        assert (file.status_code, len(file.content.decode().splitlines())) == (200, 3)
        page = (await at.get(desk)).text
        assert "已用 0 / 2" in page.replace("\u00a0", " ")
        batch = re.search(r'name="batch" value="(gcb_[0-9A-Z]+)"', page)
        assert batch is not None
        await at.post(desk, data={"csrf_token": seal, "do": "void", "batch": batch[1]})
        assert "已作废" in (await at.get(desk)).text
