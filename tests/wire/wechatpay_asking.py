"""Our side with the sandbox's keys, and charges and refunds to send it."""

import itertools
import time
from datetime import timedelta

from app.gateways.channels.base import Charge, Payer, Refund, Trade
from app.gateways.channels.wechatpay import NATIVE, WeChatPay, WeChatPayKeys
from app.kernel.clock import utc_now
from app.kernel.money import Currency

_numbers = itertools.count(int(time.time() * 1000))


def number(letter):
    """A reference nobody has used, also not in an earlier run against the same far side."""
    return f"{letter}{next(_numbers):024d}"


def ours_for(sandbox, notify_url="http://127.0.0.1:9/notify", *, read_timeout_s=5.0, **changed):
    """Our side with the sandbox's keys; the default notify_url is the discard port."""
    keys = sandbox.keys
    values = {
        "mchid": keys.mchid,
        "appid": keys.appid,
        "merchant_serial": keys.merchant_serial,
        "merchant_private_key": keys.merchant_private_key_pem,
        "api_v3_key": keys.apiv3_key,
        "platform_public_keys": {keys.platform_public_key_id: keys.platform_public_key_pem},
        "platform_certificates": (keys.platform_certificate_pem,),
        "base_url": sandbox.url,
        "notify_url": notify_url,
    }
    return WeChatPay(WeChatPayKeys(**values | changed), read_timeout_s=read_timeout_s)


def charge(method=NATIVE, *, openid=None, **changed):
    values = {
        "reference": number("P"),
        "description": "低碳大运 12.4 kg",
        "amount_minor": 62,
        "currency": Currency.CNY,
        "method": method.code,
        "expires_at": utc_now() + timedelta(minutes=30),
        "payer": Payer(id=openid) if openid else None,
    }
    return Charge(**values | changed)


def trade(asked):
    """What the channel is asked about: a charge of ours, or one of this reference."""
    one = charge(reference=asked) if isinstance(asked, str) else asked
    return Trade(
        reference=one.reference,
        theirs=None,
        method=one.method,
        amount_minor=one.amount_minor,
        currency=one.currency,
        expires_at=one.expires_at,
    )


def back(asked, minor, reference=None):
    return Refund(
        reference=asked.reference,
        transaction_id=None,
        refund_reference=reference or number("R"),
        refund_minor=minor,
        total_minor=asked.amount_minor,
        currency=Currency.CNY,
        reason="未注销，原路退回",
    )
