"""Credits (碳信用): what we may retire, where it came from, what it costs, and what is set aside for whom.

open_lot()       take a registry's batch into the books; overlap is refused
set_price()      what a tonne of a programme costs from a day on
quote()          the price of a mass today
reserve()        set grams aside for a purpose until it expires
use_many()       hand reserved grams over to their retirements
release()        give reserved grams back
describe_lots()  what a certificate says about a lot
supply()         what is open, by programme

Whole tonnes are numbered by registries; people need grams. A lot is therefore a line of grams: which
lot gives how many is decided when credits are reserved, which grams they are when they are retired.
"""

from app.credits.errors import CreditsExhausted, LotOverlaps, PriceUnknown, ReservationUsed, SerialUnreadable
from app.credits.events import LotOpened
from app.credits.opening import NewLot, NewProject, open_lot
from app.credits.pricing import Quote, quote, set_price
from app.credits.reading import LotFacts, Supply, describe_lots, supply
from app.credits.reserving import Reservation, release, reserve, use_many
from app.credits.rules import Portion, Programme, UnitKind

__all__ = [
    "CreditsExhausted",
    "LotFacts",
    "LotOpened",
    "LotOverlaps",
    "NewLot",
    "NewProject",
    "Portion",
    "PriceUnknown",
    "Programme",
    "Quote",
    "Reservation",
    "ReservationUsed",
    "SerialUnreadable",
    "Supply",
    "UnitKind",
    "describe_lots",
    "open_lot",
    "quote",
    "release",
    "reserve",
    "set_price",
    "supply",
    "use_many",
]
