"""What PostgreSQL refuses of lots and prices, whoever asks."""

from datetime import date, timedelta

import pytest

from app.foundation import approvals, audit, identity
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry import credits
from app.registry.credits import Programme
from app.registry.credits.serials.serial_rules import key63
from tests.conftest import Stand
from tests.rooms.conftest import connected, open_lot, organisation, refusal
from tests.staff import member, staff
from tests.staff import price as staffed_price

DAY = timedelta(days=1)
FIRST = beijing_day(utc_now()) + DAY  # a price never begins in the past


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def twin(lot_id: int, **changes: str) -> str:
    """A statement that writes another lot like this one, but for these columns."""
    columns = [
        row["column_name"]
        for row in await fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = 'credit_lot' AND column_name <> 'id'"
        )
    ]
    fresh = {"code": "'L-9'", "serial_key": "'OTHER-9'", "block_start": "500", "block_stop": "501", "mass_g": "1000000"}
    chosen = ", ".join((fresh | changes).get(name, name) for name in columns)
    return f"INSERT INTO credit_lot ({', '.join(columns)}) SELECT {chosen} FROM credit_lot WHERE id = {lot_id}"


async def test_a_lot_is_never_changed_nor_deleted_not_even_by_its_owner(database: Stand):
    await open_lot()
    async with connected(database.super_url) as owner:
        for attack in (
            "UPDATE credit_lot SET labels = '[\"ICVCM CCP\"]'",
            "UPDATE credit_lot SET code = code",
            "DELETE FROM credit_lot",
            "TRUNCATE credit_lot CASCADE",
        ):
            assert (await refusal(owner, attack))[0] == "23514"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"series": "'CDCER:OTHER'"}, "credit_lot_series_check"),  # a number that belongs to another series
        ({"block_start": "100", "block_stop": "101"}, "credit_lot_no_overlap"),
        ({"monitoring_start": "'2022-01-01'"}, "credit_lot_monitoring_check"),
        ({"monitoring_start": "'2022-01-02'", "monitoring_end": "'2022-01-01'"}, "credit_lot_monitoring_check"),
        ({"country": "'cn'"}, "credit_lot_country_check"),
        ({"labels": "'{}'"}, "credit_lot_labels_check"),
        ({"certificate_number": "'N'"}, "credit_lot_certificate_check"),
        ({"is_raw_only": "true"}, "credit_lot_two_people"),
        ({"approval_id": "gen_random_uuid()"}, "credit_lot_raw_check"),
        ({"vintage_start": "'2023-01-01'"}, "credit_lot_vintage_check"),
    ],
)
async def test_a_lot_whose_parts_cannot_be_is_refused(database: Stand, changes, name):
    statement = await twin(await open_lot(), **changes)
    async with connected(database.app_url) as app:
        assert (await refusal(app, statement))[1] == name
        assert await app.execute("BEGIN") and await app.execute(await twin(1)) == "INSERT 0 1"
        await app.execute("ROLLBACK")


async def test_the_key_of_a_text_is_the_same_here_and_there():
    for text in ("VCU:1", "林草碳普惠:certificate:证-7", ""):
        assert await fetch_value("SELECT credits.key63($1)", text) == key63(text)


async def price(fen: int, first: date, last: date | None = None, currency: Currency = Currency.CNY) -> None:
    await staffed_price(Programme.VCU, fen, currency=currency, valid_from=first, valid_to=last)


async def lines() -> list[tuple[int, int, int | None]]:
    """Fen, and the first and the last day counted from FIRST."""
    found = await credits.price_list(Programme.VCU)
    return [
        (
            one.per_tonne_minor,
            (one.valid_from - FIRST).days,
            None if one.valid_to is None else (one.valid_to - FIRST).days,
        )
        for one in found
        if one.currency is Currency.CNY
    ]


async def test_a_new_price_ends_the_one_before_it_and_ends_itself_before_the_next():
    await price(5_000, FIRST)
    await price(6_000, FIRST + 10 * DAY)
    assert await lines() == [(5_000, 0, 9), (6_000, 10, None)]
    await price(5_500, FIRST + 4 * DAY)  # in between
    await price(5_500, FIRST + 4 * DAY)  # again
    assert await lines() == [(5_000, 0, 3), (5_500, 4, 9), (6_000, 10, None)]
    await price(6_500, FIRST + 10 * DAY, FIRST + 12 * DAY)  # the same first day
    assert await lines() == [(5_000, 0, 3), (5_500, 4, 9), (6_500, 10, 12)]
    with pytest.raises(credits.PriceUnknown):
        await credits.quote(Programme.VCU, 1, currency=Currency.CNY, on=FIRST + 13 * DAY)
    assert (await credits.quote(Programme.VCU, 10**6, currency=Currency.CNY, on=FIRST + 12 * DAY)).amount_minor == 6_500
    assert [one.per_tonne_minor for one in await credits.price_list(since=FIRST + 10 * DAY)] == [6_500]


async def test_each_currency_has_a_list_of_its_own():
    await price(5_000, FIRST)
    await price(700, FIRST, currency=Currency.USD)
    assert (await credits.quote(Programme.VCU, 10**6, currency=Currency.CNY, on=FIRST)).amount_minor == 5_000
    assert (await credits.quote(Programme.VCU, 10**6, currency=Currency.USD, on=FIRST)).amount_minor == 700


async def test_a_price_that_cannot_be_or_reaches_into_a_later_one_changes_nothing():
    await price(5_000, FIRST)
    await price(6_000, FIRST + 10 * DAY)
    for fen, first, last, fact in (
        (0, FIRST, None, credits.PriceUnfit),
        (1_000_000_001, FIRST, None, credits.PriceUnfit),
        (1, FIRST + DAY, FIRST, credits.PriceUnfit),
        (1, FIRST + 5 * DAY, FIRST + 10 * DAY, credits.PriceOverlaps),
    ):
        with pytest.raises(fact):
            await price(fen, first, last)
    assert await lines() == [(5_000, 0, 9), (6_000, 10, None)]


async def test_postgresql_lets_no_two_prices_hold_on_one_day_and_the_application_write_none_by_itself(database: Stand):
    await price(5_000, FIRST, FIRST + 9 * DAY)
    line = (
        "INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from, valid_to, approval_id)"
        " SELECT 'VCU', 'CNY', 1, d, {1}, approvals.found('credit_price', 'x', jsonb_build_object('programme', 'VCU',"
        " 'currency', 'CNY', 'per_tonne_minor', 1, 'valid_from', d)) FROM (SELECT date '{0}' AS d) AS w"
    )
    async with connected(database.super_url) as owner:
        for first, last in (
            (FIRST + 9 * DAY, "NULL"),
            (FIRST - 31 * DAY, f"'{FIRST}'"),
            (FIRST - 365 * DAY, "NULL"),
        ):
            assert await refusal(owner, line.format(first, last)) == ("23P01", "credit_price_one_a_day")
        backwards = f"UPDATE credit_price SET valid_to = '{FIRST - DAY}'"
        assert await refusal(owner, backwards) == ("23514", "credit_price_days_check")
    async with connected(database.app_url) as app:
        for attack in (
            line.format(FIRST + 31 * DAY, "NULL"),
            "UPDATE credit_price SET per_tonne_minor = 1",
            "DELETE FROM credit_price",
        ):
            assert await refusal(app, attack) == ("42501", None)


async def test_a_price_is_set_by_two_with_their_roles_now_and_leaves_a_line_of_history():
    by, other = await staff(Role.OPERATOR), await staff(Role.FINANCE)

    async def agreed(fen: int, first: date) -> None:
        proposed = await credits.propose_price(
            Programme.VCU, per_tonne_minor=fen, currency=Currency.CNY, valid_from=first, by=by
        )
        await credits.approve_price(proposed.id, seen=proposed.sha256, by=other)

    for fen, first in ((5_000, FIRST), (5_000, FIRST), (6_000, FIRST + DAY)):
        await agreed(fen, first)
    second, first_line = await audit.history(noun="price")  # said twice it is one line
    assert (first_line.actor_id, first_line.action, first_line.about) == (by, "price.set", "VCU CNY")
    assert first_line.before is None
    assert second.before == {"per_tonne_minor": 5_000, "valid_from": str(FIRST), "valid_to": None}
    assert second.after == {"per_tonne_minor": 6_000, "valid_from": str(FIRST + DAY), "valid_to": None}

    (house,) = await fetch("SELECT organisation_id FROM membership WHERE person_id = $1", by)
    await identity.withdraw_role(by, house["organisation_id"], Role.OPERATOR)
    with pytest.raises(identity.RoleMissing):
        await agreed(1, FIRST)


async def test_nothing_is_priced_before_a_second_person_agrees_and_its_maker_is_none(database: Stand):
    by = await staff(Role.FINANCE)
    proposed = await credits.propose_price(
        Programme.VCU, per_tonne_minor=5_000, currency=Currency.CNY, valid_from=FIRST, by=by
    )
    assert await credits.price_list() == []
    with pytest.raises(approvals.SamePerson):
        await credits.approve_price(proposed.id, seen=proposed.sha256, by=by)
    async with connected(database.app_url) as app:
        attack = f"SELECT credits.set_price('{proposed.id}')"
        assert await refusal(app, attack) == ("23503", "credit_price_approval_fkey")
    with pytest.raises(approvals.ApprovalPending):
        await staffed_price(Programme.VCU, 1, valid_from=FIRST)


async def test_a_role_in_somebody_elses_organisation_sets_no_price():
    by = await member(await organisation("示例公司"), Role.OPERATOR, Role.FINANCE)
    with pytest.raises(identity.RoleMissing):
        await credits.propose_price(Programme.VCU, per_tonne_minor=1, currency=Currency.CNY, valid_from=FIRST, by=by)


async def test_a_price_never_begins_in_the_past_whoever_asks(database: Stand):
    yesterday = beijing_day(utc_now()) - DAY
    with pytest.raises(credits.PriceBackdated):
        await staffed_price(Programme.VCU, 5_000, valid_from=yesterday)
    payload = f'{{"programme": "VCU", "currency": "CNY", "per_tonne_minor": 1, "valid_from": "{yesterday}", "valid_to": null}}'
    async with connected(database.owner_url) as owner:
        attack = f"SELECT credits.set_price(approvals.found('credit_price', 'VCU CNY', '{payload}'))"
        assert await refusal(owner, attack) == ("23514", "credit_price_not_backdated")


async def test_what_was_changed_stays_written(database: Stand):
    await staffed_price(Programme.VCU, 5_000, valid_from=FIRST)
    async with connected(database.super_url) as owner:
        for attack in ("UPDATE audit_entry SET about = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
            assert await refusal(owner, attack) == ("23001", "audit_entry_stays")
    async with connected(database.app_url) as app:
        forged = "INSERT INTO audit_entry (actor_id, action, about) VALUES (gen_random_uuid(), 'price.set', 'x')"
        assert await refusal(app, forged) == ("42501", None)
