"""Gifts of an organiser: set up, watched, ended, with codes and cards; as JSON, and as one page of forms."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.organiser.gifts import api, api_ends, pages

routes: Final[tuple[ControllerRouterHandler, ...]] = (api.routes, api_ends.routes, pages.routes)
