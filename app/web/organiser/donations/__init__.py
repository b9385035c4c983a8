"""Donations in the organisers' door: giving to a zone, what was given, and retiring what a zone was given."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.organiser.donations import api, api_support, pages, report

routes: Final[tuple[ControllerRouterHandler, ...]] = (pages.routes, report.routes, api.routes, api_support.routes)
