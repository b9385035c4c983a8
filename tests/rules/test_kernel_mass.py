"""Grams: never too few are retired, and what is printed is the number itself, rounded half up."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel import mass

quick = settings(max_examples=80, deadline=None)  # the machine is shared: a slow moment is no fault
grams = st.integers(min_value=0, max_value=10**15)
steps = st.sampled_from([1, 10, 1_000, 1_000_000]) | st.integers(min_value=1, max_value=10**7)


@quick
@given(emission_g=grams, step_g=steps)
def test_what_is_retired_covers_the_emission_in_whole_steps_with_less_than_one_to_spare(emission_g, step_g):
    retired_g = mass.to_retire_g(emission_g, step_g=step_g)
    assert retired_g >= emission_g
    assert retired_g % step_g == 0
    assert retired_g >= step_g
    assert retired_g - emission_g < step_g or (emission_g, retired_g) == (0, step_g)


@quick
@given(emission_g=grams, step_g=steps)
def test_what_is_to_be_retired_does_not_grow_when_it_is_computed_again(emission_g, step_g):
    once = mass.to_retire_g(emission_g, step_g=step_g)
    assert mass.to_retire_g(once, step_g=step_g) == once


def test_a_person_retires_to_the_gram_and_an_organisation_to_the_kilogram():
    assert [mass.to_retire_g(g, step_g=1) for g in (0, 1, 12_400)] == [1, 1, 12_400]
    assert [mass.to_retire_g(g, step_g=1_000) for g in (0, 1, 1_000, 1_001)] == [1_000, 1_000, 1_000, 2_000]


def rounded(mass_g: int, unit_g: int, places: int) -> Decimal:
    """By the decimal module instead of by integers."""
    return (Decimal(mass_g) / unit_g).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@quick
@given(grams | st.integers(min_value=-(10**12), max_value=-500))
def test_tonnes_and_kilograms_are_printed_half_up_with_three_decimals(mass_g):
    assert Decimal(mass.tonnes(mass_g).replace(",", "")) == rounded(mass_g, 1_000_000, 3)
    kilograms = Decimal(mass.exact_kg(mass_g).replace(",", ""))
    assert kilograms == rounded(mass_g, 1_000, 3)
    assert kilograms * 1_000 == mass_g  # exact: a gram is the third decimal
    for shown in (mass.tonnes(mass_g), mass.exact_kg(mass_g)):
        assert len(shown.rpartition(".")[2]) == 3


def test_a_half_goes_up_and_less_than_a_half_goes_down():
    assert [mass.tonnes(g) for g in (499, 500, 1_499, 1_500, 87_790_000)] == [
        "0.000",
        "0.001",
        "0.001",
        "0.002",
        "87.790",
    ]
    assert mass.tonnes(397_695_000_000) == "397,695.000"
    assert mass.exact_kg(12_400) == "12.400"


@quick
@given(grams)
def test_a_friendly_figure_is_never_further_off_than_half_its_last_place(mass_g):
    number, unit = mass.friendly(mass_g)
    unit_g, places = {"g": (1, 0), "kg": (1_000, 1), "t": (1_000_000, 2)}[unit]
    shown = Decimal(number.replace(",", ""))
    assert -shown.as_tuple().exponent == places
    assert abs(shown * unit_g - mass_g) * 2 <= Decimal(unit_g).scaleb(-places)
    assert shown > 0 or mass_g == 0, "something never reads as nothing"
    assert mass.text(mass_g) == f"{number} {unit}"


def test_the_unit_of_a_friendly_figure_changes_at_100_g_and_at_one_tonne():
    assert [mass.text(g) for g in (0, 99, 100, 12_400, 999_949, 1_000_000, 1_005_000)] == [
        "0 g",
        "99 g",
        "0.1 kg",
        "12.4 kg",
        "999.9 kg",
        "1.00 t",
        "1.01 t",
    ]


def test_exact_tonnes_say_every_gram_and_no_idle_zero():
    shown = [mass.exact_t(mass_g) for mass_g in (0, 1, 87_790_000, 857_000_000, 1_889_580_000_001)]
    assert shown == ["0", "0.000001", "87.79", "857", "1,889,580.000001"]
