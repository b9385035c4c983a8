"""The ledger (账本): who holds how many grams of which lot, and how many fen, to the last one.

open_accounts()  open accounts of one unit; a repeat changes nothing
open_clearing()  open what a payment channel holds for us; the owner of the tables only
post()           post one transfer, all legs or none, in one round trip
post_many()      post a set of transfers, all or none: one lock and one update for each account
balances()       read balances
totals()         the sum of every unit, which is zero

PostgreSQL itself refuses what must not be: an unbalanced transfer, a balance below its floor, a second
transfer for one cause, any change of what is written, a movement that `ledger_movement` does not know, and
whatever would leave a retired account. The application's role cannot write these tables; the SQL functions
`ledger.post` and `ledger.post_many` are the only ways in, and by itself it posts money and the opening of lots
alone: all other grams move inside the functions that write down why (docs/decisions/0032).
"""

from app.registry.ledger.errors import AccountUnknown, BalanceTooLow, MovementRefused, TransferConflict
from app.registry.ledger.posting import Leg, Posted, Transfer, open_accounts, open_clearing, post, post_many
from app.registry.ledger.reading import balances, totals

__all__ = [
    "AccountUnknown",
    "BalanceTooLow",
    "Leg",
    "MovementRefused",
    "Posted",
    "Transfer",
    "TransferConflict",
    "balances",
    "open_accounts",
    "open_clearing",
    "post",
    "post_many",
    "totals",
]
