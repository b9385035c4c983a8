"""Channels' bills: compared three ways, what differs, and two who sign the day.

pages        the handlers
days         bills by day and channel, and one day: from what the room knows to what the pages show
differences  the same of what differs
views        what each page needs
"""

from app.web.operator.bills.pages import routes

__all__ = ["routes"]
