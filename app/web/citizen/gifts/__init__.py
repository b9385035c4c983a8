"""Collecting a gift, naming its paper, giving up a code, holding cards, using an account, giving of it: JSON, and pages."""

from app.web.citizen.gifts import (
    api,
    api_cards,
    api_codes,
    api_giving,
    api_held,
    pages,
    pages_cards,
    pages_codes,
    pages_giving,
    pages_held,
)

__all__ = [
    "api",
    "api_cards",
    "api_codes",
    "api_giving",
    "api_held",
    "pages",
    "pages_cards",
    "pages_codes",
    "pages_giving",
    "pages_held",
]
