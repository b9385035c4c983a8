"""The far side of DRP-1 (docs/wire/registry.md): a registry of credits with its own keys, units and books.

signing  what is signed and checked, read from the far side
units    the units an account holds, and what became of them
desk     the two routes, and the one way every answer leaves
faults   named misfortunes
control  what a test or a demo tells it

The keys of both sides are made by `app.sandbox.registry_keys`. It shares no line with `app.gateways`: two readings
of one document check each other.
"""

from app.sandbox.registry import desk

ROUTES = [*desk.ROUTES]

__all__ = ["ROUTES"]
