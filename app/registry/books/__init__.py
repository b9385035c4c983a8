"""The books (账目): whether everything adds up, proved from the first gram on, and what was found when.

prove()          ask every check of one lot or of everything, in one snapshot; damaged rows are named
prove_day()      what was written since the newest sealed checkpoint, which costs the day; seals the next one
find_lot()       the lot somebody typed
reconcile()      add up again what moved lately, on what stood before it
reconcile_all()  prove everything and compare every projection
status()         whether they add up, as far as anybody has looked
balances()       where the grams of each lot are
gauges()         what a watcher asks

It stands on the floor of reports: it reads every room and writes nothing but its own runs. The proof itself is SQL
(migrations/living/books), so that anybody who may read can ask it by hand: `SELECT * FROM books.prove()`.
"""

from app.registry.books.errors import LotUnknown
from app.registry.books.proving import find_lot, prove, prove_day
from app.registry.books.reading import OPEN, Gauges, Open, Waiting, balances, gauges
from app.registry.books.reconciling import WINDOW, reconcile, reconcile_all
from app.registry.books.recording import status
from app.registry.books.rules import GRAMS, MEANINGS, BooksStatus, Counted, Line, LotBalance, Run, RunKind

__all__ = [
    "GRAMS",
    "MEANINGS",
    "OPEN",
    "WINDOW",
    "BooksStatus",
    "Counted",
    "Gauges",
    "Line",
    "LotBalance",
    "LotUnknown",
    "Open",
    "Run",
    "RunKind",
    "Waiting",
    "balances",
    "find_lot",
    "gauges",
    "prove",
    "prove_day",
    "reconcile",
    "reconcile_all",
    "status",
]
