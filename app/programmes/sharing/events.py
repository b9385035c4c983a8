"""What happened to statements of accounts."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementMade(Event):
    """A person asked for a statement, and its figures are kept. On the wire: `statement.made`."""

    kind: ClassVar[str] = "statement.made"
    statement_id: UUID

    @property
    def subject(self) -> str:
        """The statement, as its paper is called."""
        return f"statement:{self.statement_id}"
