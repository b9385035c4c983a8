"""A zone is data: its file is proposed by one and agreed to by another, and nothing of it is ever lost."""

from dataclasses import replace
from typing import Any

import pytest
from tortoise.exceptions import OperationalError

from app import scenarios
from app.foundation import approvals, audit, identity
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch, fetch_value
from app.programmes import zones
from app.registry import holdings
from app.views import inbox
from tests import zoned
from tests.conftest import Stand
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING
from tests.staff import member, staff


async def _refused(act: Any) -> str | None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the refusal's name is what is looked at
        await act
    return constraint(caught.value)


async def test_a_file_becomes_a_zone_when_another_person_agrees(database: Stand) -> None:
    owner = await zoned.owner()
    await zoned.scene(owner, "GAMES1")
    operator, reviewer = await staff(Role.OPERATOR), await staff(Role.REVIEWER)
    document = zoned.read(zoned.file("GAMES1"))

    version = await zones.propose(document, by=operator)
    assert version is not None
    with pytest.raises(zones.ZoneUnknown):
        await zones.find("games")
    with pytest.raises(approvals.SamePerson):
        await zones.approve(version.id, seen=version.sha256, by=operator)
    zone = await zones.approve(version.id, seen=version.sha256, by=reviewer)

    assert (zone.slug, zone.owner_id, zone.version, zone.document) == ("games", owner, 1, document)
    account = await holdings.find_account(zone.account_id)
    assert (str(account.account), account.owner_id) == ("zone:games", owner)
    scene = await scenarios.open_scene("GAMES1", today=document.starts_on)
    assert (await zones.of_scene(scene.id)) == zone
    assert await zones.scenes_of(zone.id) == [scene.id]
    assert scene.zone is not None and (scene.zone.slug, scene.zone.version) == ("games", 1)
    (entry,) = await audit.history(noun="zone")
    assert (entry.action, entry.about) == ("zone.published", "games")


async def test_the_same_file_again_changes_nothing_and_another_is_the_next_version(database: Stand) -> None:
    first = await zoned.zone()
    operator = await staff(Role.OPERATOR)

    assert await zones.propose(zoned.read(zoned.file("GAMES1", "GAMES2")), by=operator) is None

    second = await zoned.published(zoned.file("GAMES1", "GAMES2", name="新名字"))
    assert (second.id, second.account_id, second.version) == (first.id, first.account_id, 2)
    assert second.document.name.zh == "新名字"
    assert await fetch_value("SELECT count(*) FROM zone_edition") == 2
    assert await zones.count_all() == len(await zones.list_all()) == 1


async def test_the_inbox_says_what_changes_and_decides(database: Stand) -> None:
    await zoned.zone()
    version = await zones.propose(
        zoned.read(zoned.file("GAMES1", "GAMES2", name="新名字")), by=await staff(Role.OPERATOR)
    )
    assert version is not None
    reviewer = await staff(Role.REVIEWER)

    opened = await inbox.open_one(version.id, reviewer, keyring=KEYRING)
    changed = [line for line in opened.item.said.lines if line.before is not None]
    assert [line.label.en for line in changed] == ["Name"]
    assert changed[0].before is not None and "示例运动会专区" in changed[0].before.zh

    await inbox.approve(version.id, seen=version.sha256, typed="", by=reviewer)
    assert (await zones.find("games")).version == 2


async def test_what_stands_in_the_way_is_said_by_name(database: Stand) -> None:
    zone = await zoned.zone()
    operator = await staff(Role.OPERATOR)
    other = await zoned.owner(78)
    await zoned.scene(other, "GAMES3")
    document = zone.document

    with pytest.raises(zones.ZoneOwnerUnknown):
        await zones.propose(replace(document, owner_register="CN 91510100MA9999999X"), by=operator)
    with pytest.raises(zones.ZoneOwnerStays):
        await zones.propose(zoned.read(zoned.file("GAMES3", number=78)), by=operator)
    with pytest.raises(zones.ZoneSceneLeftOut) as left_out:
        await zones.propose(zoned.read(zoned.file("GAMES1")), by=operator)
    assert left_out.value.facts == {"scene": "GAMES2"}
    with pytest.raises(zones.ZoneSceneUnfit) as elsewhere:
        await zones.propose(zoned.read(zoned.file("GAMES1", slug="other", number=78)), by=operator)
    assert (elsewhere.value.field, elsewhere.value.facts["scene"]) == ("/scenes/0/code", "GAMES1")
    with pytest.raises(zones.ZoneSceneUnfit):
        await zones.propose(zoned.read(zoned.file("GAMES1", "GAMES2", "N0SCENE0")), by=operator)
    assert await fetch_value("SELECT count(*) FROM approval WHERE state = 'proposed' AND kind = $1", zones.KIND) == 0


async def test_a_sponsor_proposes_for_their_own_organisation_and_its_own_scenes(database: Stand) -> None:
    owner, other = await zoned.owner(), await zoned.owner(78)
    await zoned.scene(owner, "GAMES1")
    await zoned.scene(other, "GAMES3")
    sponsor, stranger = await member(owner, Role.SPONSOR), await member(other, Role.SPONSOR)

    with pytest.raises(identity.RoleMissing):
        await zones.propose(zoned.read(zoned.file("GAMES1")), by=stranger)
    with pytest.raises(zones.ZoneSceneUnfit):
        await zones.propose(zoned.read(zoned.file("GAMES1", "GAMES3")), by=sponsor)
    assert (await zoned.published(zoned.file("GAMES1"), proposer=sponsor)).version == 1


async def test_a_version_that_another_overtook_is_refused_and_nothing_of_it_stands(database: Stand) -> None:
    await zoned.zone()
    operator, reviewer = await staff(Role.OPERATOR), await staff(Role.REVIEWER)
    stale = await zones.propose(zoned.read(zoned.file("GAMES1", "GAMES2", name="甲")), by=operator)
    assert stale is not None
    # Published by somebody else's hand meanwhile, as two databases restored apart might have it.
    await as_owner("ALTER TABLE zone_edition DISABLE TRIGGER zone_edition_two_people")
    await as_owner(
        "INSERT INTO zone_edition (id, zone_id, version, document, document_sha256, approval_id, published_at)"
        " SELECT gen_random_uuid(), z.id, 2, e.document, e.document_sha256, approvals.found('zone_version', 'x', '{}'),"
        " clock_timestamp() FROM zone z JOIN zone_edition e ON e.zone_id = z.id"
    )
    await as_owner("ALTER TABLE zone_edition ENABLE TRIGGER zone_edition_two_people")

    with pytest.raises(zones.ZoneOvertaken):
        await zones.approve(stale.id, seen=stale.sha256, by=reviewer)
    assert (await approvals.find(stale.id)).state is approvals.State.PROPOSED
    assert (await zones.find("games")).document.name.zh == "示例运动会专区"


async def test_postgresql_keeps_a_zone_as_two_people_agreed(database: Stand) -> None:
    zone = await zoned.zone()

    for statement, refusal in (
        ("UPDATE zone SET slug = 'other'", "zone_stays"),
        ("DELETE FROM zone", "zone_stays"),
        ("DELETE FROM zone_edition", "zone_edition_stays"),
        ("UPDATE zone_edition SET document = '{}'", "zone_edition_stays"),
        ("DELETE FROM zone_scene", "zone_scene_stays"),
        (
            (
                "INSERT INTO zone_edition (id, zone_id, version, document, document_sha256, approval_id, published_at)"
                " SELECT gen_random_uuid(), zone_id, 2, '{}', sha256('{}'), approval_id, published_at FROM zone_edition"
            ),
            "zone_edition_two_people",
        ),
        (
            (
                "INSERT INTO zone (id, slug, owner_id, account_id, created_at)"
                " SELECT gen_random_uuid(), 'other', owner_id, account_id, created_at FROM zone"
            ),
            "zone_account_check",
        ),
        ("SELECT zones.publish(gen_random_uuid(), gen_random_uuid())", "zone_edition_approval_fkey"),
    ):
        assert await _refused(as_owner(statement)) == refusal, statement
    with pytest.raises(
        OperationalError, match="permission denied"
    ):  # nothing but a publishing tells scenes of their zone
        await fetch("SELECT scenarios.set_zone('{}', '{}')")
    assert await zones.find("games") == zone
