"""The personal carbon account at the doors: three books beside each other, what happened, and where every gram is."""

import gzip
import re
from uuid import uuid4

import httpx

from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gifts import KG, collect, hosting
from tests.doors.test_personal_figures import EXAMPLES, kept
from tests.statements import counted

P1 = {name: value for name, value in EXAMPLES["P1"]["inputs"].items() if name not in {"mode", "activity_year"}}


async def keep(caller: Caller, *, key: str | None = None, **form: object) -> httpx.Response:
    wanted = {"span": "day", "on": "2024-05-20", "inputs": P1} | form
    return await caller.post(
        "/api/v1/account/figures", json=wanted, headers={"idempotency-key": key or uuid4().hex}
    )  # fmt: skip


async def retire(caller: Caller, figure: str, grams: int, *, key: str | None = None) -> httpx.Response:
    return await caller.post(
        f"/api/v1/account/figures/{figure}/orders",
        json={"grams": grams},
        headers={"idempotency-key": key or uuid4().hex},
    )


async def test_each_book_is_summed_by_itself_and_a_period_counts_once(door: Door) -> None:
    async with hosting(door, each_grams=2 * KG) as host, door.guest() as visitor:
        before = (await visitor.get("/api/v1/account")).json()["years"]
        assert [(one["emitted"]["days"], one["retired"]["grams"], one["avoided"]) for one in before] == [(0, 0, None)]
        first = (await keep(visitor)).json()
        await keep(visitor, inputs=P1 | {"metro_km": "100"})
        figure = (await keep(visitor)).json()["id"]
        assert (first["grams"], first["is_newest"]) == (6_852, True)
        placed = await visitor.order(door.live)
        await door.paid(placed.json()["id"])
        rest = await retire(visitor, figure, 6_000)
        await door.paid(rest.json()["id"])
        await collect(visitor, host.code)
        await door.work()
        this_year, then = (await visitor.get("/api/v1/account")).json()["years"]
        own_g = placed.json()["grams"] + 6_000
        assert then["emitted"] == {"whole_year_grams": None, "days": 1, "visits": 0, "days_and_visits_grams": 6_852}
        assert this_year["retired"] == {"retirements": 3, "grams": own_g + 2 * KG, "given": 1, "given_grams": 2 * KG}
        assert this_year["emitted"]["visits"] == 2
        page = (await visitor.get("/me", headers=PAGE)).text
        assert ("三本账各记各的，从不相抵" in page, f"{own_g + 2 * KG:,}" in page) == (True, True)
        old = (await visitor.get("/me?year=2024", headers=PAGE)).text
        assert ("算过 1 天" in old, "还没有注销" in old) == (True, True)
        figures = (await visitor.get("/api/v1/account/figures")).json()["items"]
        assert [(one["is_newest"], one["retired_grams"]) for one in figures] == [(True, 6_000), (False, 0), (False, 0)]
        letter = (await visitor.get("/me/letter", headers=PAGE)).text
        assert ("共 <b>3</b> 张证书" in letter, "不相加，也不相减" in letter) == (True, True)


async def test_the_history_is_filtered_by_its_address_and_goes_on_where_it_stopped(door: Door) -> None:
    async with hosting(door, each_grams=2 * KG) as host, door.guest() as visitor:
        await keep(visitor)
        for n in range(2):
            await door.paid((await visitor.order(door.live, km=20 + n)).json()["id"])
        await collect(visitor, host.code)
        await door.work()

        async def told(query: str) -> list[str]:
            found = (await visitor.get(f"/api/v1/account/entries?{query}")).json()
            return [("gift " if one["given_by"] else "") + one["book"] for one in found["items"]]

        assert await told("kind=all") == ["gift retired", "retired", "retired", "emitted"]
        assert await told("kind=gift") == ["gift retired"]
        assert await told("kind=emitted") == ["emitted"] * 4
        assert await told("kind=papers") == ["retired"] * 2
        assert await told("year=2024") == ["emitted"]
        piece = (await visitor.get("/api/v1/account/entries?limit=3")).json()
        more = (await visitor.get(f"/api/v1/account/entries?limit=3&after={piece['next']}")).json()
        assert [one["book"] for one in more["items"]] == ["emitted"]
        page = (await visitor.get("/me?kind=gift", headers=PAGE)).text
        assert ("示例工会 赠" in page, page.count('class="mk')) == (True, 1)
        assert 'href="/me?kind=emitted#history"' in page


async def test_every_gram_is_told_with_its_project_serial_range_and_state(door: Door) -> None:
    async with hosting(door, amount="fixed", each_grams=10 * KG, delivers="account") as host, door.guest() as visitor:
        visitor.headers.update(OWN_PAGE)
        placed = (await visitor.order(door.live)).json()
        certificate = await door.paid(placed["id"])
        await collect(visitor, host.code)
        await door.work()
        (one,) = (await visitor.get("/api/v1/account/ranges")).json()["items"]
        assert one["stop_gram"] - one["start_gram"] == placed["grams"]
        assert (one["upstream"], one["cancelled_grams"], one["certificate_url"]) == ("pooled", 0, f"/c/{certificate}")
        assert one["lot"]["project"] and one["lot"]["place"] and one["lot"]["serial"] and one["tonnes"].startswith("#")
        sums = (await visitor.get("/api/v1/account/grams")).json()
        assert [share["grams"] for share in sums["retired"]] == [placed["grams"]]
        assert [held["grams"] for held in sums["held"]] == [10 * KG]
        page = (await visitor.get("/me/grams", headers=PAGE)).text
        for told in (one["lot"]["serial"], one["tonnes"], "等待凑整吨", "10,000 g", f"{one['stop_gram']:,}"):
            assert told in page, told


async def test_what_cannot_be_kept_or_retired_is_refused_with_its_field_and_a_repeat_changes_nothing(
    door: Door,
) -> None:
    async with door.guest() as visitor, door.guest() as stranger:
        for form, field in (
            ({"inputs": {"metro_km": "-1"}}, "/metro_km"),
            ({"inputs": {"mode": "year"}}, "/mode"),
            ({"on": "2999-01-01"}, "/on"),
            ({"on": "x"}, "/on"),
            ({"span": "year", "year": 2019}, "/activity_year"),
        ):
            refused = await keep(visitor, **form)
            assert (refused.status_code, refused.json()["detail"]["field"]) == (400, field), refused.text
        one, again = [(await keep(visitor, key="k")).json()["id"] for _ in range(2)]
        assert one == again
        assert (await keep(visitor, key="k", on="2024-05-21")).json()["code"] == "FOOTPRINT_FIGURE_KEY_USED"
        assert (await retire(visitor, one, 6_853)).json()["detail"]["field"] == "/grams"
        assert (await retire(stranger, one, 1)).status_code == 404
        placed = await retire(visitor, one, 6_852, key="o")
        assert placed.json()["id"] == (await retire(visitor, one, 6_852, key="o")).json()["id"]
        other = await retire(visitor, (await keep(visitor)).json()["id"], 6_852, key="o")
        assert other.status_code in {409, 422}, other.text


async def test_an_account_that_cannot_be_read_says_so_and_never_0(door: Door) -> None:
    async with door.guest() as visitor:
        await kept(visitor, "P1")
        await door.as_superuser("REVOKE SELECT ON personal_figure FROM ddt_app")
        try:
            page = await visitor.get("/me", headers=PAGE)
            told = await visitor.get("/api/v1/account")
        finally:
            await door.as_superuser("GRANT SELECT ON personal_figure TO ddt_app")
    assert (page.status_code >= 500, told.status_code >= 500) == (True, True)
    assert not re.search(r"\b0\b ?(g|克|kg)", page.text)


async def test_however_many_orders_are_under_way_the_account_asks_the_database_as_often(door: Door) -> None:
    async with door.guest() as visitor:
        asked = []
        for orders in (1, 2):
            for _ in range(orders):
                assert (await visitor.order(door.live)).status_code == 201
            await visitor.get("/me", headers=PAGE)
            with counted() as statements:
                page = (await visitor.get("/me", headers=PAGE)).text
            asked.append(len(statements))
        assert page.count('href="/o/ord_') == 3
        assert asked[0] == asked[1] > 5


async def test_the_account_page_stays_small(door: Door) -> None:
    async with door.guest() as visitor:
        for n in range(12):
            await keep(visitor, on=f"2024-05-{n + 1:02}")
        page = await visitor.get("/me", headers=PAGE)
        assert len(gzip.compress(page.content, 6)) < 20_000
        assert len(re.findall('class="mk', page.text)) == 10
