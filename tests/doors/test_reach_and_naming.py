"""How far a claim reaches, and by whose word an organisation is named, on every page and in every answer."""

from typing import Any
from uuid import UUID

import pytest

from app.foundation.identity import Role, withdraw_role
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from tests.doors.conftest import Caller, Door
from tests.doors.test_findings import claimed, words
from tests.rooms.conftest import connected, organisation, refusal

PAGE = {"accept": "text/html"}
MILLION_T_G = 1_000_000 * 1_000_000
MANDATE = {"ground": "受托代购协议 2023-07"}


@pytest.fixture(autouse=True)
def _default_language(door: Door) -> None:
    """Pages in Chinese, which is what a browser without a wish is shown."""


async def claimed_for(door: Door, caller: Caller, payer: UUID, beneficiary: UUID, **more: Any) -> dict[str, Any]:
    """What the payer ordered for another organisation on the ground of a mandate."""
    part = {"beneficiary": ids.public("org", beneficiary), "mandate": MANDATE}
    return await claimed(door, caller, payer, **(part | more))


async def test_a_gram_for_a_million_tonnes_is_an_offset_of_nothing_wherever_it_is_told(door: Door) -> None:
    bank, payer = await organisation("示例总行"), await organisation("示例付款公司")
    async with door.operator(payer, Role.OPERATOR) as caller, door.caller() as anybody:
        held = await claimed_for(door, caller, payer, bank, emission_grams=MILLION_T_G, grams=1)
        record, code = held["record"], held["verify_code"]
        assert (record["level"], record["coverage"]) == (
            "part", {"retired_g": 1, "percent": "0.00", "is_full": False},
        )  # fmt: skip
        assert record["title"] == {
            "zh": "碳抵消证明书（覆盖 0.00%）", "en": "Statement of Carbon Offsetting (0.00 %)",
        }  # fmt: skip
        for answer in (
            await anybody.get(f"/api/v1/verify/{code}"),
            await anybody.get(f"/api/v1/verify/{code}/findings"),
        ):
            told = answer.json()["coverage"]
            assert (told["emission_grams"], told["retired_grams"], told["percent"], told["is_full"]) == (
                MILLION_T_G, 1, "0.00", False,
            )  # fmt: skip
        for path in (f"/v/{code}", f"/v/{code}/findings", f"/c/{held['id']}"):
            for language, reach, neutral, stands in (
                ("zh", "部分抵消，覆盖 0.00%", "碳中和证", "声明成立"),
                ("en", "offset in part, 0.00 % covered", "Carbon Neutrality", "the claim stands"),
            ):
                shown = words((await caller.get(f"{path}?lang={language}", headers=PAGE)).text)
                assert reach in shown and "1,000,000,000,000 g" in shown, (path, shown)
                assert neutral not in shown and stands not in shown, (path, shown)


async def test_a_scene_counts_who_took_part_and_calls_nobody_neutral(door: Door) -> None:
    bank, payer = await organisation("示例总行"), await organisation("示例付款公司")
    async with door.operator(payer, Role.OPERATOR) as caller, door.caller() as anybody:
        await claimed_for(door, caller, payer, bank, emission_grams=MILLION_T_G, grams=1)
        for path in (f"/s/{door.live}", "/"):
            for language, count, neutral in (("zh", "已有 1 人参与", "人中和"), ("en", "1 joined", "neutralised")):
                shown = words((await anybody.get(f"{path}?lang={language}", headers=PAGE)).text)
                assert count in shown and neutral not in shown, (path, shown)


async def test_an_organisation_that_said_nothing_is_named_by_the_payer_with_its_mandate(door: Door) -> None:
    bank, payer = await organisation("示例总行"), await organisation("示例付款公司")
    async with door.operator(payer, Role.OPERATOR) as caller, door.caller() as anybody:
        held = await claimed_for(door, caller, payer, bank)
        (mine,) = [one for one in held["record"]["parties"]["named"] if "beneficiary" in one["roles"]]
        assert (mine["naming"], mine["is_verified"]) == ("payer", False)
        shown = words((await anybody.get(f"/v/{held['verify_code']}?lang=zh", headers=PAGE)).text)
        assert "示例总行 未核验的机构，由付款方指明" in shown and MANDATE["ground"] in shown
        told = (await anybody.get(f"/api/v1/verify/{held['verify_code']}")).json()
        assert (told["holder"], told["naming"]["state"]) == ("示例总行", "payer")


async def test_a_member_agrees_or_objects_and_the_last_word_counts_and_is_kept(door: Door) -> None:
    bank, payer = await organisation("示例总行"), await organisation("示例付款公司")
    async with (
        door.operator(payer, Role.OPERATOR) as caller,
        door.operator(bank, Role.SPONSOR) as member,
        door.caller() as anybody,
    ):
        held = await claimed_for(door, caller, payer, bank)
        number, page = held["retirement_number"], f"/v/{held['verify_code']}?lang=zh"
        path = f"/api/v1/retirements/{number}/naming"
        assert (await member.post(path, json={"agrees": True})).json()["agrees"] is True
        first = (await member.post(path, json={"agrees": True})).json()
        assert "该机构已同意署名" in words((await anybody.get(page, headers=PAGE)).text)
        assert "已同意署名" in words((await member.get(f"/naming/{number}?lang=zh", headers=PAGE)).text)

        assert (await member.post(path, json={"agrees": False})).status_code == 200
        shown = words((await anybody.get(page, headers=PAGE)).text)
        assert "示例总行" not in shown and "一家机构（未署名） 该机构反对署名" in shown
        findings = words((await anybody.get(f"/v/{held['verify_code']}/findings?lang=zh", headers=PAGE)).text)
        assert "示例总行" not in findings
        kept = await fetch("SELECT agrees, organisation_id FROM retirement_naming ORDER BY id")
        assert [(row["agrees"], row["organisation_id"]) for row in kept] == [(True, bank), (False, bank)]
        assert first["said_at"]


async def test_nobody_but_a_member_with_the_role_now_speaks_for_an_organisation(door: Door) -> None:
    bank, payer = await organisation("示例总行"), await organisation("示例付款公司")
    async with (
        door.operator(payer, Role.OPERATOR) as caller,
        door.operator(bank, Role.SPONSOR) as member,
        door.operator(bank, Role.AUDITOR) as auditor,
        door.caller() as anybody,
    ):
        held = await claimed_for(door, caller, payer, bank)
        path = f"/api/v1/retirements/{held['retirement_number']}/naming"
        for other in (caller, auditor):
            refused = await other.post(path, json={"agrees": True})
            assert (refused.status_code, refused.json()["code"]) == (403, "RETIREMENT_NAMING_FORBIDDEN")
        assert (await anybody.post(path, json={"agrees": True})).status_code == 401
        assert (await member.post("/api/v1/retirements/R-none/naming", json={"agrees": True})).status_code == 404
        person = await fetch_value(
            "SELECT person_id FROM membership WHERE organisation_id = $1 AND role = 'sponsor'", bank
        )
        await withdraw_role(person, bank, Role.SPONSOR)
        assert (await member.post(path, json={"agrees": True})).status_code == 403
        assert await fetch_value("SELECT count(*) FROM retirement_naming") == 0


async def test_what_an_organisation_said_stays_written_and_is_not_written_by_hand(door: Door) -> None:
    bank = await organisation("示例总行")
    async with door.operator(bank, Role.OPERATOR) as caller:
        held = await claimed(door, caller, bank)
        path = f"/api/v1/retirements/{held['retirement_number']}/naming"
        assert (await caller.post(path, json={"agrees": True})).status_code == 200
    by_hand = (
        "INSERT INTO retirement_naming (retirement_id, organisation_id, person_id, agrees, said_at)"
        " SELECT retirement_id, organisation_id, person_id, false, now() FROM retirement_naming"
    )
    async with connected(door.stand.app_url) as app, connected(door.stand.owner_url) as owner:
        assert await refusal(app, by_hand) == ("42501", None)
        for attack in ("UPDATE retirement_naming SET agrees = false", "DELETE FROM retirement_naming"):
            assert await refusal(app, attack) == ("42501", None)
            assert await refusal(owner, attack) == ("23514", None)
