"""Credits (碳信用): what we may retire, where it came from, and what it costs. Who holds it: app/registry/holdings.

open_lot()             take a registry's batch into the books; overlap is refused
examine_lots()         what would become of each row of an import; changes nothing
import_lots()          take the good rows in, all in one transaction
propose_lot()          a lot whose serial says too little: one person types it,
propose_correction()   a fact about a lot that is another than was thought: the same,
approve()              and another person agrees; sending back and withdrawing are `approvals`' own
list_doubles()         lots of older books that hold tonnes of an older lot; propose_double() says what one is
propose_suspension()   sell no lot of a methodology from a day on; propose_resuming(), list_methodologies()
propose_price()        a line of a programme's price list; price_list() reads it
propose_rate()         what a US dollar is worth in yuan on a day; list_rates(), find_rate(), read_rates()
approve_price(), approve_rate(), approve_methodology()  another person agrees
quote(), price_all()   the price of a mass, or of a tonne of each programme, on a day
describe_lots()        what a certificate says about a lot
supply()               what is open, by programme

Whole tonnes are numbered by registries; people need grams. A lot is therefore a line of grams.
"""

from app.registry.credits.doubting import Double, list_doubles, propose_double
from app.registry.credits.errors import (
    CorrectionUnfit,
    DoubleDecided,
    DoubleUnfit,
    DoubleUnknown,
    LotNeedsTwo,
    LotOverlaps,
    LotUnfit,
    LotUnknown,
    MethodologyUnknown,
    PriceBackdated,
    PriceOverlaps,
    PriceUnfit,
    PriceUnknown,
    ProjectDisagrees,
    RateAhead,
    RateSourceUnfit,
    RateTooOld,
    RateUnfit,
    RateUnknown,
    SerialDisagrees,
    SerialOfAnotherRegistry,
    SerialUnreadable,
    SuspensionUnfit,
)
from app.registry.credits.events import LotCorrected, LotOpened, MethodologyResumed, MethodologySuspended
from app.registry.credits.exchanging import (
    RATE_KIND,
    approve_rate,
    count_rates,
    find_rate,
    list_rates,
    propose_rate,
    read_rates,
)
from app.registry.credits.lot_rules import NewLot, NewProject
from app.registry.credits.opening import open_lot
from app.registry.credits.price_rules import (
    BASE,
    RATE_DAYS,
    RATED,
    PerTonne,
    Rate,
    amounts_minor,
    is_floored,
    rate_text,
    reaching_g,
)
from app.registry.credits.pricing import PRICE_KIND, PRICING, Price, approve_price, price_list, propose_price
from app.registry.credits.programme_rules import PROGRAMMES, ProgrammeRules
from app.registry.credits.proposing import approve, propose_correction, propose_lot
from app.registry.credits.quoting import Quote, price_all, quote
from app.registry.credits.reading import LotFacts, Supply, describe_lots, supply
from app.registry.credits.rules import DoubleDecision, Programme, ProposalKind, UnitKind
from app.registry.credits.serials.registry_rules import Registry
from app.registry.credits.sheets.column_rules import COLUMNS
from app.registry.credits.sheets.importing import Examined, examine_lots, import_lots
from app.registry.credits.sheets.reading_suspensions import read_suspensions
from app.registry.credits.sheets.sheet_rules import CellFault, RowKind, RowResult
from app.registry.credits.suspending import (
    KEEPING,
    METHODOLOGY_KIND,
    Methodology,
    Suspension,
    approve_methodology,
    list_methodologies,
    propose_resuming,
    propose_suspension,
)

__all__ = [
    "BASE",
    "COLUMNS",
    "KEEPING",
    "METHODOLOGY_KIND",
    "PRICE_KIND",
    "PRICING",
    "PROGRAMMES",
    "RATED",
    "RATE_DAYS",
    "RATE_KIND",
    "CellFault",
    "CorrectionUnfit",
    "Double",
    "DoubleDecided",
    "DoubleDecision",
    "DoubleUnfit",
    "DoubleUnknown",
    "Examined",
    "LotCorrected",
    "LotFacts",
    "LotNeedsTwo",
    "LotOpened",
    "LotOverlaps",
    "LotUnfit",
    "LotUnknown",
    "Methodology",
    "MethodologyResumed",
    "MethodologySuspended",
    "MethodologyUnknown",
    "NewLot",
    "NewProject",
    "PerTonne",
    "Price",
    "PriceBackdated",
    "PriceOverlaps",
    "PriceUnfit",
    "PriceUnknown",
    "Programme",
    "ProgrammeRules",
    "ProjectDisagrees",
    "ProposalKind",
    "Quote",
    "Rate",
    "RateAhead",
    "RateSourceUnfit",
    "RateTooOld",
    "RateUnfit",
    "RateUnknown",
    "Registry",
    "RowKind",
    "RowResult",
    "SerialDisagrees",
    "SerialOfAnotherRegistry",
    "SerialUnreadable",
    "Supply",
    "Suspension",
    "SuspensionUnfit",
    "UnitKind",
    "amounts_minor",
    "approve",
    "approve_methodology",
    "approve_price",
    "approve_rate",
    "count_rates",
    "describe_lots",
    "examine_lots",
    "find_rate",
    "import_lots",
    "is_floored",
    "list_doubles",
    "list_methodologies",
    "list_rates",
    "open_lot",
    "price_all",
    "price_list",
    "propose_correction",
    "propose_double",
    "propose_lot",
    "propose_price",
    "propose_rate",
    "propose_resuming",
    "propose_suspension",
    "quote",
    "rate_text",
    "reaching_g",
    "read_rates",
    "read_suspensions",
    "supply",
]
