"""Zones as doors tell them: the page of each, the same as JSON, and the places that other rooms fill."""
