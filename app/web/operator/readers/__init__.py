"""Organisations that may ask persons for their accounts: proposed by one of ours, agreed to by another, ended by any."""

from app.web.operator.readers.pages import routes

__all__ = ["routes"]
