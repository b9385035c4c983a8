"""DRP-1, the wire to a registry that signs (docs/wire/registry.md).

registry  one call, believed only under the registry's signature
signing   what is signed, and how it is checked; pure
reading   an answer and a receipt, read strictly and compared with what was asked; pure
"""

from app.gateways.registries.drp.registry import Drp, DrpKeys

__all__ = ["Drp", "DrpKeys"]
