"""What a code opens: published scenes only, however somebody typed it; what is closed stays readable."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from app import scenarios
from app.foundation.identity import Role
from app.gateways.database import fetch, transaction
from app.kernel.clock import beijing_day
from app.kernel.text import Text
from app.scenarios import Case, Draft, Phase, ScenarioKind, Setup
from tests.conftest import Stand
from tests.flow import at_once
from tests.staff import opened_draft, staff


def today() -> date:
    """Of the test: midnight may come in the middle of a run."""
    return beijing_day(datetime.now(UTC))


SETUP = Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}, extras_text=Text(zh="午餐 1 份", en="1 lunch"))


def draft(*, code: str | None = None, starts_on: date | None = None, ends_on: date | None = None) -> Draft:
    return Draft(
        kind=ScenarioKind.EVENT,
        title=Text(zh="示例职工欢乐跑", en="Sample Fun Run"),
        organiser=Text(zh="示例工会", en="Sample Union"),
        organisation_id=None,
        starts_on=starts_on or today(),
        ends_on=ends_on or today(),
        setup=SETUP,
        code=code,
    )


async def test_a_scene_opens_for_whoever_has_its_code_once_it_is_published(database: Stand) -> None:
    id_ = await scenarios.draft(draft(code="H7QP30"))
    with pytest.raises(scenarios.ScenarioUnknown):  # a draft looks like nothing
        await scenarios.open_scene("H7QP30", today=today())
    assert await opened_draft(id_) == "H7QP30"

    scene = await scenarios.open_scene("H7QP30", today=today())
    assert (scene.id, scene.phase, scene.setup) == (id_, Phase.LIVE, SETUP)
    for typed in ("h7qp30", "H7QP3O"):  # a letter O is forgiven for a zero
        assert await scenarios.open_scene(typed, today=today()) == scene
    for nothing in ("H7QP31", "", "H7QP", "H7QP30H7QP30", "' OR 1", "二维码二维码", "\x00" * 6):
        with pytest.raises(scenarios.ScenarioUnknown):
            await scenarios.open_scene(nothing, today=today())


async def test_codes_are_drawn_by_us_unless_a_free_one_is_named(database: Stand) -> None:
    ids = [await scenarios.draft(draft()) for _ in range(5)]
    codes = {await opened_draft(id_) for id_ in ids}
    assert len(codes) == 5
    assert all(len(code) == 6 for code in codes)
    with pytest.raises(AssertionError):
        await scenarios.draft(draft(code=codes.pop()))


async def test_a_scene_is_live_on_its_days_only_and_closed_for_good(database: Stand) -> None:
    id_ = await scenarios.draft(draft(starts_on=today() - timedelta(days=1), ends_on=today() + timedelta(days=1)))
    by = await staff(Role.OPERATOR)
    code = await opened_draft(id_)
    phases = [(await scenarios.open_scene(code, today=today() + timedelta(days=days))).phase for days in (-2, -1, 1, 2)]
    assert phases == [Phase.AHEAD, Phase.LIVE, Phase.LIVE, Phase.OVER]
    assert [scene.id for scene in await scenarios.live(limit=10, today=today())] == [id_]

    for _ in range(2):
        await scenarios.close(id_, by=by)
    assert (await scenarios.open_scene(code, today=today())).phase is Phase.OVER
    assert await scenarios.live(limit=10, today=today()) == []
    with pytest.raises(scenarios.ScenarioPublished):  # it is not opened again
        await scenarios.propose(id_, by=by)


async def test_settled_retirements_add_to_the_tally_on_the_page(database: Stand) -> None:
    ids = [await scenarios.draft(draft()) for _ in range(2)]
    async with transaction() as tx:
        await scenarios.count([(ids[0], 10), (ids[1], 5), (ids[0], 7)], tx=tx)
    async with transaction() as tx:
        await scenarios.count([(ids[0], 1)], tx=tx)
        await scenarios.count([], tx=tx)
    found = await scenarios.find_many([*ids, ids[0]], today=today())
    assert {id_: (scene.retirements, scene.mass_g) for id_, scene in found.items()} == {ids[0]: (3, 18), ids[1]: (1, 5)}


async def test_a_tally_that_is_rolled_back_never_was(database: Stand) -> None:
    id_ = await scenarios.draft(draft())
    async with transaction() as tx:
        await scenarios.count([(id_, 10)], tx=tx)
        await tx.rollback()
    assert await fetch("SELECT * FROM scenario_tally") == []


async def test_a_case_of_the_report_is_imported_once_and_shows_what_was_reported(database: Stand) -> None:
    cases = [
        Case(
            number=number, name=f"示例会议 {number}", organiser="示例单位", kind=ScenarioKind.MEETING,
            printed_kind="会议", mass_g=number * 1000, month="2024-05",
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    assert [await scenarios.import_case(case) for case in cases] == [True] * 3
    assert await scenarios.import_case(cases[1]) is False

    shown = await scenarios.recent(limit=2, after=None, today=today())
    assert [(scene.reported_no, scene.mass_g, scene.phase) for scene in shown] == [
        (1, 1000, Phase.OVER),
        (2, 2000, Phase.OVER),
    ]
    assert [scene.reported_no for scene in await scenarios.recent(limit=2, after=2, today=today())] == [3]
    assert shown[0].setup is None
    assert await scenarios.live(limit=10, today=today()) == []


async def test_the_database_refuses_a_code_or_days_that_make_no_sense(database: Stand) -> None:
    with pytest.raises(IntegrityError):
        await scenarios.draft(draft(code="H7QPIL"))  # letters nobody can tell apart
    with pytest.raises(IntegrityError):
        await scenarios.draft(draft(ends_on=today() - timedelta(days=1)))


async def test_the_scene_of_personal_figures_is_written_once_by_many_who_ask_first_at_once(database: Stand) -> None:
    found = await at_once(lambda: scenarios.personal_scene(today=today()), 8)
    assert {one.id for one in found} == {scenarios.PERSONAL_ID}
