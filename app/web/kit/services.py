"""The record that the entrance hands to the doors, as Litestar's handlers ask for it."""

from typing import Any

from litestar import Request

from app.views.services import Services


async def provide_services(request: Request[Any, Any, Any]) -> Services:
    """Litestar's dependency `services`."""
    services: Services = request.app.state.services
    return services
