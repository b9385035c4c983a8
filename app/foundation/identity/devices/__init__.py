"""Devices (设备): where a person is signed in, and how their account comes to another device.

own()            the sessions of one person that are open, the one that asks marked
revoke()         end one of them; `revoke_others` ends all but the one that asks
device_of()      two words of ours for what a browser calls itself: `chrome.windows`; what it called itself is not kept
show_code()      eight characters on the device that is signed in, good for ten minutes and one use; the same while it runs
find_shown()     how far it is, for that device
take()           the other device typed them: it has a secret of its own from now on, and both show the same two digits;
                 `take_code()` notes the same of whoever types a code of another purpose
find_taken()     how far it is, for the other device
answer()         the first device says yes or no
finish()         the other device comes in as the same person

A code alone lets nobody in: the device that showed it sees which device typed it, and says yes. A browser
tries five codes while one lives; that is counted at the door, in PostgreSQL.
"""

from app.foundation.identity.devices.errors import CodeOver, MoveOver, SessionUnknown
from app.foundation.identity.devices.listing import Device, own, revoke, revoke_others
from app.foundation.identity.devices.moving import (
    Shown,
    Taken,
    answer,
    find_shown,
    find_taken,
    finish,
    show_code,
    take,
    take_code,
)
from app.foundation.identity.devices.rules import CODE_LETTERS, CODE_LIFE, CodePurpose, device_of

__all__ = [
    "CODE_LETTERS",
    "CODE_LIFE",
    "CodeOver",
    "CodePurpose",
    "Device",
    "MoveOver",
    "SessionUnknown",
    "Shown",
    "Taken",
    "answer",
    "device_of",
    "find_shown",
    "find_taken",
    "finish",
    "own",
    "revoke",
    "revoke_others",
    "show_code",
    "take",
    "take_code",
]
