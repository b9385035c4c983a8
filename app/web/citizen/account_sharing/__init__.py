"""Sharing one's account with an organisation, and statements of it.

pages        what one shares, who read, answering a request, taking it back
statements   asking for a statement, and its files
mapping      from what the room knows to what a page shows
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen.account_sharing import pages, statements

routes: Final[tuple[ControllerRouterHandler, ...]] = (pages.routes, statements.routes)
