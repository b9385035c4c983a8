"""Writing an attempt down and opening it at the channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from tortoise.exceptions import BaseORMException

from app.commerce.payments.errors import (
    ChannelRefused,
    MethodUnavailable,
    PaymentOver,
    PaymentUnknown,
    SubjectUnknown,
)
from app.commerce.payments.rules import PaymentState
from app.commerce.payments.subjects import read_subject
from app.gateways import faults
from app.gateways.channels.base import Channel, Charge, Method, Opening, Payer, Pending, Refused
from app.gateways.database import Tx, constraint, fetch, fetch_one
from app.gateways.patience import within
from app.kernel.errors import Unavailable
from app.kernel.ids import random_code, uuid7
from app.kernel.money import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """An attempt to be paid, before it has a number."""

    subject: str
    """What is paid for: `<kind>:<id>`, of a kind that a room has declared."""
    channel: str
    method: Method
    """As the channel declares it."""
    amount_minor: int
    currency: Currency
    description: str
    expires_at: datetime
    payer_ip: str | None = None
    return_url: str | None = None


async def prepare(payment: NewPayment, *, tx: Tx) -> UUID:
    """Write the attempt down under a fresh reference and answer its id; another open one of the subject is closed.

    An attempt that is already open for the same subject, channel and method is answered instead: a double
    click, or a second device, opens nothing twice. One attempt of a subject is open at a time, whatever the method;
    of several that are prepared at once the last stands.

    Raises:
        PaymentOver: the subject was just paid.
        MethodUnavailable: the method does not take this amount, or this currency.
        SubjectUnknown: no room has declared its kind, so nobody would go on with the money.
    """
    read_subject(payment.subject)
    if not payment.method.fits(currency=payment.currency, amount_minor=payment.amount_minor):
        raise MethodUnavailable
    # All of them are locked first: whoever is just being told that one is paid (`apply_status`) comes wholly before or after.
    attempts = await fetch(
        "SELECT id, channel, method, state FROM payment WHERE subject = $1 ORDER BY id FOR UPDATE",
        payment.subject, tx=tx,
    )  # fmt: skip
    if any(one["state"] == PaymentState.PAID for one in attempts):
        raise PaymentOver
    for one in attempts:
        is_open = one["state"] in {PaymentState.CREATED, PaymentState.PENDING}
        if is_open and (one["channel"], one["method"]) == (payment.channel, payment.method.code):
            return UUID(str(one["id"]))
    await fetch(
        "UPDATE payment SET state = 'closing', next_query_at = clock_timestamp()"
        " WHERE subject = $1 AND state IN ('created', 'pending')",
        payment.subject, tx=tx,
    )  # fmt: skip
    payment_id = uuid7()
    try:
        await _write(payment_id, payment, tx=tx)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == "payment_subject_kind_fkey":
            raise SubjectUnknown(subject=payment.subject) from refusal
        raise
    return payment_id


async def _write(payment_id: UUID, payment: NewPayment, *, tx: Tx) -> None:
    await fetch(
        "INSERT INTO payment (id, subject, channel, method, reference, amount_minor, currency, description, payer_ip,"
        " return_url, state, was_late, expires_at, next_query_at, queries, created_at)"
        " VALUES ($1, $2, $3, $4, 'DD' || to_char(clock_timestamp() AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') || $5::text,"
        " $6, $7, $8, $9, $10, 'created', false, $11,"
        " clock_timestamp() + interval '15 s', 0, clock_timestamp())",
        payment_id, payment.subject, payment.channel, payment.method.code,
        random_code(14), payment.amount_minor, payment.currency.value,
        payment.description, payment.payer_ip, payment.return_url, payment.expires_at, tx=tx,
    )  # fmt: skip


async def open_payment(
    payment_id: UUID,
    *,
    channels: Mapping[str, Channel],
    payer: Payer | None = None,
) -> Opening:
    """Ask the channel for what the payer's side needs, and keep it; a repeat answers what was kept.

    Touches the wire, outside any transaction.

    Raises:
        PaymentUnknown: no such payment.
        PaymentOver: it is closed, closing since another way was chosen, or paid.
        MethodUnavailable: its channel is not one of ours any more.
        ChannelRefused: the channel's final no.
        Unavailable: the channel is silent, too slow or unreadable; the same payment can be opened again.
    """
    row = await fetch_one("SELECT * FROM payment WHERE id = $1", payment_id)
    if row is None:
        raise PaymentUnknown
    if row["state"] not in {PaymentState.CREATED, PaymentState.PENDING}:
        raise PaymentOver
    if row["opening"] is not None:
        return msgspec.json.decode(row["opening"], type=Opening)
    if row["channel"] not in channels:
        raise MethodUnavailable
    faults.reach("payment.before_open")
    answer = await within(channels[row["channel"]].open(_charge(row, payer)))
    faults.reach("payment.opened")
    match answer:
        case Opening():
            kept = await fetch_one(
                "UPDATE payment SET opening = $2, state = CASE state WHEN 'created' THEN 'pending' ELSE state END"
                " WHERE id = $1 RETURNING state",
                payment_id, msgspec.json.encode(answer).decode(),
            )  # fmt: skip
            if kept is None or kept["state"] != PaymentState.PENDING:
                raise PaymentOver  # another way was chosen, or it was paid, while the channel answered
            return answer
        case Pending():
            raise Unavailable(answer.code)
        case Refused():
            await fetch("UPDATE payment SET last_word = $2 WHERE id = $1", payment_id, answer.code[:64])
            raise ChannelRefused(channel_code=answer.code)


def _charge(row: dict[str, Any], payer: Payer | None) -> Charge:
    return Charge(
        reference=row["reference"],
        description=row["description"],
        amount_minor=row["amount_minor"],
        currency=Currency(row["currency"]),
        method=row["method"],
        expires_at=row["expires_at"],
        payer=payer,
        payer_ip=row["payer_ip"],
        return_url=row["return_url"],
    )
