"""What the control plane may order to be wrong with a trade bill, line by line."""

from collections.abc import Sequence
from typing import Final

from app.sandbox.truth import Row

OF_THE_FILE: Final = frozenset({"", "cut", "digest", "plain", "bomb", "elsewhere"})
"""A file cut off, of another digest, not packed, far too large, at another host."""
OF_THE_LINES: Final = frozenset({"lost", "extra", "amount", "twice", "console"})
"""The last payment is missing, one too many, the first with a fen more, the first twice, a refund that the merchant made
in its own console."""
OF_THE_WRITING: Final = frozenset({"summary", "column", "headings"})
"""Sums that do not agree, a column more, a heading that is called otherwise."""


def bent(rows: Sequence[Row], defect: str) -> list[Row]:
    """The rows of a day (`fen` of a refund) as that defect tells them."""
    kept = list(rows)
    paid = [row for row in kept if not row.get("fen")]
    if not paid:
        return kept
    match defect:
        case "lost":
            kept.remove(paid[-1])
        case "extra":
            kept.append({**paid[0], "transaction_id": "4200009999999999", "out_trade_no": "STRANGE0000000000000001"})
        case "amount":
            more = {"total": paid[0]["total"] + 1, "payer_total": paid[0]["payer_total"] + 1}
            kept[kept.index(paid[0])] = {**paid[0], **more}
        case "twice":
            kept.append(paid[0])
        case "console":
            kept.append({**paid[0], "fen": 1, "refund_id": "50300009999999999", "out_refund_no": None})
    return kept
