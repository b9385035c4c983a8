"""Each field for a number takes it as it was meant, and a comma that may be a point is asked about, never dropped."""

import pytest

from app.kernel.mass import GRAMS_PER_KG, GRAMS_PER_TONNE
from app.programmes.gifts import CampaignUnfit
from app.views.inbox.deciding import plain_figure
from app.views.orders import receipts
from app.web.citizen.gifts import pages_held
from app.web.organiser.gifts import forms as gift_forms
from app.web.organiser.scene_drafts import forms as draft_forms
from app.web.organiser.scene_drafts import host


@pytest.mark.parametrize("typed", ["1.5", "１．５", "1.5 kg", "1.500公斤", " 1。5 "])
def test_kilograms_of_a_gift_are_those_that_were_meant(typed: str) -> None:
    assert gift_forms.grams({"card_kg": typed}, "card_kg", GRAMS_PER_KG) == 1500
    assert pages_held.grams_of(typed) == 1500


@pytest.mark.parametrize("typed", ["1,5", "1，5", "0,250", "1.5 t", "-1", "1.0005", ""])
def test_of_a_gift_no_more_grams_move_than_may_have_been_meant(typed: str) -> None:
    """`1,5` kilograms are one and a half to many readers; fifteen would be retired for ever."""
    with pytest.raises(CampaignUnfit) as refused:
        gift_forms.grams({"card_kg": typed}, "card_kg", GRAMS_PER_KG)
    assert refused.value.field == "/card_kg"
    assert pages_held.grams_of(typed) is None


def test_tonnes_are_grouped_by_thousands_alone() -> None:
    assert gift_forms.grams({"buy_t": "1,200.5 吨"}, "buy_t", GRAMS_PER_TONNE) == 1_200_500_000
    with pytest.raises(CampaignUnfit):
        gift_forms.grams({"buy_t": "1200,5"}, "buy_t", GRAMS_PER_TONNE)


def test_money_of_a_receipt_is_what_the_banks_paper_says() -> None:
    assert receipts._minor("¥１２，４００．５０元") == 1_240_050
    for typed in ("12400,50", "12.400,50", "1,24", "¥"):
        with pytest.raises(receipts.AmountUnfit):
            receipts._minor(typed)


@pytest.mark.parametrize(("typed", "meant"), [("12,400", "12400"), ("１２４００ t", "12400"), ("1,24", "1,24")])
def test_a_figure_that_is_typed_again_is_compared_as_it_was_meant(typed: str, meant: str) -> None:
    assert plain_figure(typed) == meant


def test_an_organiser_s_figures_are_read_in_full_width_and_with_groups() -> None:
    assert draft_forms._whole("２，４００", 1, 10_000) == 2400
    assert draft_forms._quantity("０．５") == "0.5"
    for wrong in ("2,4", "1.5"):
        with pytest.raises(draft_forms._Unfit):
            draft_forms._whole(wrong, 1, 10_000)
    with pytest.raises(draft_forms._Unfit):
        draft_forms._quantity("0,5")
    assert (host._number("１，２００"), host._number("1,2")) == (1200, "1,2")
