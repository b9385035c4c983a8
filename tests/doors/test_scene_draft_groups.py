"""What an organiser says it answers for, from the wizard to the results: to the gram, in both languages, nothing guessed."""

import re
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel import ids
from app.views.giving import collecting as given
from tests.doors.conftest import Caller, Door
from tests.doors.test_gifts import KG, Host, asked, collect
from tests.doors.test_pages_operator import Platform, fields, platform
from tests.doors.test_results import codes, told
from tests.doors.test_scene_drafts import COUNTING, begun, save, union

__all__ = ["platform"]

HOST_G = 187_680  # 1 200 kWh; the calculator's own tests have the factor by hand
STAFF_G = 12_500
GROUPS = {
    "covers_host": "on", "groups/0/code": "visitors", "groups/0/name_zh": "来宾", "groups/0/name_en": "Visitors",
    "groups/1/code": "staff", "groups/1/name_zh": "工作人员", "groups/1/name_en": "Staff", "groups/1/covered": "on",
    "groups/1/kg": "12.5",
}  # fmt: skip
SOURCE = {
    "zh": "主办方自己：大型活动计算器，因子集 2025.1；其他人群：主办方申报",
    "en": "The organiser itself: event calculator, factor set 2025.1; other groups: stated by the organiser",
}


def plain(page: str) -> str:
    return re.sub("[\u2066-\u2069]", "", page)


async def with_host(organiser: Caller) -> str:
    """A draft with two steps done and the host's figure, whose groups are asked about next."""
    draft = await begun(organiser)
    host = {"attendees": "300", "days": "1", "electricity_kwh": "1200"}
    assert (await save(organiser, f"{draft}/host", host)).status_code == 303
    onward = await save(organiser, f"{draft}/counting", COUNTING, "groups")
    assert onward.headers["location"] == f"{draft}/groups"
    return draft


async def agreed(platform: Platform) -> str:
    """A reviewer opens what waits; answers what they were shown."""
    async with await platform.come(Role.REVIEWER) as reviewer:
        inbox = await reviewer.get("/operator/inbox")
        (approval,) = set(re.findall(r"/operator/inbox/([0-9a-f-]{36})", inbox.text))
        one = await reviewer.get(f"/operator/inbox/{approval}")
        done = await reviewer.post(f"/operator/inbox/{approval}/approve", data=fields(one.text))
        assert done.status_code == 303, done.text
        return plain(one.text)


async def test_what_the_wizard_says_is_agreed_to_and_a_staff_gift_counts_towards_it_to_the_gram(
    door: Door, platform: Platform
) -> None:
    own = await union()
    async with await platform.come(Role.SPONSOR, organisation_id=own) as organiser:
        draft = await with_host(organiser)
        assert (await save(organiser, f"{draft}/groups", GROUPS)).headers["location"] == f"{draft}/counting"
        assert f"{HOST_G + STAFF_G:,} 克" in plain((await organiser.get(f"{draft}/counting")).text)
        await save(organiser, f"{draft}/paying", {"payer": "visitors", "programme": "CDCER"})
        review = plain((await organiser.get(f"{draft}/review")).text)
        shown = ("主办方自己", "Staff", f"{HOST_G:,} g", f"{STAFF_G:,} g", "各算各的", "不带码来的人", *SOURCE.values())
        assert [words for words in shown if words not in review] == []
        assert (await save(organiser, f"{draft}/review", {})).status_code == 303
    asked_for = await agreed(platform)
    for words in (f"申报排放 {HOST_G:,} g", f"申报排放 {STAFF_G:,} g", "各自负责、不另说明者归此", SOURCE["zh"]):
        assert words in asked_for, words
    code = await fetch_value("SELECT code FROM scenario WHERE organisation_id = $1", own)
    layers = msgspec.json.decode(await fetch_value("SELECT setup -> 'layers' FROM scenario WHERE code = $1", code))
    assert [(one["code"], one["emission_g"]) for one in layers["groups"]] == [
        ("visitors", None), ("staff", STAFF_G), ("host", HOST_G),
    ]  # fmt: skip
    assert (layers["default_group"], layers["organiser_covers"]) == ("visitors", ["staff", "host"])
    assert layers["source"] == SOURCE

    given._offered.forget()
    async with door.operator(own, Role.SPONSOR) as caller, door.guest() as steward, door.guest() as visitor:
        made = await caller.post(
            "/api/v1/gift-campaigns", json=asked(code, audience="codes"), headers={"idempotency-key": uuid4().hex}
        )
        host = Host(door, code, caller, made.json(), own)
        await host.fill(100 * KG)
        await host.step("open")
        assert (await collect(steward, code, gift_code=(await codes(host, 1, "staff"))[0])).status_code == 201
        assert (await collect(visitor, code, gift_code=(await codes(host, 1))[0])).status_code == 201
        await door.work()
        layer = {
            group: await fetch_value("SELECT layer FROM claim WHERE group_code = $1", group)
            for group in ("staff", "visitors")
        }
        assert layer == {"staff": "additional", "visitors": "own"}
        visit_g = await fetch_value("SELECT max(emission_g) FROM claim")
        found = await told(host)
        stated_g = HOST_G + STAFF_G
        hundredths = visit_g * 10_000 // stated_g
        assert found["organiser"] == {
            "retired_grams": visit_g, "emission_grams": stated_g,
            "percent": f"{hundredths // 100}.{hundredths % 100:02d}", "missing_grams": stated_g - visit_g,
        }  # fmt: skip
        guests = found["with_guests"]
        assert (guests["retired_grams"], guests["emission_grams"]) == (2 * visit_g, stated_g + visit_g)


async def test_whoever_answers_for_nothing_has_a_scene_without_groups(door: Door, platform: Platform) -> None:
    own = await union()
    async with await platform.come(Role.SPONSOR, organisation_id=own) as organiser:
        draft = await with_host(organiser)
        page = plain((await organiser.get(f"{draft}/groups")).text)
        assert f"{HOST_G:,} 克，因子集 2025.1" in page
        assert 'value="来宾"' in page
        nothing = {
            name: value for name, value in GROUPS.items() if name not in {"covers_host", "groups/1/covered", "groups/1/kg"}
        }  # fmt: skip
        await save(organiser, f"{draft}/groups", nothing)
        await save(organiser, f"{draft}/paying", {"payer": "visitors", "programme": "CDCER"})
        assert "结果页没有覆盖率" in (await organiser.get(f"{draft}/review")).text
        assert (await save(organiser, f"{draft}/review", {})).status_code == 303
    assert await fetch_value("SELECT setup ->> 'layers' FROM scenario WHERE organisation_id = $1", own) is None


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"groups/1/kg": "很多"}, "groups/1/kg", "请填"),
        ({"groups/1/name_en": ""}, "groups/1/name_en", "1 到 40 个字"),
        ({"groups/0/name_zh": ""}, "groups/0/name_zh", "1 到 40 个字"),
        ({"groups/1/name_zh": "长" * 41}, "groups/1/name_zh", "最多 40 个字"),
        ({"groups/1/covered": ""}, "groups/1/kg", "只为主办方负责的人群申报"),
        ({"groups/4/kg": "3"}, "groups/4/name_zh", "1 到 40 个字"),
        ({"groups/4/name_zh": "骑\u202e手", "groups/4/name_en": "Riders"}, "groups/4/name_zh", "不能显示的字符"),
    ],
)
async def test_what_does_not_fit_comes_back_as_it_was_typed_with_why_at_its_field(
    door: Door, platform: Platform, typed: dict[str, str], field: str, words: str
) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await with_host(organiser)
        answer = await save(organiser, f"{draft}/groups", GROUPS | typed)
        assert answer.status_code == 422
        assert f'aria-describedby="fault-{field}"' in answer.text
        assert re.search(f'id="fault-{field}">[^<]*{words}', plain(answer.text))
        for name, value in typed.items():
            assert not value or f'name="{name}" value="{value}"' in answer.text


async def test_a_new_group_gets_its_code_from_its_english_name_and_an_empty_row_is_no_group(
    door: Door, platform: Platform
) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await with_host(organiser)
        more = {
            "groups/1/name_zh": "", "groups/1/name_en": "", "groups/1/covered": "", "groups/1/kg": "",
            "groups/2/name_zh": "参赛者", "groups/2/name_en": "Trail runners!",
            "groups/3/name_zh": "主人", "groups/3/name_en": "Host",
            "groups/4/name_zh": "志愿者", "groups/4/name_en": "志愿者",
        }  # fmt: skip
        assert (await save(organiser, f"{draft}/groups", GROUPS | more)).status_code == 303
        content = msgspec.json.decode(await fetch_value("SELECT content FROM scene_draft"))
        assert [one["code"] for one in content["groups"]] == ["visitors", "trail_runners", "group_4", "group_5"]
        page = (await organiser.get(f"{draft}/groups")).text
        assert 'name="groups/1/code" value="trail_runners"' in page


async def test_what_is_not_stated_is_told_and_not_guessed(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await with_host(organiser)
        await save(organiser, f"{draft}/groups", GROUPS | {"groups/1/kg": ""})
        for step in ("groups", "counting", "review"):
            page = plain((await organiser.get(f"{draft}/{step}")).text)
            assert "覆盖率会显示“—”" in page, step
            assert f"{HOST_G:,} 克" in page or f"{HOST_G:,} g" in page, step


async def test_the_same_by_json(door: Door) -> None:
    own = await union()
    async with door.operator(own, Role.SPONSOR) as caller:
        made = await caller.post(
            "/api/v1/scene-drafts",
            json={"organisation": ids.public("org", own)},
            headers={"idempotency-key": uuid4().hex},
        )
        here = f"/api/v1/scene-drafts/{made.json()['id']}"

        async def say(revision: int, **more: Any) -> Any:
            return await caller.patch(here, json={"revision": revision} | more)

        staff = {
            "code": "staff",
            "name_zh": " 工作人员 ",
            "name_en": "Staff",
            "is_covered": True,
            "stated_grams": STAFF_G,
        }
        event = {"attendees": 300, "electricity_kwh": "1200"}
        answer = await say(1, covers_host=True, event=event, groups=[staff])
        assert answer.status_code == 200, answer.text
        assert answer.json()["stated_grams"] == HOST_G + STAFF_G
        assert answer.json()["content"]["groups"] == [staff | {"name_zh": "工作人员"}]
        unfit = await say(2, groups=[staff | {"is_covered": False}])
        assert "/groups/0/stated_grams" in {one["field"] for one in unfit.json()["missing"]}
        reserved = await say(3, groups=[staff | {"code": "host"}])
        assert "/groups/0/code" in {one["field"] for one in reserved.json()["missing"]}
        for groups in ([staff | {"code": "Staff!"}], [staff | {"stated_grams": 0}], [staff] * 7):
            assert (await say(4, groups=groups)).status_code == 400
        hidden = await say(4, groups=[staff | {"name_en": "St\u202eaff"}])
        assert (hidden.status_code, hidden.json()["detail"]["field"]) == (400, "/groups/0/name_en")


async def test_names_of_groups_are_never_markup(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await with_host(organiser)
        hostile = "<script>alert(1)</script>"
        names = {"groups/1/name_zh": hostile, "groups/1/name_en": hostile}
        assert (await save(organiser, f"{draft}/groups", GROUPS | names)).status_code == 303
        for step in ("groups", "counting", "review"):
            page = (await organiser.get(f"{draft}/{step}")).text
            assert (hostile in page, "alert(1)" in page) == (False, True), step
