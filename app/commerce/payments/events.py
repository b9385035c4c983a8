"""What happened to payments."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSucceeded(Event):
    """Money moved for a subject. On the wire: `payment.succeeded`."""

    kind: ClassVar[str] = "payment.succeeded"
    payment_id: UUID
    paid_for: str
    amount_minor: int
    currency: str

    @property
    def subject(self) -> str:
        """The payment."""
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(Event):
    """Money shall go back. On the wire: `refund.requested`."""

    kind: ClassVar[str] = "refund.requested"
    refund_id: UUID

    @property
    def subject(self) -> str:
        """The refund."""
        return f"refund:{self.refund_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFinished(Event):
    """Money is back with its payer. On the wire: `refund.finished`."""

    kind: ClassVar[str] = "refund.finished"
    refund_id: UUID
    payment_id: UUID
    paid_for: str

    @property
    def subject(self) -> str:
        """The refund."""
        return f"refund:{self.refund_id}"
