"""Channels' bills in words: what a difference is, how a state is called; for consoles and terminal.

name_of()      a channel by its label
title_of()     a difference in one sentence
find_day()     a day as somebody typed it; day_of_address() in an address
find_id()      a difference by its number, `bdf_…`
"""

from app.views.bills.wording import (
    BILL_STATES,
    DIFFERENCE_STATES,
    NATURES,
    PREFIX,
    STEPS,
    DayUnfit,
    day_of_address,
    find_day,
    find_id,
    name_of,
    number_of,
    title_of,
)

__all__ = [
    "BILL_STATES",
    "DIFFERENCE_STATES",
    "NATURES",
    "PREFIX",
    "STEPS",
    "DayUnfit",
    "day_of_address",
    "find_day",
    "find_id",
    "name_of",
    "number_of",
    "title_of",
]
