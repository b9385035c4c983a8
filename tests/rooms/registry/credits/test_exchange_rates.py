"""Exchange rates: two people and a source, the newest of a day counts, none that is too old, and a list of its own first."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from app.foundation import approvals, audit, identity
from app.foundation.identity import Role
from app.kernel.clock import beijing_day, utc_now
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.registry import credits
from app.registry.credits import Programme
from tests.conftest import Stand
from tests.rooms.conftest import connected, organisation, refusal
from tests.staff import member, price, rate, staff

pytestmark = pytest.mark.usefixtures("database")

DAY = timedelta(days=1)


def today() -> date:
    """Of the test: midnight may come in the middle of a run."""
    return beijing_day(utc_now())


SAID = {"source": "示例外汇牌价", "url": "https://rates.example.org/usd"}


async def dollars(mass_g: int = 10**6, *, on: date | None = None, days: int = 7) -> int:
    quote = await credits.quote(Programme.VCU, mass_g, currency=Currency.USD, on=on or today(), rate_days=days)
    return quote.amount_minor


async def test_a_rate_counts_once_a_second_person_agrees_and_its_maker_is_none(database: Stand) -> None:
    await price(Programme.VCU, 5_000)
    by, other = await staff(Role.FINANCE), await staff(Role.REVIEWER)
    proposed = await credits.propose_rate("7.1234", day=today(), by=by, **SAID)
    with pytest.raises(credits.RateUnknown):
        await dollars()
    with pytest.raises(approvals.SamePerson):
        await credits.approve_rate(proposed.id, seen=proposed.sha256, by=by)
    with pytest.raises(approvals.ApprovalPending):
        await credits.propose_rate("7.2", day=today(), by=await staff(Role.OPERATOR), **SAID)
    async with connected(database.app_url) as app:
        for attack, refused in (
            (f"SELECT credits.set_rate('{proposed.id}')", ("23503", "exchange_rate_approval_fkey")),
            (
                (
                    "INSERT INTO exchange_rate (base, currency, day, base_minor, currency_minor, source, url, approval_id,"
                    " confirmed_at) VALUES ('CNY', 'USD', now(), 7000000, 1000000, 'x', 'https://x', gen_random_uuid(), now())"
                ),
                ("42501", None),
            ),
        ):
            assert await refusal(app, attack) == refused
    await credits.approve_rate(proposed.id, seen=proposed.sha256, by=other)
    assert await dollars() == 702  # ¥50.00 / 7.1234 is US$7.0191
    (line,) = await audit.history(noun="rate")
    assert (line.actor_id, line.action, line.about) == (by, "rate.set", "CNY USD")


async def test_the_newest_day_counts_and_of_one_day_what_was_confirmed_last() -> None:
    await price(Programme.VCU, 5_000)
    for written, day in (("7", today() - DAY), ("8", today() - 2 * DAY), ("7.5", today() - DAY)):
        await rate(written, day=day)
    assert await dollars() == 667
    assert [str(one) for one in await credits.list_rates()] == [
        "1 USD = 7.5000 CNY", "1 USD = 7.0000 CNY", "1 USD = 8.0000 CNY",
    ]  # fmt: skip


async def test_a_rate_that_is_too_old_sells_nothing_and_says_of_which_day_it_is() -> None:
    await price(Programme.VCU, 5_000)
    await rate("7", day=today() - 8 * DAY)
    with pytest.raises(credits.RateTooOld) as refused:
        await dollars()
    assert refused.value.facts == {"currency": "USD", "day": str(today() - 8 * DAY), "days": 7}
    assert await dollars(days=8) == 715
    await rate("7", day=today() - 7 * DAY)
    assert await dollars() == 715


async def test_a_list_in_dollars_goes_before_any_rate_and_needs_none() -> None:
    await price(Programme.VCU, 5_000)
    await price(Programme.VCU, 699, currency=Currency.USD)
    assert await dollars() == 699
    await rate("7")
    assert await dollars() == 699


async def test_what_has_no_price_in_yuan_has_none_by_a_rate() -> None:
    await rate("7")
    with pytest.raises(credits.PriceUnknown):
        await dollars()


@pytest.mark.parametrize(
    ("written", "day", "said", "fact", "field"),
    [
        ("0.99", today(), SAID, credits.RateUnfit, "/rate"),
        ("100.000001", today(), SAID, credits.RateUnfit, "/rate"),
        ("7,12", today(), SAID, credits.RateUnfit, "/rate"),
        ("7", today() + 30 * DAY, SAID, credits.RateAhead, "/day"),
        ("7", today(), SAID | {"source": " "}, credits.RateSourceUnfit, "/source"),
        ("7", today(), SAID | {"url": "http://rates.example.org"}, credits.RateSourceUnfit, "/url"),
        ("7", today(), SAID | {"url": "https://a b"}, credits.RateSourceUnfit, "/url"),
    ],
)
async def test_what_is_no_rate_is_refused_with_its_field(
    written: str, day: date, said: dict[str, str], fact: type[DomainError], field: str
) -> None:
    by: UUID = await staff(Role.FINANCE)
    with pytest.raises(fact) as refused:
        await credits.propose_rate(written, day=day, by=by, **said)
    assert refused.value.field == field


async def test_a_role_in_somebody_elses_organisation_sets_no_rate() -> None:
    by = await member(await organisation("示例公司"), Role.FINANCE)
    with pytest.raises(identity.RoleMissing):
        await credits.propose_rate("7", day=today(), by=by, **SAID)


async def test_a_rate_stays_as_it_was_agreed_to_whoever_writes(database: Stand) -> None:
    await rate("7")
    forged = (
        "INSERT INTO exchange_rate (base, currency, day, base_minor, currency_minor, source, url, approval_id, confirmed_at)"
        " SELECT base, currency, day, 6000000, currency_minor, source, url, approval_id, now() FROM exchange_rate"
    )
    async with connected(database.super_url) as owner:
        assert await refusal(owner, "UPDATE exchange_rate SET base_minor = 6000000") == ("23514", None)
        assert await refusal(owner, "DELETE FROM exchange_rate") == ("23514", None)
        assert await refusal(owner, forged) == ("23514", "exchange_rate_two_people")
