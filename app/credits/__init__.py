"""Credits (碳信用): what we may retire, where it came from, and what it costs. Who holds it: app/holdings.

open_lot()       take a registry's batch into the books; overlap is refused
set_price()      what a tonne of a programme costs from a day on
quote()          the price of a mass today
describe_lots()  what a certificate says about a lot
supply()         what is open, by programme

Whole tonnes are numbered by registries; people need grams. A lot is therefore a line of grams.
"""

from app.credits.errors import LotOverlaps, PriceUnknown, SerialUnreadable
from app.credits.events import LotOpened
from app.credits.opening import NewLot, NewProject, open_lot
from app.credits.pricing import Quote, quote, set_price
from app.credits.reading import LotFacts, Supply, describe_lots, supply
from app.credits.rules import Programme, UnitKind

__all__ = [
    "LotFacts",
    "LotOpened",
    "LotOverlaps",
    "NewLot",
    "NewProject",
    "PriceUnknown",
    "Programme",
    "Quote",
    "SerialUnreadable",
    "Supply",
    "UnitKind",
    "describe_lots",
    "open_lot",
    "quote",
    "set_price",
    "supply",
]
