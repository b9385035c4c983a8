"""What a zone says in all is kept as it happens: by triggers alone, compared every night, written anew where it differs."""

from uuid import UUID

from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_one
from app.kernel.clock import beijing_day, utc_now
from app.programmes import donations, zones
from app.programmes.donations import Asked
from tests.owning import as_owner
from tests.rooms.programmes.donations.conftest import Donating
from tests.rooms.programmes.donations.helpers import TONNE, document, donor, event_scene, gives, published
from tests.staff import member


async def _given(donating: Donating) -> None:
    one, other = await donor(holds_t=5), await donor("示例钢铁", holds_t=5)
    await gives(donating.zone, one, 2, key="a")
    await gives(donating.zone, one, 1, key="b")
    await gives(donating.zone, other, 4, key="c")
    await donating.guest_retires("guest:1", 2_680_000)
    await donating.guest_retires("guest:2", 20_000)
    await donating.work()


async def test_tallies_follow_every_gift_and_every_retirement(donating: Donating) -> None:
    await _given(donating)
    zone = donating.zone
    figures = await donations.neutrality(zone)
    assert (figures.donated_g, figures.donors_g, figures.guests_g, figures.held_g) == (
        7 * TONNE,
        0,
        2_700_000,
        7 * TONNE,
    )
    assert await donations.count_donors(zone.id) == 2
    by = await member(zone.owner_id, Role.SPONSOR)
    await donations.retire(zone, Asked(today=beijing_day(utc_now()), language="zh"), by=by, key="r", limit_g=10**9)
    await donating.work()
    figures = await donations.neutrality(zone)
    assert (figures.donors_g, figures.organiser_g, figures.guests_g, figures.held_g) == (7 * TONNE, 0, 2_700_000, 0)


async def test_a_scene_brings_into_its_zone_what_was_retired_there_before(donating: Donating) -> None:
    zone = donating.zone
    late = await event_scene(zone.owner_id, "示例开幕式")
    asked_at = donating.scene_id
    first = await asked_at()
    donating.scene_id = lambda: _answer(late)  # type: ignore[method-assign]
    await donating.guest_retires("guest:early", 3_455_000)
    await donating.work()
    assert (await donations.neutrality(zone)).guests_g == 0
    now = await published(document(), zone.owner_id, [first, late])
    assert (await donations.neutrality(now)).guests_g == 3_455_000


async def test_a_tally_that_was_tampered_with_is_named_by_the_proof_and_written_anew(donating: Donating) -> None:
    await _given(donating)
    await as_owner("UPDATE donation_scene_tally SET guests_g = guests_g + 1")
    row = await fetch_one("SELECT * FROM donations.prove_tallies() LIMIT 1")
    assert row is not None
    assert (row["ok"], row["detail"]) == (
        False,
        ["a tally of zone sample-games is not what was given and retired there"],
    )
    await donations.rebuild_boards(donating.zone.id)
    row = await fetch_one("SELECT * FROM donations.prove_tallies() LIMIT 1")
    assert row is not None
    assert row["ok"]
    assert (await donations.neutrality(await zones.find("sample-games"))).guests_g == 2_700_000
    assert len(await fetch("SELECT id FROM donation_tally")) == 1


async def _answer(scene_id: UUID) -> UUID:
    return scene_id
