"""Being shown on the screen of a scene, from the page of one's certificate: agree, see when, take it back."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen.wall import api, pages

routes: Final[tuple[ControllerRouterHandler, ...]] = (api.routes, pages.routes)
