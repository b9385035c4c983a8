"""What PayPal or a merchant's colleague did about a payment without us, as its events tell it. Pure."""

import re
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.base import Reversal, ReversalKind
from app.gateways.channels.paypal.amounts import minor_of
from app.gateways.channels.paypal.reading import Content, instant, number, word

_CAPTURE: Final = re.compile(r"/v2/payments/captures/([A-Z0-9]{1,36})")
_OPENED: Final = "CUSTOMER.DISPUTE.CREATED"
_RESOLVED: Final = "CUSTOMER.DISPUTE.RESOLVED"
_WON: Final = "RESOLVED_SELLER_FAVOUR"


def read_gone(resource: Content, *, reference: str, kind: ReversalKind) -> Reversal | None:
    """Money that left: a refund made in the merchant's console, or what a bank took back. None where the event does not say
    of which capture, how much, when."""
    if word(resource, "status") != "COMPLETED":
        return None
    return _reversal(
        resource, kind, number(resource), reference, _captured(resource), resource.get("amount"), "create_time"
    )


def read_dispute(event: str, dispute: Content, *, reference: str) -> Reversal | None:
    """A payer's complaint about one payment, or its end in our favour. That a buyer won it says the reversal that follows."""
    trades = dispute.get("disputed_transactions")
    only = trades[0] if isinstance(trades, list) and len(trades) == 1 and isinstance(trades[0], dict) else {}
    result = dispute.get("dispute_outcome")
    is_won = event == _RESOLVED and isinstance(result, dict) and word(result, "outcome_code") == _WON
    if event != _OPENED and not is_won:
        return None
    return _reversal(
        dispute,
        ReversalKind.DISPUTE_WON if is_won else ReversalKind.DISPUTE_OPENED,
        number(dispute, "dispute_id"),
        reference,
        number(only, "seller_transaction_id"),
        dispute.get("dispute_amount"),
        "update_time" if is_won else "create_time",
    )


def _reversal(
    content: Content, kind: ReversalKind, own: str, reference: str, captured: str, amount: object, when: str
) -> Reversal | None:
    minor, at = minor_of(amount), instant(content.get(when))
    if not (own and reference and captured) or minor is None or minor[0] <= 0 or at is None:
        return None
    return Reversal(
        kind=kind,
        reversal_id=own,
        reference=reference,
        transaction_id=captured,
        amount_minor=minor[0],
        currency=minor[1],
        at=at,
    )


def _captured(resource: Content) -> str:
    """The capture that the money comes from: PayPal names it in a link only."""
    links = resource.get("links")
    for one in links if isinstance(links, list) else ():
        if isinstance(one, dict) and one.get("rel") == "up" and isinstance(one.get("href"), str):
            try:
                found = _CAPTURE.fullmatch(urlsplit(one["href"]).path)
            except ValueError:
                return ""
            return found[1] if found else ""
    return ""
