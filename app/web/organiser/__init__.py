"""The organisers' door: how a scene goes, what to print, joint orders, and by whose word an organisation is named."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.organiser import (
    account_sharing,
    api_holding_uses,
    api_holdings,
    api_joint,
    api_keys,
    api_webhooks,
    donations,
    gifts,
    naming,
    pages_invoices,
    pages_keys,
    pages_sign_up,
    pages_webhooks,
    printing,
    results,
    scene_drafts,
    scenes,
    wall,
)

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    api_joint.routes,
    api_holdings.routes,
    api_holding_uses.routes,
    api_keys.routes,
    api_webhooks.routes,
    *account_sharing.routes,
    results.api_routes,
    *donations.routes,
    *gifts.routes,
    naming.api_routes,
    pages_invoices.routes,
    pages_keys.routes,
    *scene_drafts.routes,
    pages_sign_up.routes,
    scenes.routes,
    printing.routes,
    wall.routes,
    pages_webhooks.routes,
    results.page_routes,
    naming.page_routes,
)
