"""What only Alipay's far side can be told to do: `/_sandbox/alipay/…`."""

from typing import Annotated, Any, Final

from litestar import post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from app.sandbox.alipay import certificates, keys, notifying, people, refunds, trades
from app.sandbox.far_side import FarSide, state_refusal
from app.sandbox.plans import Plan


class PersonForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose login code: a known person's, else of somebody new, whom a newer app knows by an open id alone."""

    person: str | None = None
    is_new_app: bool = False


class CertificateForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which certificate the platform signs with next (`certificates.KINDS`)."""

    kind: str = "platform"


class TradeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which trade."""

    reference: str


class ConsoleForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Money that a person of the merchant gives back at Alipay itself."""

    reference: str
    fen: Annotated[int, Meta(ge=1, le=10**10)]


@post("/alipay/scan", status_code=200)
async def scan(far: FarSide, data: TradeForm) -> dict[str, Any]:
    """The buyer scans the code or signs in, and decides nothing: the trade begins."""
    trades.prepared(far, data.reference)
    trade = trades.begin(far, data.reference)
    return {"state": trade["state"], "trade_no": trade["trade_no"]}


@post("/alipay/finish", status_code=200)
async def finish(far: FarSide, data: TradeForm) -> dict[str, str]:
    """The time for refunds is over: TRADE_FINISHED, and a notice that says so."""
    with far.truth.transaction():
        trade = trades.prepared(far, data.reference)
        if trade["state"] != "TRADE_SUCCESS":
            raise state_refusal(409, "CANNOT_FINISH", trade["state"])
        far.truth.run("UPDATE alipay_trade SET state = 'TRADE_FINISHED' WHERE out_trade_no = ?", data.reference)
        notifying.announce_payment(far, trades.prepared(far, data.reference), Plan())
    return {"state": "TRADE_FINISHED"}


@post("/alipay/console_refund", status_code=200)
async def console_refund(far: FarSide, data: ConsoleForm) -> dict[str, str]:
    """A refund that our side never asked for."""
    return {"out_request_no": refunds.by_console(far, data.reference, data.fen)}


@post("/alipay/keys", status_code=200)
async def rotate(far: FarSide) -> dict[str, str]:
    """From now on the platform signs answers and notices with a new key; answers its public part."""
    private, public = keys.pair()
    far.truth.run("INSERT INTO alipay_key (private_pem, public_pem) VALUES (?, ?)", private, public)
    return {"public_key": public}


@post("/alipay/login_code", status_code=200)
async def mint_code(far: FarSide, data: PersonForm) -> dict[str, str]:
    """A login code, as `my.getAuthCode` gives it on a phone, and whose it is."""
    return people.mint_code(far, person=data.person, is_new_app=data.is_new_app)


@post("/alipay/certificates", status_code=200)
async def rotate_certificate(far: FarSide, data: CertificateForm) -> dict[str, str]:
    """In certificate mode the platform signs with another certificate from now on; answers its name."""
    if data.kind not in certificates.KINDS:
        raise state_refusal(400, "NO_SUCH_KIND", data.kind)
    return {"alipay_cert_sn": certificates.rotate(far, data.kind)}


ROUTES: Final[list[HTTPRouteHandler]] = [scan, finish, console_refund, rotate, mint_code, rotate_certificate]
