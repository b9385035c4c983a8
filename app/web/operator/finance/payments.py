"""Payments for the platform's finance: found by any number, with what their channel said, and asked about again."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.commerce import orders, payments
from app.commerce.payments import PaymentSeen, PaymentState, read_subject
from app.foundation.identity import Role
from app.kernel import ids, money
from app.kernel.errors import DomainError, Unavailable
from app.kernel.text import Language, Text
from app.views import listing
from app.views.console import Tone, age
from app.views.errors import NotSignedIn
from app.views.listing import Asked
from app.views.orders import ordering
from app.views.orders.order_page import OrderPhase
from app.views.orders.refund_words import reason_of, told_of
from app.views.page import Amount
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import TRANSFER_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.finance import searching
from app.web.operator.finance.views import Asking, Drawer, Fact, FinanceList, Moment, MoneyRow
from app.web.operator.finance.words import REFUND_STATES, fact

HERE: Final = "/operator/payments"
_TITLE: Final = Text(zh="收款", en="Payments")
_LEAD: Final = Text(
    zh="每一笔支付：渠道怎么说、订单怎样了、退了多少。",
    en="Every payment: what its channel says, how its order stands, what went back.",
)
_STATES: Final = {
    "all": Text(zh="全部", en="All"),
    "open": Text(zh="待支付", en="Open"),
    "paid": Text(zh="已支付", en="Paid"),
    "late": Text(zh="逾期到账", en="Paid late"),
    "reversed": Text(zh="争议与撤销", en="Disputed or reversed"),
    "refunded": Text(zh="已退款", en="Refunded"),
    "closed": Text(zh="已关闭", en="Closed"),
}
_OF_ONE: Final[dict[PaymentState, tuple[Text, Tone]]] = {
    PaymentState.CREATED: (Text(zh="待渠道应答", en="Being opened"), "wait"),
    PaymentState.PENDING: (Text(zh="待支付", en="Open"), "wait"),
    PaymentState.CLOSING: (Text(zh="关单中", en="Being closed"), "wait"),
    PaymentState.CLOSED: (Text(zh="已关闭", en="Closed"), "void"),
    PaymentState.PAID: (Text(zh="已支付", en="Paid"), "done"),
    PaymentState.REFUNDED: (Text(zh="已退款", en="Refunded"), "void"),
}
_CONTESTED: Final = Text(zh="争议中", en="Disputed")
_GONE: Final = Text(zh="渠道已撤销", en="Reversed")
_PHASES: Final = {
    OrderPhase.UNPAID: Text(zh="待支付", en="not paid"),
    OrderPhase.CONFIRMING: Text(zh="支付确认中", en="being confirmed"),
    OrderPhase.RETIRING: Text(zh="注销中", en="being retired"),
    OrderPhase.CERTIFYING: Text(zh="证书生成中", en="certificate being written"),
    OrderPhase.DONE: Text(zh="已完成", en="done"),
    OrderPhase.REFUNDING: Text(zh="退款中", en="being refunded"),
    OrderPhase.REFUNDED: Text(zh="已退款", en="refunded"),
    OrderPhase.CLOSED: Text(zh="已关闭", en="closed"),
}


@get(HERE, include_in_schema=False, guards=[staff(*TRANSFER_READERS)])
async def list_payments(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Payments, the latest first; one of them with its evidence."""
    return desk.page(await _page(desk))


@post(
    f"{HERE}/ask",
    include_in_schema=False,
    guards=[staff(Role.FINANCE), limited("finance_asks", 120, is_exact=True)],
    status_code=303,
)
async def ask(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Ask the channel what became of one, now; silence leaves it as it is, and the page says when it was asked."""
    reference = data.get("reference", "")[:64]

    async def do() -> None:
        found = await payments.find_payment(reference)
        if found is None:
            raise payments.PaymentUnknown
        channels = desk.services.gateways.channels
        if found.channel not in channels:
            raise payments.ChannelSilent
        try:
            await payments.ask(found.id, channels=channels)
        except Unavailable as silence:
            raise payments.ChannelSilent from silence

    return await desk.step(
        data, do, onward=f"{HERE}?open={reference}", again=lambda fact: _page(desk, fact, reference=reference)
    )


async def _page(desk: Desk, fact: DomainError | None = None, *, reference: str = "") -> FinanceList:
    asked = searching.read(HERE, desk.request.query_params, tuple(_STATES))
    found = await payments.list_payments(searching.wanted(asked), limit=listing.PIECE, offset=asked.offset)
    opened = await payments.find_payment(reference or asked.open) if reference or asked.open else None
    is_finance = Role.FINANCE in await desk.roles()
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
        drawer=await _drawer(opened, desk, is_finance=is_finance) if opened else None,
        closed_url=asked.closed,
        is_finance=is_finance,
    )


def _stands(one: PaymentSeen) -> tuple[Text, Tone]:
    if one.is_contested:
        return _CONTESTED, "todo"
    return (_GONE, "todo") if one.gone_minor == one.amount_minor else _OF_ONE[one.state]


def _row(one: PaymentSeen, asked: Asked, desk: Desk) -> MoneyRow:
    said, tone = _stands(one)
    return MoneyRow(
        title=searching.channel_name(one.channel, desk.language),
        number=one.reference,
        url=asked.opening(one.reference),
        state=said.in_(desk.language),
        tone=tone,
        amount=Amount(minor=one.amount_minor, currency=one.currency),
        age=age(one.created_at, desk.now),
        is_late=False,
        channel=None,
        is_open=asked.open == one.reference,
    )


async def _drawer(one: PaymentSeen, desk: Desk, *, is_finance: bool) -> Drawer:
    language = desk.language
    said, tone = _stands(one)
    order, sentences = await _order_of(one, language)
    reversals = (await payments.list_reversals([one.subject])).get(one.subject, [])
    own = [reversal for reversal in reversals if reversal.payment_id == one.id]
    is_open = one.state in {PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING}
    asking = Asking(
        action=f"{HERE}/ask",
        title=_text(language, "再问一次渠道", "Ask the channel again"),
        button=_text(language, "查询渠道", "Ask the channel"),
        help=_text(language, "只查询，不会重复扣款。", "It only asks; nobody is charged twice."),
        kept={"reference": one.reference},
    )
    return Drawer(
        title=money.text(one.amount_minor, one.currency),
        above=searching.channel_name(one.channel, language),
        state=said.in_(language),
        tone=tone,
        facts=(
            Fact(label=fact("reference", language), value=one.reference, is_number=True),
            Fact(label=fact("theirs", language), value=one.transaction_id or "—", is_number=True),
            Fact(label=fact("order", language), value=order, is_number=True),
            Fact(label=fact("last_word", language), value=one.last_word or "—", is_number=True),
            *(
                (Fact(label=fact("back", language), value=money.text(one.back_minor, one.currency)),)
                if one.back_minor
                else ()
            ),
            *(
                (Fact(label=fact("gone", language), value=money.text(one.gone_minor, one.currency)),)
                if one.gone_minor
                else ()
            ),
        ),
        sentences=(*sentences, *(text.in_(language) for text in told_of(own))),
        moments=await _moments(one, language),
        steps=(asking,) if is_open and is_finance else (),
    )


async def _moments(one: PaymentSeen, language: Language) -> tuple[Moment, ...]:
    """What happened to it, with its refunds."""
    by = searching.channel_name(one.channel, language)
    found = [Moment(state=_text(language, "发起支付", "Opened"), tone="done", who=by, at=one.created_at)]
    if one.paid_at is not None:
        late = _text(language, "逾期到账", "Paid late") if one.was_late else _text(language, "已支付", "Paid")
        found.append(Moment(state=late, tone="done", who=by, at=one.paid_at))
    for refund in await payments.refunds_of(one.reference):
        label, tone = REFUND_STATES[refund.state]
        found.append(
            Moment(
                state=label.in_(language),
                tone=tone,
                who=money.text(refund.amount_minor, refund.currency),
                at=refund.finished_at or refund.requested_at,
                note=refund.reference,
            )
        )
    return tuple(found)


async def _order_of(one: PaymentSeen, language: Language) -> tuple[str, tuple[str, ...]]:
    """The order with where it stands, and what its payer reads about money that goes back."""
    kind, subject_id = read_subject(one.subject)
    if kind != "order":
        return one.subject, ()
    at = await ordering.progress(await orders.recall(subject_id))
    said = f"{ids.public('ord', subject_id)} · {_PHASES[at.phase].in_(language)}"
    if at.phase not in {OrderPhase.REFUNDING, OrderPhase.REFUNDED}:
        return said, ()
    told = _text(language, "付款人看到：", "The payer reads: ")
    return said, (told + reason_of(at).in_(language),)


def _text(language: Language, zh: str, en: str) -> str:
    return Text(zh=zh, en=en).in_(language)


routes = Router(
    "/",
    route_handlers=[list_payments, ask],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
