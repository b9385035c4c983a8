"""A scene is opened by two people: one who looks after it asks, a reviewer of the platform who is not of it agrees."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app import scenarios
from app.foundation import approvals, identity
from app.foundation.approvals import Proposal
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch, fetch_one, fetch_value, transaction
from app.kernel.clock import beijing_day
from app.kernel.ids import uuid7
from app.kernel.text import Text
from app.scenarios import Draft, Group, Layers, ScenarioKind, Setup
from app.views import inbox
from tests.conftest import Stand
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, connected
from tests.staff import join, member, opened_draft, staff, verified


def today() -> date:
    """Of the test: midnight may come in the middle of a run."""
    return beijing_day(datetime.now(UTC))


async def _refused(act: Any) -> str | None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the refusal's name is what is looked at
        await act
    return constraint(caught.value)


async def _union() -> UUID:
    return await verified(Text(zh="示例工会", en="Sample Union"))


def _draft(organiser: UUID | None, *, code: str = "H7QP30") -> Draft:
    return Draft(
        kind=ScenarioKind.EVENT, title=Text(zh="示例职工欢乐跑", en="Sample Fun Run"),
        organiser=Text(zh="示例工会", en="Sample Union"), organisation_id=organiser, starts_on=today(), ends_on=today(),
        setup=Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}, extras_text=Text(zh="午餐 1 份", en="1 lunch")),
        code=code,
    )  # fmt: skip


async def _is_open(organiser: UUID) -> bool:
    """By its code, in the public list and in its organiser's: the three say the same."""
    listed = bool(await scenarios.live(limit=5, today=today()))
    told, _ = await scenarios.count_told(today=today())
    assert listed is bool(told) is bool(await scenarios.of_organisations([organiser], today=today()))
    try:
        await scenarios.open_scene("H7QP30", today=today())
    except scenarios.ScenarioUnknown:
        assert not listed
    else:
        assert listed
    return listed


async def test_a_sponsor_asks_and_nobody_enters_before_a_reviewer_agrees(database: Stand) -> None:
    union = await _union()
    sponsor, reviewer = await member(union, Role.SPONSOR), await staff(Role.REVIEWER)
    id_ = await scenarios.draft(_draft(union))

    proposed = await scenarios.propose(id_, by=sponsor)
    assert (await scenarios.propose(id_, by=sponsor)).id == proposed.id
    assert (await scenarios.propose(id_, by=await staff(Role.OPERATOR))).id == proposed.id
    assert not await _is_open(union)
    assert proposed.said() == {
        "applicant": str(union), "code": "H7QP30", "kind": "event", "starts_on": str(today()), "ends_on": str(today()),
        "title": {"zh": "示例职工欢乐跑", "en": "Sample Fun Run"}, "organiser": {"zh": "示例工会", "en": "Sample Union"},
        "setup": {
            "modes": ["metro", "car"], "default_km": 10, "most_km": 100, "round_trip": True, "programme": "CDCER",
            "extras": {"meals_mixed": "1"}, "extras_text": {"zh": "午餐 1 份", "en": "1 lunch"}, "step_g": 1,
            "province": "510000", "place": {"zh": "", "en": ""}, "layers": None,
        },
    }  # fmt: skip

    assert await scenarios.approve(proposed.id, seen=proposed.sha256, by=reviewer) == "H7QP30"
    assert await _is_open(union)
    row = await fetch_one("SELECT approval_id FROM scenario WHERE id = $1", id_)
    assert row is not None and row["approval_id"] == proposed.id
    with pytest.raises(scenarios.ScenarioPublished):
        await scenarios.propose(id_, by=sponsor)


def _layers(**changed: Any) -> Layers:
    """Runners and the venue are the organiser's; spectators answer for themselves."""
    plain = Layers(
        groups=(
            Group(code="runners", name=Text(zh="参赛者", en="Runners"), emission_g=21_500_000),
            Group(code="venue", name=Text(zh="场地", en="Venue"), emission_g=3_600_000),
            Group(code="guests", name=Text(zh="观众", en="Spectators")),
        ),
        default_group="guests",
        organiser_covers=("runners", "venue"),
        source=Text(zh="活动计算器", en="Event calculator"),
    )
    return replace(plain, **changed)


def _grouped(organiser: UUID, layers: Layers) -> Draft:
    plain = _draft(organiser)
    return replace(plain, setup=replace(plain.setup, layers=layers))


async def test_the_groups_of_a_scene_are_agreed_to_with_it_told_in_words_and_stay(database: Stand) -> None:
    union = await _union()
    id_ = await scenarios.draft(_grouped(union, _layers()))
    proposed = await scenarios.propose(id_, by=await member(union, Role.SPONSOR))
    told = {line.label.en: line.value.en for line in inbox.describe(proposed).said.lines}
    assert told["Group: Runners"] == "the organiser answers for it, 21,500,000 g stated"
    assert told["Group: Spectators"] == "each answers for themselves, whoever says nothing else"
    assert told["Source of the emissions"] == "Event calculator"

    await scenarios.redraft(id_, _grouped(union, _layers(organiser_covers=("runners", "venue", "guests"))))
    with pytest.raises(scenarios.ScenarioChanged):  # another group is another agreement
        await scenarios.approve(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))
    await scenarios.redraft(id_, _grouped(union, _layers()))
    await scenarios.approve(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))
    scene = await scenarios.open_scene("H7QP30", today=today())
    assert scene.setup is not None and scene.setup.layers == _layers()
    assert scene.setup.layers.stated_g == 25_100_000
    changing = 'UPDATE scenario SET setup = jsonb_set(setup, \'{layers,organiser_covers}\', \'["runners", "venue", "guests"]\')'
    assert await _refused(as_owner(changing)) == "scenario_two_people"


@pytest.mark.parametrize(
    "changed",
    [
        {"default_group": "staff"},
        {"organiser_covers": ("staff",)},
        {"organiser_covers": ("venue",)},  # the runners' figure is then nobody's
        {"groups": ()},
        {"groups": (_layers().groups[2], _layers().groups[2])},
        {"groups": (Group(code="Guests", name=Text(zh="观众", en="Spectators")),)},
    ],
)
async def test_groups_that_cannot_be_are_refused_in_words_and_by_postgresql(
    database: Stand, changed: dict[str, Any]
) -> None:
    union = await _union()
    with pytest.raises(scenarios.GroupsUnfit):
        await scenarios.draft(_grouped(union, _layers(**changed)))
    await scenarios.draft(_grouped(union, _layers()))
    written = msgspec.json.encode(_grouped(union, _layers(**changed)).setup).decode()
    assert await _refused(fetch("UPDATE scenario SET setup = $1", written)) == "scenario_layers_check"


async def test_who_looks_after_nothing_there_asks_for_nothing_even_by_sql(database: Stand) -> None:
    union, other = await _union(), await verified(Text(zh="别家", en="Others"))
    id_ = await scenarios.draft(_draft(union))
    operator = await staff(Role.OPERATOR)
    payload = (await scenarios.propose(id_, by=operator)).said()
    await as_owner("DELETE FROM membership WHERE person_id = $1", operator)

    for stranger in (await member(other, Role.SPONSOR), await member(union, Role.FINANCE), await staff(Role.REVIEWER)):
        with pytest.raises(identity.RoleMissing):
            await scenarios.propose(id_, by=stranger)
        with pytest.raises(approvals.ApprovalRoleMissing):
            async with transaction() as tx:
                await approvals.propose("scene", Proposal(subject="x", payload=payload), by=stranger, tx=tx)


async def test_a_scene_without_an_organiser_is_asked_for_by_operators_alone(database: Stand) -> None:
    sponsor = await member(await _union(), Role.SPONSOR)
    id_ = await scenarios.draft(_draft(None))

    with pytest.raises(identity.RoleMissing):
        await scenarios.propose(id_, by=sponsor)
    with pytest.raises(approvals.ApprovalRoleMissing):
        async with transaction() as tx:
            await approvals.propose("scene", Proposal(subject="x", payload={"applicant": None}), by=sponsor, tx=tx)
    assert await opened_draft(id_) == "H7QP30"


async def test_nobody_of_the_organiser_agrees_and_not_who_asked(database: Stand) -> None:
    union, house = await _union(), await staff(Role.OPERATOR)
    both, theirs = await staff(Role.OPERATOR, Role.REVIEWER), await staff(Role.REVIEWER)
    await join(theirs, union, Role.FINANCE)
    proposed = await scenarios.propose(await scenarios.draft(_draft(union)), by=both)

    with pytest.raises(approvals.SamePerson):
        await scenarios.approve(proposed.id, seen=proposed.sha256, by=both)
    with pytest.raises(approvals.DeciderInterested):
        await scenarios.approve(proposed.id, seen=proposed.sha256, by=theirs)
    with pytest.raises(approvals.ApprovalRoleMissing):
        await scenarios.approve(proposed.id, seen=proposed.sha256, by=house)
    assert not await _is_open(union)


async def test_nothing_opens_of_a_sponsor_whose_role_was_withdrawn(database: Stand) -> None:
    union = await _union()
    sponsor, reviewer = await member(union, Role.SPONSOR), await staff(Role.REVIEWER)
    proposed = await scenarios.propose(await scenarios.draft(_draft(union)), by=sponsor)
    await as_owner("DELETE FROM membership WHERE person_id = $1", sponsor)

    with pytest.raises(approvals.ApprovalRoleMissing):
        await scenarios.approve(proposed.id, seen=proposed.sha256, by=reviewer)
    assert not await _is_open(union)


async def test_a_draft_that_was_sent_back_is_written_anew_and_proposed_again(database: Stand) -> None:
    union, reviewer = await _union(), await staff(Role.REVIEWER)
    sponsor = await member(union, Role.SPONSOR)
    id_ = await scenarios.draft(_draft(union))
    first = await scenarios.propose(id_, by=sponsor)
    await inbox.send_back(first.id, reason="日期不对", seen=first.sha256, by=reviewer)

    await scenarios.redraft(id_, replace(_draft(union), title=Text(zh="示例健步走", en="Sample walk")))
    second = await scenarios.propose(id_, by=sponsor)
    await scenarios.approve(second.id, seen=second.sha256, by=reviewer)

    assert (await scenarios.open_scene("H7QP30", today=today())).title.zh == "示例健步走"
    with pytest.raises(scenarios.ScenarioUnknown):
        await scenarios.redraft(id_, _draft(union))


async def test_what_was_written_anew_while_it_waited_is_not_opened_and_its_maker_replaces_it(database: Stand) -> None:
    union, reviewer = await _union(), await staff(Role.REVIEWER)
    sponsor = await member(union, Role.SPONSOR)
    id_ = await scenarios.draft(_draft(union))
    first = await scenarios.propose(id_, by=sponsor)
    await scenarios.redraft(id_, replace(_draft(union), title=Text(zh="另一题", en="Another")))

    with pytest.raises(scenarios.ScenarioChanged):
        await scenarios.approve(first.id, seen=first.sha256, by=reviewer)
    assert (await approvals.find(first.id)).state is approvals.State.PROPOSED
    with pytest.raises(approvals.NotTheMaker):
        await scenarios.propose(id_, by=await staff(Role.OPERATOR))
    second = await scenarios.propose(id_, by=sponsor)
    assert (await approvals.find(first.id)).superseded_by == second.id


async def test_postgresql_opens_no_scene_that_nobody_agreed_to_whoever_writes(database: Stand) -> None:
    union = await _union()
    id_ = await scenarios.draft(_draft(union))
    proposed = await scenarios.propose(id_, by=await member(union, Role.SPONSOR))
    opening = "UPDATE scenario SET state = 'published', approval_id = $2 WHERE id = $1 RETURNING id"

    for write in (fetch, as_owner):
        assert await _refused(write(opening, id_, None)) == "scenario_approved_check"
        assert await _refused(write(opening, id_, proposed.id)) == "scenario_approval_fkey"
        assert await _refused(write(opening, id_, uuid7())) == "scenario_approval_fkey"
    other = await as_owner("SELECT approvals.found('lot', 'x', '{}')")
    assert await _refused(as_owner(opening, id_, other)) == "scenario_approval_fkey"
    await scenarios.redraft(id_, replace(_draft(union), title=Text(zh="另一题", en="Another")))
    await scenarios.redraft(id_, _draft(union))  # as it was proposed
    assert await scenarios.approve(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER)) == "H7QP30"


async def test_what_two_people_agreed_to_stays_and_a_scene_goes_one_way(database: Stand) -> None:
    union = await _union()
    id_ = await scenarios.draft(_draft(union))
    await opened_draft(id_)

    for change in ("title_zh = 'x'", "ends_on = ends_on + 1", "setup = '{}'", "organisation_id = NULL"):
        sql = f"UPDATE scenario SET {change} WHERE id = $1 RETURNING id"
        assert await _refused(as_owner(sql, id_)) == "scenario_two_people"
    for change in ("state = 'draft', approval_id = NULL", "code = 'H7QP31'"):
        sql = f"UPDATE scenario SET {change} WHERE id = $1 RETURNING id"
        assert await _refused(as_owner(sql, id_)) == "scenario_step_check"
    await scenarios.close(id_, by=await staff(Role.OPERATOR))
    sql = "UPDATE scenario SET state = 'published' WHERE id = $1 RETURNING id"
    assert await _refused(fetch(sql, id_)) == "scenario_step_check"


async def test_the_proof_names_a_scene_that_nobody_agreed_to_and_an_approval_that_opened_none(database: Stand) -> None:
    await opened_draft(await scenarios.draft(_draft(await _union())))
    approval_id = await fetch_value("SELECT approval_id FROM scenario")
    proof = "SELECT ok, detail FROM books.prove_approvals()"
    assert (await fetch_one(proof))["ok"]  # type: ignore[index]

    async with connected(database.super_url) as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "ALTER TABLE scenario DROP CONSTRAINT scenario_approved_check; UPDATE scenario SET approval_id = NULL"
        )
        said = await connection.fetchrow(proof)
        assert said["detail"] == [f"scene {approval_id} is approved, and has 0 effects"]
        strange = uuid7()
        await connection.execute("UPDATE scenario SET approval_id = $1", strange)
        said = await connection.fetchrow(proof)
        assert f"scene {strange} has an effect, and nobody approved it" in said["detail"]
        await connection.execute("ROLLBACK; BEGIN")


async def test_the_inbox_says_in_both_languages_what_becomes_public(database: Stand) -> None:
    proposed = await scenarios.propose(await scenarios.draft(_draft(await _union())), by=await staff(Role.OPERATOR))
    reviewer = await staff(Role.REVIEWER)
    assert [item.approval.id for item in (await inbox.look(reviewer)).mine] == [proposed.id]

    said = (await inbox.open_one(proposed.id, reviewer, keyring=KEYRING)).item.said
    zh = {line.label.zh: line.value.zh for line in said.lines}
    en = {line.label.en: line.value.en for line in said.lines}
    assert (said.title.zh, said.title.en) == ("发布场景 示例职工欢乐跑", "Publish Sample Fun Run")
    assert (zh["场景码"], zh["出行方式"], zh["另计"], zh["类型"]) == ("H7QP30", "地铁、自驾", "午餐 1 份", "活动")
    assert (en["Ways"], en["One way"], en["Days"]) == ("Metro, Car", "10 – 100 km", f"{today()} – {today()}")
    assert (await inbox.approve(proposed.id, seen=proposed.sha256, typed="", by=reviewer)).state.value == "approved"
    assert (await scenarios.open_scene("H7QP30", today=today())).code == "H7QP30"
