"""Money: a price is the smallest amount that covers the mass, and what is printed reads back."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel import money
from app.kernel.money import Currency

quick = settings(max_examples=80, deadline=None)
masses = st.integers(min_value=1, max_value=10**15)
prices = st.integers(min_value=1, max_value=10**9)


@quick
@given(mass_g=masses, per_tonne_minor=prices)
def test_a_price_is_the_smallest_amount_that_is_not_below_the_exact_one(mass_g, per_tonne_minor):
    exact = Fraction(mass_g * per_tonne_minor, 1_000_000)
    price = money.price_minor(mass_g, per_tonne_minor=per_tonne_minor)
    assert exact <= price < exact + 1


@quick
@given(first_g=masses, second_g=masses, per_tonne_minor=prices)
def test_buying_in_parts_never_costs_less_and_at_most_one_minor_unit_more(first_g, second_g, per_tonne_minor):
    apart = sum(money.price_minor(g, per_tonne_minor=per_tonne_minor) for g in (first_g, second_g))
    together = money.price_minor(first_g + second_g, per_tonne_minor=per_tonne_minor)
    assert together <= apart <= together + 1


@pytest.mark.parametrize(("mass_g", "fen"), [(1, 1), (50, 1), (20_000, 100), (20_001, 101), (1_000_000, 5_000)])
def test_at_fifty_yuan_a_tonne(mass_g, fen):
    assert money.price_minor(mass_g, per_tonne_minor=5_000) == fen


@pytest.mark.parametrize(("mass_g", "floored"), [(1, True), (199, True), (200, False), (20_000, False)])
def test_one_fen_is_called_rounded_up_only_where_it_was(mass_g, floored):
    assert money.is_floored(mass_g, per_tonne_minor=5_000) is floored


@quick
@given(amount=st.integers(min_value=-(10**12), max_value=10**12), currency=st.sampled_from(Currency))
def test_a_printed_amount_reads_back_as_itself(amount, currency):
    shown = money.text(amount, currency)
    assert int(shown.replace(currency.sign, "").replace(",", "").replace(".", "")) == amount
    assert shown[-3] == "."
    assert shown.startswith(("-" if amount < 0 else "") + currency.sign)


def test_an_amount_is_printed_as_a_reader_expects_it():
    assert money.text(62, Currency.CNY) == "¥0.62"
    assert money.text(-123_456_789, Currency.USD) == "-US$1,234,567.89"


@quick
@given(
    amount_minor=st.integers(min_value=0, max_value=10**15),
    parts_g=st.lists(st.integers(min_value=1, max_value=10**14), min_size=1, max_size=12),
    keeps=st.booleans(),
)
def test_what_is_back_in_parts_is_never_more_than_its_share_and_all_of_it_at_the_end(amount_minor, parts_g, keeps):
    whole_g = sum(parts_g) + keeps
    back_g, refunds = 0, []
    for part_g in parts_g:
        before = money.share_minor(amount_minor, part_g=back_g, whole_g=whole_g)
        back_g += part_g
        refunds.append(money.share_minor(amount_minor, part_g=back_g, whole_g=whole_g) - before)
        assert 0 <= Fraction(amount_minor * back_g, whole_g) - sum(refunds) < 1
    assert all(refund >= 0 for refund in refunds)
    assert sum(refunds) <= amount_minor
    if not keeps:
        assert sum(refunds) == amount_minor
