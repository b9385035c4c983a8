"""The outbox: what happened, in the caller's transaction, until whoever must hear of it has acted.

record()     write events down beside their cause
subscribe()  bring the database's map of event and job up to the one in `workers/subscriptions.py`
due()        rows whose bell should ring now; they ring again later until they are done
take()       take rows in the transaction of their effect, once
peek()       read rows without taking them, for slow work before its commit
fail()       keep an error; after enough of them a row is set aside for people
nudge()      wake the relays after a commit; it only hastens what happens anyway

PostgreSQL holds the truth, a queue is only the bell: a flushed Redis or a killed worker loses nothing.
"""

from app.outbox.events import Event
from app.outbox.recording import record, subscribe, subscriptions
from app.outbox.taking import Due, Message, due, fail, health, peek, take
from app.outbox.waking import CHANNEL, nudge

__all__ = [
    "CHANNEL",
    "Due",
    "Event",
    "Message",
    "due",
    "fail",
    "health",
    "nudge",
    "peek",
    "record",
    "subscribe",
    "subscriptions",
    "take",
]
