"""Avatars (头像): the picture somebody gave of themselves, by upload only; nothing is ever fetched from an address.

put()             draw an upload anew, 256 × 256 WebP, and keep it sealed; nobody else sees it until it has passed its check
remove()          take it down at once
own()             a person's own picture, and how far its check is
fetch_own()       its bytes, for themselves
shown_of()        the pictures of some persons that others may see: for boards
kept_of()         the same with those that wait, and how far each check is; `owners_of` whose a picture is: for the wall
fetch_shown()     the bytes under an address, for anybody
fetch_checked()   the bytes that a check is about: for a moderator, and for WeChat under an address that ends
check_seal(), is_check_seal()  what opens that address

The upload is decoded in a process of its own with bounds on memory and time. What is kept is our drawing: no byte of the
upload, no metadata. It lies under its person's key and goes with them.
"""

from app.foundation.avatars.bounded import BYTES_MAX
from app.foundation.avatars.errors import (
    AvatarAnimated,
    AvatarBroken,
    AvatarDimensions,
    AvatarPersonGone,
    AvatarPolyglot,
    AvatarTooLarge,
    AvatarTypeUnknown,
)
from app.foundation.avatars.keeping import Kept, put, remove
from app.foundation.avatars.reading import (
    check_seal,
    fetch_checked,
    fetch_own,
    fetch_shown,
    is_check_seal,
    kept_of,
    own,
    owners_of,
    shown_of,
)

__all__ = [
    "BYTES_MAX",
    "AvatarAnimated",
    "AvatarBroken",
    "AvatarDimensions",
    "AvatarPersonGone",
    "AvatarPolyglot",
    "AvatarTooLarge",
    "AvatarTypeUnknown",
    "Kept",
    "check_seal",
    "fetch_checked",
    "fetch_own",
    "fetch_shown",
    "is_check_seal",
    "kept_of",
    "own",
    "owners_of",
    "put",
    "remove",
    "shown_of",
]
