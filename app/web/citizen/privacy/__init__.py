"""The pages about one's own data: devices, moving, linking, privacy, export, erasure. All work without a script."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.citizen.privacy import (
    api_linking,
    api_messages,
    pages_abroad,
    pages_devices,
    pages_export,
    pages_linking,
    pages_moving,
    pages_privacy,
)

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    pages_devices.routes,
    pages_moving.routes,
    pages_linking.routes,
    api_linking.routes,
    api_messages.routes,
    pages_privacy.routes,
    pages_abroad.routes,
    pages_export.routes,
)
