"""What a person shows of themselves: their picture, and what they share of a certificate.

api_avatar     the picture for mini-programs
pages_avatar   the same as a page
pages_poster   the poster of a certificate, to be saved and sent
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen.sharing import api_avatar, pages_avatar, pages_poster

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    api_avatar.routes,
    pages_avatar.routes,
    pages_poster.routes,
)
