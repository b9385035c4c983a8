"""Whoever is told: a program that checks signatures of Standard Webhooks, and the robots of three group chats."""

from app.sandbox.webhooks.receiving import ROUTES

__all__ = ["ROUTES"]
