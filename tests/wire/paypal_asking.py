"""Our side of PayPal with the sandbox's keys, and what it is asked."""

import itertools
import time
from datetime import timedelta

from app.gateways.channels.base import Charge, Opening, Refund, Trade
from app.gateways.channels.paypal import CHECKOUT, PayPal, PayPalKeys
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.sandbox.paypal import keys

_numbers = itertools.count(int(time.time() * 1000))


def number(letter):
    """A reference nobody has used, also not in an earlier run against the same far side."""
    return f"{letter}{next(_numbers):024d}"


def ours_for(sandbox, *, read_timeout_s=5.0, clock=utc_now, **changed):
    told = keys.knobs(sandbox.folder, sandbox.url)
    values = {
        "client_id": told["paypal_client_id"],
        "client_secret": told["paypal_secret"],
        "merchant_id": told["paypal_merchant_id"],
        "webhook_id": told["paypal_webhook_id"],
        "roots": told["paypal_roots"],
        "base_url": told["paypal_url"],
        "certificates_url": told["paypal_certificates_url"],
        "signer": told["paypal_signer"],
    }
    return PayPal(PayPalKeys(**values | changed), clock=clock, read_timeout_s=read_timeout_s)


def charge(**changed):
    values = {
        "reference": number("P"),
        "description": "低碳大运 12.4 kg",
        "amount_minor": 62,
        "currency": Currency.USD,
        "method": CHECKOUT.code,
        "expires_at": utc_now() + timedelta(minutes=30),
        "return_url": "http://127.0.0.1:9/o/1",
    }
    return Charge(**values | changed)


def trade_of(asked, theirs):
    return Trade(
        reference=asked.reference,
        theirs=theirs,
        method=asked.method,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        expires_at=asked.expires_at,
    )


async def opened(ours, **changed):
    """A trade whose payer stands before PayPal's page."""
    asked = charge(**changed)
    opening = await ours.open(asked)
    assert isinstance(opening, Opening), opening
    return trade_of(asked, opening.theirs)


async def outcome(sandbox, trade, name="success", **more):
    return await sandbox.control(
        "POST", "channels/paypal/outcome", {"reference": trade.reference, "outcome": name, **more}
    )


async def fault(sandbox, route, kind, **more):
    await sandbox.control("POST", "fault", {"route": f"paypal.{route}", "kind": kind, **more})


def back(trade, done, minor, reference=None):
    return Refund(
        reference=trade.reference,
        transaction_id=done.transaction_id,
        refund_reference=reference or number("R"),
        refund_minor=minor,
        total_minor=trade.amount_minor,
        currency=Currency.USD,
        reason="未注销，原路退回",
    )
