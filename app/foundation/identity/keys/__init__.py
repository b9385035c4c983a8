"""Keys of organisations (接口密钥): what a program of theirs asks with, instead of a person.

make()     a key for one organisation, by a member who may give roles there; its text is told this once
find()     who asks with this text; None for unknown, forged, expired and ended ones alike
list_of()  the keys of an organisation, the newest first, the ended ones included
end()      end one, from the next request on
keyed_organisations()  for which organisations somebody may make keys
is_key()   whether a text claims to be a key; `stands_in()` whether one stands in an address

A key is a principal of its own, with roles of its own in one organisation: whoever is asked for power asks a key as
they ask a person. It is no party, gives nobody roles and decides nothing. It ends with the power of whoever made it.
"""

from app.foundation.identity.keys.errors import (
    KeyCountMost,
    KeyLifetimeUnfit,
    KeyNameMissing,
    KeyPowerMissing,
    KeyUnknown,
)
from app.foundation.identity.keys.finding import find
from app.foundation.identity.keys.keeping import end, keyed_organisations, list_of
from app.foundation.identity.keys.making import make
from app.foundation.identity.keys.rules import (
    DAYS_MOST,
    DAYS_USUAL,
    GIVABLE,
    NAME_MOST,
    PREFIX,
    KeyCard,
    KeyState,
    MadeKey,
    is_key,
    stands_in,
)

__all__ = [
    "DAYS_MOST",
    "DAYS_USUAL",
    "GIVABLE",
    "NAME_MOST",
    "PREFIX",
    "KeyCard",
    "KeyCountMost",
    "KeyLifetimeUnfit",
    "KeyNameMissing",
    "KeyPowerMissing",
    "KeyState",
    "KeyUnknown",
    "MadeKey",
    "end",
    "find",
    "is_key",
    "keyed_organisations",
    "list_of",
    "make",
    "stands_in",
]
