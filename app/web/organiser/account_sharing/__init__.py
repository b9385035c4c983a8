"""Organisations that ask persons for their accounts.

api      their programs ask and read, with a key that was let ask
pages    their people let a key ask, and see what was asked
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.organiser.account_sharing import api, pages

routes: Final[tuple[ControllerRouterHandler, ...]] = (api.routes, pages.routes)
