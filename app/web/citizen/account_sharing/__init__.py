"""Sharing one's account with an organisation, and statements of it.

pages        what one shares, who read, answering a request, taking it back
statements   asking for a statement, and its files
api          the same for a person's own programs
mapping      pages with their forms
codes        codes as people type them
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen.account_sharing import api, pages, statements

routes: Final[tuple[ControllerRouterHandler, ...]] = (api.routes, pages.routes, statements.routes)
