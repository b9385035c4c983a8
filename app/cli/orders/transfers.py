"""Bank transfers at a terminal: which are expected, and one person's half of taking one in."""

import json
from collections.abc import Mapping

import click

from app import wiring
from app.cli.listing import Listed, print_cut
from app.cli.orders import staff_decisions
from app.cli.orders.joint import Who, signed_in
from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.commerce import payments
from app.foundation.approvals import Approval
from app.foundation.identity import Role
from app.kernel import money
from app.kernel.clock import rfc3339
from app.views.orders import receipts
from app.views.orders.receipts import Expected
from config.settings import Settings


async def expected(settings: Settings, *, limit: int) -> Listed[Expected]:
    """The transfers that we wait for."""
    async with database(settings):
        return Listed(await receipts.list_expected(limit=limit), await payments.count_expected())


async def record(settings: Settings, typed: Mapping[str, str], *, who: Who) -> Approval:
    """Record what came, as somebody of the platform's finance.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        Whatever `receipts.record` raises.
    """
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await staff_decisions.demand(who, person_id, Role.FINANCE)
        return await receipts.record(typed, by=person_id, keyring=wiring.keyring(settings))


def print_expected(found: Listed[Expected], *, as_json: bool) -> None:
    """Each with its remark, its amount, until when its credits wait, and who owes it."""
    if as_json:
        click.echo(json.dumps([_document(one) for one in found.rows], ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for one in found.rows:
        transfer = one.transfer
        until = rfc3339(transfer.expires_at)[:16].replace("T", " ")
        amount = money.text(transfer.amount_minor, transfer.currency)
        line(f"{transfer.remark}  {amount:>14}  {until}  {one.payer.in_(read_language())}", hang=4)
        if transfer.proposed is not None:
            line("  " + say(f"已登记，待复核：{transfer.proposed}", f"recorded, to be confirmed: {transfer.proposed}"))
    if not found.rows:
        line(say("没有等待到账的转账", "no transfer is expected"))
    print_cut(found, as_json=False)


def _document(one: Expected) -> dict[str, object]:
    transfer = one.transfer
    return {
        "remark": transfer.remark,
        "order": one.order,
        "payer_zh": one.payer.zh,
        "payer_en": one.payer.en,
        "amount_minor": transfer.amount_minor,
        "currency": transfer.currency.value,
        "since": rfc3339(transfer.created_at),
        "expires_at": rfc3339(transfer.expires_at),
        "approval": str(transfer.proposed) if transfer.proposed else None,
    }
