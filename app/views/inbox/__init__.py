"""The inbox (待办): everything that waits for a second person, over all kinds, with what each says in words.

look()         what waits for one person, what they handed on, how much waits for which role and since when
open_one()     one of them in words: lines with what stood before, the figure to be typed, what happened
approve()      agree to what was shown; the room that brought the kind writes its effect
send_back()    say no, with a reason
withdraw()     take one's own back

It knows every room that brings a kind, and which of its actions decides: `kinds.py` is the map. A kind without an entry
there is shown as it is written and can be sent back, not approved.
"""

from app.views.inbox.deciding import approve, send_back, withdraw
from app.views.inbox.describing import Description, Line
from app.views.inbox.errors import AmountDiffers, KindNotDecidedHere
from app.views.inbox.kinds import HANDLERS, Handler
from app.views.inbox.reading import Group, Inbox, Item, Opened, describe, look, open_one

__all__ = [
    "HANDLERS",
    "AmountDiffers",
    "Description",
    "Group",
    "Handler",
    "Inbox",
    "Item",
    "KindNotDecidedHere",
    "Line",
    "Opened",
    "approve",
    "describe",
    "look",
    "open_one",
    "send_back",
    "withdraw",
]
