"""The results of a scene at the doors: coverage with guests and without, to the gram; papers, cost, and the sheet."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import openpyxl
import pytest

from app import scenarios
from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.scenarios import Group, Layers
from app.views.giving import collecting as given
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gifts import KG, TITLE, Host, asked, collect
from tests.doors.test_pages_operator import fields
from tests.staff import opened, verified

LAYERS = Layers(
    groups=(
        Group(code="runners", name=Text(zh="=参赛者", en="=Runners"), emission_g=10 * KG),
        Group(code="venue", name=Text(zh="@场地", en="@Venue"), emission_g=2 * KG),
        Group(code="guests", name=Text(zh="观众", en="Spectators")),
    ),
    default_group="guests",
    organiser_covers=("runners", "venue"),
    source=Text(zh="-活动计算器", en="-Event calculator"),
)


@asynccontextmanager
async def hosting(
    door: Door, *, layers: Layers | None = LAYERS, pool_g: int = 100 * KG, **changed: Any
) -> AsyncIterator[Host]:
    """An organiser with a gift for codes in a scene with groups."""
    given._offered.forget()
    organisation_id, today = await verified(Text(zh="示例工会", en="Sample Union")), beijing_day(utc_now())
    code = await opened(
        scenarios.Draft(
            kind=scenarios.ScenarioKind.EVENT, title=TITLE, organiser=Text(zh="示例工会", en="Sample Union"),
            organisation_id=organisation_id, starts_on=today, ends_on=today,
            setup=scenarios.Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}, layers=layers),
        )
    )  # fmt: skip
    async with door.operator(organisation_id, Role.SPONSOR) as caller:
        made = await caller.post(
            "/api/v1/gift-campaigns",
            json=asked(code, audience="codes", **changed),
            headers={"idempotency-key": uuid4().hex},
        )
        assert made.status_code == 201, made.text
        host = Host(door, code, caller, made.json(), organisation_id)
        if pool_g:
            await host.fill(pool_g)
            await host.step("open")
        yield host


async def codes(host: Host, count: int, group: str | None = None) -> list[str]:
    form = {"count": count, "label": "一批"} | ({"group": group} if group else {})
    made = await host.caller.post(f"/api/v1/gift-campaigns/{host.campaign['id']}/codes", json=form)
    assert made.status_code == 201, made.text
    return [line.split(",")[1] for line in made.content.decode("utf-8-sig").splitlines()[1:]]


async def told(host: Host) -> Any:
    answer = await host.caller.get(f"/api/v1/scenes/{host.code}/results")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def pays(door: Door, visitor: Caller, code: str) -> None:
    order = await visitor.order(code)
    assert order.status_code == 201, order.text
    await door.fulfilled(order.json()["id"])


async def test_coverage_is_told_with_guests_and_without_to_the_gram(door: Door) -> None:
    async with hosting(door) as host, door.guest() as runner, door.guest() as spectator, door.guest() as payer:
        assert (await collect(runner, host.code, gift_code=(await codes(host, 1, "runners"))[0])).status_code == 201
        assert (await collect(spectator, host.code, gift_code=(await codes(host, 1))[0])).status_code == 201
        await door.work()
        visit_g = await fetch_value("SELECT max(emission_g) FROM claim")
        found = await told(host)
        # Of the organiser's own line the runner's gift alone; a spectator brings grams and a figure of the same size.
        assert found["organiser"] == {
            "retired_grams": visit_g, "emission_grams": 12 * KG, "percent": f"{visit_g / 120:.4f}"[:5],
            "missing_grams": 12 * KG - visit_g,
        }  # fmt: skip
        assert (found["with_guests"]["retired_grams"], found["with_guests"]["emission_grams"]) == (
            2 * visit_g, 12 * KG + visit_g,
        )  # fmt: skip
        await pays(door, payer, host.code)
        await pays(door, runner, host.code)  # without a code, so as everybody: of the default group
        after = await told(host)
        assert after["organiser"] == found["organiser"]
        assert (after["with_guests"]["retired_grams"], after["with_guests"]["emission_grams"]) == (
            4 * visit_g, 12 * KG + 3 * visit_g,
        )  # fmt: skip
        assert (after["people"], after["given_people"], after["paying_people"]) == (3, 2, 2)
        assert {one["source"]: one["grams"] for one in after["sources"]} == {
            "given_covered": visit_g, "given_guests": visit_g, "paid_guests": 2 * visit_g,
        }  # fmt: skip
        assert [one["percent"] for one in after["sources"]] == ["25.0", "25.0", "50.0"]
        assert [(one["code"], one["people"], one["given_grams"], one["paid_grams"]) for one in after["groups"]] == [
            ("runners", 1, visit_g, 0), ("venue", 0, 0, 0), ("guests", 3, visit_g, 2 * visit_g),
        ]  # fmt: skip
        assert sum(one["people"] for one in after["slots"]) == 3
        assert (after["grams"], after["coming_grams"]) == (4 * visit_g, 0)


async def test_what_a_covered_person_pays_besides_their_gift_counts_with_guests_only_and_their_figure_once(
    door: Door,
) -> None:
    async with hosting(door, each_grams=2 * KG) as host, door.caller() as runner:
        (code,) = await codes(host, 1, "runners")
        page = await runner.get(f"/s/{host.code}", headers=PAGE)
        form = fields(page.text) | {"mode": "metro", "km": "23", "pay": "share", "gift_code": code}
        tapped = await runner.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        await door.fulfilled(tapped.headers["location"].removeprefix("/o/"))
        visit_g = await fetch_value("SELECT max(emission_g) FROM claim")
        assert await fetch_value("SELECT array_agg(DISTINCT layer) FROM claim") == ["additional"]
        found = await told(host)
        assert [found[which]["retired_grams"] for which in ("organiser", "with_guests")] == [2 * KG, visit_g]
        assert [found[which]["emission_grams"] for which in ("organiser", "with_guests")] == [12 * KG, 12 * KG]
        assert [found[which]["percent"] for which in ("organiser", "with_guests")] == [
            "16.66", f"{visit_g * 10_000 // 12_000 // 100}.{visit_g * 10_000 // 12_000 % 100:02d}",
        ]  # fmt: skip


async def test_what_is_not_known_is_never_nothing(door: Door) -> None:
    async with hosting(door, layers=None) as host, door.guest() as visitor:
        await collect(visitor, host.code, gift_code=(await codes(host, 1))[0])
        await door.work()
        found = await told(host)
        for which in ("organiser", "with_guests"):
            assert (found[which]["emission_grams"], found[which]["percent"], found[which]["missing_grams"]) == (
                None,
            ) * 3
        at = await host.browser()
        page = (await at.get(f"/organiser/{host.code}/results")).text
        assert "没有覆盖率" in page
        assert (found["groups"], found["costs"]) == ([], [])
        assert found["unpriced_grams"] == found["given_grams"] > 0  # moved in, so nobody knows here what it cost


async def test_the_gifts_cost_what_was_paid_for_them_and_what_was_moved_in_has_no_price(door: Door) -> None:
    async with hosting(door, pool_g=0) as host, door.guest() as one, door.guest() as other:
        at, desk = await host.browser(), f"/organiser/{host.code}/gift"

        async def press(**form: str) -> Any:
            seal = fields((await at.get(desk)).text)["csrf_token"]
            given._offered.forget()
            return await at.post(desk, data={"csrf_token": seal, **form})

        bought = await press(do="buy", buy_t="0.005")  # 5 kg at ¥50 a tonne: 25 fen
        await door.fulfilled(bought.headers["location"].removeprefix("/o/"))
        await host.fill(100 * KG)
        await press(do="open")
        made = await codes(host, 2)
        await collect(one, host.code, gift_code=made[0])
        visit_g = (await told(host))["given_grams"]
        first = await told(host)
        assert (first["costs"], first["unpriced_grams"]) == (
            [{"currency": "CNY", "amount_minor": 25 * visit_g // 5_000, "amount_text": "¥0.21", "grams": visit_g}], 0,
        )  # fmt: skip
        await collect(other, host.code, gift_code=made[1])
        second = await told(host)
        assert (second["costs"], second["unpriced_grams"]) == (
            [{"currency": "CNY", "amount_minor": 25, "amount_text": "¥0.25", "grams": 5_000}], 2 * visit_g - 5_000,
        )  # fmt: skip
        await door.work()
        page = (await at.get(f"/organiser/{host.code}/results")).text.replace("\u00a0", " ")
        assert ("¥0.25" in page, "是转入的" in page) == (True, True)


async def test_what_was_refunded_and_what_the_gifts_cost_are_together_what_was_paid(door: Door) -> None:
    async with hosting(door, pool_g=0) as host, door.guest() as visitor:
        at, desk = await host.browser(), f"/organiser/{host.code}/gift"

        async def press(**form: str) -> Any:
            seal = fields((await at.get(desk)).text)["csrf_token"]
            given._offered.forget()
            return await at.post(desk, data={"csrf_token": seal, **form})

        bought = await press(do="buy", buy_t="0.005")  # 25 fen
        await door.fulfilled(bought.headers["location"].removeprefix("/o/"))
        await press(do="open")
        await collect(visitor, host.code, gift_code=(await codes(host, 1))[0])
        await press(do="end")
        (line,) = re.findall(r'name="line" value="(lin_\w+)"', (await at.get(desk)).text)
        assert (await press(do="refund", line=line)).status_code == 303
        back_fen = await fetch_value("SELECT sum(amount_minor)::bigint FROM purchase_order_return")
        found = await told(host)
        assert [one["amount_minor"] for one in found["costs"]] == [25 - back_fen]
        assert (found["costs"][0]["grams"], found["unpriced_grams"]) == (found["given_grams"], 0)


async def test_nothing_yet_is_said_in_page_answer_and_sheet(door: Door) -> None:
    async with hosting(door) as host:
        at = await host.browser()
        assert "还没有注销" in (await at.get(f"/organiser/{host.code}/results")).text
        found = await told(host)
        assert (found["grams"], found["people"], found["slots"], found["organiser"]["percent"]) == (0, 0, [], "0.00")
        assert (await at.get(f"/organiser/{host.code}/results.xlsx")).status_code == 200


async def test_the_sheet_computes_nothing_whatever_titles_and_groups_begin_with(door: Door) -> None:
    async with hosting(door) as host, door.guest() as visitor:
        await collect(visitor, host.code, gift_code=(await codes(host, 1, "runners"))[0])
        await door.work()
        sheet = await host.caller.get(f"/organiser/{host.code}/results.xlsx")
        book = openpyxl.load_workbook(io.BytesIO(sheet.content))
        assert book.sheetnames[0] == "说明 About"
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
        assert [cell.data_type for cell in cells].count("f") == 0
        told_cells = {str(cell.value): cell.data_type for cell in cells}
        for text in ("=示例骑行日", "=参赛者", "@场地", "-活动计算器"):
            assert told_cells[text] == "s", text
        lines = {row[0].value: [cell.value for cell in row[1:]] for row in book["覆盖 Coverage"].iter_rows()}
        assert lines["只算主办方"][1] == 12 * KG


async def test_the_page_shows_both_coverages_and_leads_on_and_nobody_else_sees_it(door: Door) -> None:
    async with hosting(door) as host, door.guest() as runner:
        await collect(runner, host.code, gift_code=(await codes(host, 1, "runners"))[0])
        await door.work()
        at, here = await host.browser(), f"/organiser/{host.code}/results"
        page = (await at.get(here)).text
        shown = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
        assert [
            words
            for words in ("只算主办方", "加上来宾", "12,000 g", "就覆盖全部排放", "一点是 1 人")
            if words not in shown
        ] == []
        assert here in (await at.get(f"/organiser/{host.code}")).text
        assert here in (await at.get(f"/organiser/{host.code}/gift")).text
        other = await verified(Text(zh="示例别家", en="Sample Other"))
        async with door.operator(other, Role.SPONSOR) as stranger:
            for path in (here, f"{here}.xlsx", f"/api/v1/scenes/{host.code}/results"):
                assert (await stranger.get(path)).status_code in {303, 403}
        assert (await runner.get(f"/api/v1/scenes/{host.code}/results")).status_code == 403


@pytest.mark.parametrize("group", ["nobody", "RUNNERS"])
async def test_codes_for_a_group_that_is_not_there_are_refused_by_name(door: Door, group: str) -> None:
    async with hosting(door) as host:
        form = {"count": 1, "label": "一批", "group": group}
        answer = await host.caller.post(f"/api/v1/gift-campaigns/{host.campaign['id']}/codes", json=form)
        assert (answer.status_code, answer.json()["detail"]["field"]) == (400, "/group")
