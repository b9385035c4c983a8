"""The door of anybody: home, verification, the books, zones and boards, screens, pictures, every error.

No session is asked for, none is made.
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.public import (
    api,
    avatars,
    boards,
    books,
    errors,
    findings,
    logos,
    pages,
    posters,
    rehearsal,
    wall,
    zones,
)

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    api.routes,
    findings.routes,
    errors.routes,
    books.routes,
    logos.routes,
    books.page_routes,
    findings.page_routes,
    avatars.routes,
    posters.routes,
    errors.page_routes,
    boards.routes,
    boards.page_routes,
    zones.routes,
    zones.page_routes,
    pages.routes,
    *wall.routes,
)
rehearsal_routes: Final[tuple[ControllerRouterHandler, ...]] = (rehearsal.routes,)
"""Mounted only where a demo's key is set."""
