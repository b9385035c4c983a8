"""An organiser sets a scene up alone: page by page or as JSON, seen by nobody else, open only when the platform agrees."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import gifts
from tests.doors.conftest import Caller, Door
from tests.doors.test_pages_operator import Platform, fields, platform
from tests.rooms.conftest import organisation
from tests.staff import verified

__all__ = ["platform"]

LIST = "/organiser/scenes"
KIND = {
    "kind": "event",
    "title_zh": "示例骑行日",
    "title_en": "Sample Ride",
    "place_zh": "示例绿道",
    "place_en": "Greenway",
}
COUNTING = {
    "mode_metro": "on", "mode_car": "on", "first": "car", "default_km": "23", "most_km": "100", "on_meals_mixed": "on",
    "qty_meals_mixed": "1",
}  # fmt: skip
PAYING = {"payer": "gift", "programme": "CDCER", "amount": "cover", "each_kg": "20", "people": "300"}


def days() -> dict[str, str]:
    today = beijing_day(utc_now())
    return {"starts_on": today.isoformat(), "ends_on": (today + timedelta(days=1)).isoformat()}


async def union() -> UUID:
    return await verified(Text(zh="示例工会", en="Sample Union"))


async def save(caller: Caller, address: str, typed: dict[str, str], going: str = "next") -> Any:
    page = await caller.get(address)
    assert page.status_code == 200, page.text
    return await caller.post(address, data=fields(page.text) | typed | {"do": going})


async def begun(caller: Caller, **typed: str) -> str:
    """The address of a draft with a first step."""
    answer = await save(caller, f"{LIST}/new", KIND | days() | typed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rsplit("/", 1)[0]


async def filled(caller: Caller, **paying: str) -> str:
    draft = await begun(caller)
    for step, typed, onward in (("counting", COUNTING, "paying"), ("paying", PAYING | paying, "review")):
        answer = await save(caller, f"{draft}/{step}", typed)
        assert answer.headers["location"] == f"{draft}/{onward}", answer.text
    return draft


async def test_four_steps_lead_from_nothing_to_a_scene_that_opens(door: Door, platform: Platform) -> None:
    own = await union()
    async with await platform.come(Role.SPONSOR, organisation_id=own) as organiser:
        assert "还没有场景" in (await organiser.get("/organiser")).text
        assert f'href="{LIST}/new"' in (await organiser.get(LIST)).text
        draft = await filled(organiser)
        review = (await organiser.get(f"{draft}/review")).text
        for told in ("示例骑行日", "Sample Ride", "Greenway", "Metro", "300", "20.0"):
            assert told in review, told
        assert " disabled>" not in review
        sent = await save(organiser, f"{draft}/review", {})
        assert (sent.status_code, sent.headers["location"]) == (303, f"{draft}/review")
        assert "正在等平台复核" in (await organiser.get(f"{draft}/review")).text
        code = await fetch_value("SELECT code FROM scenario WHERE organisation_id = $1", own)
        assert (await organiser.get(f"/s/{code}")).status_code == 404

        async with await platform.come(Role.REVIEWER) as reviewer:
            inbox = await reviewer.get("/operator/inbox")
            (approval,) = set(re.findall(r"/operator/inbox/([0-9a-f-]{36})", inbox.text)) or {""}
            one = await reviewer.get(f"/operator/inbox/{approval}")
            assert "示例绿道 / Greenway" in one.text
            agreed = await reviewer.post(f"/operator/inbox/{approval}/approve", data=fields(one.text))
            assert agreed.status_code == 303, agreed.text
        page = await organiser.get(f"/s/{code}")
        assert page.status_code == 200
        assert "示例绿道" in page.text
        after = (await organiser.get(f"{draft}/review")).text
        assert f"/organiser/{code}/print/poster.pdf" in after
        assert f"/organiser/{code}/gift" in after
        assert (await organiser.get(f"{draft}/kind")).status_code == 303
        assert "已开放" in (await organiser.get(LIST)).text


async def test_the_gift_is_set_up_once_and_follows_what_is_put_forward_again(door: Door, platform: Platform) -> None:
    own = await union()
    async with await platform.come(Role.SPONSOR, organisation_id=own) as organiser:
        draft = await filled(organiser)
        for _ in range(2):
            assert (await save(organiser, f"{draft}/review", {})).status_code == 303
        (campaign,) = await gifts.campaigns_of(sponsors=[own])
        begins, ends = campaign.starts_at, campaign.ends_at
        assert (campaign.each_g, campaign.state.value, ends - begins) == (20_000, "draft", timedelta(days=2))
        await save(organiser, f"{draft}/paying", PAYING | {"each_kg": "12.5", "delivers": "account"})
        assert '<option value="account" selected>' in (await organiser.get(f"{draft}/paying")).text
        assert "提交之后又改过" in (await organiser.get(f"{draft}/review")).text
        assert (await save(organiser, f"{draft}/review", {})).status_code == 303
        (campaign,) = await gifts.campaigns_of(sponsors=[own])
        assert (campaign.each_g, campaign.delivers.value) == (12_500, "account")


async def test_what_does_not_fit_comes_back_at_its_field_and_the_rest_is_saved(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await begun(organiser)
        wrong = COUNTING | {"default_km": "很远", "qty_meals_mixed": "-3"}
        answer = await save(organiser, f"{draft}/counting", wrong)
        assert answer.status_code == 422
        assert 'value="很远"' in answer.text
        assert 'value="-3"' in answer.text
        assert "请填 1 到 20,000 的整数" in answer.text.replace("\u2068", "").replace("\u2069", "")
        assert "请填大于 0 的数" in answer.text
        again = (await organiser.get(f"{draft}/counting")).text
        assert 'name="most_km" value="100"' in again
        late = await save(organiser, f"{draft}/kind", KIND | days() | {"ends_on": "2020-01-01", "title_en": ""})
        assert late.status_code == 422
        assert "结束早于开始" in late.text
        assert "请写英文名称" in late.text


async def test_a_step_back_saves_and_a_half_filled_step_is_kept(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await begun(organiser)
        back = await save(organiser, f"{draft}/counting", {"mode_bus": "on"}, "back")
        assert back.headers["location"] == f"{draft}/kind"
        kept = await save(organiser, f"{draft}/kind", KIND | {"title_zh": "改名"}, "keep")
        assert kept.status_code == 200
        assert 'value="改名"' in (await organiser.get(f"{draft}/kind")).text
        assert 'name="mode_bus" checked' in (await organiser.get(f"{draft}/counting")).text


async def test_a_template_fills_in_what_may_be_changed_and_the_example_is_exact(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await begun(organiser)
        page = await organiser.get(f"{draft}/counting")
        await organiser.post(f"{draft}/counting", data=fields(page.text) | {"template": "race"})
        page = (await organiser.get(f"{draft}/counting")).text
        assert 'name="on_clothes_tshirt" checked' in page
        # Metro 2 × 15 km, a mixed meal 2 237 g, a T-shirt 5 200 g, half a litre of water 160 g; ADEME and others, 2025.1.
        assert "2.236667" in page
        assert "ADEME" in page
        trip = int(re.search(r"即 ?[\u2068]?([0-9,]+)[\u2069]? 克", page)[1].replace(",", ""))  # type: ignore[index]
        assert trip == sum(int(g.replace(",", "")) for g in re.findall(r'<b class="n">([0-9,]+) g</b>', page))
        assert (await save(organiser, f"{draft}/counting", {"template": ""})).status_code == 422
        for template in ("race", "meeting", "show", "fair", "blank"):
            page = (await organiser.get(f"{draft}/counting")).text
            await organiser.post(f"{draft}/counting", data=fields(page) | {"template": template})
            page = (await organiser.get(f"{draft}/counting")).text
            chosen = dict.fromkeys(re.findall(r'name="((?:mode|on)_[a-z_]+)" checked', page), "on")
            typed = dict(re.findall(r'name="(default_km|most_km|qty_[a-z_]+)" value="([^"]*)"', page))
            onward = await organiser.post(f"{draft}/counting", data=fields(page) | chosen | typed | {"do": "next"})
            assert onward.headers.get("location") == f"{draft}/paying", template


async def test_the_hosts_own_figure_is_computed_to_the_gram_and_kept(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await begun(organiser)
        said = {
            "attendees": "300", "days": "1", "electricity_kwh": "1200", "room_nights": "20", "meals_mixed": "300",
            "travel_1_mode": "car", "travel_1_people": "100", "travel_1_km_each_way": "20",
            "reason_waste": "由场馆统一处理",
        }  # fmt: skip
        answer = await save(organiser, f"{draft}/host", said)
        assert answer.headers["location"] == f"{draft}/counting"
        # 187 680 + 2 × 391 340 (there and back) … the calculator's own tests have each line by hand.
        host = (await organiser.get(f"{draft}/host")).text
        grams = [int(g.replace(",", "")) for g in re.findall(r'<b class="n">([0-9,]+) g</b>', host)]
        assert grams[0] == 187_680
        told = int(re.search(r"即 ?[\u2068]?([0-9,]+)[\u2069]? 克", host)[1].replace(",", ""))  # type: ignore[index]
        assert told == sum(grams)
        assert 'value="由场馆统一处理"' in host
        wrong = await save(organiser, f"{draft}/host", said | {"travel_1_people": "9000", "meals_mixed": "300"})
        assert wrong.status_code == 422
        assert 'name="travel_1_people" value="9000"' in wrong.text
        assert 'aria-describedby="fault-travel_1_people"' in wrong.text
        assert f"{told:,}" in (await organiser.get(f"{draft}/review")).text


async def test_the_preview_is_the_real_page_for_its_own_people_in_a_frame_of_ours(
    door: Door, platform: Platform
) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await filled(organiser)
        shown = await organiser.get(f"{draft}/preview?framed=1&in=en")
        assert shown.status_code == 200
        assert "Sample Ride" in shown.text
        assert "Preview" in shown.text
        assert " inert" in shown.text
        assert "<script" not in shown.text
        policy = shown.headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        assert "script-src 'none'" in policy
        assert shown.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
        page = await organiser.get(f"{draft}/kind")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers.get_list("x-frame-options") == ["DENY"]
        async with await platform.come(Role.SPONSOR, organisation_id=await union()) as stranger:
            for step in ("preview", "kind", "review"):
                assert (await stranger.get(f"{draft}/{step}")).status_code == 404
        async with await platform.come(Role.OPERATOR, Role.REVIEWER) as staff:
            assert (await staff.get(f"{draft}/preview")).status_code == 404


async def test_a_draft_that_changed_elsewhere_is_not_overwritten_unseen(door: Door, platform: Platform) -> None:
    own = await union()
    async with (
        await platform.come(Role.SPONSOR, organisation_id=own) as organiser,
        await platform.come(Role.SPONSOR, organisation_id=own) as colleague,
    ):
        draft = await begun(organiser)
        page = await organiser.get(f"{draft}/kind")
        await save(colleague, f"{draft}/kind", KIND | days() | {"title_zh": "同事的名称"})
        late = await organiser.post(
            f"{draft}/kind", data=fields(page.text) | KIND | days() | {"title_zh": "我的名称", "do": "next"}
        )
        assert late.status_code == 409
        assert "在别处改过了" in late.text
        assert 'value="我的名称"' in late.text
        assert 'value="同事的名称"' in (await organiser.get(f"{draft}/kind")).text
        seen = await organiser.post(
            f"{draft}/kind", data=fields(late.text) | KIND | days() | {"title_zh": "我的名称", "do": "next"}
        )
        assert seen.status_code == 303


async def test_a_discarded_draft_can_be_taken_up_again_from_the_list(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await begun(organiser)
        page = await organiser.get(LIST)
        gone = await organiser.post(f"{draft}/discard", data=fields(page.text))
        assert gone.headers["location"].startswith(f"{LIST}?discarded=sdr_")
        after = await organiser.get(gone.headers["location"])
        assert "示例骑行日" not in after.text
        assert "撤销" in after.text
        assert (await organiser.get(f"{draft}/kind")).status_code == 404
        back = await organiser.post(f"{draft}/restore", data=fields(after.text))
        assert back.status_code == 303
        assert "示例骑行日" in (await organiser.get(LIST)).text


async def test_two_taps_on_the_first_step_make_one_draft(door: Door, platform: Platform) -> None:
    own = await union()
    async with await platform.come(Role.SPONSOR, organisation_id=own) as organiser:
        page = await organiser.get(f"{LIST}/new")
        for _ in range(2):
            sent = await organiser.post(f"{LIST}/new", data=fields(page.text) | KIND | days() | {"do": "next"})
            assert sent.status_code == 303
        assert await fetch_value("SELECT count(*) FROM scene_draft WHERE organisation_id = $1", own) == 1


async def test_a_first_step_that_a_script_saved_already_takes_what_was_typed_since(
    door: Door, platform: Platform
) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        page = await organiser.get(f"{LIST}/new")
        form = fields(page.text) | KIND | days()
        await organiser.post(f"{LIST}/new", data=form | {"title_zh": "骑", "do": "keep"})
        sent = await organiser.post(f"{LIST}/new", data=form | {"do": "next"})
        draft = sent.headers["location"].rsplit("/", 1)[0]
        assert 'value="示例骑行日"' in (await organiser.get(f"{draft}/kind")).text


async def test_an_organisation_that_is_not_verified_is_told_so_and_keeps_its_draft(
    door: Door, platform: Platform
) -> None:
    own = await organisation("示例新机构")
    async with await platform.come(Role.SPONSOR, organisation_id=own) as organiser:
        draft = await filled(organiser)
        review = await organiser.get(f"{draft}/review")
        assert "机构还没有核验" in review.text
        assert " disabled>" in review.text
        sent = await organiser.post(f"{draft}/review", data=fields(review.text))
        assert sent.status_code == 409
        assert "核验之后再来提交" in sent.text


async def test_a_half_filled_draft_is_not_put_forward(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        draft = await begun(organiser)
        review = await organiser.get(f"{draft}/review")
        assert "至少选一种出行方式" in review.text
        sent = await organiser.post(f"{draft}/review", data=fields(review.text))
        assert sent.status_code == 400
        assert await fetch("SELECT id FROM scenario WHERE title_zh = '示例骑行日'") == []


async def test_names_that_no_paper_shows_are_named_at_their_field(door: Door, platform: Platform) -> None:
    async with await platform.come(Role.SPONSOR, organisation_id=await union()) as organiser:
        answer = await save(organiser, f"{LIST}/new", KIND | days() | {"title_zh": "骑行\u202e日"})
        assert answer.status_code == 422
        assert "含有不能显示的字符" in answer.text
        long = await save(organiser, f"{LIST}/new", KIND | days() | {"title_zh": "长" * 81})
        assert "最多" in long.text
        hostile = "<script>alert(1)</script>"
        shown = await begun(organiser, title_zh=hostile, title_en=hostile)
        for step in ("kind", "counting", "paying", "review", "preview"):
            assert hostile not in (await organiser.get(f"{shown}/{step}")).text


async def test_the_same_draft_by_json(door: Door) -> None:
    own = await union()
    async with door.operator(own, Role.SPONSOR) as caller:
        form = {"organisation": ids.public("org", own), "kind": "event", "title_zh": "示例骑行日"}
        once = {"idempotency-key": uuid4().hex}
        made = await caller.post("/api/v1/scene-drafts", json=form, headers=once)
        assert made.status_code == 201, made.text
        assert (await caller.post("/api/v1/scene-drafts", json=form, headers=once)).json() == made.json()
        one = made.json()
        assert "/title_en" in {each["field"] for each in one["missing"]}
        here = f"/api/v1/scene-drafts/{one['id']}"
        today = days()
        changed = await caller.patch(
            here,
            json={
                "revision": 1, "title_en": "Sample Ride", **today, "modes": ["metro", "car"], "default_km": 23,
                "most_km": 100, "activities": {"meals_mixed": "1"}, "event": {"attendees": 300, "electricity_kwh": "1200"},
                "payer": "visitors",
            },
        )  # fmt: skip
        assert changed.status_code == 200, changed.text
        told = changed.json()
        assert (told["missing"], told["host_grams"], told["content"]["title_zh"]) == ([], 187_680, "示例骑行日")
        assert told["example_grams"] == 1_984 + 2_237  # 46 km × 0.04313 kg, and one mixed meal
        stale = await caller.patch(here, json={"revision": 1, "title_en": "Other"})
        assert (stale.status_code, stale.json()["code"]) == (409, "SCENARIO_DRAFT_CHANGED")
        wrong = await caller.patch(here, json={"revision": 2, "modes": ["rocket"]})
        assert (wrong.status_code, wrong.json()["detail"]["field"]) == (400, "/modes")
        assert (await caller.get(here)).json() == told
        sent = await caller.post(f"{here}/propose", json={"revision": 2})
        assert (sent.status_code, sent.json()["state"]) == (200, "waiting")
        assert (await caller.post(f"{here}/propose", json={"revision": 2})).json() == sent.json()
        assert (await caller.delete(here)).json()["code"] == "SCENARIO_DRAFT_WAITS"
        assert [each["id"] for each in (await caller.get("/api/v1/scene-drafts")).json()["drafts"]] == [one["id"]]
        async with door.operator(await union(), Role.SPONSOR) as stranger:
            assert (await stranger.get(here)).status_code == 404
            foreign = await stranger.post("/api/v1/scene-drafts", json=form, headers={"idempotency-key": uuid4().hex})
            assert (foreign.status_code, foreign.json()["detail"]["field"]) == (403, "/organisation")


async def test_a_draft_is_discarded_and_restored_by_json(door: Door) -> None:
    own = await union()
    async with door.operator(own, Role.SPONSOR) as caller:
        made = await caller.post(
            "/api/v1/scene-drafts",
            json={"organisation": ids.public("org", own)},
            headers={"idempotency-key": uuid4().hex},
        )
        here = f"/api/v1/scene-drafts/{made.json()['id']}"
        assert (await caller.delete(here)).status_code == 204
        assert (await caller.get(here)).json()["code"] == "SCENARIO_DRAFT_UNKNOWN"
        assert (await caller.post(f"{here}/restore")).json()["revision"] == 1


@pytest.mark.parametrize("address", [LIST, f"{LIST}/new"])
async def test_whoever_sets_up_no_scenes_begins_none(door: Door, platform: Platform, address: str) -> None:
    async with await platform.come(Role.FINANCE, organisation_id=await union()) as clerk:
        answer = await clerk.get(address)
        assert answer.status_code == (200 if address == LIST else 403)
        assert f'href="{LIST}/new"' not in answer.text
