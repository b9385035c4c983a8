"""The record that the entrance hands to the doors, as Litestar's handlers ask for it."""

from typing import Any

from litestar import Request

from app.views.house import House


async def provide_house(request: Request[Any, Any, Any]) -> House:
    """Litestar's dependency `house`."""
    house: House = request.app.state.house
    return house
