"""Gifts as doors tell them: campaigns, collecting, the rest that one pays, codes that are given up, cards of grams."""
