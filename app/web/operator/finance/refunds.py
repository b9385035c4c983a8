"""Refunds for the platform's finance: one that was refused is asked again, or given back by hand by two people."""

from datetime import timedelta
from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.commerce import payments
from app.commerce.payments import RefundSeen, Wanted, read_subject
from app.foundation.identity import Role
from app.kernel import ids, money
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.views import listing
from app.views.console import age
from app.views.errors import NotSignedIn
from app.views.listing import Asked
from app.views.page import Amount
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import TRANSFER_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import inbox_mapping
from app.web.operator.finance import searching
from app.web.operator.finance.views import Asking, Drawer, Fact, FinanceList, MoneyRow
from app.web.operator.finance.words import REFUND_STATES, cause, fact

HERE: Final = "/operator/refunds"
_LATE_AFTER: Final = timedelta(days=1)
_TITLE: Final = Text(zh="退款", en="Refunds")
_LEAD: Final = Text(
    zh="渠道拒绝的退款在这里处理：再退一次，或用其他方式退回，由第二人复核。",
    en="Refunds that a channel refused wait here: refund again, or give the money back another way,"
    " which a second person confirms.",
)
_STATES: Final = {
    "refused": Text(zh="待人处理", en="For a person"),
    "requested": Text(zh="退款中", en="On their way"),
    "done": Text(zh="渠道已退回", en="Back by the channel"),
    "settled": Text(zh="已人工退回", en="Given back by hand"),
    "all": Text(zh="全部", en="All"),
}
_STEP: Final = [staff(Role.FINANCE), limited("finance_refunds", 120, is_exact=True)]


@get(HERE, include_in_schema=False, guards=[staff(*TRANSFER_READERS)])
async def list_refunds(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Refunds; those that wait for a person first."""
    return desk.page(await _page(desk))


@post(f"{HERE}/again", include_in_schema=False, guards=_STEP, status_code=303)
async def again(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Ask the channel once more for what it refused, with a reason."""
    reference, reason = data.get("reference", "")[:64], data.get("reason", "").strip()[:400]
    return await desk.step(
        data,
        lambda: payments.refund_again(reference, by=desk.person_id, reason=reason),
        onward=lambda number: f"{HERE}?state=all&open={number}",
        again=lambda fact: _page(desk, fact, reference=reference, reason=reason),
    )


@post(f"{HERE}/by-hand", include_in_schema=False, guards=_STEP, status_code=303)
async def by_hand(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Say that the money went back another way; it waits in the inbox for a second person."""
    reference, reason = data.get("reference", "")[:64], data.get("reason", "").strip()[:400]
    evidence = data.get("evidence", "").strip()[:400]
    return await desk.step(
        data,
        lambda: payments.propose_by_hand(reference, by=desk.person_id, reason=reason, evidence=evidence),
        onward=lambda proposed: inbox_mapping.url(proposed.id),
        again=lambda fact: _page(desk, fact, reference=reference, reason=reason, evidence=evidence),
    )


async def _page(
    desk: Desk, fact: DomainError | None = None, *, reference: str = "", reason: str = "", evidence: str = ""
) -> FinanceList:
    asked = searching.read(HERE, desk.request.query_params, tuple(_STATES))
    found = await payments.list_refunds(searching.wanted(asked), limit=listing.PIECE, offset=asked.offset)
    is_finance = Role.FINANCE in await desk.roles()
    opened = await _find(reference or asked.open)
    return FinanceList(
        **desk.frame(asked.here, fact),
        roles=(),
        title=_TITLE.in_(desk.language),
        lead=_LEAD.in_(desk.language),
        states=searching.state_filters(asked, _STATES, desk.language),
        channels=searching.channel_filters(asked, desk.language),
        search=asked.search,
        rows=tuple(_row(one, asked, desk) for one in found.rows),
        paging=asked.paging(found.total),
        drawer=_drawer(opened, desk, is_finance=is_finance) if opened else None,
        closed_url=asked.closed,
        typed_reason=reason,
        typed_evidence=evidence,
        is_finance=is_finance,
    )


async def _find(reference: str) -> RefundSeen | None:
    if not reference:
        return None
    found = await payments.list_refunds(Wanted(number=reference), limit=20)
    return next((one for one in found.rows if one.reference == reference), None)


def _row(one: RefundSeen, asked: Asked, desk: Desk) -> MoneyRow:
    said, tone = REFUND_STATES[one.state]
    return MoneyRow(
        title=cause(one.cause, desk.language),
        number=one.reference,
        url=asked.opening(one.reference),
        state=said.in_(desk.language),
        tone=tone,
        amount=Amount(minor=one.amount_minor, currency=one.currency),
        age=age(one.requested_at, desk.now),
        is_late=one.finished_at is None and one.requested_at < desk.now - _LATE_AFTER,
        channel=searching.channel_name(one.channel, desk.language),
        is_open=asked.open == one.reference,
    )


def _drawer(one: RefundSeen, desk: Desk, *, is_finance: bool) -> Drawer:
    language = desk.language
    said, tone = REFUND_STATES[one.state]
    return Drawer(
        title=money.text(one.amount_minor, one.currency),
        above=searching.channel_name(one.channel, language),
        state=said.in_(language),
        tone=tone,
        facts=(
            Fact(label=fact("reference", language), value=one.reference, is_number=True),
            Fact(label=fact("theirs", language), value=one.channel_refund_id or "—", is_number=True),
            *_paid_for(one, language),
            Fact(label=fact("cause", language), value=cause(one.cause, language)),
            Fact(label=fact("last_word", language), value=one.last_word or "—", is_number=True),
            *((Fact(label=fact("evidence", language), value=one.evidence, is_number=True),) if one.evidence else ()),
        ),
        steps=_steps(one, desk) if one.state == "refused" and one.proposed is None and is_finance else (),
        waits_url=inbox_mapping.url(one.proposed) if one.proposed else None,
    )


def _paid_for(one: RefundSeen, language: Language) -> tuple[Fact, Fact]:
    """The payment and what it was for, each with a way there; of lost time there is nothing of ours to lead to."""
    label = fact("payment", language)
    if payments.is_of_lost_time(one.subject):
        return (
            Fact(label=label, value=one.payment_reference, is_number=True),
            Fact(label=fact("paid_for", language), value=cause(one.cause, language)),
        )
    kind, subject_id = read_subject(one.subject)
    shown = ids.public("ord", subject_id) if kind == "order" else one.subject
    return (
        Fact(
            label=label,
            value=one.payment_reference,
            is_number=True,
            url=f"/operator/payments?open={one.payment_reference}",
        ),
        Fact(label=fact("order", language), value=shown, is_number=True, url=f"/operator/payments?q={shown}"),
    )


def _steps(one: RefundSeen, desk: Desk) -> tuple[Asking, ...]:
    def said(zh: str, en: str) -> str:
        return Text(zh=zh, en=en).in_(desk.language)

    kept = {"reference": one.reference}
    ask = Asking(
        action=f"{HERE}/again",
        title=said("再请渠道退一次", "Ask the channel again"),
        button=said("再退一次", "Refund again"),
        help=said(
            "渠道的原因排除后再试，例如商户余额已充值。", "Once its reason is gone, such as a balance that ran short."
        ),
        kept=kept,
        asks_reason=True,
    )
    hand = Asking(
        action=f"{HERE}/by-hand",
        title=said("已用其他方式退回", "Given back another way"),
        button=said("交给第二人复核", "Hand it to a second person"),
        help=said(
            "先转账，再登记凭证号；第二人同意后才结束。",
            "Transfer first, then give its number; it ends once another agrees.",
        ),
        kept=kept,
        asks_reason=True,
        asks_evidence=True,
        is_quiet=True,
    )
    # Where people of ours are the far side, nobody else could be asked: it goes back by hand alone.
    return (hand,) if searching.is_by_hand(one.channel) else (ask, hand)


routes = Router(
    "/",
    route_handlers=[list_refunds, again, by_hand],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
