"""Orders (订单): what somebody asked us to neutralise, for whom, at which price, until it is paid or over.

place()        a visitor's: quote, set credits aside and write the order down, in one transaction
place_joint()  the same for several beneficiaries and mixes of programmes, paid as one
quote_joint()  what such an order would take and cost now
pay()          open a payment of the order at a channel; `allowed_ways` tells which ways its scenes' zones take, and
                 `agrees_abroad` whether somebody agrees to what a way to pay abroad is told
reserve_quoted() a person of ours lets a quoted order hold its grams
list_quoted()  the orders that wait for that, or for money; `count_quoted` tells how many
fulfil()       paid: request the retirements, or give the money back where nothing is left
expire_due()   unpaid too long: close at the channel, then give the credits back
cancel()       the same at its owner's wish
take_back()    paid and not settled yet: the grams and the money go back
return_line()  grams of a line that was held go back, and their money; `refundable` says what could, `free_grams` how much,
               `purchases_into` of everything that was bought into an account
cost_of()      what was paid for grams that left an account
finish_refunds() the money is back
find()         an order of this person
find_placed()  the one they placed under a key
recall()       any order, for the platform's own people
under_way()    those of them that are not over
payers_of()    whose each of some is
rename()       what stands on the certificate, until it is paid; `namer_of` under whose key
sealed_name()  what stands there now
ORDER          what orders declare as a kind of thing that is paid for

An order has lines; each retires for one claim, or holds in an account. The cause of a line,
`order:<id>` of an only one and `order:<id>/<no>` otherwise, is the key of what follows from it: reservation, and
retirement or delivery. So each happens once. The order's own, `order:<id>`, is the subject of its payments.
"""

from app.commerce.orders.costing import Cost, cost_of
from app.commerce.orders.declaring import ORDER
from app.commerce.orders.errors import (
    AbroadNotAgreed,
    BelowLeast,
    KeyUsedOtherwise,
    LinesUnfit,
    LineUnknown,
    MandateMissing,
    MandateUnfit,
    MassUnfit,
    NameUnfit,
    NothingToReturn,
    NotQuoted,
    OrderFinal,
    OrderOver,
    OrderRetired,
    OrderUnknown,
    OrganisationTooMuchUnpaid,
    PartyUnknown,
    PeriodUnfit,
    ProfileUnused,
    ReservingReasonUnfit,
    SubjectUnfit,
    TooManyUnpaid,
    TooMuchUnpaid,
)
from app.commerce.orders.expiring import cancel, expire_due
from app.commerce.orders.fulfilling import finish_refunds, fulfil
from app.commerce.orders.giving_back import Purchase, Returned, free_grams, purchases_into, refundable, return_line
from app.commerce.orders.paying import Way, agrees_abroad, allowed_ways, pay
from app.commerce.orders.placing import NewOrder, place, place_joint
from app.commerce.orders.quoting import Quotation, QuotedPrice, quote_joint
from app.commerce.orders.reading import (
    HoldLine,
    Line,
    LineRow,
    OrderFacts,
    PriceFacts,
    RetireLine,
    find,
    find_placed,
    payers_of,
    recall,
    under_way,
)
from app.commerce.orders.renaming import namer_of, rename, sealed_name
from app.commerce.orders.reserving_quoted import count_quoted, list_quoted, reserve_quoted
from app.commerce.orders.rules import (
    PARTLY_REFUNDED,
    UNPAID,
    Bounds,
    NewHoldLine,
    NewLine,
    NewRetireLine,
    OrderState,
    cause_of,
)
from app.commerce.orders.taking_back import take_back
from app.commerce.orders.writing import NewJointOrder

__all__ = [
    "ORDER",
    "PARTLY_REFUNDED",
    "UNPAID",
    "AbroadNotAgreed",
    "BelowLeast",
    "Bounds",
    "Cost",
    "HoldLine",
    "KeyUsedOtherwise",
    "Line",
    "LineRow",
    "LineUnknown",
    "LinesUnfit",
    "MandateMissing",
    "MandateUnfit",
    "MassUnfit",
    "NameUnfit",
    "NewHoldLine",
    "NewJointOrder",
    "NewLine",
    "NewOrder",
    "NewRetireLine",
    "NotQuoted",
    "NothingToReturn",
    "OrderFacts",
    "OrderFinal",
    "OrderOver",
    "OrderRetired",
    "OrderState",
    "OrderUnknown",
    "OrganisationTooMuchUnpaid",
    "PartyUnknown",
    "PeriodUnfit",
    "PriceFacts",
    "ProfileUnused",
    "Purchase",
    "Quotation",
    "QuotedPrice",
    "ReservingReasonUnfit",
    "RetireLine",
    "Returned",
    "SubjectUnfit",
    "TooManyUnpaid",
    "TooMuchUnpaid",
    "Way",
    "agrees_abroad",
    "allowed_ways",
    "cancel",
    "cause_of",
    "cost_of",
    "count_quoted",
    "expire_due",
    "find",
    "find_placed",
    "finish_refunds",
    "free_grams",
    "fulfil",
    "list_quoted",
    "namer_of",
    "pay",
    "payers_of",
    "place",
    "place_joint",
    "purchases_into",
    "quote_joint",
    "recall",
    "refundable",
    "rename",
    "reserve_quoted",
    "return_line",
    "sealed_name",
    "take_back",
    "under_way",
]
