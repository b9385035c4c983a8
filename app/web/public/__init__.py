"""The door of anybody: home, verification, the books, every error. No session is asked for, none is made."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.public import api, books, errors, findings, pages, rehearsal

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    api.routes,
    findings.routes,
    errors.routes,
    books.routes,
    books.page_routes,
    findings.page_routes,
    errors.page_routes,
    pages.routes,
)
rehearsal_routes: Final[tuple[ControllerRouterHandler, ...]] = (rehearsal.routes,)
"""Mounted only where a demo's key is set."""
