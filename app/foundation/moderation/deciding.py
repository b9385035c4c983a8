"""Deciding: by a person, or by WeChat's word."""

from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import identity, outbox
from app.foundation.identity import Role
from app.foundation.moderation.errors import CheckUnknown, DecisionOvertaken, HidingReasonMissing
from app.foundation.moderation.events import ContentPassed, ContentRefused
from app.foundation.moderation.rules import Checker, CheckState, Reason
from app.gateways.database import Tx, constraint, fetch_one, fetch_value, transaction

DECIDERS = frozenset({Role.OPERATOR, Role.REVIEWER})
"""Of the platform: who shows and hides."""


async def decide(check_id: UUID, state: CheckState, *, reason: Reason | None, seen: str, by: UUID) -> bool:
    """Show something to others, or hide it, for a reason; whether that changed anything. One person is enough, since it can
    be taken back.

    `seen` is the state on the page of whoever decides.

    Raises:
        RoleMissing: they are no operator and no reviewer of the platform now.
        HidingReasonMissing: hidden without a reason.
        DecisionOvertaken: it is in another state by now than they saw.
        CheckUnknown: there is none.
    """
    assert state is not CheckState.WAITING, state
    await identity.demand_platform_role(by, *DECIDERS)
    if state is CheckState.REFUSED and reason is None:
        raise HidingReasonMissing(field="/reason")
    async with transaction() as tx:
        changed = await _decide(
            check_id, state, Checker.PERSON, reason=reason if state is CheckState.REFUSED else None, by=by, seen=seen,
            tx=tx,
        )  # fmt: skip
    if changed is None:
        raise DecisionOvertaken
    if changed:
        outbox.nudge()
    return changed


async def decide_by_wechat(check_id: UUID, state: CheckState, reason: Reason | None) -> bool:
    """What WeChat says of something that waits; False where it was decided already."""
    async with transaction() as tx:
        changed = await _decide(check_id, state, Checker.WECHAT, reason=reason, by=None, seen=None, tx=tx)
    if changed:
        outbox.nudge()
    return bool(changed)


async def hand_over(check_id: UUID) -> bool:
    """WeChat said nothing that counts: from now on it waits for people."""
    return bool(await fetch_value("SELECT moderation.hand_over($1)", check_id))


async def _decide(
    check_id: UUID,
    state: CheckState,
    checker: Checker,
    *,
    reason: Reason | None,
    by: UUID | None,
    seen: str | None,
    tx: Tx,
) -> bool | None:
    try:
        changed: bool | None = await fetch_value(
            "SELECT moderation.decide($1, $2, $3, $4, $5, $6)", check_id, state, checker, by, reason, seen, tx=tx
        )
    except IntegrityError as refusal:
        if constraint(refusal) == "content_check_known":
            raise CheckUnknown from refusal
        raise
    if changed:
        row = await fetch_one("SELECT kind, purpose FROM content_check WHERE id = $1", check_id, tx=tx)
        assert row is not None
        told = {"check_id": check_id, "content_kind": row["kind"], "purpose": row["purpose"]}
        event = ContentPassed(**told) if state is CheckState.PASSED else ContentRefused(**told)
        await outbox.record(event, tx=tx)
    return changed
