"""What stands in a request to PayPal's wire: strictly, since a client that passes here must pass at PayPal.

Stricter than PayPal in two points: an unknown field is refused, and a repeated key.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from app.sandbox.far_side import Refusal
from app.sandbox.paypal.admission import Call, refused, unfit

_TEXT: Final = re.compile(r"[^\x00-\x1f]{1,127}")
_REQUEST_ID: Final = re.compile(r"[\x21-\x7e]{1,108}")
_NUMBERED: Final = {"JPY": 0, "HUF": 0, "TWD": 0, "USD": 2, "EUR": 2, "GBP": 2, "HKD": 2}
"""Currencies that this merchant's account takes; yuan is not among them: its account is not in China."""
_URL: Final = re.compile(r"https?://[\x21-\x7e]{1,2000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """An order to be made."""

    reference_id: str
    custom_id: str
    invoice_id: str
    description: str
    amount: int
    currency: str
    return_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundForm:
    """Money to go back; without an amount all that is left."""

    amount: int | None
    currency: str | None
    custom_id: str
    invoice_id: str
    note: str | None


def request_id(call: Call) -> str:
    """The id under which a POST has one effect; PayPal makes it optional, here every POST needs one."""
    given = call.headers.get("paypal-request-id", "")
    if not _REQUEST_ID.fullmatch(given):
        raise unfit("INVALID_PARAMETER_VALUE", field="PayPal-Request-Id", got=given, expected="1 to 108 characters")
    return given


def read_order(call: Call) -> OrderForm:
    """Source: Orders v2, create order."""
    body = _object(call.body)
    _only(body, {"intent", "purchase_units", "payment_source"}, "")
    if body.get("intent") != "CAPTURE":
        raise unfit("INVALID_PARAMETER_VALUE", field="/intent", got=body.get("intent"), expected="CAPTURE")
    units = body.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise unfit("INVALID_PARAMETER_VALUE", field="/purchase_units", got=units, expected="one")
    unit, at = units[0], "/purchase_units/0"
    _only(unit, {"reference_id", "custom_id", "invoice_id", "description", "amount"}, at)
    amount, currency = _amount(unit.get("amount"), f"{at}/amount")
    paypal = _part(
        _part(body.get("payment_source"), "paypal", "/payment_source"), "experience_context", "/payment_source/paypal"
    )
    where = "/payment_source/paypal/experience_context"
    _only(paypal, {"return_url", "cancel_url", "user_action", "shipping_preference"}, where)
    _one_of(paypal, "user_action", {"PAY_NOW", "CONTINUE"}, where)
    _one_of(paypal, "shipping_preference", {"NO_SHIPPING", "GET_FROM_FILE", "SET_PROVIDED_ADDRESS"}, where)
    return OrderForm(
        reference_id=_text(unit, "reference_id", at),
        custom_id=_text(unit, "custom_id", at),
        invoice_id=_text(unit, "invoice_id", at),
        description=_text(unit, "description", at),
        amount=amount,
        currency=currency,
        return_url=_url(paypal, "return_url", where),
        cancel_url=_url(paypal, "cancel_url", where),
    )


def read_refund(call: Call) -> RefundForm:
    """Source: Payments v2, refund captured payment."""
    body = _object(call.body)
    _only(body, {"amount", "custom_id", "invoice_id", "note_to_payer"}, "")
    amount, currency = (None, None) if "amount" not in body else _amount(body["amount"], "/amount")
    note = body.get("note_to_payer")
    if note is not None and (not isinstance(note, str) or not 1 <= len(note) <= 255):
        raise unfit("INVALID_STRING_LENGTH", field="/note_to_payer", got=note)
    return RefundForm(
        amount=amount,
        currency=currency,
        custom_id=_text(body, "custom_id", ""),
        invoice_id=_text(body, "invoice_id", ""),
        note=note,
    )


def read_empty(call: Call) -> None:
    """A capture asks for nothing but itself."""
    _only(_object(call.body), set(), "")


def written(amount: int, currency: str) -> dict[str, str]:
    """An amount as PayPal writes it."""
    if _NUMBERED.get(currency, 2) == 0:
        return {"currency_code": currency, "value": str(amount)}
    sign, size = ("-", -amount) if amount < 0 else ("", amount)
    return {"currency_code": currency, "value": f"{sign}{size // 100}.{size % 100:02d}"}


def _amount(told: Any, field: str) -> tuple[int, str]:  # noqa: ANN401 - whatever stood in the JSON
    if not isinstance(told, dict):
        raise unfit("MISSING_REQUIRED_PARAMETER", field=field, got=told)
    _only(told, {"currency_code", "value"}, field)
    currency, value = told.get("currency_code"), told.get("value")
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise unfit("INVALID_CURRENCY_CODE", field=f"{field}/currency_code", got=currency)
    if currency not in _NUMBERED:
        raise refused(422, "CURRENCY_NOT_SUPPORTED", "Currency code is not currently supported.")
    places = _NUMBERED[currency]
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,10}" + (r"\.[0-9]{2}" if places else ""), value):
        issue = "DECIMALS_NOT_SUPPORTED" if not places else "DECIMAL_PRECISION"
        raise Refusal(422, issue, issue, field=f"{field}/value", got=str(value), expected=f"{places} decimals")
    amount = int(value.replace(".", ""))
    if amount == 0:
        raise refused(422, "CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.")
    return amount, currency


def _object(raw: bytes) -> dict[str, Any]:
    try:
        told = json.loads(raw.decode(), object_pairs_hook=_once)
    except ValueError as broken:
        raise Refusal(400, "MALFORMED_REQUEST_JSON", str(broken)) from broken
    if not isinstance(told, dict):
        raise Refusal(400, "MALFORMED_REQUEST_JSON", "not an object")
    return told


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a key stands twice")
    return told


def _only(told: dict[str, Any], known: set[str], field: str) -> None:
    for name in told.keys() - known:
        raise unfit("UNKNOWN_PARAMETER", field=f"{field}/{name}")


def _part(told: Any, name: str, field: str) -> dict[str, Any]:  # noqa: ANN401 - whatever stood in the JSON
    if not isinstance(told, dict) or not isinstance(told.get(name), dict):
        raise unfit("MISSING_REQUIRED_PARAMETER", field=f"{field}/{name}")
    _only(told, {name}, field)
    part: dict[str, Any] = told[name]
    return part


def _text(told: dict[str, Any], name: str, field: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not _TEXT.fullmatch(value):
        raise unfit("INVALID_STRING_LENGTH", field=f"{field}/{name}", got=value, expected="1 to 127 characters")
    return value


def _one_of(told: dict[str, Any], name: str, known: set[str], field: str) -> None:
    if told.get(name) not in known:
        raise unfit("INVALID_PARAMETER_VALUE", field=f"{field}/{name}", got=told.get(name), expected=" ".join(known))


def _url(told: dict[str, Any], name: str, field: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not _URL.fullmatch(value):
        raise unfit("INVALID_PARAMETER_SYNTAX", field=f"{field}/{name}", got=value, expected="an address")
    return value
