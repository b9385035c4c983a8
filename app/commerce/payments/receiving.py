"""A channel's message: verified before any row, kept raw, judged, and only then acknowledged."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import structlog

from app.commerce.payments.applying import apply_status
from app.commerce.payments.finance import sealing
from app.commerce.payments.finance.lost_time import record_lost_answer
from app.commerce.payments.finance.parked import apply_decided_outcome
from app.commerce.payments.finance.reversing import apply_reversal, retry_parked
from app.commerce.payments.querying import receive_answer
from app.commerce.payments.refunding import apply_refund_outcome
from app.commerce.payments.rules import OPEN_STATES, NoticeFate, PaymentState
from app.commerce.payments.trades import trade_of
from app.foundation import outbox
from app.foundation.identity import Keyring
from app.gateways import faults, metrics
from app.gateways.channels.base import (
    Approved,
    Channel,
    Closed,
    Done,
    NotAuthentic,
    Notice,
    RawRequest,
    RawResponse,
    Refused,
    Unknown,
)
from app.gateways.database import TROUBLE, Row, Tx, again, fetch, fetch_one, transaction
from app.kernel.errors import Unavailable
from app.kernel.outcome import Outcome, Pending, TradeStatus

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Judgement:
    fate: NoticeFate
    fact: str | None = None


async def receive(raw: RawRequest, *, channel: Channel, keyring: Keyring) -> RawResponse:
    """Take one message of a channel and answer it; never raises.

    Not authentic: one refusal for every cause, no row. Authentic: one transaction keeps the message and
    moves the payment; a repeat of the message, or another message about the same success, moves nothing
    and is acknowledged too. What does not fit our row is parked and acknowledged. Our own trouble is
    answered so that the channel sends again. What was said word for word (openids, names, addresses stand in it) is
    kept sealed under a key of its own.
    """
    try:
        notice = await channel.read_notice(raw)
    except NotAuthentic as forgery:
        _log.warning("notice.refused", channel=channel.name, reason=forgery.reason)
        metrics.notices(channel.name, "refused", forgery.reason).inc()
        return channel.acknowledge(accepted=False)
    except Unavailable as silence:
        _log.warning("notice.not_kept", channel=channel.name, error=str(silence)[:200] or "Unavailable")
        metrics.notices(channel.name, "not_kept", "silence").inc()
        return channel.acknowledge(accepted=False, retry=True)
    faults.reach("notice.verified")
    sealed = sealing.seal(notice, raw, keyring=keyring)

    async def keep() -> _Judgement | None:
        async with transaction() as tx:
            notice_id = await _write(notice, sealed, channel.name, tx=tx)
            if notice_id is None:
                return None
            judgement = await _judge(notice, channel.name, notice_id, tx=tx)
            await fetch(
                "UPDATE payment_notice SET fate = $2, fact = $3 WHERE id = $1",
                notice_id, judgement.fate.value, judgement.fact, tx=tx,
            )  # fmt: skip
            await _keep_key(notice, sealed, channel.name, tx=tx)
            faults.reach("notice.before_commit")
            return judgement

    try:
        judgement = await again(keep)
    except TROUBLE as trouble:
        # Lost at COMMIT means unknown; the channel sends again and the unique event id decides.
        _log.error("notice.not_kept", channel=channel.name, error=type(trouble).__name__)
        metrics.notices(channel.name, "not_kept", "database").inc()
        return channel.acknowledge(accepted=False, retry=True)
    faults.reach("notice.committed")
    if judgement is None:
        metrics.notices(channel.name, "repeated", "").inc()
    else:
        metrics.notices(channel.name, judgement.fate.value, judgement.fact or "").inc()
        _log.info("notice.kept", channel=channel.name, fate=judgement.fate.value, fact=judgement.fact)
        outbox.nudge()
    return channel.acknowledge(accepted=True)


async def match_parked(*, channels: Mapping[str, Channel]) -> int:
    """Settle the parked messages whose payment has become visible since; answers for how many something was done.

    The channel's status now counts more than its status then. An open payment is put first in line to be asked about. About
    a closed one nobody would ask any more, so it is asked about here: a message is marked as asked only once that is
    so, and stays parked while the channel is silent or does not know. What the channel did without us is compared again.
    """
    retried = await retry_parked()
    rows = await fetch(
        "SELECT n.id, p.state, p.channel, p.reference, p.method, p.amount_minor, p.currency, p.expires_at, p.opening"
        " FROM payment_notice n"
        " JOIN payment p ON p.channel = n.channel AND p.reference = n.reference"
        " WHERE n.fate = 'parked' AND n.fact = 'unknown_payment' AND n.reversal IS NULL ORDER BY n.id LIMIT 100"
    )
    return retried + sum([await _match(row, channels) for row in rows])


async def _match(row: Row, channels: Mapping[str, Channel]) -> bool:
    """Whether somebody asks now, or there is nothing left to ask."""
    fact, name = "asked", row["channel"]
    if row["state"] == PaymentState.CLOSED:
        try:
            status = await channels[name].query(trade_of(row))
        except Unavailable:
            return False
        if isinstance(status, Pending):
            return False
        await receive_answer(name, row["reference"], status)
    async with transaction() as tx:
        if row["state"] in OPEN_STATES:
            moved = await fetch(
                "UPDATE payment SET next_query_at = clock_timestamp() WHERE channel = $1 AND reference = $2"
                " AND state = ANY($3::text[]) RETURNING id",
                row["channel"], row["reference"], [state.value for state in OPEN_STATES], tx=tx,
            )  # fmt: skip
            if not moved:
                return False  # it has moved meanwhile: the next round sees where to
        elif row["state"] != PaymentState.CLOSED:
            fact = "known"
        await fetch("UPDATE payment_notice SET fate = 'applied', fact = $2 WHERE id = $1", row["id"], fact, tx=tx)
    return True


async def _write(notice: Notice, sealed: sealing.Sealed, channel: str, *, tx: Tx) -> int | None:
    outcome = notice.outcome
    money = outcome if isinstance(outcome, Done) and outcome.amount_minor > 0 and not notice.refund_reference else None
    row = await fetch_one(
        "INSERT INTO payment_notice (channel, event_id, kind, reference, body, headers, content, fate, received_at,"
        " transaction_id, amount_minor, currency, reversal, key_id)"
        " VALUES ($1, $2, $3, $4, $5, '{}', '', $6, clock_timestamp(), $7, $8, $9, $10::jsonb, $11)"
        " ON CONFLICT ON CONSTRAINT payment_notice_channel_event_key DO NOTHING RETURNING id",
        channel, notice.event_id[:64], notice.kind[:32], notice.reference[:64],
        sealed.body, NoticeFate.RECEIVED.value,
        money.transaction_id[:64] if money else None, money.amount_minor if money else None,
        money.currency[:3] if money else None,
        msgspec.json.encode(notice.reversal).decode() if notice.reversal else None, sealed.key_id, tx=tx,
    )  # fmt: skip
    return int(row["id"]) if row is not None else None


async def _keep_key(notice: Notice, sealed: sealing.Sealed, channel: str, *, tx: Tx) -> None:
    """What opens the message, unless whoever paid was erased meanwhile: then nobody ever opens it.

    After judging, which locks the payment in the order of all others; an erasure waits for this transaction, and looks for
    keys only then.
    """
    await fetch(
        "WITH paid AS MATERIALIZED (SELECT is_forgotten FROM payment WHERE channel = $4 AND reference = $5 FOR SHARE)"
        " INSERT INTO keys.payment_notice_key (id, wrapped, master_key) SELECT $1, $2, $3"
        " WHERE NOT EXISTS (SELECT FROM paid WHERE is_forgotten)",
        sealed.key_id, sealed.wrapped, sealed.master_key, channel, notice.reference[:64], tx=tx,
    )  # fmt: skip


async def _judge(notice: Notice, channel: str, notice_id: int, *, tx: Tx) -> _Judgement:
    if notice.mismatch is not None:
        return _Judgement(NoticeFate.PARKED, notice.mismatch)
    outcome, reversal = notice.outcome, notice.reversal
    if notice.refund_reference is not None and (reversal is None or await _is_ours(notice.refund_reference, tx=tx)):
        return await _judge_refund(channel, notice.refund_reference, outcome, tx=tx)
    if reversal is not None:
        fact = await apply_reversal(channel, reversal, notice_id=notice_id, tx=tx)
        return _Judgement(NoticeFate.APPLIED if fact is None else NoticeFate.PARKED, fact)
    assert not isinstance(outcome, Refused), outcome
    verdict = await apply_status(channel, notice.reference, outcome, tx=tx)
    if verdict is None:
        return _Judgement(NoticeFate.PARKED, "unknown_payment")
    if verdict.step == "park":
        return _Judgement(NoticeFate.PARKED, verdict.fact)
    return _Judgement(NoticeFate.APPLIED)


async def _judge_refund(channel: str, refund_reference: str, outcome: TradeStatus | Outcome, *, tx: Tx) -> _Judgement:
    assert not isinstance(outcome, Approved | Closed | Unknown), outcome
    if await apply_decided_outcome(refund_reference, outcome, tx=tx):
        return _Judgement(NoticeFate.APPLIED)
    if await record_lost_answer(channel, refund_reference, outcome, tx=tx) is not None:
        return _Judgement(NoticeFate.APPLIED)
    fact = await apply_refund_outcome(channel, refund_reference, outcome, tx=tx)
    return _Judgement(NoticeFate.APPLIED if fact is None else NoticeFate.PARKED, fact)


async def _is_ours(refund_reference: str, *, tx: Tx) -> bool:
    """Whether we asked for a refund under this number; every other one that moved money was made at the console."""
    return bool(
        await fetch(
            "SELECT 1 FROM payment_refund WHERE reference = $1"
            " UNION ALL SELECT 1 FROM payment_notice_decision WHERE reference = $1"
            " UNION ALL SELECT 1 FROM recovery_payment WHERE refund_reference = $1",
            refund_reference,
            tx=tx,
        )
    )
