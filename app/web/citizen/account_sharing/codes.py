"""Codes of requests as people type them, and how often they may be wrong."""

from typing import Any, Final
from uuid import UUID

from litestar import Request

from app.kernel import ids
from app.programmes import sharing
from app.views.services import Services
from app.web.citizen.account_sharing.mapping import today
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import Guessing

SHARE_CODES: Final = Guessing("share_code", 10, window_s=3600, sharing=20)
"""Codes of requests that are none, in an hour, of a person; an address may miss twenty times as many."""
TYPED_MOST: Final = 40


async def found(
    request: Request[Any, Any, Any], typed: str, visitor: Session | None, services: Services
) -> sharing.Request:
    """The request behind a code; one that is none is counted.

    Raises:
        ShareUnknown: see `sharing.find_asked`.
        RequestsTooMany: too many codes that are none.
    """
    by = visitor.person_id if visitor is not None else None
    looking = sharing.find_asked(typed[:TYPED_MOST], by=by, today=today(services))
    return await SHARE_CODES.found(looking, request, unknown=sharing.ShareUnknown)


def known_share(shown: str) -> UUID:
    """The request behind `shr_…`.

    Raises:
        ShareUnknown: it is no such id at all.
    """
    uuid = ids.parse("shr", shown)
    if uuid is None:
        raise sharing.ShareUnknown
    return uuid
