"""The page of content checks, which works on a phone: what waits, what was shown and hidden, and one tap for either.

views    what the page needs
pages    the list, a picture of it, and deciding
"""

from app.web.operator.moderation.pages import routes

__all__ = ["routes"]
