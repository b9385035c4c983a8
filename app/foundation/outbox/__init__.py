"""The outbox: what happened, in the caller's transaction, until whoever must act on it has acted.

record()     write events down beside their cause
taking()     take messages as `record` is told them, for whoever does what follows in the same transaction; they leave no row
subscribe()  bring the database's map of event and job up to the one in `workers/subscriptions.py`
due()        rows to enqueue now; they are due again later until they are done
take()       take rows in the transaction of their effect, once
peek()       read rows without taking them, for slow work before its commit
begin()      count a try before it is begun, so that a row which kills its worker is noticed
excuse()     take a counted try back: the row was not to blame
fail()       keep an error; after enough of them a row is set aside for people
dead()       the rows that are set aside; `count_dead` tells how many
replay()     try them again, after the cause was mended
make_days()  places for the messages of the days to come, each dropped whole when it is over
nudge()      wake the relays after a commit; it only hastens what happens anyway

PostgreSQL holds the truth, a queue only hastens: a flushed Redis or a killed worker loses nothing.
"""

from app.foundation.outbox.events import Event
from app.foundation.outbox.lying_by_day import make_days
from app.foundation.outbox.recording import record, subscribe, subscriptions, taking
from app.foundation.outbox.replaying import Dead, count_dead, dead, replay
from app.foundation.outbox.taking import Due, Message, begin, due, excuse, fail, peek, take
from app.foundation.outbox.waking import CHANNEL, nudge

__all__ = [
    "CHANNEL",
    "Dead",
    "Due",
    "Event",
    "Message",
    "begin",
    "count_dead",
    "dead",
    "due",
    "excuse",
    "fail",
    "make_days",
    "nudge",
    "peek",
    "record",
    "replay",
    "subscribe",
    "subscriptions",
    "take",
    "taking",
]
