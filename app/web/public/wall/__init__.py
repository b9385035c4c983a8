"""The big screen of a scene: its page, its stream, and what its operator does at it. A token opens it, nobody signs in."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.public.wall import pages, stream

routes: Final[tuple[ControllerRouterHandler, ...]] = (stream.routes, pages.routes)
