"""Retirements (注销): who asked, what was cut from which lot, and when it became final.

request()       write down who retires how much, for which scene and period
settle()        cut the lots, move the grams; harmless when repeated
find_settled()  what a certificate says about a retirement, with its gram ranges
find_by_cause() where a retirement stands

A retirement rests on credits already reserved for its cause. Settling is one SQL function over a set:
one range of grams per lot, contiguous slices inside it, one transfer in the ledger.
"""

from app.retirements.events import RetirementRequested, RetirementSettled
from app.retirements.reading import SettledRetirement, Slice, Standing, find_by_cause, find_settled
from app.retirements.requesting import Request, request
from app.retirements.rules import Payer, Purpose, RetirementState
from app.retirements.settling import settle

__all__ = [
    "Payer",
    "Purpose",
    "Request",
    "RetirementRequested",
    "RetirementSettled",
    "RetirementState",
    "SettledRetirement",
    "Slice",
    "Standing",
    "find_by_cause",
    "find_settled",
    "request",
    "settle",
]
