"""What the page of bank transfers needs. Texts from rows are already in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from app.views.console import Age, Console, Tone
from app.views.listing import Filter, Paging
from app.views.page import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow:
    """A transfer that we wait for."""

    remark: str
    """What its payer writes beside it."""
    url: str
    """The list with this one's remark in the form; of a recorded one the approval."""
    payer: str
    order: str
    """`ord_…`"""
    amount: Amount
    age: Age
    """Since its payer was told where to transfer to."""
    is_late: bool
    expires_at: datetime
    """Until when its credits wait."""
    state: str
    tone: Tone
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfersPage(Console):
    """Transfers that are expected. POST to the page itself with the fields of `views.receipts.FIELDS`."""

    template: ClassVar[str] = "operator/bank/transfers.html"

    filters: tuple[Filter, ...]
    rows: tuple[TransferRow, ...]
    paging: Paging
    typed: Mapping[str, str] = field(default_factory=dict)
    today: str
    """The latest value day."""
