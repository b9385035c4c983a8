"""Retention: what the platform forgets, and when. Everything that is not named here is kept for ever.

purge()   delete a batch of each kind whose time is over; called again and again by the sweeper
purged()  how many rows of each kind were ever deleted

What goes is information: messages that were acted upon, answers told long ago, sessions that ended, password tries;
whom or what no row refers to: guests with their keys, figures by which nobody ordered; what opens channels' raw messages
after the years of the law. What is evidence stays: books, payments and the facts of their notices, retirements,
certificates, verdicts, runs of the books. The one place that may delete is SQL, `migrations/living/retention`; the
application's role may not do it by hand.
"""

from app.foundation.retention.purging import purge, purged
from app.foundation.retention.rules import Keep, Kind

__all__ = ["Keep", "Kind", "purge", "purged"]
