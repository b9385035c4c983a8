"""Payments, refunds and channels' messages as lists for people of finance: by channel, state, day, amount or number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from app.commerce.payments.finance import sealing
from app.commerce.payments.rules import NoticeFate, PaymentState
from app.foundation import approvals
from app.foundation.identity import Keyring
from app.gateways.database import Row, fetch, fetch_one, fetch_value
from app.kernel.money import Currency

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for; all of it must hold."""

    state: str = "all"
    """A key of the list's own table of states."""
    channel: str | None = None
    day: date | None = None
    """Of Beijing, on which it was written down."""
    amount_minor: int | None = None
    number: str = ""
    """Our number or the channel's, exactly; of a payment or of its refund."""
    subject: str | None = None
    """`<kind>:<id>`"""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """One piece of a list, and how many there are."""

    rows: tuple[T, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSeen:
    """One payment."""

    id: UUID
    reference: str
    transaction_id: str | None
    subject: str
    channel: str
    method: str
    amount_minor: int
    currency: Currency
    state: PaymentState
    was_late: bool
    last_word: str | None
    created_at: datetime
    paid_at: datetime | None
    back_minor: int
    """By refunds of ours that ended."""
    gone_minor: int
    """Besides our refunds."""
    is_contested: bool
    """A dispute is open: neither won, nor was the money taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSeen:
    """One refund."""

    reference: str
    channel_refund_id: str | None
    payment_reference: str
    subject: str
    channel: str
    amount_minor: int
    currency: Currency
    cause: str
    """Its first word: why."""
    state: str
    last_word: str | None
    is_over: bool
    requested_at: datetime
    finished_at: datetime | None
    evidence: str | None
    """Of one that was settled by hand: the number of the transfer."""
    proposed: UUID | None = None
    """The approval that waits for a second person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSeen:
    """One authentic message."""

    id: int
    channel: str
    kind: str
    reference: str
    fate: NoticeFate
    fact: str | None
    received_at: datetime
    transaction_id: str | None
    amount_minor: int | None
    currency: str | None
    decision: str | None
    """`noted`, `requested`, `done`, `refused`: what two people decided, and how far it is."""
    reason: str | None
    last_word: str | None
    proposed: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRaw:
    """What stands in a message, as evidence."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: str
    content: str
    """Decrypted."""
    is_gone: bool = False
    """Whoever paid was erased, and its key with them."""


PAYMENT_STATES: Final = {
    "all": "true",
    "open": "p.state IN ('created', 'pending', 'closing')",
    "paid": "p.state = 'paid'",
    "late": "p.was_late",
    "reversed": "EXISTS (SELECT FROM payment_reversal v WHERE v.payment_id = p.id)",
    "refunded": "p.state = 'refunded'",
    "closed": "p.state = 'closed'",
}
REFUND_STATES: Final = {
    "refused": "r.state = 'refused'",
    "requested": "r.state = 'requested'",
    "done": "r.state = 'done'",
    "settled": "r.state = 'settled'",
    "all": "true",
}
NOTICE_STATES: Final = {
    "parked": "n.fate = 'parked'",
    "decided": "n.fate = 'decided'",
    "applied": "n.fate = 'applied'",
    "all": "true",
}
_OF_DAY: Final = (
    "({at} >= ${n}::date::timestamp AT TIME ZONE 'Asia/Shanghai'"
    " AND {at} < (${n}::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')"
)
_PAYMENT: Final = (
    "p.id, p.reference, p.transaction_id, p.subject, p.channel, p.method, p.amount_minor, p.currency, p.state, p.was_late,"
    " p.last_word, p.created_at, p.paid_at,"
    " (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM payment_refund r WHERE r.payment_id = p.id"
    "  AND r.state IN ('done', 'settled')) AS back_minor,"
    " (SELECT coalesce(sum(v.amount_minor), 0)::bigint FROM payment_reversal v WHERE v.payment_id = p.id AND v.is_gone)"
    "  AS gone_minor,"
    " EXISTS (SELECT FROM payment_reversal v WHERE v.payment_id = p.id AND v.kind = 'dispute_opened' AND NOT EXISTS ("
    "  SELECT FROM payment_reversal w WHERE w.payment_id = p.id AND w.id > v.id AND w.kind IN ('dispute_won', 'reversed')))"
    "  AS is_contested"
)
_REFUND: Final = (
    "r.reference, r.channel_refund_id, r.payment_reference, r.subject, r.channel, r.amount_minor, r.currency,"
    " split_part(r.cause, ':', 1) AS cause, r.state, r.last_word, r.is_over, r.requested_at, r.finished_at,"
    " (SELECT a.evidence FROM payment_refund_act a WHERE r.id IN (a.refund_id, a.recovery_payment_id)"
    "  AND a.act = 'settled') AS evidence"
)
_NOTICE: Final = (
    "n.id, n.channel, n.kind, n.reference, n.fate, n.fact, n.received_at, n.transaction_id, n.amount_minor, n.currency,"
    " d.state AS decision, d.reason, d.last_word"
)
_NOTICES: Final = "payment_notice n LEFT JOIN payment_notice_decision d ON d.notice_id = n.id"
_REFUNDS: Final = "payment_any_refund r"


async def list_payments(wanted: Wanted, *, limit: int, offset: int = 0) -> Found[PaymentSeen]:
    """Payments, the latest first."""
    where, given = _where(
        wanted,
        PAYMENT_STATES,
        at="p.created_at",
        amount="p.amount_minor",
        subject="p.subject",
        channel="p.channel",
        number="(p.reference = ${n} OR p.transaction_id = ${n} OR EXISTS (SELECT FROM payment_refund q"
        " WHERE q.payment_id = p.id AND ${n} IN (q.reference, q.channel_refund_id)))",
    )
    rows, total = await _piece(_PAYMENT, "payment p", where, given, "p.id DESC", limit, offset)
    return Found(tuple(_payment(row) for row in rows), total)


async def find_payment(reference: str) -> PaymentSeen | None:
    """The payment with this number of ours."""
    row = await fetch_one(f"SELECT {_PAYMENT} FROM payment p WHERE p.reference = $1", reference)
    return _payment(row) if row else None


async def list_refunds(wanted: Wanted, *, limit: int, offset: int = 0) -> Found[RefundSeen]:
    """Refunds, the oldest first where somebody must act, else the latest."""
    where, given = _where(
        wanted,
        REFUND_STATES,
        at="r.requested_at",
        amount="r.amount_minor",
        subject="r.subject",
        channel="r.channel",
        number="${n} IN (r.reference, r.channel_refund_id, r.payment_reference, r.transaction_id)",
    )
    order = "r.id" if wanted.state in {"refused", "requested"} else "r.id DESC"
    rows, total = await _piece(_REFUND, _REFUNDS, where, given, order, limit, offset)
    waiting = await _proposed("hand_refund", [row["reference"] for row in rows])
    return Found(tuple(_refund(row, waiting.get(row["reference"])) for row in rows), total)


async def refunds_of(payment_reference: str) -> tuple[RefundSeen, ...]:
    """The refunds of one payment, the earliest first."""
    rows = await fetch(
        f"SELECT {_REFUND} FROM {_REFUNDS} WHERE r.payment_reference = $1 AND r.payment_id IS NOT NULL ORDER BY r.id",
        payment_reference,
    )
    return tuple(_refund(row, None) for row in rows)


async def list_notices(wanted: Wanted, *, limit: int, offset: int = 0) -> Found[NoticeSeen]:
    """Messages, parked ones the oldest first, else the latest."""
    where, given = _where(
        wanted,
        NOTICE_STATES,
        at="n.received_at",
        amount="n.amount_minor",
        subject="(SELECT p.subject FROM payment p WHERE p.channel = n.channel AND p.reference = n.reference)",
        channel="n.channel",
        number="${n} IN (n.reference, n.transaction_id, n.event_id)",
    )
    order = "n.id" if wanted.state == "parked" else "n.id DESC"
    rows, total = await _piece(_NOTICE, _NOTICES, where, given, order, limit, offset)
    waiting = await _proposed("parked_notice", [str(row["id"]) for row in rows])
    return Found(tuple(_notice(row, waiting.get(str(row["id"]))) for row in rows), total)


async def find_notice(notice_id: int, *, keyring: Keyring) -> tuple[NoticeSeen, NoticeRaw] | None:
    """One message with what stands in it; bytes that are no text are shown as such. Empty once its key is destroyed."""
    row = await fetch_one(
        f"SELECT {_NOTICE}, n.headers, n.body, n.content, n.key_id,"
        " (SELECT k.wrapped FROM keys.payment_notice_key k WHERE k.id = n.key_id) AS wrapped"
        f" FROM {_NOTICES} WHERE n.id = $1",
        notice_id,
    )
    if row is None:
        return None
    raw = NoticeRaw(
        headers=dict(row["headers"]) if isinstance(row["headers"], dict) else {"": str(row["headers"])},
        body=bytes(row["body"]).decode("utf-8", "backslashreplace"),
        content=row["content"],
    )
    if row["key_id"] is not None:
        raw = _opened(row, keyring)
    waiting = await _proposed("parked_notice", [str(notice_id)])
    return _notice(row, waiting.get(str(notice_id))), raw


def _opened(row: Row, keyring: Keyring) -> NoticeRaw:
    said = sealing.unseal(row["key_id"], row["wrapped"], bytes(row["body"]), keyring=keyring)
    if said is None:
        return NoticeRaw(body="", content="", is_gone=True)
    return NoticeRaw(headers=said.headers, body=said.body.decode("utf-8", "backslashreplace"), content=said.content)


async def count_parked() -> int:
    """How many messages wait for a person."""
    return int(await fetch_value("SELECT count(*) FROM payment_notice WHERE fate = 'parked'"))


def _where(wanted: Wanted, states: Mapping[str, str], **columns: str) -> tuple[str, list[object]]:
    given: list[object] = []
    said = [states[wanted.state]]

    def hold(sql: str, value: object) -> None:
        given.append(value)
        said.append(sql.replace("${n}", f"${len(given)}"))

    if wanted.channel is not None:
        hold(f"{columns['channel']} = ${{n}}", wanted.channel)
    if wanted.day is not None:
        hold(_OF_DAY.replace("{at}", columns["at"]), wanted.day)
    if wanted.amount_minor is not None:
        hold(f"{columns['amount']} = ${{n}}", wanted.amount_minor)
    if wanted.subject is not None:
        hold(f"{columns['subject']} = ${{n}}", wanted.subject)
    if wanted.number:
        hold(columns["number"].replace("${n}", "${n}::text"), wanted.number)
    return " AND ".join(said), given


async def _piece(
    columns: str, table: str, where: str, given: Sequence[object], order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    n = len(given)
    rows = await fetch(
        f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order} LIMIT ${n + 1} OFFSET ${n + 2}",
        *given, limit, offset,
    )  # fmt: skip
    return rows, int(await fetch_value(f"SELECT count(*) FROM {table} WHERE {where}", *given))


async def _proposed(kind: str, subjects: Sequence[str]) -> dict[str, UUID]:
    return {one.subject: one.id for one in await approvals.list_open(kind, subjects)} if subjects else {}


def _payment(row: Row) -> PaymentSeen:
    return PaymentSeen(**{**row, "currency": Currency(row["currency"]), "state": PaymentState(row["state"])})


def _refund(row: Row, proposed: UUID | None) -> RefundSeen:
    return RefundSeen(**{**row, "currency": Currency(row["currency"])}, proposed=proposed)


def _notice(row: Row, proposed: UUID | None) -> NoticeSeen:
    names = NoticeSeen.__dataclass_fields__.keys() - {"proposed", "fate"}
    return NoticeSeen(**{name: row[name] for name in names}, fate=NoticeFate(row["fate"]), proposed=proposed)
