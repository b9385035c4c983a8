"""Money: what is printed reads back, and shares add up to the whole."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel import money
from app.kernel.money import Currency

quick = settings(max_examples=80, deadline=None)


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
