"""PayPal's webhooks: signed under a certificate they name themselves, sent again 25 times within three days."""

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from app.sandbox import notices
from app.sandbox.far_side import FarSide
from app.sandbox.paypal import keys, orders, signing
from app.sandbox.paypal.admission import refused
from app.sandbox.paypal.forms import written
from app.sandbox.plans import Plan
from app.sandbox.truth import Row

NAME: Final = "paypal"
SCHEDULE_S: Final = (60, 60, 120, 300, 600, 900, 1800, 1800, 3600, 3600, 7200, 7200, *(17_843,) * 13)
"""25 more sendings within three days; how PayPal spaces them it does not say."""
CERTIFICATES: Final = "/v1/notifications/certs/"
SIMULATOR: Final = "WEBHOOK_ID"
_CAPTURE_KINDS: Final = {
    "COMPLETED": "PAYMENT.CAPTURE.COMPLETED",
    "PENDING": "PAYMENT.CAPTURE.PENDING",
    "DECLINED": "PAYMENT.CAPTURE.DENIED",
}
_REFUND_KINDS: Final = {
    "COMPLETED": "PAYMENT.CAPTURE.REFUNDED",
    "PENDING": "PAYMENT.REFUND.PENDING",
    "FAILED": "PAYMENT.REFUND.FAILED",
}


def announce_approval(far: FarSide, order: Row, plan: Plan) -> None:
    """Prepare the notice that a payer has approved; joins the caller's transaction."""
    _announce(
        far, plan, order, kind="CHECKOUT.ORDER.APPROVED", about="checkout-order", told=orders.describe(far, order["id"])
    )


def announce_capture(far: FarSide, order_id: str, plan: Plan | None = None) -> None:
    """Prepare the notice of a capture as it stands; joins the caller's transaction."""
    order, capture = orders.find(far, id=order_id), orders.capture_of(far, order_id)
    assert order is not None
    assert capture is not None
    chosen = plan or Plan.from_json(order["travel"] or order["plan"])
    told = orders.describe_capture(far, capture)
    # A notice tells how the capture ended, whatever was refunded since.
    told |= {
        "status": capture["state"],
        "payee": {"merchant_id": keys.ensure(far.folder).merchant_id},
        "supplementary_data": {"related_ids": {"order_id": order_id}},
    }
    if chosen.tamper in _LIES:
        _LIES[str(chosen.tamper)](told)
    _announce(far, chosen, order, kind=_CAPTURE_KINDS[capture["state"]], about="capture", told=told)


def announce_refund(far: FarSide, refund: Row, told: dict[str, Any]) -> None:
    """Prepare the notice of a refund or a reversal as it stands; a cancelled one is told to nobody."""
    kind = "PAYMENT.CAPTURE.REVERSED" if refund["kind"] == "reversal" else _REFUND_KINDS.get(refund["state"])
    if kind is not None:
        _announce(far, Plan(), refund | {"custom_id": refund["reference"]}, kind=kind, about="refund", told=told)


def announce_dispute(far: FarSide, reference: str) -> None:
    """A payer complains about a payment.

    Raises:
        Refusal: it was never paid.
    """
    order = orders.find(far, custom_id=reference)
    capture = order and orders.capture_of(far, order["id"])
    if order is None or capture is None:
        raise refused(409, "NOT_PAID")
    amount = written(order["amount"], order["currency"])
    told = {
        "dispute_id": "PP-D-" + str(secrets.randbelow(10**5)).zfill(5),
        "disputed_transactions": [
            {
                "seller_transaction_id": capture["id"],
                "custom": order["custom_id"],
                "invoice_number": order["invoice_id"],
            }
        ],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "OPEN",
        "dispute_amount": amount,
        "dispute_life_cycle_stage": "INQUIRY",
        "create_time": orders.zulu(far.truth.now()),
    }
    _announce(far, Plan(), order, kind="CUSTOMER.DISPUTE.CREATED", about="dispute", told=told)


def send_so(far: FarSide, reference: str, plan: Plan) -> bool:
    """Send the notice of a captured order (again) so; keep the plan for when it is captured, and say that it was kept."""
    with far.truth.transaction():
        order = orders.find(far, custom_id=reference)
        if order is None:
            raise refused(404, "INVALID_RESOURCE_ID", "there is no such order")
        if orders.capture_of(far, order["id"]) is None:
            far.truth.run("UPDATE paypal_order SET plan = ? WHERE id = ?", plan.to_json(), order["id"])
            return True
        if plan.drop:
            notices.drop(far, reference, channel=NAME)
        else:
            announce_capture(far, order["id"], plan)
        return False


def sending(far: FarSide, notice: Row) -> tuple[bytes, Mapping[str, str]]:
    """Transmission, time and signature of now over the body that stays, or what a tamper makes of them."""
    tamper, own, body = notice["tamper"], keys.ensure(far.folder), notice["body"]
    now = datetime.fromtimestamp(far.truth.stamp_now(), UTC) + _SHIFTS.get(tamper, timedelta())
    sent_at, transmission = now.strftime("%Y-%m-%dT%H:%M:%SZ"), str(uuid.uuid1())
    name, key_pem = _leaf(far, own)
    if tamper in _LEAVES:
        name, key_pem = _LEAVES[tamper](far, own)
    webhook_id = _WEBHOOKS.get(tamper, own.webhook_id)
    algorithm = hashes.SHA1() if tamper == "algorithm" else None  # noqa: S303 - what a forger would like us to take
    signature = signing.sign(
        _stranger() if tamper == "wrong_key" else key_pem,
        signing.line(transmission, sent_at, webhook_id, body),
        algorithm=algorithm,
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "PayPal/AUHD-214.0-58",
        "Paypal-Transmission-Id": transmission,
        "Paypal-Transmission-Time": sent_at,
        "Paypal-Transmission-Sig": signature,
        "Paypal-Auth-Version": "v2",
        "Paypal-Auth-Algo": "SHA1withRSA" if tamper == "algorithm" else "SHA256withRSA",
        "Paypal-Cert-Url": f"{far.base_url}{CERTIFICATES}{name}",
    }
    if tamper in _BENT:
        body = _BENT[tamper](body, headers)
    return body, headers


def is_heard(answer: httpx.Response) -> bool:
    """Any 2xx."""
    return answer.is_success


def certificates(far: FarSide, name: str) -> str:
    """The chain that stands at an address: the leaf, then what issued it.

    Raises:
        Refusal: 404.
    """
    own = keys.ensure(far.folder)
    if name == own.leaf_name:
        return own.leaf_pem + own.authority_pem
    found = far.truth.row("SELECT pem FROM paypal_leaf WHERE name = ?", name)
    if found is None:
        raise refused(404, "RESOURCE_NOT_FOUND", "no such certificate")
    return str(found["pem"]) + own.authority_pem


def rotate(far: FarSide) -> str:
    """Sign with a new leaf from now on; the old one stays where it is. Answers its name."""
    own = keys.ensure(far.folder)
    name, pem, key_pem = keys.leaf_of(own, at=datetime.now(UTC))
    far.truth.run("INSERT INTO paypal_leaf VALUES (?, ?, ?, ?)", name, pem, key_pem, far.truth.now())
    far.truth.set("paypal.leaf", name)
    return name


def _announce(far: FarSide, plan: Plan, order: Row, *, kind: str, about: str, told: dict[str, Any]) -> None:
    notices.announce(
        far,
        plan,
        channel=NAME,
        kind=kind,
        subject=order["custom_id"],
        url=order["notify_url"],
        event_id=lambda: f"WH-{keys.code(17)}-{keys.code(17)}",
        body=partial(_body, far, kind, about, told),
    )


def _body(far: FarSide, kind: str, about: str, told: dict[str, Any], event_id: str) -> bytes:
    event = {
        "id": event_id,
        "event_version": "1.0",
        "create_time": datetime.fromtimestamp(far.truth.now(), UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "resource_type": about,
        "resource_version": "2.0",
        "event_type": kind,
        "summary": "SANDBOX 样张",
        "resource": told,
        "links": [
            {"href": f"{far.base_url}/v1/notifications/webhooks-events/{event_id}", "rel": "self", "method": "GET"}
        ],
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _leaf(far: FarSide, own: keys.PayPalKeys) -> tuple[str, str]:
    name = far.truth.setting("paypal.leaf", own.leaf_name)
    if name == own.leaf_name:
        return name, own.leaf_key_pem
    found = far.truth.row("SELECT key_pem FROM paypal_leaf WHERE name = ?", name)
    assert found is not None
    return name, found["key_pem"]


def _of_another_authority(far: FarSide, own: keys.PayPalKeys) -> tuple[str, str]:
    """A leaf that carries the right name, under a root of its own making."""
    del own
    key_pem = _stranger()
    key = keys.private_key(key_pem)
    pem = keys.certificate(keys.SIGNER, key, issuer=None, issuer_key=key, at=datetime.now(UTC))
    return _hang_out(far, "CERT-other-authority", pem, key_pem)


def _expired(far: FarSide, own: keys.PayPalKeys) -> tuple[str, str]:
    key_pem, issuer = _stranger(), x509.load_pem_x509_certificate(own.authority_pem.encode())
    then = datetime.now(UTC) - timedelta(days=500)
    pem = keys.certificate(
        keys.SIGNER,
        keys.private_key(key_pem),
        issuer=issuer,
        issuer_key=keys.private_key(own.authority_key_pem),
        at=then,
    )
    return _hang_out(far, "CERT-expired", pem, key_pem)


@cache
def _stranger() -> str:
    """A key that nobody knows; one for all forgeries, since making it takes a moment in which nobody else is served."""
    return keys.private_pem(keys.fresh_key())


def _hang_out(far: FarSide, name: str, pem: str, key_pem: str) -> tuple[str, str]:
    far.truth.run("INSERT OR REPLACE INTO paypal_leaf VALUES (?, ?, ?, ?)", name, pem, key_pem, far.truth.now())
    return name, key_pem


def _elsewhere(body: bytes, headers: dict[str, str]) -> bytes:
    headers["Paypal-Cert-Url"] = f"https://api.paypal.com.evil.example{CERTIFICATES}CERT-1"
    return body


def _unsigned(body: bytes, headers: dict[str, str]) -> bytes:
    del headers["Paypal-Transmission-Sig"]
    return body


def _zeros(body: bytes, headers: dict[str, str]) -> bytes:
    headers["Paypal-Transmission-Sig"] = "A" * 342 + "=="
    return body


_BENT: Final[Mapping[str, Callable[[bytes, dict[str, str]], bytes]]] = {
    "body": lambda body, _: body.replace(b"WH-", b"WX-", 1),
    "spaces": lambda body, _: json.dumps(json.loads(body), ensure_ascii=False).encode(),
    "signature": _zeros,
    "no_signature": _unsigned,
    "elsewhere": _elsewhere,
}
_SHIFTS: Final = {"stale": timedelta(days=-4), "early": timedelta(minutes=10)}
_WEBHOOKS: Final = {"simulator": SIMULATOR, "other_webhook": "SANDBOXOTHERHOOK"}
_LEAVES: Final = {"other_authority": _of_another_authority, "expired": _expired}
_LIES: Final[Mapping[str, Callable[[dict[str, Any]], object]]] = {
    "other_amount": lambda told: told["amount"].update(
        written(int(told["amount"]["value"].replace(".", "")) + 1, told["amount"]["currency_code"])
    ),
    "other_currency": lambda told: told["amount"].update(currency_code="EUR"),
    "other_merchant": lambda told: told["payee"].update(merchant_id="SANDBOXOTHER2"),
    "unknown_order": lambda told: told.update(custom_id="NOBODY0000000000000000", invoice_id="NOBODY0000000000000000"),
    "not_completed": lambda told: told.update(status="PENDING"),
}
TAMPERS: Final = frozenset({*_BENT, *_SHIFTS, *_WEBHOOKS, *_LEAVES, *_LIES, "wrong_key", "algorithm"})
