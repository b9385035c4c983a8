"""Parked messages of channels at a terminal, and one person's half of deciding about one."""

import json

import click

from app.cli.listing import Listed, print_cut
from app.cli.orders import staff_decisions
from app.cli.orders.joint import Who, signed_in
from app.cli.output import line, say
from app.cli.setup import database
from app.commerce import payments
from app.commerce.payments import Decision, NoticeSeen, Wanted
from app.foundation.approvals import Approval
from app.foundation.identity import Role
from app.kernel.clock import rfc3339
from config.settings import Settings


async def parked(settings: Settings, *, limit: int) -> Listed[NoticeSeen]:
    """The messages that wait for a person."""
    async with database(settings):
        found = await payments.list_notices(Wanted(state="parked"), limit=limit)
        return Listed(found.rows, found.total)


async def propose(settings: Settings, notice: int, decision: str, *, who: Who, reason: str) -> Approval:
    """Propose what becomes of one, as somebody of the platform's finance.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        Whatever `payments.propose_decision` raises.
    """
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await staff_decisions.demand(who, person_id, Role.FINANCE)
        return await payments.propose_decision(notice, Decision(decision), reason=reason, by=person_id)


def print_parked(found: Listed[NoticeSeen], *, as_json: bool) -> int:
    """Each with its number, channel, why it is parked, and what it tells of money; answers the exit status."""
    if as_json:
        click.echo(json.dumps([_document(one) for one in found.rows], ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return int(found.total > 0)
    for one in found.rows:
        money = f"{one.amount_minor} {one.currency}" if one.amount_minor is not None else "—"
        line(f"{one.id:>8}  {one.channel}  {one.fact}  {money}  {one.reference}", hang=4)
    if not found.rows:
        line(say("没有挂账的通知", "no message is parked"))
    print_cut(found, as_json=False)
    return int(found.total > 0)


def _document(one: NoticeSeen) -> dict[str, object]:
    return {
        "id": one.id,
        "channel": one.channel,
        "kind": one.kind,
        "reference": one.reference,
        "fact": one.fact,
        "received_at": rfc3339(one.received_at),
        "transaction_id": one.transaction_id,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "approval": str(one.proposed) if one.proposed else None,
    }
