"""What the platform's own people decide at a terminal, in their own name: quoted orders, and refunds a channel refuses."""

import json
from datetime import timedelta
from uuid import UUID

import click

from app.cli.listing import Listed, print_cut
from app.cli.orders.joint import Who, signed_in
from app.cli.output import line, say
from app.cli.setup import database
from app.commerce import orders, payments
from app.commerce.orders import OrderFacts
from app.commerce.payments import RefusedRefund
from app.foundation import identity
from app.foundation.approvals import Approval
from app.foundation.identity import Role
from app.kernel import mass, money
from app.kernel.clock import rfc3339, utc_now
from app.kernel.errors import Forbidden
from app.kernel.ids import public
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.views.ids import order_id as known_order
from config.settings import Settings


class NotPlatformStaff(Forbidden):
    """The right password of somebody who does not have this role in the platform's own organisation."""

    code = "order.not_platform_staff"
    text = Text(zh="{email} 不是本平台的{role_zh}。", en="{email} is not one of this platform's {role_en}.")


_ROLES = {Role.OPERATOR: ("经办", "operators"), Role.FINANCE: ("财务", "finance people")}


async def quoted(settings: Settings, *, limit: int) -> Listed[OrderFacts]:
    """The orders that wait for money, or for somebody of ours."""
    async with database(settings):
        return Listed(await orders.list_quoted(limit=limit), await orders.count_quoted())


async def reserve(settings: Settings, number: str, *, who: Who, reason: str, hours: int) -> OrderFacts:
    """Let a quoted order hold its grams, as an operator of the platform.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        OrderUnknown, NotQuoted, ReservingReasonUnfit, CreditsExhausted: see the room.
    """
    order_id = known_order(number)
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await demand(who, person_id, Role.OPERATOR)
        until = utc_now() + timedelta(hours=hours)
        return await orders.reserve_quoted(order_id, by=person_id, reason=reason, until=until)


async def refused(settings: Settings, *, limit: int) -> Listed[RefusedRefund]:
    """The refunds that a channel refused for good."""
    async with database(settings):
        return Listed(await payments.list_refused(limit=limit), await payments.count_refused())


async def refund_again(settings: Settings, reference: str, *, who: Who, reason: str) -> str:
    """Ask the channel once more, as somebody of the platform's finance; the number it is asked under.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        RefundUnknown, RefundNotRefused, RefundActUnfit: see the room.
    """
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await demand(who, person_id, Role.FINANCE)
        return await payments.refund_again(reference, by=person_id, reason=reason)


async def settle_by_hand(settings: Settings, reference: str, *, who: Who, reason: str, evidence: str) -> Approval:
    """Propose that the money went back another way, as somebody of the platform's finance.

    Raises:
        As `refund_again`.
    """
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await demand(who, person_id, Role.FINANCE)
        return await payments.propose_by_hand(reference, by=person_id, reason=reason, evidence=evidence)


def print_quoted_orders(found: Listed[OrderFacts], language: Language, *, as_json: bool) -> None:
    """Each with its grams, its price, and until when that stands."""
    if as_json:
        told = [
            {
                "id": public("ord", one.id),
                "grams": one.mass_g,
                "amount_minor": one.amount_minor,
                "currency": one.currency.value,
                "placed_at": rfc3339(one.placed_at),
                "expires_at": rfc3339(one.expires_at),
            }
            for one in found.rows
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    if not found.rows:
        line("没有等待预留的报价订单" if language is Language.ZH else "no order is quoted")
    for one in found.rows:
        until = rfc3339(one.expires_at)[:16].replace("T", " ")
        grams, amount = f"{mass.exact_t(one.mass_g)} t", money.text(one.amount_minor, one.currency)
        line(f"{public('ord', one.id)}  {grams:>14}  {amount:>14}  {until}")
    print_cut(found, as_json=False)


def print_refused(found: Listed[RefusedRefund], language: Language, *, as_json: bool) -> int:
    """Each with what the channel said; 1 where one waits for somebody."""
    if as_json:
        told = [
            {
                "reference": one.reference,
                "paid_for": one.paid_for,
                "amount_minor": one.amount_minor,
                "currency": one.currency,
                "channel": one.channel,
                "last_word": one.last_word,
                "requested_at": rfc3339(one.requested_at),
            }
            for one in found.rows
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif not found.rows:
        line("没有被渠道拒绝的退款" if language is Language.ZH else "no refund is refused")
    else:
        for one in found.rows:
            amount = money.text(one.amount_minor, Currency(one.currency))
            of_lost_time = say("  丢失时段", "  lost time") if payments.is_of_lost_time(one.paid_for) else ""
            line(f"{one.reference}  {amount:>12}  {one.channel}  {one.last_word or '–'}{of_lost_time}")
    print_cut(found, as_json=as_json)
    return 1 if found.rows else 0


async def demand(who: Who, person_id: UUID, role: Role) -> None:
    """Refuse whoever has not this role at the platform, by the name they signed in with.

    Raises:
        NotPlatformStaff
    """
    if role not in await identity.platform_roles(person_id):
        zh, en = _ROLES[role]
        raise NotPlatformStaff(email=who[0], role_zh=zh, role_en=en)
