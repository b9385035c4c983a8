"""From an order's progress to what its pages show: the cashier, and the page of whoever waits."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from markupsafe import Markup

from app import footprint, scenarios
from app.commerce import orders, payments
from app.gateways.channels.base import Opening
from app.gateways.channels.methods import Offer
from app.gateways.channels.table import find_kind
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.drawing import qr_svg
from app.kernel.text import Language
from app.registry import credits
from app.views import estimates
from app.views.orders import ordering
from app.views.orders.lines import is_joint, lines_of
from app.views.orders.order_page import (
    CashierPage,
    OrderPage,
    OrderPhase,
    PayMethod,
    RateShown,
    Refund,
    Stranger,
    TooSmall,
    TransferShown,
    ZoneLimit,
)
from app.views.orders.ordering import Progress
from app.views.orders.refund_words import reason_of, told_of
from app.views.page import Amount
from app.views.services import Services
from app.web.kit.security import forms

_REFUND_DAYS = 3
_REFRESH_S = {
    OrderPhase.UNPAID: 3, OrderPhase.CONFIRMING: 3, OrderPhase.RETIRING: 3, OrderPhase.CERTIFYING: 3,
    OrderPhase.REFUNDING: 30,
}  # fmt: skip
"""Seconds between reloads without a script, where something may still move."""

_EXPECTED = frozenset({payments.PaymentState.CREATED, payments.PaymentState.PENDING})
"""Attempts that nobody has given up."""


async def cashier(
    at: Progress,
    methods: list[Offer],
    language: Language,
    services: Services,
    *,
    opening: Opening | None = None,
    notice: str | None = None,
    name: str = "",
    name_fault: str | None = None,
    first: int = 1,
    unpaid: bool = False,
    too_small: Sequence[Offer] = (),
    stranger: Stranger | None = None,
    elsewhere: Sequence[Offer] | None = None,
) -> CashierPage:
    """How to pay the order in this browser; `opening` is what the channel gave for the method that was chosen, the first.

    A transfer that was chosen earlier is shown again: its payer comes back to it, perhaps on another day.

    `too_small`: ways to pay that would work here were the amount larger.

    `elsewhere`: where nothing works here because of the zone, what it takes in other places.

    `unpaid`: the reader comes back from a payment, and its channel says that nothing was paid.
    """
    order, shown = at.order, ids.public("ord", at.order.id)
    scene = await ordering.scene_of(order)
    lot = (await credits.supply(order.programme)).next_lot
    if opening is None and (standing := _standing(at, methods)) is not None:
        opening, methods = standing
    qr, till_url = None, None
    if opening is not None:
        back = f"{services.issuer.public_url}/o/{shown}?paid=1"
        kind = find_kind(methods[0].channel)
        till_url = kind.rehearsal_url(opening, services.cashier_url, back=back) if kind else None
    if opening is not None and opening.code_url:
        qr = Markup(qr_svg(opening.code_url, label=methods[0].method.note.in_(language)))  # noqa: S704 - drawn by us
    return CashierPage(
        here=f"/o/{shown}",
        sandbox=services.issuer.is_sandbox,
        order_id=shown,
        amount=Amount(minor=order.amount_minor, currency=order.currency),
        mass_g=order.mass_g,
        needed_g=order.needed_g,
        rate=_rate(order),
        too_small=tuple(
            TooSmall(
                label=one.method.label.in_(language),
                least=Amount(minor=one.method.least_minor, currency=order.currency),
            )
            for one in too_small
        ),
        zone_limit=_zone_limit(scene, elsewhere, language),
        programme=order.programme.text.in_(language),
        project=lot.project.in_(language) if lot else "",
        scene_title=scene.title.in_(language) if scene else None,
        floored=order.is_floored,
        expires_at=order.expires_at,
        methods=_pay_methods(methods, language, failed=_failed(at) if unpaid else None),
        name=name,
        name_fault=name_fault,
        pay_action=f"/o/{shown}",
        cancel_url=f"/o/{shown}/cancel",
        done_url=f"/o/{shown}?paid=1",
        back_url=await scene_url(order, scene),
        intent=shown,
        csrf_token=forms.token(shown, key=services.form_key),
        qr=qr,
        scanner=(methods[0].method.scanner or methods[0].method.label).in_(language) if methods else "",
        transfer=await _transfer(at, opening),
        till_url=till_url,
        lines=await lines_of(at, language, services.recognition, first=first) if is_joint(order) else None,
        call_up=opening.call_up if opening is not None else None,
        notice=notice,
        unpaid=unpaid,
        stranger=stranger,
        wechat_url=f"/o/{shown}/wechat",
        is_quoted=order.state is orders.OrderState.QUOTED,
        lasts_days=order.expires_at - order.placed_at >= timedelta(days=1),
    )


def _zone_limit(
    scene: scenarios.Scene | None, elsewhere: Sequence[Offer] | None, language: Language
) -> ZoneLimit | None:
    if elsewhere is None or scene is None or scene.zone is None:
        return None
    return ZoneLimit(
        title=scene.zone.name.in_(language),
        url=f"/z/{scene.zone.slug}",
        ways=tuple(dict.fromkeys(one.method.label.in_(language) for one in elsewhere)),
    )


async def waiting(
    at: Progress, language: Language, services: Services, *, says_paid: bool, first: int = 1
) -> OrderPage:
    """Where the order stands, for whoever waits for it."""
    order, shown = at.order, ids.public("ord", at.order.id)
    scene = await ordering.scene_of(order)
    phase = OrderPhase.CONFIRMING if says_paid and at.phase is OrderPhase.UNPAID else at.phase
    return OrderPage(
        here=f"/o/{shown}",
        sandbox=services.issuer.is_sandbox,
        order_id=shown,
        phase=phase,
        amount=Amount(minor=order.amount_minor, currency=order.currency),
        mass_g=order.mass_g,
        needed_g=order.needed_g,
        rate=_rate(order),
        scene_title=scene.title.in_(language) if scene else None,
        scene_url=await scene_url(order, scene),
        expires_at=order.expires_at,
        pay_url=f"/o/{shown}",
        retirement_number=at.retirement_number,
        refund=_refund(at, language) if phase in {OrderPhase.REFUNDING, OrderPhase.REFUNDED} else None,
        refresh_s=_REFRESH_S.get(phase),
        refresh_url=f"/o/{shown}?paid=2" if says_paid and phase is OrderPhase.CONFIRMING else None,
        lines=await lines_of(at, language, services.recognition, first=first) if is_joint(order) else None,
        told=tuple(text.in_(language) for text in told_of(at.reversals)),
        certificate_url=f"/c/{ids.public('crt', at.certificate_id)}" if at.certificate_id else None,
        ring=estimates.ring(str(order.id), 100),
    )


def _rate(order: orders.OrderFacts) -> RateShown | None:
    if order.rate is None:
        return None
    return RateShown(text=str(order.rate), day=order.rate.day, source=order.rate.source)


def _standing(at: Progress, methods: list[Offer]) -> tuple[Opening, list[Offer]] | None:
    """A transfer that is open, and the methods with its own first."""
    for one in at.payments:
        if one.state in _EXPECTED and one.opening is not None and one.opening.transfer is not None:
            key = f"{one.channel}.{one.method}"
            if any(offer.key == key for offer in methods):
                return one.opening, sorted(methods, key=lambda offer: offer.key != key)
    return None


async def _transfer(at: Progress, opening: Opening | None) -> TransferShown | None:
    if opening is None or opening.transfer is None:
        return None
    told = opening.transfer
    return TransferShown(
        holder=told.holder,
        bank=told.bank,
        account=told.account,
        remark=told.remark,
        is_recorded=any(
            [await payments.is_recorded(one.channel, one.reference) for one in at.payments if one.opening == opening]
        ),
    )


def _refund(at: Progress, language: Language) -> Refund:
    """Why the money goes back and how far it is, as its refunds tell it."""
    asked = [one.refund_requested_at for one in at.payments if one.refund_requested_at]
    done = [one.refund_finished_at for one in at.payments if one.refund_finished_at]
    since = max(asked, default=at.order.placed_at)
    is_whole = at.phase is OrderPhase.REFUNDED
    return Refund(
        reason=reason_of(at).in_(language),
        channel=_channels(at, language),
        expected_on=beijing_day(since) + timedelta(days=_REFUND_DAYS),
        done_on=beijing_day(max(done)) if done and is_whole else None,
        is_refused=any(one.refund_state == payments.RefundState.REFUSED for one in at.payments),
    )


def _pay_methods(methods: list[Offer], language: Language, *, failed: str | None) -> tuple[PayMethod, ...]:
    """`failed` is the key of what was just tried: another channel's methods come first then, for one may have more luck."""
    channel = (failed or "").partition(".")[0]
    return tuple(
        PayMethod(
            key=one.key,
            label=one.method.label.in_(language),
            note=one.method.note.in_(language),
            mark=one.mark,
            has_failed=one.key == failed,
        )
        for one in sorted(methods, key=lambda one: one.channel == channel)
    )


def _failed(at: Progress) -> str | None:
    """The key of the latest payment of the order."""
    return f"{at.payments[0].channel}.{at.payments[0].method}" if at.payments else None


def _channels(at: Progress, language: Language) -> str:
    """By whom the money goes back."""
    names = dict.fromkeys(one.channel for one in at.payments if one.refund_state is not None)
    labels = [kind.label.in_(language) if (kind := find_kind(name)) else name for name in names]
    return ("、" if language is Language.ZH else ", ").join(labels)


async def scene_url(order: orders.OrderFacts, scene: scenarios.Scene | None) -> str:
    """The scene with the choices this order was placed with, so that going back loses nothing; without one, `/me`."""
    if scene is None or scene.id == scenarios.PERSONAL_ID:
        return "/me"
    kept = (await footprint.find_many([order.footprint_id])).get(order.footprint_id) if order.footprint_id else None
    chosen = estimates.choices(kept.calculation, scene.setup) if kept and scene.setup else {}
    return f"/s/{scene.code}" + (f"?{urlencode(chosen)}" if chosen else "")
