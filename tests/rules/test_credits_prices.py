"""What grams cost through an exchange rate: never below the exact price, rounded up once per order, and what a minimum buys."""

import itertools
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.money import Currency, share_minor
from app.registry.credits.price_rules import (
    RATE_SCALE,
    PerTonne,
    Rate,
    amounts_minor,
    is_floored,
    rate_text,
    reaching_g,
    read_rate,
)

quick = settings(max_examples=80, deadline=None)
masses = st.integers(min_value=1, max_value=10**13)
lists = st.integers(min_value=1, max_value=10**9)
DAY = date(2026, 11, 27)


def rate(base_minor: int = 7_123_400) -> Rate:
    return Rate(
        id=1, base=Currency.CNY, currency=Currency.USD, day=DAY, base_minor=base_minor, currency_minor=RATE_SCALE,
        source="示例", url="https://example.org/rate",
    )  # fmt: skip


rates = st.integers(min_value=RATE_SCALE, max_value=100 * RATE_SCALE).map(rate)


@st.composite
def orders(draw):
    """Prices of an order: of its currency's own lists, and through one rate."""
    one = draw(rates)
    return [
        (mass_g, PerTonne(minor, one if rated else None))
        for mass_g, minor, rated in draw(st.lists(st.tuples(masses, lists, st.booleans()), min_size=1, max_size=12))
    ]


def exact(mass_g: int, per_tonne: PerTonne) -> Fraction:
    worth = Fraction(mass_g * per_tonne.minor, 1_000_000)
    return worth * per_tonne.rate.currency_minor / per_tonne.rate.base_minor if per_tonne.rate else worth


@quick
@given(mass_g=masses, per_tonne_minor=lists)
def test_a_price_of_a_list_is_the_smallest_amount_that_is_not_below_the_exact_one(mass_g, per_tonne_minor):
    worth = Fraction(mass_g * per_tonne_minor, 1_000_000)
    price = PerTonne(per_tonne_minor).amount_minor(mass_g)
    assert worth <= price < worth + 1


@quick
@given(first_g=masses, second_g=masses, per_tonne_minor=lists)
def test_buying_in_parts_never_costs_less_and_at_most_one_minor_unit_more(first_g, second_g, per_tonne_minor):
    apart = sum(PerTonne(per_tonne_minor).amount_minor(g) for g in (first_g, second_g))
    together = PerTonne(per_tonne_minor).amount_minor(first_g + second_g)
    assert together <= apart <= together + 1


@pytest.mark.parametrize(("mass_g", "fen"), [(1, 1), (50, 1), (20_000, 100), (20_001, 101), (1_000_000, 5_000)])
def test_at_fifty_yuan_a_tonne(mass_g, fen):
    assert PerTonne(5_000).amount_minor(mass_g) == fen


@pytest.mark.parametrize(("mass_g", "floored"), [(1, True), (199, True), (200, False), (20_000, False)])
def test_one_fen_is_called_rounded_up_only_where_it_was(mass_g, floored):
    assert PerTonne(5_000).is_floored(mass_g) is floored


@quick
@given(mass_g=masses, minor=lists, one=rates)
def test_a_price_through_a_rate_is_the_smallest_amount_that_is_not_below_the_exact_one(mass_g, minor, one):
    per_tonne = PerTonne(minor, one)
    assert exact(mass_g, per_tonne) <= per_tonne.amount_minor(mass_g) < exact(mass_g, per_tonne) + 1


@quick
@given(prices=orders())
def test_what_goes_through_the_rate_is_rounded_up_once_per_order(prices):
    amounts = amounts_minor(prices)
    rated = [(price, amount) for price, amount in zip(prices, amounts, strict=True) if price[1].rate]
    whole = sum((exact(*price) for price, _ in rated), Fraction())
    assert whole <= sum(amount for _, amount in rated) < whole + 1
    assert all(abs(amount - exact(*price)) < 1 for price, amount in rated)
    assert all(
        amount == price[1].amount_minor(price[0])
        for price, amount in zip(prices, amounts, strict=True)
        if not price[1].rate
    )


@quick
@given(prices=orders(), cuts=st.lists(st.integers(min_value=0, max_value=10**13), max_size=6))
def test_refunds_by_share_are_never_more_than_was_paid_and_all_of_it_at_the_end(prices, cuts):
    amounts = amounts_minor(prices)
    for (mass_g, _), amount in zip(prices, amounts, strict=True):
        upto = sorted({0, mass_g, *(cut for cut in cuts if cut < mass_g)})
        shares = [share_minor(amount, part_g=part_g, whole_g=mass_g) for part_g in upto]
        assert all(later - earlier >= 0 for earlier, later in itertools.pairwise(shares))
        assert shares[-1] == amount


@quick
@given(
    mass_g=masses, minor=lists, one=st.one_of(st.none(), rates), least_minor=st.integers(min_value=1, max_value=10**5)
)
def test_a_minimum_buys_every_gram_it_is_worth_and_never_less_than_was_asked_for(mass_g, minor, one, least_minor):
    per_tonne = PerTonne(minor, one)
    bought_g = reaching_g(mass_g, per_tonne, least_minor=least_minor)
    assert bought_g >= mass_g
    assert per_tonne.amount_minor(bought_g) >= least_minor
    if bought_g > mass_g:  # one gram more would cost more, unless a single gram leaps over the minimum
        assert per_tonne.amount_minor(bought_g + 1) > least_minor
        assert per_tonne.amount_minor(bought_g) == least_minor or per_tonne.amount_minor(bought_g - 1) < least_minor
    else:
        assert per_tonne.amount_minor(mass_g) >= least_minor


def test_a_dollar_buys_all_that_it_is_worth_to_the_gram():
    per_tonne = PerTonne(5_000, rate())  # ¥50.00 a tonne at 7.1234
    assert per_tonne.tonne_minor == 702  # 701.9…
    assert per_tonne.amount_minor(12_400) == 9
    assert reaching_g(12_400, per_tonne, least_minor=100) == 142_468
    assert (per_tonne.amount_minor(142_468), per_tonne.amount_minor(142_469)) == (100, 101)


def test_of_many_small_lines_all_cost_one_cent_together_and_some_nothing_by_themselves():
    small = [(50, PerTonne(5_000, rate()))] * 3
    assert amounts_minor(small) == (1, 0, 0)
    assert is_floored(small)
    assert not is_floored([(50, PerTonne(5_000, rate()))] * 60)


@pytest.mark.parametrize(
    ("written", "base_minor", "shown"),
    [("7.1234", 7_123_400, "7.1234"), ("7", 7_000_000, "7.0000"), ("6.987654", 6_987_654, "6.987654")],
)
def test_a_rate_is_read_as_it_is_written_and_shown_exactly(written, base_minor, shown):
    assert read_rate(written) == base_minor
    assert rate_text(base_minor) == shown


@pytest.mark.parametrize("written", ["", "7,1234", "1e2", "-7", "7.1234567", "７.1", " 7", "0x7", "1234"])
def test_what_is_no_rate_is_not_guessed(written):
    assert read_rate(written) is None


def test_a_rate_is_used_on_its_seventh_day_and_not_on_its_eighth():
    assert [rate().is_too_old(on=DAY + timedelta(days=days), days=7) for days in (0, 7, 8)] == [False, False, True]
