"""Messages of channels for the platform's finance: what is parked, why, what stands in it, and what becomes of it."""

from datetime import timedelta
from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.commerce import payments
from app.commerce.payments import Decision, NoticeRaw, NoticeSeen
from app.commerce.payments.rules import NoticeFate
from app.foundation import privacy
from app.foundation.identity import Role
from app.kernel import money
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.views import listing
from app.views.console import Tone, age
from app.views.errors import NotSignedIn
from app.views.listing import Asked
from app.views.page import Amount
from app.views.privacy.unmasking import write_notice_look
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import TRANSFER_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import inbox_mapping, unmasking
from app.web.operator.finance import searching
from app.web.operator.finance.views import Asking, Drawer, Fact, FinanceList, MoneyRow
from app.web.operator.finance.words import DECIDED, fact, parked

HERE: Final = "/operator/notices"
_LATE_AFTER: Final = timedelta(days=1)
_RAW_MOST: Final = 8000
"""Characters of a message that a page shows; longer ones are cut, and say so."""
_TITLE: Final = Text(zh="渠道来信", en="Channel notices")
_LEAD: Final = Text(
    zh="渠道发来的真实通知。与支付单对不上的挂账在此，由两人决定。",
    en="Authentic messages of channels. Those that fit no payment are parked here until two people decide.",
)
_STATES: Final = {
    "parked": Text(zh="挂账", en="Parked"),
    "decided": Text(zh="已由两人处理", en="Decided"),
    "applied": Text(zh="已入账", en="Applied"),
    "all": Text(zh="全部", en="All"),
}
_FATES: Final[dict[NoticeFate, tuple[Text, Tone]]] = {
    NoticeFate.RECEIVED: (Text(zh="待判定", en="Not judged"), "wait"),
    NoticeFate.PARKED: (Text(zh="挂账", en="Parked"), "todo"),
    NoticeFate.APPLIED: (Text(zh="已入账", en="Applied"), "done"),
    NoticeFate.DECIDED: (Text(zh="已由两人处理", en="Decided"), "void"),
}
_STEP: Final = [staff(Role.FINANCE), limited("finance_notices", 120, is_exact=True)]


@get(HERE, include_in_schema=False, guards=[staff(*TRANSFER_READERS)])
async def list_notices(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Messages; the parked ones first."""
    return desk.page(await _page(desk))


@post(f"{HERE}/again", include_in_schema=False, guards=_STEP, status_code=303)
async def again(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Compare every parked message with our rows once more; where a payment turned up, its channel is asked."""
    number = _number(data.get("notice", ""))

    async def do() -> None:
        await payments.match_parked(channels=desk.services.gateways.channels)

    return await desk.step(
        data, do, onward=f"{HERE}?state=all&open={number}", again=lambda fact: _page(desk, fact, number=number)
    )


@post(f"{HERE}/decide", include_in_schema=False, guards=_STEP, status_code=303)
async def decide(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Say what becomes of a parked one; it waits in the inbox for a second person."""
    number, reason = _number(data.get("notice", "")), data.get("reason", "").strip()[:400]
    decision = Decision.REFUND if data.get("decision") == Decision.REFUND else Decision.NOTE
    return await desk.step(
        data,
        lambda: payments.propose_decision(number, decision, reason=reason, by=desk.person_id),
        onward=lambda proposed: inbox_mapping.url(proposed.id),
        again=lambda fact: _page(desk, fact, number=number, reason=reason),
    )


@post(f"{HERE}/unmask", include_in_schema=False, guards=_STEP, status_code=200)
async def unmask(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes]:
    """A message word for word, once it is written down that somebody reads it."""
    number = _number(data.get("notice", ""))
    try:
        desk.demand_seal(data)
        ground = privacy.read_ground(data.get("reason", ""), data.get("said", ""))
        await write_notice_look(number, ground, by=desk.person_id, keyring=desk.services.keyring)
    except DomainError as fact:
        return desk.page(await _page(desk, fact, number=number, typed=data), fact)
    return desk.page(await _page(desk, number=number, is_unmasked=True))


async def _page(
    desk: Desk,
    fact: DomainError | None = None,
    *,
    number: int = 0,
    reason: str = "",
    typed: dict[str, str] | None = None,
    is_unmasked: bool = False,
) -> FinanceList:
    asked = searching.read(HERE, desk.request.query_params, tuple(_STATES))
    found = await payments.list_notices(searching.wanted(asked), limit=listing.PIECE, offset=asked.offset)
    opened = await payments.find_notice(number or _number(asked.open), keyring=desk.services.keyring)
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
        drawer=(
            await _drawer(*opened, desk, is_finance=is_finance, typed=typed, is_unmasked=is_unmasked)
            if opened
            else None
        ),
        closed_url=asked.closed,
        typed_reason=reason,
        is_finance=is_finance,
    )


def _amount(one: NoticeSeen) -> Amount | None:
    if one.amount_minor is None or one.currency not in set(Currency):
        return None
    return Amount(minor=one.amount_minor, currency=Currency(one.currency))


def _row(one: NoticeSeen, asked: Asked, desk: Desk) -> MoneyRow:
    said, tone = _FATES[one.fate]
    return MoneyRow(
        title=parked(one.fact, desk.language) if one.fate in {NoticeFate.PARKED, NoticeFate.DECIDED} else one.kind,
        number=one.reference or "—",
        url=asked.opening(str(one.id)),
        state=said.in_(desk.language),
        tone=tone,
        amount=_amount(one),
        age=age(one.received_at, desk.now),
        is_late=one.fate is NoticeFate.PARKED and one.received_at < desk.now - _LATE_AFTER,
        channel=searching.channel_name(one.channel, desk.language),
        is_open=asked.open == str(one.id),
    )


async def _drawer(
    one: NoticeSeen,
    raw: NoticeRaw,
    desk: Desk,
    *,
    is_finance: bool,
    typed: dict[str, str] | None,
    is_unmasked: bool,
) -> Drawer:
    language = desk.language
    said, tone = _FATES[one.fate]
    amount = _amount(one)
    is_known = bool(one.reference) and await payments.find_payment(one.reference) is not None
    may_act = one.fate is NoticeFate.PARKED and one.proposed is None and is_finance
    return Drawer(
        title=money.text(amount.minor, amount.currency) if amount else one.kind,
        above=searching.channel_name(one.channel, language),
        state=said.in_(language),
        tone=tone,
        facts=(
            Fact(label=fact("why", language), value=parked(one.fact, language)),
            Fact(label=fact("kind", language), value=one.kind, is_number=True),
            Fact(
                label=fact("reference", language),
                value=one.reference or "—",
                is_number=True,
                url=f"/operator/payments?open={one.reference}" if is_known else None,
            ),
            Fact(label=fact("theirs", language), value=one.transaction_id or "—", is_number=True),
            *(
                (
                    Fact(label=fact("decided", language), value=DECIDED[one.decision].in_(language)),
                    Fact(label=fact("reason", language), value=one.reason or "—"),
                )
                if one.decision
                else ()
            ),
            *((Fact(label=fact("last_word", language), value=one.last_word, is_number=True),) if one.last_word else ()),
        ),
        steps=_steps(one, amount, language) if may_act else (),
        waits_url=inbox_mapping.url(one.proposed) if one.proposed else None,
        raw=_raw(raw, language) if is_unmasked or raw.is_gone else (),
        unmask=(
            unmasking.form(f"{HERE}/unmask", language, kept={"notice": str(one.id)}, typed=typed)
            if is_finance and not is_unmasked and not raw.is_gone
            else None
        ),
    )


def _raw(raw: NoticeRaw, language: Language) -> tuple[tuple[str, str], ...]:
    as_it_came = _text(language, "原文", "As it came")
    if raw.is_gone:
        gone = _text(
            language, "付款人已删除个人信息，原文不可恢复。", "Whoever paid was erased; it cannot be read any more."
        )
        return ((as_it_came, gone),)
    return (
        (_text(language, "解密后的内容", "As decrypted"), _cut(raw.content)),
        (as_it_came, _cut(raw.body)),
        (
            _text(language, "报头", "Headers"),
            _cut("\n".join(f"{name}: {text}" for name, text in raw.headers.items())),
        ),
    )


def _steps(one: NoticeSeen, amount: Amount | None, language: Language) -> tuple[Asking, ...]:
    kept = {"notice": str(one.id)}
    note = (Decision.NOTE.value, _text(language, "登记原因，不作处理", "Note the reason only"))
    refund = (Decision.REFUND.value, _text(language, "由渠道退回付款人", "Give it back"))
    return (
        Asking(
            action=f"{HERE}/again",
            title=_text(language, "重新匹配", "Compare again"),
            button=_text(language, "重新匹配", "Compare again"),
            help=_text(
                language,
                "与现有支付单再比对一次；对得上的向渠道查询后入账。",
                "Compared with our payments once more; where one fits, its channel is asked.",
            ),
            kept=kept,
        ),
        Asking(
            action=f"{HERE}/decide",
            title=_text(language, "由人处理", "Decide"),
            button=_text(language, "交给第二人复核", "Hand it to a second person"),
            kept=kept,
            asks_reason=True,
            options=(refund, note) if amount else (note,),
            is_quiet=True,
        ),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _RAW_MOST else f"{text[:_RAW_MOST]} …"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def _text(language: Language, zh: str, en: str) -> str:
    return Text(zh=zh, en=en).in_(language)


routes = Router(
    "/",
    route_handlers=[list_notices, again, decide, unmask],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
