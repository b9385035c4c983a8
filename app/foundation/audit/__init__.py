"""Audit (变更留痕): who changed what others pay or may claim, when, and what stood there before.

record()  write one change down, in the transaction that makes it
history() the changes of one kind of thing, or of one thing, the latest first; `count_history` tells how many

A price is set, a methodology suspended, a scene opened to the street, a role given: each is one line that nobody can
change. The transaction that changes is the one that writes, so neither stands without the other. Reading is free;
nothing is decided here.
"""

from app.foundation.audit.recording import Entry, count_history, history, record

__all__ = ["Entry", "count_history", "history", "record"]
