"""Sharing one's account: what programs are told (`share_json`), and the pages of whoever shares (`pages`)."""
