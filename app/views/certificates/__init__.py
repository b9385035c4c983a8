"""Certificates as doors tell them: lots, parties, reach, naming and upstream cancellation of a frozen record."""
