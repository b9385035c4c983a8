"""Collecting a gift, naming its paper, giving up a code, holding cards: as JSON, and as pages."""

from app.web.citizen.gifts import api, api_cards, api_codes, pages, pages_cards, pages_codes

__all__ = ["api", "api_cards", "api_codes", "pages", "pages_cards", "pages_codes"]
