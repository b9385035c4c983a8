"""What the lines of a channel's bill say was paid, and what of it the same bill says went back."""

from collections.abc import Iterable

from app.gateways.channels.base import BillKind, BillLine


def paid_in(lines: Iterable[BillLine]) -> list[tuple[BillLine, int]]:
    """The payments of a bill, and how much of each the same bill says went back."""
    lines = list(lines)
    returned: dict[str, int] = {}
    for line in lines:
        if line.kind is BillKind.REFUND:
            returned[line.transaction_id] = returned.get(line.transaction_id, 0) + line.amount_minor
    return [(line, returned.get(line.transaction_id, 0)) for line in lines if line.kind is BillKind.PAYMENT]
