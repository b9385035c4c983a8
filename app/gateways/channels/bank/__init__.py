"""对公转账: our own bank account as a channel. It has no wire: what came is recorded by two people (`payments.receipts`)."""

from app.gateways.channels.bank.channel import Bank
from app.gateways.channels.bank.kind import KIND
from app.gateways.channels.bank.methods import NAME, Remarks, remark_of, remarks_in, typed_remark

__all__ = ["KIND", "NAME", "Bank", "Remarks", "remark_of", "remarks_in", "typed_remark"]
