"""Intents: what a client asked for under an `Idempotency-Key` of its own, and what it was told.

find()  the answer kept for (actor, key), or None
keep()  keep the first answer; a later one for the same key is passed over
make_weeks()  places for the answers of the weeks to come, each dropped whole when it is over for long enough

The effect of an intent is made unique by the room that has it (an order by its person and key), in the
transaction of the effect. Here only the words of the answer are kept, so that a repeat reads the same.
"""

from app.foundation.intents.keeping import KeptAnswer, find, keep, make_weeks

__all__ = ["KeptAnswer", "find", "keep", "make_weeks"]
