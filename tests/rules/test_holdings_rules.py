"""Who may hold grams, and how a mix is put together: exact to the gram, or what is missing is named."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.text import Text
from app.registry import holdings
from app.registry.credits.rules import Programme
from app.registry.holdings.errors import (
    AccountUnfit,
    CreditsExhausted,
    MixUnfit,
    ProgrammeNotAccepted,
    SchemeUnknown,
)
from app.registry.holdings.mix_rules import (
    WHOLE_BP,
    Mix,
    MixKind,
    Part,
    apportion,
    compose,
    foresee,
    masses,
    split,
)
from app.registry.holdings.recognition_rules import (
    Acceptance,
    Scheme,
    accepts,
    choose_scheme,
    demand_accepted,
)
from app.registry.holdings.rules import PLATFORM, Account, AccountKind, OpenLot, Portion

CCER, CDCER, CQCER = Programme.CCER, Programme.CDCER, Programme.CQCER
ANN = UUID("0190b6f0-5d1c-7abc-8def-0123456789ab")
quick = settings(max_examples=60, deadline=None)
examples = settings(max_examples=500, deadline=None)  # row L8

demands = st.integers(min_value=1, max_value=10**12)
lots = st.lists(
    st.builds(
        OpenLot,
        id=st.integers(1, 50),
        programme=st.sampled_from([CCER, CDCER]),
        vintage_end=st.dates(min_value=date(2018, 1, 1), max_value=date(2018, 1, 1) + timedelta(days=4)),
        open_g=st.integers(min_value=0, max_value=10**12),
    ),
    max_size=12,
    unique_by=lambda lot: lot.id,
)


@st.composite
def shares(draw: st.DrawFn) -> list[int]:
    """Basis points of one to five parts, together the whole."""
    cuts = sorted(draw(st.sets(st.integers(1, WHOLE_BP - 1), max_size=4)))
    return [stop - start for start, stop in zip([0, *cuts], [*cuts, WHOLE_BP], strict=True)]


@pytest.mark.parametrize(
    ("holder", "name", "account"),
    [
        (PLATFORM, "platform", "inventory:7"),
        (Account.person(ANN), f"person:{ANN}", f"held:person:{ANN}:7"),
        (Account.organisation(ANN), f"org:{ANN}", f"held:org:{ANN}:7"),
        (Account.named(AccountKind.ZONE, "fun-run-2026"), "zone:fun-run-2026", "held:zone:fun-run-2026:7"),
    ],
)
def test_a_holder_has_one_name_that_reads_back_and_one_account_for_each_lot(holder, name, account):
    assert (str(holder), holder.path(7), Account.read(name)) == (name, account, holder)


@pytest.mark.parametrize(
    "name",
    ["", "platform:", "platform:1", "nobody", "person:", "person:7", f"person:{str(ANN).upper()}", f"org:{{{ANN}}}",
     f"org:{ANN.hex}", "zone:", "zone:Up", "zone:-a", "zone:a:b", "zone:a b", "zone:" + "a" * 41, f"person:{ANN}\n"],
)  # fmt: skip
def test_a_name_that_nobody_can_have_is_refused(name):
    with pytest.raises(AccountUnfit):
        Account.read(name)


@pytest.mark.parametrize(
    "make",
    [
        Mix.by_preference,
        lambda: Mix.by_preference(CCER, CCER),
        lambda: Mix.by_share({CCER: 6_000, CDCER: 3_999}),
        lambda: Mix.by_share({CCER: 10_000, CDCER: 0}),
        lambda: Mix.by_share({CCER: 10_001, CDCER: -1}),
        lambda: Mix.by_mass({CCER: 0}),
        lambda: Mix(MixKind.SHARE, (Part(CCER, 5_000), Part(CCER, 5_000))),
    ],
)
def test_a_mix_of_nothing_too_much_or_one_programme_twice_is_refused(make):
    with pytest.raises(MixUnfit) as refusal:
        make()
    assert refusal.value.field == "/mix"


def test_a_mix_is_kept_as_it_was_asked_for():
    assert str(Mix.by_share({CDCER: 4_000, CCER: 6_000})) == "share CDCER=4000 CCER=6000"
    assert str(Mix.by_mass({CCER: 7})) == "mass CCER=7"
    assert str(Mix.by_preference(CCER, CDCER)) == "preference CCER CDCER"
    assert (Mix.only(CCER).single, Mix.by_preference(CCER, CDCER).single) == (CCER, None)
    longest = Mix.by_mass(dict.fromkeys(Programme, 10**15))
    assert len(str(longest)) <= 160  # what its column holds


@examples
@given(whole_g=st.integers(0, 10**15), shares_bp=shares())
def test_shares_add_up_to_the_gram_and_none_is_a_gram_off(whole_g, shares_bp):
    parts = split(whole_g, shares_bp)
    assert sum(parts) == whole_g
    exact = [Fraction(whole_g * share, WHOLE_BP) for share in shares_bp]
    assert all(abs(part - wanted) < 1 for part, wanted in zip(parts, exact, strict=True))
    rounded_up = [wanted - int(wanted) for part, wanted in zip(parts, exact, strict=True) if part > wanted]
    rounded_down = [wanted - int(wanted) for part, wanted in zip(parts, exact, strict=True) if part <= wanted]
    if rounded_up and rounded_down:
        assert min(rounded_up) >= max(rounded_down)


def test_among_equal_remainders_the_earlier_part_gets_the_gram():
    assert split(1, [5_000, 5_000]) == [1, 0]
    assert split(5, [2_500, 2_500, 2_500, 2_500]) == [2, 1, 1, 1]
    assert split(3, [3_333, 3_333, 3_334]) == [1, 1, 1]
    assert split(100, [3_333, 3_333, 3_334]) == [33, 33, 34]


@quick
@given(demand_g=demands, lots=lots)
def test_a_demand_is_met_exactly_from_the_oldest_on_or_nothing_is_taken(demand_g, lots):
    own = [lot for lot in lots if lot.programme is CCER]
    open_g = sum(lot.open_g for lot in own)
    if open_g < demand_g:
        with pytest.raises(CreditsExhausted) as refusal:
            compose(demand_g, Mix.only(CCER), lots)
        facts = refusal.value.facts
        assert (facts["demand_g"], facts["open_g"], facts["missing"]) == (demand_g, open_g, {"CCER": demand_g - open_g})
        return
    portions = compose(demand_g, Mix.only(CCER), lots)
    by_id = {lot.id: lot for lot in own}
    assert sum(portion.mass_g for portion in portions) == demand_g
    assert all(0 < portion.mass_g <= by_id[portion.lot_id].open_g for portion in portions)
    in_turn = sorted((lot for lot in own if lot.open_g), key=lambda lot: (lot.vintage_end, lot.id))
    assert [portion.lot_id for portion in portions] == [lot.id for lot in in_turn[: len(portions)]]
    for portion in portions[:-1]:  # only the last lot may keep something
        assert portion.mass_g == by_id[portion.lot_id].open_g


@quick
@given(first_g=demands, second_g=demands, lots=lots)
def test_two_demands_one_after_the_other_take_what_one_of_both_would(first_g, second_g, lots):
    if sum(lot.open_g for lot in lots if lot.programme is CCER) < first_g + second_g:
        return
    taken: dict[int, int] = {}
    for portion in compose(first_g, Mix.only(CCER), lots):
        taken[portion.lot_id] = portion.mass_g
    left = [OpenLot(lot.id, lot.programme, lot.vintage_end, lot.open_g - taken.get(lot.id, 0)) for lot in lots]
    for portion in compose(second_g, Mix.only(CCER), left):
        taken[portion.lot_id] = taken.get(portion.lot_id, 0) + portion.mass_g
    whole = compose(first_g + second_g, Mix.only(CCER), lots)
    assert taken == {portion.lot_id: portion.mass_g for portion in whole}


@quick
@given(demand_g=demands, lots=lots, share=st.integers(1, WHOLE_BP - 1))
def test_a_mix_by_share_gives_each_programme_its_part_or_names_every_one_that_lacks(demand_g, lots, share):
    mix = Mix.by_share({CDCER: share, CCER: WHOLE_BP - share})
    wanted = dict(zip(mix.programmes, split(demand_g, [share, WHOLE_BP - share]), strict=True))
    open_g = {each: sum(lot.open_g for lot in lots if lot.programme is each) for each in wanted}
    missing = {each.value: grams - open_g[each] for each, grams in wanted.items() if grams > open_g[each]}
    if missing:
        with pytest.raises(CreditsExhausted) as refusal:
            compose(demand_g, mix, lots)
        assert refusal.value.facts["missing"] == missing
        return
    of_lot = {lot.id: lot.programme for lot in lots}
    given_g = dict.fromkeys(wanted, 0)
    for portion in compose(demand_g, mix, lots):
        given_g[of_lot[portion.lot_id]] += portion.mass_g
    assert given_g == wanted


def test_a_preference_takes_what_there_is_of_the_first_and_the_rest_from_the_second():
    day = date(2022, 12, 31)
    lots = [OpenLot(1, CCER, day, 40), OpenLot(2, CDCER, day, 30), OpenLot(3, CQCER, day, 100)]
    mix = Mix.by_preference(CCER, CDCER)
    assert compose(30, mix, lots) == [Portion(1, 30)]
    assert compose(41, mix, lots) == [Portion(1, 40), Portion(2, 1)]
    with pytest.raises(CreditsExhausted) as refusal:
        compose(75, mix, lots)
    assert (refusal.value.facts["open_g"], refusal.value.facts["missing"]) == (70, {"CDCER": 5})
    assert "CDCER 5 g" in refusal.value.message().zh


def test_a_mix_by_mass_is_the_demand_or_is_refused():
    day = date(2022, 12, 31)
    lots = [OpenLot(1, CCER, day, 40), OpenLot(2, CDCER, day, 30)]
    mix = Mix.by_mass({CDCER: 10, CCER: 20})
    assert compose(30, mix, lots) == [Portion(2, 10), Portion(1, 20)]
    with pytest.raises(MixUnfit, match="mix_unfit"):
        compose(31, mix, lots)


@quick
@given(wanted=st.lists(st.tuples(demands, st.integers(1, 9_999)), min_size=1, max_size=3), lots=lots)
def test_what_is_foreseen_is_what_composing_takes_one_after_the_other(wanted, lots):
    mixes = [Mix.by_share({CDCER: share, CCER: WHOLE_BP - share}) for _, share in wanted[:-1]]
    asked = [
        (demand_g, mix) for (demand_g, _), mix in zip(wanted, [*mixes, Mix.by_preference(CDCER, CCER)], strict=True)
    ]
    left = {lot.id: lot for lot in lots}
    for (demand_g, mix), lines in zip(asked, foresee(asked, lots), strict=True):
        assert sum(line.mass_g for line in lines) == demand_g
        if missing := {line.programme.value: line.missing_g for line in lines if line.missing_g}:
            with pytest.raises(CreditsExhausted) as refusal:
                compose(demand_g, mix, left.values())
            assert missing == refusal.value.facts["missing"]
            return
        taken = compose(demand_g, mix, left.values())
        assert [portion for line in lines for portion in line.portions] == taken
        for portion in taken:
            lot = left[portion.lot_id]
            left[lot.id] = OpenLot(lot.id, lot.programme, lot.vintage_end, lot.open_g - portion.mass_g)


@quick
@given(demand_g=demands, lots=lots, kind=st.sampled_from(["share", "mass", "preference"]), share=st.integers(1, 9_999))
def test_apportioning_says_before_what_composing_takes(demand_g, lots, kind, share):
    mix = {
        "share": Mix.by_share({CDCER: share, CCER: WHOLE_BP - share}),
        "mass": Mix.by_mass({CDCER: share, CCER: demand_g}),
        "preference": Mix.by_preference(CDCER, CCER),
    }[kind]
    whole_g = demand_g + share if kind == "mass" else demand_g
    open_g = {each: sum(lot.open_g for lot in lots if lot.programme is each) for each in (CCER, CDCER)}
    try:
        portions = compose(whole_g, mix, lots)
    except CreditsExhausted as refused:
        said = refused.facts
        with pytest.raises(CreditsExhausted) as refusal:
            apportion([(whole_g, mix)], open_g)
        assert said == refusal.value.facts
        return
    of_lot = {lot.id: lot.programme for lot in lots}
    taken: dict[Programme, int] = {}
    for portion in portions:
        taken[of_lot[portion.lot_id]] = taken.get(of_lot[portion.lot_id], 0) + portion.mass_g
    assert apportion([(whole_g, mix)], open_g) == [taken]


def test_demands_are_apportioned_one_after_the_other():
    prefer = Mix.by_preference(CCER, CDCER)
    demands = [(30, prefer), (10, Mix.only(CCER)), (25, prefer)]
    assert apportion(demands, {CCER: 45, CDCER: 20}) == [{CCER: 30}, {CCER: 10}, {CCER: 5, CDCER: 20}]
    for short in ({CCER: 45, CDCER: 19}, {CCER: 45}, {}):
        with pytest.raises(CreditsExhausted):
            apportion(demands, short)


async def test_where_the_mixes_say_their_grams_nothing_is_read():
    """A visitor's order names one programme: it costs no statement more."""
    demands = [(7, Mix.only(CCER)), (9, Mix.by_share({CCER: 5_000, CDCER: 5_000})), (3, Mix.by_mass({CCER: 3}))]
    assert await holdings.apportion(demands, tx=object()) == [{CCER: 7}, {CCER: 5, CDCER: 4}, {CCER: 3}]
    assert masses(5, Mix.by_preference(CCER, CDCER)) is None
    with pytest.raises(AttributeError):  # only an order of preference asks the transaction
        await holdings.apportion([(5, Mix.by_preference(CCER, CDCER))], tx=object())


def test_a_scheme_that_nobody_knows_is_refused_and_those_there_are_are_named():
    known = {"one": scheme(CCER=1), "other": scheme(CDCER=1)}
    assert choose_scheme(known, "one") is known["one"]
    with pytest.raises(SchemeUnknown) as refusal:
        choose_scheme(known, "ONE", field="/lines/3/scheme")
    assert (refusal.value.field, refusal.value.facts["known"]) == ("/lines/3/scheme", "one, other")


def scheme(**said: int | None) -> Scheme:
    """A scheme that accepts these, each with its rank; and CQCER it lists and does not accept."""
    rows = {
        Programme(name): Acceptance(is_accepted=True, rank=rank, is_confirmed=True, source="x")
        for name, rank in said.items()
    }
    no = Acceptance(is_accepted=False, rank=None, is_confirmed=True, source="x")
    return Scheme("s", Text(zh="某方案", en="A scheme"), rows | {CQCER: no})


def test_a_scheme_accepts_what_it_lists_with_a_yes_and_nothing_else():
    matrix = {"s": scheme(CCER=2)}
    assert accepts(matrix, "s", CCER)
    assert not any(accepts(matrix, "s", other) for other in (CQCER, CDCER))
    assert not accepts(matrix, "unknown", CCER)


def test_a_mix_with_a_programme_that_is_not_accepted_is_refused_and_named():
    demand_accepted(Mix.by_preference(CCER, CDCER), scheme(CCER=2, CDCER=None))
    with pytest.raises(ProgrammeNotAccepted) as refusal:
        demand_accepted(Mix.by_preference(CCER, CQCER, Programme.VCU), scheme(CCER=2))
    assert refusal.value.message() == Text(zh="某方案不认可 CQCER, VCU。", en="A scheme does not accept CQCER, VCU.")
    assert refusal.value.field == "/mix"


def test_what_a_scheme_prefers_is_a_mix_in_the_order_of_its_ranks():
    assert scheme(VCU=None, CDCER=3, CCER=2).preference == Mix.by_preference(CCER, CDCER, Programme.VCU)
