"""Our side with the sandbox's keys, and charges and refunds to send it."""

from datetime import timedelta

from app.gateways.channels.base import Charge, Refund, Trade
from app.gateways.channels.ecny_cmb import KIND, QR, EcnyCmb
from app.gateways.channels.kinds import Surroundings
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.sandbox.ecny_cmb import knobs
from tests.wire.wechatpay_asking import number

NAME = "ecny_cmb"


def values(sandbox):
    """The settings of a rehearsal, by their knobs' names."""
    told = knobs(sandbox.folder, sandbox.url)
    return {name.removeprefix(f"{NAME}_"): value for name, value in told.items()}


def ours_for(sandbox, notify_url="http://127.0.0.1:9/notify", *, read_timeout_s=5.0, now=utc_now, **changed):
    """Our side as the table builds it; the default notify_url is the discard port."""
    around = Surroundings(notify_url=notify_url, mini_program_appid="wx", account_appid=None)
    built = KIND.build(values(sandbox) | changed, around)
    assert isinstance(built, EcnyCmb)
    return EcnyCmb(built._keys, read_timeout_s=read_timeout_s, clock=now)


def charge(method=QR, **changed):
    given = {
        "reference": number("P"),
        "description": "低碳大运 12.4 kg",
        "amount_minor": 62,
        "currency": Currency.CNY,
        "method": method.code,
        "expires_at": utc_now() + timedelta(minutes=30),
    }
    return Charge(**given | changed)


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


def back(asked, done, minor, reference=None):
    return Refund(
        reference=asked.reference,
        transaction_id=done.transaction_id if done else None,
        refund_reference=reference or number("R"),
        refund_minor=minor,
        total_minor=asked.amount_minor,
        currency=Currency.CNY,
        reason="未注销，原路退回",
    )


async def pay(sandbox, reference, outcome="success", **how):
    """The payer's visit ends so."""
    await sandbox.control("POST", f"channels/{NAME}/outcome", {"reference": reference, "outcome": outcome, **how})


async def fault(sandbox, verb, kind, **how):
    """The next call of this verb meets it."""
    await sandbox.control("POST", "fault", {"route": f"{NAME}.{verb}", "kind": kind, **how})
