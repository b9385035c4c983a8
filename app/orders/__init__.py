"""Orders (订单): what a citizen asked us to neutralise, at which price, until it is paid or over.

place()        quote, set credits aside and write the order down, in one transaction
pay()          open a payment of the order at a channel
fulfil()       paid: request the retirement, or give the money back where nothing is left
expire_due()   unpaid too long: close at the channel, then give the credits back
cancel()       the same at its owner's wish
finish_refunds() the money is back
find()         an order of this person
under_way()    those of them that are not over
rename()       what stands on the certificate, until it is paid

An order's cause, `order:<id>`, is the key of everything that follows: the reservation, the payment's
subject, the retirement. So each happens once.
"""

from app.orders.errors import KeyUsedOtherwise, NameUnfit, OrderOver, OrderUnknown
from app.orders.expiring import cancel, expire_due
from app.orders.fulfilling import finish_refunds, fulfil
from app.orders.paying import Way, pay
from app.orders.placing import NewOrder, place
from app.orders.reading import OrderFacts, find, under_way
from app.orders.renaming import rename
from app.orders.rules import OrderState, cause_of

__all__ = [
    "KeyUsedOtherwise",
    "NameUnfit",
    "NewOrder",
    "OrderFacts",
    "OrderOver",
    "OrderState",
    "OrderUnknown",
    "Way",
    "cancel",
    "cause_of",
    "expire_due",
    "find",
    "finish_refunds",
    "fulfil",
    "pay",
    "place",
    "rename",
    "under_way",
]
