"""The pages about one's own data: devices, moving to another, privacy, export, erasure. Each works without a script."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen.privacy import pages_devices, pages_export, pages_moving, pages_privacy

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    pages_devices.routes,
    pages_moving.routes,
    pages_privacy.routes,
    pages_export.routes,
)
