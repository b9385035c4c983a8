"""What a name may be written in is what the drawing workers told, not what a door finds on its own disk."""

import asyncio
from datetime import date

import pytest

from app import scenarios
from app.foundation import fonts, identity
from app.foundation.fonts import NotPrintable
from app.foundation.identity import OrganisationKind
from app.gateways.database import fetch
from app.kernel.clock import beijing_day, utc_now
from app.kernel.drawing.glyphs import Coverage, Face
from app.kernel.text import Text
from app.registry import credits
from app.scenarios import Draft, ScenarioKind, Setup
from tests.conftest import Stand
from tests.rooms.conftest import connected, refusal
from workers.report_fonts import report_fonts

LATIN = Coverage((Face("Latin", "1", frozenset(range(0x20, 0x180))),))
LATIN_AND_YI = Coverage((*LATIN.faces, Face("Yi", "1", frozenset(range(0xA000, 0xA4D0)))))


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def test_before_a_worker_has_told_anything_this_process_answers_by_its_own_fonts() -> None:
    assert await fonts.coverages() == []
    await fonts.demand({"/name": "王𠮷👟 محمد สมชาย श्री"})
    with pytest.raises(NotPrintable):
        await fonts.demand({"/name": "\U0001fffd"})


async def test_what_the_drawing_worker_told_decides_and_not_the_fonts_that_are_here() -> None:
    await fonts.report(LATIN)
    with pytest.raises(NotPrintable) as refused:
        await fonts.demand({"/first": "Ali", "/name": "Ali 王小ꆈ"})

    assert (refused.value.code, refused.value.field) == ("text.not_printable", "/name")
    assert "“王”（U+738B）、“小”（U+5C0F）、“ꆈ”（U+A188）" in refused.value.message().zh
    assert "“王” (U+738B), “小” (U+5C0F), “ꆈ” (U+A188)" in refused.value.message().en


async def test_of_several_workers_all_must_have_a_character_since_any_may_draw() -> None:
    await fonts.report(LATIN_AND_YI)
    await fonts.demand({"/name": "ꆈꌠ"})
    await fonts.report(LATIN)
    with pytest.raises(NotPrintable):
        await fonts.demand({"/name": "ꆈꌠ"})


async def test_fonts_of_a_worker_that_has_ended_no_longer_count_and_the_last_word_stands(database: Stand) -> None:
    await fonts.report(LATIN)
    async with connected(database.super_url) as admin:
        await admin.execute("UPDATE font_coverage SET reported_at = reported_at - interval '1 hour'")
    assert [one.coverage.digest for one in await fonts.coverages()] == [LATIN.digest]
    await fonts.report(LATIN_AND_YI)
    assert [one.coverage.digest for one in await fonts.coverages()] == [LATIN_AND_YI.digest]
    await fonts.demand({"/name": "ꆈꌠ"})


async def test_telling_the_same_again_moves_the_time_alone() -> None:
    await fonts.report(LATIN)
    (first,) = await fetch("SELECT * FROM font_coverage")
    await fonts.report(LATIN)
    (again,) = await fetch("SELECT * FROM font_coverage")
    assert (again["digest"], again["document"]) == (first["digest"], first["document"])
    assert again["reported_at"] > first["reported_at"]


async def test_the_drawing_worker_tells_at_its_start_and_ends_when_it_is_stopped() -> None:
    stop = asyncio.Event()
    telling = asyncio.create_task(report_fonts(LATIN, stop=stop))
    async with asyncio.timeout(60):
        while not await fonts.coverages():  # noqa: ASYNC110 - what is waited for stands in a table
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(telling, 60)
    assert [one.coverage for one in await fonts.coverages()] == [LATIN]


async def test_the_application_can_neither_forge_nor_change_what_a_digest_stands_for(database: Stand) -> None:
    await fonts.report(LATIN)
    async with connected(database.app_url) as app:
        for attack in (
            "UPDATE font_coverage SET document = '[]'",
            "UPDATE font_coverage SET digest = '\\x00'",
            "DELETE FROM font_coverage",
            "TRUNCATE font_coverage",
        ):
            assert await refusal(app, attack) == ("42501", None)
        forged = "INSERT INTO font_coverage (digest, document, reported_at) VALUES ('\\x00', '[]', now())"
        assert await refusal(app, forged) == ("23514", "font_coverage_digest_check")


async def test_an_organisation_and_a_scene_that_no_certificate_could_show_are_refused_by_field() -> None:
    async def enrol(zh: str, en: str) -> None:
        await identity.enrol_organisation(Text(zh=zh, en=en), kind=OrganisationKind.COMPANY, now=utc_now())

    today = beijing_day(utc_now())
    setup = Setup(modes=("metro",))
    scene = Draft(
        kind=ScenarioKind.EVENT, title=Text(zh="示例\U0001fffd", en="Run"), organiser=Text(zh="示例", en="Union"),
        organisation_id=None, starts_on=today, ends_on=today, setup=setup,
    )  # fmt: skip
    for action, field in (
        (enrol("示例\u202e公司", "Sample"), "/name_zh"),
        (enrol("示例公司", "Sample \U0001fffd"), "/name_en"),
        (scenarios.draft(scene), "/title_zh"),
    ):
        with pytest.raises(NotPrintable) as refused:
            await action
        assert refused.value.field == field
    assert not await fetch("SELECT FROM organisation")
    assert not await fetch("SELECT FROM scenario")


async def test_what_a_person_wants_to_be_called_can_be_printed() -> None:
    keyring = identity.Keyring(current="t1", keys={"t1": b"k" * 32}, index_key=b"i" * 32)
    person_id = (await identity.open_guest_session("zh", keyring=keyring, now=utc_now())).session.person_id
    with pytest.raises(NotPrintable):
        await identity.set_name(person_id, "\U0001fffd", keyring=keyring, now=utc_now())
    await identity.set_name(person_id, "王𠮷👟", keyring=keyring, now=utc_now())
    assert await identity.name_of(person_id, keyring=keyring) == "王𠮷👟"


async def test_a_lot_whose_project_no_certificate_could_show_is_not_opened() -> None:
    han = frozenset({*range(0x20, 0x180), *range(0x4E00, 0xA000)})
    await fonts.report(Coverage((Face("Han", "1", han),)))
    project = credits.NewProject(
        programme=credits.Programme.CDCER, number="CDCER-5101-001", name=Text(zh="示例ꆈ", en="Sample"),
        methodology="CDCER-01", unit_kind=credits.UnitKind.REDUCTION, place=Text(zh="示例市", en="Sample City"),
    )  # fmt: skip
    lot = credits.NewLot(
        code="CDCER-2022-0113", project=project, serial="CDCER-2022-0113-1-3000", vintage_start=date(2022, 1, 1),
        vintage_end=date(2022, 12, 31), issued_on=date(2023, 1, 1),
    )  # fmt: skip
    with pytest.raises(NotPrintable) as refused:
        await credits.open_lot(lot)
    assert refused.value.field == "/project_zh"
    assert not await fetch("SELECT FROM credit_lot")
