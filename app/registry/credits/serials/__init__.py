"""Serials of tonnes: how each registry writes them, and what makes two the same."""
