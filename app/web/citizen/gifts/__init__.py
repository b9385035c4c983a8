"""Collecting a gift and naming its paper: as JSON, and as the page that one comes to."""

from app.web.citizen.gifts import api, pages

__all__ = ["api", "pages"]
