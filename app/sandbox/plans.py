"""How the next notice of an order travels, as a test or an outcome says."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The ordinary one: one notice, at once, true."""

    drop: bool = False
    delay_s: float = 0.0
    """Nominal, like every waiting time: multiplied by the time factor."""
    copies: int = 1
    at_once: bool = False
    """All copies together, rather than each after the one before was answered."""
    fresh_ids: bool = False
    """Each copy under an event id of its own."""
    tamper: str | None = None

    def to_json(self) -> str:
        """For the order's row, until it is paid."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_json(cls, text: str | None) -> "Plan":
        """The plan kept in an order's row; the ordinary one for None."""
        return cls() if text is None else cls(**json.loads(text))
