"""The door of whoever scans a code: the pages from the scene to the certificate, and the same as JSON."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen import (
    account,
    account_sharing,
    api_calculators,
    api_consents,
    api_files,
    api_findings,
    api_orders,
    api_payments,
    api_people,
    api_scenes,
    gifts,
    pages_certificate,
    pages_consents,
    pages_order,
    pages_scene,
    pages_wechat,
    pictures,
    privacy,
    sharing,
    wall,
)

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    api_scenes.routes,
    api_calculators.routes,
    pictures.routes,
    api_orders.routes,
    gifts.api.routes,
    gifts.api_codes.routes,
    gifts.api_cards.routes,
    gifts.api_held.routes,
    api_payments.routes,
    api_people.routes,
    api_files.routes,
    api_consents.routes,
    api_findings.routes,
    pages_scene.routes,
    pages_order.routes,
    gifts.pages.routes,
    gifts.pages_held.routes,
    gifts.pages_codes.routes,
    gifts.pages_cards.routes,
    pages_wechat.routes,
    *wall.routes,
    pages_certificate.routes,
    *account.routes,
    pages_consents.routes,
    *sharing.routes,
    *privacy.routes,
    *account_sharing.routes,
)
