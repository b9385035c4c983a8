"""Channels' bills at a terminal: what came, what differs, and a person's half of signing a day."""
