"""The ledger (账本): who holds how many grams of which lot, and how many fen, to the last one.

open_accounts()  open accounts of one unit; a repeat changes nothing
post()           post one transfer, all legs or none, in one round trip
post_many()      post a set of transfers, all or none: one lock and one update for each account
balances()       read balances
totals()         the sum of every unit, which is zero

PostgreSQL itself refuses what must not be: an unbalanced transfer, a balance below its floor, a second
transfer for one cause, any change of what is written. The application's role cannot write these tables;
the SQL functions `ledger.post` and `ledger.post_many` are the only ways in.
"""

from app.ledger.errors import AccountUnknown, BalanceTooLow, TransferConflict
from app.ledger.posting import Leg, Posted, Transfer, open_accounts, post, post_many
from app.ledger.reading import balances, totals

__all__ = [
    "AccountUnknown",
    "BalanceTooLow",
    "Leg",
    "Posted",
    "Transfer",
    "TransferConflict",
    "balances",
    "open_accounts",
    "post",
    "post_many",
    "totals",
]
