"""Our side with the sandbox's keys for Alipay, and charges and refunds to send it."""

from datetime import timedelta

from app.gateways.channels.alipay import PRECREATE, Alipay, AlipayKeys
from app.gateways.channels.base import Charge, Payer, Refund, Trade
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.sandbox.alipay import certificates as far_certificates
from app.sandbox.alipay import keys as far_keys
from tests.wire.wechatpay_asking import number

BUYER = "2088123412341234"


def ours_for(sandbox, notify_url="http://127.0.0.1:9/notify", *, read_timeout_s=5.0, clock=utc_now, **changed):
    """Our side with the sandbox's keys; the default notify_url is the discard port."""
    keys = far_keys.ensure(sandbox.folder)
    values = {
        "app_id": keys.app_id,
        "seller_id": keys.seller_id,
        "app_private_key": keys.app_private_pem,
        "alipay_public_keys": (keys.platform_public_pem,),
        "gateway_url": f"{sandbox.url}/gateway.do",
        "notify_url": notify_url,
    }
    return Alipay(AlipayKeys(**values | changed), clock=clock, read_timeout_s=read_timeout_s)


def certificates(sandbox):
    """What certificate mode is set to against the sandbox; no plain key of the platform's is known."""
    given = far_certificates.knobs(sandbox.folder)
    return {
        "alipay_public_keys": (),
        "app_certificate": given["alipay_app_certificate"],
        "alipay_certificates": (given["alipay_certificate"],),
        "root_certificates": given["alipay_root_certificate"],
    }


def charge(method=PRECREATE, **changed):
    values = {
        "reference": number("P"),
        "description": "低碳大运 12.4 kg",
        "amount_minor": 62,
        "currency": Currency.CNY,
        "method": method.code,
        "expires_at": utc_now() + timedelta(minutes=30),
        "payer": Payer(id=BUYER),
        "return_url": "https://example.org/o/1?paid=1",
    }
    return Charge(**values | changed)


def trade(one):
    """What the channel is asked about."""
    return Trade(
        reference=one.reference,
        theirs=None,
        method=one.method,
        amount_minor=one.amount_minor,
        currency=one.currency,
        expires_at=one.expires_at,
    )


def back(one, minor, reference=None):
    return Refund(
        reference=one.reference,
        transaction_id=None,
        refund_reference=reference or number("RF"),
        refund_minor=minor,
        total_minor=one.amount_minor,
        currency=Currency.CNY,
        reason="未注销，原路退回",
    )


async def control(sandbox, verb, **data):
    """Tell Alipay's far side something that every channel can be told."""
    return await sandbox.control("POST", f"channels/alipay/{verb}", data)


async def pays(sandbox, one, **how):
    return await control(sandbox, "outcome", reference=one.reference, **how)
