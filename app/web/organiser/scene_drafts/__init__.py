"""Scenes that an organiser sets up alone: the list, four steps with a preview, the host's own figure, the groups it answers
for, and the same as JSON.
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.organiser.scene_drafts import api, pages, pages_list

routes: Final[tuple[ControllerRouterHandler, ...]] = (api.routes, pages_list.routes, pages.routes)
