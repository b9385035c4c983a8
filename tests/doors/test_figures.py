"""A claim whose actual figure is short, lapsed or covered: told as it stands today wherever the claim is stated."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.registry import retirements
from app.registry.claims import TrueUpState
from tests.doors.conftest import PAGE, Caller, Door
from tests.doors.test_findings import claimed, words
from tests.rooms.conftest import PROFILES, organisation

LAST = beijing_day(utc_now()) + timedelta(days=40)
DUE = LAST.replace(year=LAST.year + 1)
UNSAID = {"zh": ("声明成立", "碳中和"), "en": ("the claim stands", "neutral", "Neutral")}
"""What no page says of a claim that is short or lapsed."""
SHORT = {
    "zh": (
        f"待补足：还须在 {DUE} 前（含当日）注销 0.0015 t",
        "实际排放 6,500 g · 合计注销 5,000 g（含补充）",
        "部分抵消，覆盖 76.92%",
    ),
    "en": (
        f"Short: 0.0015 t more to retire until {DUE}",
        "Really emitted 6,500 g · retired in all 5,000 g, supplements included",
        "offset in part, 76.92 % covered",
    ),
}
LAPSED = {
    "zh": (f"声明已失效：截至 {DUE} 未补足差额；注销仍然有效", *SHORT["zh"][1:]),
    "en": (
        f"Lapsed: the difference was not retired by {DUE}. The claim no longer stands; the retirement does",
        *SHORT["en"][1:],
    ),
}


@pytest.fixture(autouse=True)
def _default_language(door: Door) -> None:
    """Pages in Chinese, which is what a browser without a wish is shown."""


async def ahead(door: Door, caller: Caller, bank: UUID, **more: Any) -> dict[str, Any]:
    """What an organisation retired ahead for: 5 kg by a forecast of 5 kg."""
    days = {"period_from": "2026-01-01", "period_to": LAST.isoformat()}
    return await claimed(door, caller, bank, **(days | more))


async def entered(held: dict[str, Any], actual_g: int, *, on: date = LAST) -> TrueUpState:
    """The actual figure of its claim, entered on a day."""
    id_ = await fetch_value("SELECT id FROM retirement WHERE number = $1", held["retirement_number"])
    by = await fetch_value("SELECT id FROM person LIMIT 1")
    return (await retirements.true_up(id_, actual_g, by=by, profiles=PROFILES, today=on)).state


def pages_of(held: dict[str, Any]) -> tuple[str, ...]:
    code = held["verify_code"]
    return f"/v/{code}", f"/v/{code}/findings", f"/c/{held['id']}"


async def shown(caller: Caller, path: str, language: str) -> str:
    """What a reader sees of a page, without the brand's line, the sheet, which is the frozen record itself, and the sentence
    that says so."""
    html = (await caller.get(f"{path}?lang={language}", headers=PAGE)).text
    title = html.partition("<title>")[2].partition("</title>")[0].rpartition(" · ")[0]
    before, sheet, after = html.partition("<main")[2].partition("</main>")[0].partition('<article class="sheet')
    return words(f"{title} <" + (before + after.partition("</article>")[2] if sheet else before))


async def answers_of(door: Door, caller: Caller, held: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything JSON tells of the certificate: anybody's answer and its holder's, the findings, and the list."""
    listed = (await caller.get("/api/v1/certificates")).json()["items"]
    async with door.caller() as anybody:
        return [
            (await anybody.get(f"/api/v1/verify/{held['verify_code']}")).json(),
            (await anybody.get(f"/api/v1/verify/{held['verify_code']}/findings")).json(),
            (await caller.get(f"/api/v1/certificates/{held['id']}")).json(),
            (await caller.get(f"/api/v1/certificates/{held['id']}/findings")).json(),
            *(one for one in listed if one["id"] == held["id"]),
        ]


async def order_of(held: dict[str, Any]) -> str:
    """The public id of the order that the certificate came from."""
    (row,) = await fetch(
        "SELECT l.order_id FROM sale_line l JOIN claim c ON c.id = l.claim_id JOIN retirement r ON r.claim_id = c.id"
        " WHERE r.number = $1",
        held["retirement_number"],
    )
    return ids.public("ord", row["order_id"])


@pytest.mark.parametrize(
    ("on", "state", "said", "standing", "called"),
    [
        (LAST, "short", SHORT, "open", {"zh": "碳抵消（待补足）", "en": "Carbon offset (to be topped up)"}),
        (DUE + timedelta(days=1), "lapsed", LAPSED, "blocked", None),
    ],
    ids=["short", "lapsed"],
)
async def test_a_figure_that_is_not_covered_is_told_wherever_the_claim_is_stated_and_nothing_stands(
    door: Door, on: date, state: str, said: dict[str, tuple[str, ...]], standing: str, called: dict[str, str] | None
) -> None:
    bank = await organisation("示例总行")
    async with door.operator(bank, Role.OPERATOR) as caller, door.caller() as anybody:
        held = await ahead(door, caller, bank)
        before = await answers_of(door, caller, held)
        assert [(one["coverage"]["percent"], one["figure"]) for one in before] == [("100.00", None)] * 5
        assert await entered(held, 6_500, on=on) == state

        for told in await answers_of(door, caller, held):
            figure = told["figure"]
            assert (figure["state"], figure["actual_grams"], figure["retired_grams"], figure["missing_grams"]) == (
                state, 6_500, 5_000, 1_500,
            )  # fmt: skip
            assert (figure["percent"], figure["due_on"]) == ("76.92", DUE.isoformat())
            assert {language: figure["text"][language] for language in said} == {
                language: sentences[0] for language, sentences in said.items()
            }
            assert (told["coverage"]["percent"], told["coverage"]["is_full"]) == ("76.92", False)
        findings = (await anybody.get(f"/api/v1/verify/{held['verify_code']}/findings")).json()
        assert (findings["standing"], findings["now"]["standing"], findings["now"]["title"]) == (
            standing,
            standing,
            called,
        )
        assert findings["judgements"][0]["text"]["zh"] == "当时按申报的排放量：没有规则阻止声明，覆盖 100.00%"
        assert findings["judgements"][0]["title"] is None

        order = await order_of(held)
        (line,) = (await caller.get(f"/api/v1/orders/{order}")).json()["lines"]
        assert (line["figure"]["state"], line["coverage_percent"]) == (state, "76.92")
        for language, sentences in said.items():
            for path in (*pages_of(held), f"/o/{order}"):
                page = await shown(caller, path, language)
                assert all(one in page for one in sentences), (path, page)
                assert not [one for one in UNSAID[language] if one in page], (path, page)
        record = (await anybody.get(f"/api/v1/verify/{held['verify_code']}")).json()["record"]
        assert record == held["record"], "the record stays as it was frozen"
        frozen = f"纸面证书“{record['title']['zh']}”及其记录按出具时的数字冻结"
        for path in pages_of(held):
            assert frozen in await shown(caller, path, "zh"), path


async def test_papers_that_say_neutral_are_not_called_so_while_their_claim_is_short(door: Door) -> None:
    bank, today = await organisation("示例总行"), beijing_day(utc_now())
    async with door.operator(bank, Role.OPERATOR) as caller:
        root = await ahead(door, caller, bank, period_to=today.isoformat())
        await door.as_superuser(
            "SET session_replication_role = replica; UPDATE retirement SET settled_at = settled_at - interval '10 days'"
        )
        more = await ahead(door, caller, bank, period_to=today.isoformat(), emission_grams=1_000, grams=1_000)
        assert [held["record"]["level"] for held in (root, more)] == ["neutral"] * 2
        for held in (root, more):
            assert "碳中和" in await shown(caller, f"/c/{held['id']}", "zh")
        assert await entered(root, 6_500, on=today) == "short"
        for held in (root, more):
            for told in await answers_of(door, caller, held):
                assert (told["figure"]["retired_grams"], told["coverage"]["percent"]) == (6_000, "92.30")
                assert "title" not in told or "中和" not in str(told["title"])
            for path in pages_of(held):
                for language, printed in (("zh", "“碳中和证明书”"), ("en", "“Statement of Carbon Neutrality”")):
                    page = await shown(caller, path, language)
                    assert "92.30" in page and printed in page, (path, page)
                    assert ("600.00" in page) == (more is held and "findings" in path), "history is called so"
                    page = page.replace(printed, "")
                    assert not [one for one in UNSAID[language] if one in page], (path, page)


async def test_a_figure_lapses_by_the_day_alone(door: Door) -> None:
    bank = await organisation("示例总行")
    async with door.operator(bank, Role.OPERATOR) as caller:
        held = await ahead(door, caller, bank)
        assert await entered(held, 6_500) == "short"
        today = "(clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date"
        for day, state in ((today, "short"), (f"{today} - 1", "lapsed")):
            await door.as_superuser(f"SET session_replication_role = replica; UPDATE claim_figure SET due_on = {day}")
            assert (await caller.get(f"/api/v1/certificates/{held['id']}")).json()["figure"]["state"] == state
        assert "声明已失效" in await shown(caller, f"/v/{held['verify_code']}", "zh")


async def test_a_claim_of_which_nobody_enters_a_figure_in_time_lapses_too(door: Door) -> None:
    bank = await organisation("示例总行")
    async with door.operator(bank, Role.OPERATOR) as caller:
        held = await ahead(door, caller, bank)
        assert [one["figure"] for one in await answers_of(door, caller, held)] == [None] * 5
        await door.as_superuser(
            "SET session_replication_role = replica; UPDATE retirement_verdict"
            f" SET document = replace(document, '{DUE}', '2026-11-01'), judged_on = judged_on"
        )
        told = (await caller.get(f"/api/v1/certificates/{held['id']}")).json()
        assert (told["figure"]["state"], told["figure"]["actual_grams"], told["figure"]["percent"]) == (
            "lapsed",
            None,
            None,
        )
        assert told["figure"]["text"]["zh"] == "声明已失效：截至 2026-11-01 未填写实际排放量；注销仍然有效"
        assert told["coverage"]["is_full"] is False


async def test_a_kept_answer_follows_the_figure_and_what_is_retired_for_it(door: Door) -> None:
    bank = await organisation("示例总行")
    async with door.operator(bank, Role.OPERATOR) as caller, door.caller() as anybody:
        held = await ahead(door, caller, bank)
        path, told = f"/api/v1/verify/{held['verify_code']}", []

        async def ask() -> None:
            for _ in range(2):
                answer = (await anybody.get(path)).json()
                figure = answer["figure"] or {"state": None, "missing_grams": None}
                told.append((figure["state"], figure["missing_grams"], answer["coverage"]["percent"]))

        await ask()
        await entered(held, 6_500)
        await ask()
        await ahead(door, caller, bank, emission_grams=1_000, grams=1_000)
        await ask()
        assert told == [
            *[(None, None, "100.00")] * 2, *[("short", 1_500, "76.92")] * 2, *[("short", 500, "92.30")] * 2,
        ]  # fmt: skip


async def test_covered_after_it_was_short_is_told_on_the_first_paper_and_on_the_one_that_follows(door: Door) -> None:
    bank = await organisation("示例总行")
    async with door.operator(bank, Role.OPERATOR) as caller:
        held = await ahead(door, caller, bank)
        assert await entered(held, 6_500) == "short"
        await ahead(door, caller, bank, emission_grams=1_500, grams=1_500)
        for path in pages_of(held):
            page = await shown(caller, path, "zh")
            assert "已补足：注销量足够，再次填写实际排放量后换发证书" in page and "覆盖 100.00%" in page, (path, page)

        assert await entered(held, 6_500) == "covered"
        await door.work()
        listed = (await caller.get("/api/v1/certificates")).json()["items"]
        papers = [one for one in listed if one["retirement_number"] == held["retirement_number"]]
        second, first = papers
        assert (first["id"], first["superseded_by"], second["superseded_by"]) == (held["id"], second["number"], None)
        for paper in papers:
            for told in await answers_of(door, caller, paper):
                assert (told["figure"]["state"], told["figure"]["is_certified"]) == ("covered", True)
                assert (told["coverage"]["percent"], told["coverage"]["emission_grams"]) == ("100.00", 6_500)
            for language, sentence in (
                ("zh", "已按实际排放量核实：注销量足够"), ("en", "Trued up: enough is retired for what was really emitted"),
            ):  # fmt: skip
                for path in pages_of(paper):
                    page = await shown(caller, path, language)
                    assert sentence in page, (path, page)
                    assert (second["number"] in page) or paper is first, (path, page)
        for path in pages_of(first):
            assert f"这张证书已由 {second['number']} 代替" in await shown(caller, path, "zh"), path
        assert "碳中和证明书" in await shown(caller, pages_of(second)[0], "zh")


async def test_what_a_person_holds_asks_for_no_figure(door: Door) -> None:
    async with door.guest() as citizen:
        paper = await door.paid((await citizen.order(door.live)).json()["id"])
        held = (await citizen.get(f"/api/v1/certificates/{paper}")).json()
        assert held["figure"] is None
        assert "实际排放" not in await shown(citizen, f"/v/{held['verify_code']}", "zh")
