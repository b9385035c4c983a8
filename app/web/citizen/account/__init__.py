"""The personal carbon account (个人碳账户) in the citizen's door: `/me`, its calculator, where the grams are, the letter."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen.account import api, pages, pages_footprint

routes: Final[tuple[ControllerRouterHandler, ...]] = (api.routes, pages.routes, pages_footprint.routes)
