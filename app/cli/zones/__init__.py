"""Zones at the terminal: applying a file, and looking at what is published."""
