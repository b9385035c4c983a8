"""Bank transfers as finance sees them: which are expected, and recording what came; for the page and the terminal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.commerce import orders, payments
from app.commerce.payments import ExpectedTransfer, NewReceipt
from app.foundation import identity
from app.foundation.approvals import Approval
from app.foundation.identity import Keyring
from app.kernel import days
from app.kernel.errors import Invalid
from app.kernel.ids import public
from app.kernel.text import Text
from app.kernel.typed import typed_code, typed_number

FIELDS: Final = ("remark", "amount", "bank_number", "payer_name", "value_day")
"""Of the form, in its order."""
_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?", re.ASCII)


class AmountUnfit(Invalid):
    """It is no amount of money."""

    code = "receipt.amount_unfit"
    text = Text(
        zh="请填写金额，最多两位小数，例如 12400.50。",
        en="Give an amount with at most two decimals, such as 12400.50.",
    )
    field = "/amount"


class DayUnfit(Invalid):
    """It is no day."""

    code = "receipt.day_unfit"
    text = Text(zh="请填写到账日，例如 2026-11-27。", en="Give the value day, such as 2026-11-27.")
    field = "/value_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A transfer that we wait for, and who owes it."""

    transfer: ExpectedTransfer
    order: str
    """`ord_…`"""
    payer: Text


async def list_expected(*, limit: int) -> list[Expected]:
    """The transfers that we wait for, the oldest first."""
    found = await payments.list_expected(limit=limit)
    payers = await orders.payers_of([_order_of(one) for one in found])
    names = await identity.introduce(set(payers.values()))
    return [
        Expected(transfer=one, order=public("ord", _order_of(one)), payer=names[payers[_order_of(one)]].name or _NOBODY)
        for one in found
    ]


async def record(typed: Mapping[str, str], *, by: UUID, keyring: Keyring) -> Approval:
    """Propose what somebody typed about one line of the bank's list.

    Raises:
        AmountUnfit, DayUnfit: what was typed is none.
        Whatever `payments.propose_receipt` raises; every fault names its field.
    """
    receipt = read(typed)
    order_id = _order_of(await payments.find_transfer(receipt.remark))
    payer_id = (await orders.payers_of([order_id]))[order_id]
    return await payments.propose_receipt(receipt, payer_id=payer_id, by=by, keyring=keyring)


def read(typed: Mapping[str, str]) -> NewReceipt:
    """The receipt that was typed; a missing field is an empty one.

    Raises:
        AmountUnfit, DayUnfit
    """
    return NewReceipt(
        remark=typed.get("remark", ""),
        amount_minor=_minor(typed.get("amount", "")),
        bank_number=typed.get("bank_number", ""),
        payer_name=typed.get("payer_name", ""),
        value_day=_day(typed.get("value_day", "")),
    )


def fields_of(form: Mapping[str, str], *, most: int = 200) -> dict[str, str]:
    """What a form says of them, cut."""
    return {name: form.get(name, "")[:most] for name in FIELDS}


def _minor(typed: str) -> int:
    plain = typed_number(typed_code(typed).removeprefix("¥"), "元") or ""
    if (found := _AMOUNT.fullmatch(plain)) is None:
        raise AmountUnfit
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _day(typed: str) -> date:
    try:
        return days.read_day(typed_code(typed))
    except ValueError as none:
        raise DayUnfit from none


def _order_of(one: ExpectedTransfer) -> UUID:
    kind, order_id = payments.read_subject(one.paid_for)
    assert kind == "order", one.paid_for
    return order_id


_NOBODY: Final = Text(zh="—", en="—")
