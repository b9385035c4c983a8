"""A draft is saved by whoever looks after its organiser's scenes, once for every revision, and becomes one scene."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from app import scenarios
from app.foundation import approvals
from app.foundation.approvals import NotTheMaker
from app.foundation.identity import Role, RoleMissing
from app.gateways.database import constraint, fetch, fetch_value
from app.kernel.clock import beijing_day
from app.kernel.ids import uuid7
from app.kernel.text import Text
from app.scenarios import (
    Draft,
    DraftState,
    OrganiserUnverified,
    ScenarioKind,
    ScenarioPublished,
    SceneDraftChanged,
    SceneDraftsTooMany,
    SceneDraftTooLarge,
    SceneDraftUnknown,
    SceneDraftWaits,
    Setup,
)
from app.scenarios.keeping import DRAFTS_MOST
from tests.conftest import Stand
from tests.owning import as_owner
from tests.rooms.conftest import organisation
from tests.staff import member, staff, verified


def today() -> date:
    """Of the test: midnight may come in the middle of a run."""
    return beijing_day(datetime.now(UTC))


async def _union() -> UUID:
    return await verified(Text(zh="示例工会", en="Sample Union"))


def _scene(organiser: UUID, title: str = "示例职工欢乐跑") -> Draft:
    return Draft(
        kind=ScenarioKind.EVENT, title=Text(zh=title, en="Sample Run"), organiser=Text(zh="示例工会", en="Sample Union"),
        organisation_id=organiser, starts_on=today(), ends_on=today(), setup=Setup(modes=("metro",)),
    )  # fmt: skip


async def _state(draft_id: UUID, by: UUID) -> DraftState:
    return (await scenarios.find_kept(draft_id, by=by, today=today())).state


async def test_what_was_filled_in_is_there_for_a_colleague_and_for_nobody_else(database: Stand) -> None:
    union = await _union()
    sponsor, colleague = await member(union, Role.SPONSOR), await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {"title_zh": "跑"}, by=sponsor)
    kept = await scenarios.find_kept(draft_id, by=colleague, today=today())
    assert (kept.content, kept.revision, kept.state) == ({"title_zh": "跑"}, 1, DraftState.DRAFT)
    assert await scenarios.keep(draft_id, {"title_zh": "步"}, revision=1, by=colleague) == 2
    assert [one.content for one in await scenarios.kept_of([union], today=today())] == [{"title_zh": "步"}]
    stranger = await member(await verified(Text(zh="别的工会", en="Other Union")), Role.SPONSOR)
    with pytest.raises(SceneDraftUnknown):
        await scenarios.find_kept(draft_id, by=stranger, today=today())
    with pytest.raises(RoleMissing):
        await scenarios.find_kept(draft_id, by=await member(union, Role.FINANCE), today=today())
    with pytest.raises(RoleMissing):
        await scenarios.begin(union, {}, by=stranger)


async def test_of_two_who_save_at_once_the_second_is_told(database: Stand) -> None:
    union = await _union()
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {}, by=sponsor)
    saved = await asyncio.gather(
        *(scenarios.keep(draft_id, {"n": n}, revision=1, by=sponsor) for n in range(6)), return_exceptions=True
    )
    assert sorted(str(type(one).__name__) for one in saved) == ["SceneDraftChanged"] * 5 + ["int"]
    assert (await scenarios.find_kept(draft_id, by=sponsor, today=today())).revision == 2


async def test_the_same_again_is_no_new_revision(database: Stand) -> None:
    union = await _union()
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {"a": "1"}, by=sponsor)
    assert await scenarios.keep(draft_id, {"a": "1"}, revision=1, by=sponsor) == 1
    assert await scenarios.begin(union, {"a": "2"}, by=sponsor, draft_id=draft_id) == draft_id
    assert (await scenarios.find_kept(draft_id, by=sponsor, today=today())).content == {"a": "1"}


async def test_a_discarded_draft_is_gone_and_can_be_taken_up_again(database: Stand) -> None:
    union = await _union()
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {}, by=sponsor)
    await scenarios.discard(draft_id, by=sponsor)
    await scenarios.discard(draft_id, by=sponsor)
    assert await scenarios.kept_of([union], today=today()) == []
    with pytest.raises(SceneDraftUnknown):
        await scenarios.keep(draft_id, {"a": 1}, revision=1, by=sponsor)
    await scenarios.restore(draft_id, by=sponsor)
    assert await _state(draft_id, sponsor) is DraftState.DRAFT


async def test_a_draft_goes_to_the_platform_comes_back_with_a_reason_and_opens(database: Stand) -> None:
    union = await _union()
    sponsor, reviewer = await member(union, Role.SPONSOR), await staff(Role.REVIEWER)
    draft_id = await scenarios.begin(union, {"v": 1}, by=sponsor)
    scenario_id, first = await scenarios.put_forward(draft_id, _scene(union), revision=1, by=sponsor)
    assert await _state(draft_id, sponsor) is DraftState.WAITING
    assert await scenarios.put_forward(draft_id, _scene(union), revision=1, by=sponsor) == (scenario_id, first)
    with pytest.raises(SceneDraftWaits):
        await scenarios.discard(draft_id, by=sponsor)

    await scenarios.keep(draft_id, {"v": 2}, revision=1, by=sponsor)
    assert (await scenarios.find_kept(draft_id, by=sponsor, today=today())).has_changed
    _, second = await scenarios.put_forward(draft_id, _scene(union, "改过的跑"), revision=2, by=sponsor)
    assert second.id != first.id

    await approvals_send_back(second.id, reviewer)
    kept = await scenarios.find_kept(draft_id, by=sponsor, today=today())
    assert (kept.state, kept.reason) == (DraftState.RETURNED, "日期不对")
    _, third = await scenarios.put_forward(draft_id, _scene(union, "改过的跑"), revision=2, by=sponsor)
    code = await scenarios.approve(third.id, seen=third.sha256, by=reviewer)
    kept = await scenarios.find_kept(draft_id, by=sponsor, today=today())
    assert (kept.state, kept.code, kept.scenario_id) == (DraftState.OPEN, code, scenario_id)
    with pytest.raises(ScenarioPublished):
        await scenarios.keep(draft_id, {"v": 3}, revision=2, by=sponsor)
    with pytest.raises(ScenarioPublished):
        await scenarios.put_forward(draft_id, _scene(union), revision=2, by=sponsor)


async def approvals_send_back(approval_id: UUID, reviewer: UUID) -> None:
    from app.gateways.database import transaction

    one = await approvals.find(approval_id)
    async with transaction() as tx:
        await approvals.send_back(approval_id, seen=one.sha256, reason="日期不对", by=reviewer, tx=tx)


async def test_two_taps_put_one_scene_forward(database: Stand) -> None:
    union = await _union()
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {}, by=sponsor)
    both = await asyncio.gather(
        *(scenarios.put_forward(draft_id, _scene(union), revision=1, by=sponsor) for _ in range(4))
    )
    assert len({scenario_id for scenario_id, _ in both}) == 1
    assert await fetch_value("SELECT count(*) FROM scenario WHERE organisation_id = $1", union) == 1
    colleague = await member(union, Role.SPONSOR)
    await scenarios.keep(draft_id, {"v": 2}, revision=1, by=colleague)
    with pytest.raises(NotTheMaker):
        await scenarios.put_forward(draft_id, _scene(union, "别的"), revision=2, by=colleague)


async def test_an_organisation_that_is_not_verified_drafts_and_puts_nothing_forward(database: Stand) -> None:
    union = await organisation("示例新机构")
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {}, by=sponsor)
    with pytest.raises(OrganiserUnverified):
        await scenarios.put_forward(draft_id, _scene(union), revision=1, by=sponsor)
    assert await fetch_value("SELECT count(*) FROM scenario WHERE organisation_id = $1", union) == 0


async def test_somebody_whose_role_was_withdrawn_saves_and_sends_nothing_any_more(database: Stand) -> None:
    union = await _union()
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {}, by=sponsor)
    await as_owner("DELETE FROM membership WHERE person_id = $1", sponsor)
    for act in (
        scenarios.keep(draft_id, {"a": 1}, revision=1, by=sponsor),
        scenarios.discard(draft_id, by=sponsor),
        scenarios.restore(draft_id, by=sponsor),
        scenarios.put_forward(draft_id, _scene(union), revision=1, by=sponsor),
    ):
        with pytest.raises(SceneDraftUnknown):
            await act


async def test_a_draft_holds_so_much_and_an_organisation_so_many(database: Stand) -> None:
    union = await _union()
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {}, by=sponsor)
    with pytest.raises(SceneDraftTooLarge):
        await scenarios.keep(draft_id, {"a": "长" * 40_000}, revision=1, by=sponsor)
    for _ in range(DRAFTS_MOST - 1):
        await scenarios.begin(union, {}, by=sponsor)
    with pytest.raises(SceneDraftsTooMany):
        await scenarios.begin(union, {}, by=sponsor)
    await scenarios.discard(draft_id, by=sponsor)
    await scenarios.begin(union, {}, by=sponsor)


@pytest.mark.parametrize(
    ("change", "refused_by"),
    [
        ("content = '[]', revision = 2", "scene_draft_content_check"),
        ("content = '{\"a\": 1}'", "scene_draft_step_check"),
        ("revision = 5", "scene_draft_step_check"),
        ("scenario_id = gen_random_uuid(), proposed_revision = 1", "scene_draft_own_scene"),
        ("proposed_revision = 1", "scene_draft_proposed_check"),
    ],
)
async def test_postgresql_refuses_what_no_draft_becomes(database: Stand, change: str, refused_by: str) -> None:
    union = await _union()
    draft_id = await scenarios.begin(union, {}, by=await member(union, Role.SPONSOR))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the refusal's name is what is looked at
        await fetch(f"UPDATE scene_draft SET {change} WHERE id = $1", draft_id)
    assert constraint(caught.value) == refused_by


async def test_a_revision_that_nobody_has_is_refused(database: Stand) -> None:
    union = await _union()
    sponsor = await member(union, Role.SPONSOR)
    draft_id = await scenarios.begin(union, {}, by=sponsor)
    with pytest.raises(SceneDraftChanged):
        await scenarios.put_forward(draft_id, _scene(union), revision=7, by=sponsor)
    with pytest.raises(SceneDraftUnknown):
        await scenarios.put_forward(uuid7(), _scene(union), revision=1, by=sponsor)
