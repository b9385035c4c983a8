"""THE MAP: for each kind of approval, how it is described and which room's action decides it.

A new kind is a row of `approval_kind` in a migration and a line here; a test demands the line.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from app import scenarios
from app.commerce import bills, payments
from app.foundation import approvals, identity
from app.foundation.approvals import Approval
from app.foundation.identity import Keyring
from app.gateways.database import transaction
from app.kernel.clock import beijing_day, utc_now
from app.programmes import donations, sharing, zones
from app.registry import cancellations, credits, retirements
from app.views.inbox import (
    describing,
    describing_bills,
    describing_rates,
    describing_readers,
    describing_receipts,
    describing_roles,
    describing_scenes,
    describing_support,
    describing_zones,
)
from app.views.inbox.describing import Description


class Approve(Protocol):
    """Agree to one, as a room does it."""

    async def __call__(self, one: Approval, *, seen: str, by: UUID) -> object:
        """Answers whatever the room answers."""
        ...


class Refuse(Protocol):
    """Send one back, or withdraw it, as a room does it."""

    async def __call__(self, one: Approval, *, reason: str, seen: str, by: UUID) -> None:
        """Nothing else stands of it afterwards."""
        ...


async def send_back(one: Approval, *, reason: str, seen: str, by: UUID) -> None:
    async with transaction() as tx:
        await approvals.send_back(one.id, reason=reason, seen=seen, by=by, tx=tx)


async def withdraw(one: Approval, *, reason: str, seen: str, by: UUID) -> None:
    del seen  # the maker's own
    async with transaction() as tx:
        await approvals.withdraw(one.id, by=by, reason=reason.strip() or None, tx=tx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """What the inbox does with approvals of one kind."""

    describe: Callable[[Mapping[str, Any], Mapping[str, Any]], Description]
    approve: Approve
    send_back: Refuse = send_back
    withdraw: Refuse = withdraw
    before: Callable[[Mapping[str, Any], Keyring], Awaitable[Mapping[str, Any]]] | None = None
    """What stands now of what the payload changes, or lies sealed elsewhere."""


async def _approve_credits(one: Approval, *, seen: str, by: UUID) -> object:
    return await credits.approve(one.id, seen=seen, by=by)


async def _approve_price(one: Approval, *, seen: str, by: UUID) -> None:
    await credits.approve_price(one.id, seen=seen, by=by)


async def _approve_rate(one: Approval, *, seen: str, by: UUID) -> None:
    await credits.approve_rate(one.id, seen=seen, by=by)


async def _rate_now(said: Mapping[str, Any], _: Keyring) -> Mapping[str, Any]:
    del said
    newest = await credits.list_rates(limit=1)
    return {"rate": str(newest[0]), "day": newest[0].day} if newest else {}


async def _approve_methodology(one: Approval, *, seen: str, by: UUID) -> None:
    await credits.approve_methodology(one.id, seen=seen, by=by)


async def _verify(one: Approval, *, seen: str, by: UUID) -> None:
    await identity.verify_organisation(one.id, seen=seen, by=by)


async def _let_in(one: Approval, *, seen: str, by: UUID) -> None:
    await identity.approve_invitation(one.id, seen=seen, by=by, now=utc_now())


async def _keep_out(one: Approval, *, reason: str, seen: str, by: UUID) -> None:
    await identity.refuse_invitation(one.id, reason=reason, seen=seen, by=by, now=utc_now())


async def _withdraw_invitation(one: Approval, *, reason: str, seen: str, by: UUID) -> None:
    del seen
    await identity.withdraw_invitation(one.id, reason=reason.strip() or None, by=by, now=utc_now())


async def _settle(one: Approval, *, seen: str, by: UUID) -> None:
    await payments.settle_by_hand(one.id, seen=seen, by=by)


async def _decide_notice(one: Approval, *, seen: str, by: UUID) -> None:
    await payments.decide(one.id, seen=seen, by=by)


async def _take_receipt(one: Approval, *, seen: str, by: UUID) -> None:
    await payments.confirm_receipt(one.id, seen=seen, by=by)


async def _sign_day(one: Approval, *, seen: str, by: UUID) -> None:
    await bills.sign_day(one.id, seen=seen, by=by)


async def _retire_held(one: Approval, *, seen: str, by: UUID) -> object:
    return await retirements.approve_held(one.id, seen=seen, by=by)


async def _publish(one: Approval, *, seen: str, by: UUID) -> object:
    return await scenarios.approve(one.id, seen=seen, by=by)


async def _publish_zone(one: Approval, *, seen: str, by: UUID) -> object:
    return await zones.approve(one.id, seen=seen, by=by)


async def _enrol_reader(one: Approval, *, seen: str, by: UUID) -> object:
    return await sharing.approve_reader(one.id, seen=seen, by=by)


async def _zone_now(said: Mapping[str, Any], _: Keyring) -> Mapping[str, Any]:
    try:
        known = await zones.find(said["slug"])
    except zones.ZoneUnknown:
        return {}
    document: Mapping[str, Any] = msgspec.to_builtins(known.document)
    return document


async def _agree_support(one: Approval, *, seen: str, by: UUID) -> object:
    return await donations.agree_support(one.id, seen=seen, by=by)


async def _supporter(said: Mapping[str, Any], _: Keyring) -> Mapping[str, Any]:
    donor_id = UUID(said["donor"])
    return {"donor": (await identity.introduce([donor_id]))[donor_id].name}


async def _cancel(one: Approval, *, seen: str, by: UUID) -> object:
    return await cancellations.approve(one.subject, seen=seen, by=by)


async def _return_cancellation(one: Approval, *, reason: str, seen: str, by: UUID) -> None:
    await cancellations.send_back(one.subject, reason=reason, seen=seen, by=by)


async def _withdraw_cancellation(one: Approval, *, reason: str, seen: str, by: UUID) -> None:
    del seen
    await cancellations.withdraw(one.subject, reason=reason, by=by)


async def _lot_now(said: Mapping[str, Any], _: Keyring) -> Mapping[str, Any]:
    lot_id = int(said["lot_id"])
    facts = (await credits.describe_lots([lot_id])).get(lot_id)
    return {name: getattr(facts, name, None) for name in said["changes"]}


async def _price_now(said: Mapping[str, Any], _: Keyring) -> Mapping[str, Any]:
    today = beijing_day(utc_now())
    lines = await credits.price_list(credits.Programme(said["programme"]), since=today)
    now = next((one for one in lines if one.currency == said["currency"] and one.valid_from <= today), None)
    return {"per_tonne_minor": now.per_tonne_minor} if now else {}


async def _methodology_now(said: Mapping[str, Any], _: Keyring) -> Mapping[str, Any]:
    known = await credits.list_methodologies(credits.Programme(said["programme"]))
    return {"suspended_from": next((one.suspended_from for one in known if one.code == said["code"]), None)}


async def _invited_now(said: Mapping[str, Any], keyring: Keyring) -> Mapping[str, Any]:
    return {"for": await identity.read_label(UUID(said["invitation"]), keyring=keyring), "now": utc_now()}


async def _receipt_now(said: Mapping[str, Any], keyring: Keyring) -> Mapping[str, Any]:
    payer_id = UUID(said["payer"])
    return {
        "payer": (await identity.introduce([payer_id]))[payer_id].name,
        "payer_name": await payments.payer_of(said, keyring=keyring),
        "is_late": await payments.is_late(UUID(said["payment"])),
    }


HANDLERS: Final[Mapping[str, Handler]] = {
    "lot": Handler(describe=describing.lot, approve=_approve_credits),
    "lot_correction": Handler(describe=describing.correction, approve=_approve_credits, before=_lot_now),
    "lot_double": Handler(describe=describing.double, approve=_approve_credits),
    "upstream_cancellation": Handler(
        describe=describing.cancellation,
        approve=_cancel,
        send_back=_return_cancellation,
        withdraw=_withdraw_cancellation,
    ),
    "organisation_verification": Handler(describe=describing.verification, approve=_verify),
    "credit_price": Handler(describe=describing.price, approve=_approve_price, before=_price_now),
    credits.RATE_KIND: Handler(describe=describing_rates.exchange_rate, approve=_approve_rate, before=_rate_now),
    "methodology": Handler(describe=describing.methodology, approve=_approve_methodology, before=_methodology_now),
    "hand_refund": Handler(describe=describing.hand_refund, approve=_settle),
    payments.BANK_RECEIPT: Handler(
        describe=describing_receipts.bank_receipt, approve=_take_receipt, before=_receipt_now
    ),
    bills.BILL_DAY: Handler(describe=describing_bills.bill_day, approve=_sign_day),
    payments.PARKED_NOTICE: Handler(describe=describing_receipts.parked_notice, approve=_decide_notice),
    "holding_retirement": Handler(describe=describing.holding_retirement, approve=_retire_held),
    "role": Handler(
        describe=describing_roles.role,
        approve=_let_in,
        send_back=_keep_out,
        withdraw=_withdraw_invitation,
        before=_invited_now,
    ),
    "scene": Handler(describe=describing_scenes.scene, approve=_publish),
    sharing.KIND: Handler(describe=describing_readers.share_reader, approve=_enrol_reader),
    zones.KIND: Handler(describe=describing_zones.zone_version, approve=_publish_zone, before=_zone_now),
    donations.SUPPORT: Handler(describe=describing_support.support, approve=_agree_support, before=_supporter),
}
