"""Bills (账单): what channels say they moved, day by day of Beijing, held against payments, refunds and the ledger (对账).

fetch_due()         expect the bills of days that are over; fetch, keep, read and compare those whose time has come
fetch_one_bill()    a person: ask for one now; the same file again changes nothing
ask_due()           ask channels about payments and refunds that only one of both knows
ask_about()         the same of one, for a person
compare_open()      compare a channel's bills that have something open, once what is ours has changed
take()              a person of finance looks after a difference
explain()           they say why it differs: nothing is missing, or it is and stays so
propose_day()       a day as it stands, by one person; sign_day() another agrees to exactly that
list_bills()        bills by day and channel; list_day() those of one day, count_bills() by state,
                    list_days() how far days are
list_differences()  differences; count_differences(), find_difference(); gauges() what waits, by channel
list_signed()       which days are signed, by whom
read_file()         the bytes of a file as they came
erase_due()         erase the bytes of files whose legal time is over; seal_due() seals what is not, rewrap_bill_keys()
                    changes the master key above their keys

What differs is a row with a state and an owner, found by one SQL function (`bills.compare`) that may run at any time:
it invents nothing the second time, and settles by itself what does not differ any more. Nothing is deleted. Money moves
by `payments` alone, whose channel is asked; a bill moves none.
"""

from app.commerce.bills.asking import ask_about, ask_due
from app.commerce.bills.comparing import compare_open
from app.commerce.bills.erasing import erase_due
from app.commerce.bills.errors import (
    BillUnknown,
    DayChanged,
    DayOpen,
    DaySigned,
    DifferenceClosed,
    DifferenceNotAsked,
    DifferenceUnknown,
    ReasonUnfit,
)
from app.commerce.bills.explaining import explain, take
from app.commerce.bills.fetching import fetch_due, fetch_one_bill
from app.commerce.bills.reading import (
    DayState,
    Gauge,
    SignedDay,
    count_bills,
    count_differences,
    find_difference,
    gauges,
    list_bills,
    list_day,
    list_days,
    list_differences,
    list_signed,
)
from app.commerce.bills.rules import (
    BillFacts,
    BillState,
    Difference,
    DifferenceState,
    Nature,
    Side,
    Step,
    Sums,
)
from app.commerce.bills.sealing import read_file, rewrap_bill_keys, seal_due
from app.commerce.bills.signing import BILL_DAY, propose_day, sign_day

__all__ = [
    "BILL_DAY",
    "BillFacts",
    "BillState",
    "BillUnknown",
    "DayChanged",
    "DayOpen",
    "DaySigned",
    "DayState",
    "Difference",
    "DifferenceClosed",
    "DifferenceNotAsked",
    "DifferenceState",
    "DifferenceUnknown",
    "Gauge",
    "Nature",
    "ReasonUnfit",
    "Side",
    "SignedDay",
    "Step",
    "Sums",
    "ask_about",
    "ask_due",
    "compare_open",
    "count_bills",
    "count_differences",
    "erase_due",
    "explain",
    "fetch_due",
    "fetch_one_bill",
    "find_difference",
    "gauges",
    "list_bills",
    "list_day",
    "list_days",
    "list_differences",
    "list_signed",
    "propose_day",
    "read_file",
    "rewrap_bill_keys",
    "seal_due",
    "sign_day",
    "take",
]
