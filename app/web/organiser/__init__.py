"""The organisers' door: how a scene goes, what to print, joint orders, and by whose word an organisation is named."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.organiser import (
    api_gifts,
    api_holding_uses,
    api_holdings,
    api_joint,
    api_keys,
    naming,
    pages_gifts,
    pages_keys,
    pages_sign_up,
    printing,
    scenes,
)

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    api_joint.routes,
    api_holdings.routes,
    api_holding_uses.routes,
    api_gifts.routes,
    api_keys.routes,
    naming.api_routes,
    pages_keys.routes,
    pages_sign_up.routes,
    scenes.routes,
    printing.routes,
    pages_gifts.routes,
    naming.page_routes,
)
