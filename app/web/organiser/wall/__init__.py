"""The big screen of a scene, for whoever looks after it: opening it, its links, and names before they are shown."""

from app.web.organiser.wall.pages import routes

__all__ = ["routes"]
