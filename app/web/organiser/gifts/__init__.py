"""Gifts of an organiser: set up, watched, ended, with codes, cards and a logo; as JSON, and as one page of forms."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.organiser.gifts import api, api_ends, api_logo, pages, pages_logo

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    api.routes,
    api_ends.routes,
    api_logo.routes,
    pages.routes,
    pages_logo.routes,
)
