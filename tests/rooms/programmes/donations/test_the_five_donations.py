"""The report's five donations: the board, five certificates, one retirement of all of it, the account at 0."""

import pytest

from app import certificates
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.programmes import donations
from app.programmes.donations import Asked, Shown, percent_text
from app.registry import retirements
from tests.rooms.programmes.donations.conftest import Donating
from tests.rooms.programmes.donations.helpers import GIVEN_T, TONNE, donor, gives
from tests.staff import member

LIMIT_G = 50 * TONNE
NAMES = ("示例水泥", "示例沼气", "示例交通集团", "示例能源集团", "示例银行")


async def test_five_donations_give_the_order_the_certificates_and_one_retirement_of_all(donating: Donating) -> None:
    zone = donating.zone
    for name, tonnes in zip(NAMES, GIVEN_T, strict=True):
        shown = Shown.ANONYMOUS if tonnes == 10_000 else Shown.NAME
        await gives(zone, await donor(name, holds_t=tonnes), tonnes, shown_as=shown)
    await donating.work()

    organisations, persons = await donations.boards_of(zone.id)
    assert [(row.place, row.mass_g // TONNE) for row in organisations.rows] == list(
        enumerate((300_000, 40_000, 27_695, 20_000, 10_000), start=1)
    )
    assert sum(row.mass_g for row in organisations.rows) == 397_695 * TONNE
    assert (organisations.rows[4].shown_as, persons.rows) == (Shown.ANONYMOUS, ())
    papers = await fetch(
        "SELECT series, register_no, version FROM certificate WHERE paper_id = 'contribution' ORDER BY 2"
    )
    assert [tuple(row.values()) for row in papers] == [("C", no, 1) for no in range(1, 6)]

    for number, mass_g in enumerate((2_680_000, 6_620_000, 3_455_000)):  # beside the donations, never in them
        await donating.guest_retires(f"test:guest:{number}", mass_g)
    await donating.work()
    owner = [await member(zone.owner_id, Role.OPERATOR) for _ in range(2)]
    asked = Asked(today=beijing_day(utc_now()), language="zh")
    with pytest.raises(retirements.TwoPeopleNeeded):
        await donations.retire(zone, asked, by=owner[0], key="all", limit_g=LIMIT_G)
    made = await donations.propose(zone, asked, by=owner[0], key="all")
    cause = await donations.agree(made.id, seen=made.sha256, by=owner[1])
    await donating.work()

    figures = await donations.neutrality(zone)
    assert (figures.donated_g, figures.donors_g, figures.organiser_g) == (397_695 * TONNE, 397_695 * TONNE, 0)
    assert (figures.guests_g, figures.held_g) == (12_755_000, 0)
    assert percent_text(figures.permille or 0) == percent_text(figures.permille_with_guests or 0) == "106.2"
    certificate = (await certificates.recall([cause]))[cause]
    lines = certificate.record["lines"]
    assert sum(line["stop_g"] - line["start_g"] for line in lines) == 397_695 * TONNE
    assert (certificate.holder_id, certificate.record["purpose"]) == (zone.owner_id, "donation")
    status = await retirements.find_by_cause(cause)
    assert status is not None
    told = await fetch(
        "SELECT c.record::jsonb->>'retirement_number' AS number, c.version, count(*) FROM certificate c"
        " WHERE c.paper_id = 'contribution' GROUP BY 1, 2 ORDER BY 2"
    )
    assert [tuple(row.values()) for row in told] == [(None, 1, 5), (status.number, 2, 5)]
    assert await fetch_value("SELECT count(*) FROM retirement WHERE account_id = $1", zone.account_id) == 1
    assert [one.retirement_id for one in await donations.list_of_zone(zone.id)] == [status.id] * 5
