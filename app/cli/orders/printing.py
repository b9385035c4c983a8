"""How joint orders are told: what one would take and cost, how it is paid, where each line stands."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import click
import msgspec

from app.cli import output
from app.cli.columns import cut, padded
from app.cli.listing import Listed, print_cut
from app.cli.orders.joint import Looked, Placed, Shown
from app.cli.orders.printing_lines import (
    WIDTH,
    bad,
    bold,
    detail,
    good,
    masses,
    prices_json,
    print_held,
    print_hold,
    print_prices,
    print_prices_shown,
    say_in,
)
from app.cli.scenes.showing_scenes import print_code
from app.commerce.orders import NewLine, NewRetireLine, OrderFacts, OrderState, QuotedPrice
from app.foundation.identity import OrganisationCard
from app.gateways.channels.base import Transfer
from app.kernel import mass, money
from app.kernel.clock import rfc3339, utc_now
from app.kernel.ids import grouped, public
from app.kernel.text import Language, Text
from app.registry.claims import Reach
from app.views.orders.order_lines import RetireLineShown, RetireLineState
from app.views.orders.order_page import OrderPhase
from app.views.orders.order_view import shown as order_view

_STATES: Final[Mapping[RetireLineState, tuple[str, str, Text]]] = {
    RetireLineState.WAITING: ("…", "yellow", Text(zh="待付款", en="to be paid")),
    RetireLineState.RETIRING: ("…", "yellow", Text(zh="注销中", en="retiring")),
    RetireLineState.RETIRED: ("✔", "green", Text(zh="已注销，出证中", en="retired, statement on its way")),
    RetireLineState.DONE: ("✔", "green", Text(zh="已出证", en="statement issued")),
    RetireLineState.RETURNED: ("✘", "red", Text(zh="已退回", en="returned")),
}
_PHASES: Final[Mapping[OrderPhase, Text]] = {
    OrderPhase.UNPAID: Text(zh="待支付", en="waiting for payment"),
    OrderPhase.CONFIRMING: Text(zh="支付确认中", en="confirming payment"),
    OrderPhase.RETIRING: Text(zh="注销中", en="retiring"),
    OrderPhase.CERTIFYING: Text(zh="证书生成中", en="making the statements"),
    OrderPhase.DONE: Text(zh="已完成", en="done"),
    OrderPhase.REFUNDING: Text(zh="退款中", en="refund on its way"),
    OrderPhase.REFUNDED: Text(zh="已退款", en="refunded"),
    OrderPhase.CLOSED: Text(zh="已关闭", en="closed"),
}
_AGAIN: Final = Text(
    zh="同一份文件只下一单；再下一单请换 --key", en="one file, one order; to order once more give another --key"
)
_QUOTED: Final = Text(
    zh="已报价，尚未预留减排量：价格保留到 {until}，到账或平台同意后预留",
    en="quoted, nothing set aside yet: the price stands until {until}; paid for, or agreed by us, it is",
)


def print_quoted(
    looked: Looked, language: Language, *, is_placing: bool = False, is_signed_in: bool = False, as_json: bool = False
) -> int:
    """What would be ordered, on standard output; answers the exit code: 0 where nothing is missing."""
    quotation, placed = looked.quotation, looked.placed
    is_good = placed is not None or quotation.can_be_placed
    if as_json:
        click.echo(json.dumps(_quoted_json(looked), ensure_ascii=False, indent=2))
        return 0 if is_good else 1
    say = say_in(language)
    payer = _name(looked, looked.asked.payer_id, language)
    output.line(bold(say("联合订单", "Joint order")) + " · " + say(f"{payer}付款", f"paid by {payer}"))
    for no, (one, prices) in enumerate(zip(looked.asked.lines, quotation.lines, strict=True), start=1):
        output.line()
        if isinstance(one, NewRetireLine):
            _print_retire(no, one, prices, looked, language)
        else:
            print_hold(no, one, prices, looked.asked.currency, language)
    total = quotation.amount_minor
    output.line("\n" + click.style("─" * WIDTH, dim=True))
    price = say("价格未知", "no price") if total is None else money.text(total, looked.asked.currency)
    total_said = " " + say("合计", "Total") + f"  {masses(quotation.mass_g)}"
    output.side_by_side(bold(total_said), bold(price), width=WIDTH)
    output.line()
    if placed is not None:
        number = public("ord", placed.id)
        good(say(f"这份文件已经下过单：{number}", f"this file is ordered already: {number}"))
        output.line(f"  diandian order show {number}")
        detail(_AGAIN.in_(language), at=2)
    elif not is_good:
        for programme, grams in quotation.missing.items():
            lack = f"{programme.value} {mass.exact_t(grams)} t"
            bad(say(f"可售的减排量不足，缺 {lack}", f"not enough credits are open: {lack} short"))
        for programme in quotation.unpriced:
            bad(say(f"{programme.value} 今天没有价格", f"{programme.value} has no price today"))
        output.line("  " + say("没有下单。", "Nothing was ordered."))
    elif not is_placing:
        good(
            say("现在可以下单；以上只是查看，没有预留。", "can be ordered now; this was only a look, nothing is held.")
        )
        words = "--yes" if is_signed_in else say("--yes --by 邮箱", "--yes --by EMAIL")
        output.line("  " + say(f"下单：同一条命令加 {words}", f"to place it: the same command with {words}"))
    return 0 if is_good else 1


def print_placed(placed: Placed, language: Language, *, as_json: bool) -> None:
    """The order's number, and how it is paid."""
    shown, say = placed.shown, say_in(language)
    order = shown.progress.order
    page = f"{shown.public_url}/o/{shown.number}"
    if as_json:
        opening = placed.opening
        payment = {
            "method": placed.offer.key if placed.offer and opening else None,
            "code_url": opening.code_url if opening else None,
            "redirect_url": opening.redirect_url if opening else None,
            "transfer": msgspec.to_builtins(opening.transfer) if opening and opening.transfer else None,
            "till_url": placed.till_url,
            "page_url": page,
        }
        told = _shown_json(shown, language) | {"payment": payment}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    amount = money.text(order.amount_minor, order.currency)
    head = f"{shown.number}  {mass.exact_t(order.mass_g)} t  {amount}"
    good(bold(head) + "  " + _PHASES[shown.progress.phase].in_(language))
    _print_quoted_state(order, language)
    if placed.opening is not None and placed.opening.transfer is not None:
        _print_transfer(placed.opening.transfer, amount, order, language)
    elif placed.opening is not None and placed.offer is not None:
        method = placed.offer.method
        until = rfc3339(min(order.expires_at, utc_now() + method.lasts))[11:16]
        label = method.label.in_(language)
        output.line("\n" + say(f"{label}支付 {amount}，{until} 前有效：", f"{label}: pay {amount} by {until}:"))
        if placed.opening.code_url is not None:
            print_code(placed.opening.code_url)
        else:
            output.line(f"  {placed.opening.redirect_url}")
    elif placed.silence is None:
        output.line(f"  diandian order show {shown.number}")
        detail(_AGAIN.in_(language), at=2)
        return
    else:
        output.line(f"  {placed.silence}\n  diandian order pay {shown.number}")
    ways = (
        (say("沙箱收银台", "sandbox cashier"), placed.till_url),
        (say("登录后在网页付款", "or sign in and pay"), f"{shown.public_url}/operator/sign-in?next=/o/{shown.number}"),
        (say("订单页", "its page"), page),
        (say("终端查进度", "at a terminal"), f"diandian order show {shown.number}"),
    )
    for label, way in ways:
        if way is not None:
            output.line(f"  {padded(label, 18)}  {click.style(way, fg='yellow')}")


def _print_transfer(to: Transfer, amount: str, order: OrderFacts, language: Language) -> None:
    """Where an organisation transfers to, each on a line of its own."""
    say, until = say_in(language), rfc3339(order.expires_at)[:16].replace("T", " ")
    output.line("\n" + say(f"请从单位账户转账，减排量保留到 {until}：", f"transfer it; credits wait until {until}:"))
    for label, value in (
        (say("收款户名", "account holder"), to.holder),
        (say("开户行", "bank and branch"), to.bank),
        (say("账号", "account number"), to.account),
        (say("金额", "amount"), amount),
        (say("附言", "remark"), to.remark),
    ):
        output.line(f"  {padded(label, 18)}  {bold(value)}")
    output.line(
        "  "
        + say(
            "一次转足，附言原样填写；两人核对到账后订单自动继续。",
            "The exact amount, at once, with the remark as it"
            " is; two people look at what came, then the order goes on.",
        ),
        hang=2,
    )


def _print_quoted_state(order: OrderFacts, language: Language) -> None:
    if order.state is OrderState.QUOTED:
        until = rfc3339(order.expires_at)[:16].replace("T", " ")
        detail(_QUOTED.filled(until=until).in_(language), at=2)


def print_shown(shown: Shown, language: Language, *, as_json: bool) -> None:
    """Every line with its state, grams, serials and statement."""
    if as_json:
        click.echo(json.dumps(_shown_json(shown, language), ensure_ascii=False, indent=2))
        return
    order, say = shown.progress.order, say_in(language)
    amount = money.text(order.amount_minor, order.currency)
    output.line(bold(shown.number) + f" · {_PHASES[shown.progress.phase].in_(language)} · {amount}")
    payer = f"{say('付款', 'paid by')} {shown.lines.payer} · " if shown.lines.payer else ""
    output.line(
        f"{payer}{say('下单', 'placed')} {rfc3339(order.placed_at)[:16].replace('T', ' ')} · {masses(order.mass_g)}"
    )
    _print_quoted_state(order, language)
    for line in shown.lines.items:
        output.line()
        if isinstance(line, RetireLineShown):
            _print_standing(line, shown.public_url, language)
        else:
            print_held(line, language)


def print_parties(found: Listed[OrganisationCard], language: Language, *, as_json: bool) -> None:
    """Each organisation with the id that a file takes."""
    if as_json:
        told = [{"id": public("org", one.id), "name_zh": one.name.zh, "name_en": one.name.en} for one in found.rows]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for one in found.rows:
        output.line(f"{public('org', one.id)}  {one.name.in_(language)}", hang=32)
    if not found.rows:
        output.line(say_in(language)("没有这样的机构", "no organisation"))
    print_cut(found, as_json=False)


def _print_retire(
    no: int, line: NewRetireLine, prices: tuple[QuotedPrice, ...], looked: Looked, language: Language
) -> None:
    say, claim = say_in(language), line.claim
    name = _name(looked, claim.beneficiary_id, language)
    title = looked.scenes[claim.scenario_id].title.in_(language)
    output.side_by_side(bold(f" {no}  {cut(name, 40)}"), bold(masses(line.mass_g)), width=WIDTH)
    subject = f"{title} · {claim.subject}" if claim.subject else title
    detail(f"{subject} · {claim.period_from} – {claim.period_to}")
    if line.accepting is not None:
        scheme = line.accepting.name.in_(language)
        detail(say(f"按{scheme}互认", f"accepted under {scheme}"))
    if claim.profile is not None:
        detail(say(f"按规则档 {claim.profile} 判定", f"judged by {claim.profile}"))
    _print_reach(claim.emission_g, Reach(claim.emission_g, line.mass_g).text.in_(language), language)
    if line.mandate is not None:
        paper = f" · {line.mandate.document}" if line.mandate.document else ""
        detail(say("代付依据", "on the ground of") + f" {line.mandate.ground}{paper}")
    print_prices(prices, looked.asked.currency, language)


def _print_standing(line: RetireLineShown, public_url: str, language: Language) -> None:
    say = say_in(language)
    mark, colour, state = _STATES[line.state]
    name = line.beneficiary or say("下单人", "whoever placed it")
    output.side_by_side(bold(f" {line.no}  {cut(name, 40)}"), bold(masses(line.mass_g)), width=WIDTH)
    detail(f"{line.subject} · {line.claim.period_from} – {line.claim.period_to}")
    if line.scheme is not None:
        detail(say(f"按{line.scheme}互认", f"accepted under {line.scheme}"))
    if line.figure is None:
        _print_reach(line.claim.emission_g, line.reach, language)
    else:
        emitted = say("实际排放未填写", "no actual figure")
        if line.figure.actual_g is not None:
            emitted = say("实际排放", "really emitted") + f" {mass.exact_t(line.figure.actual_g)} t"
        detail(f"{emitted} · {say('合计注销', 'retired in all')} {mass.exact_t(line.figure.retired_g)} t")
        detail(f"{line.figure.coverage} · {line.figure.told}")
    print_prices_shown(line.prices)
    number = f"  {line.retirement_number}" if line.retirement_number else ""
    output.line(f"    {click.style(f'{mark} {state.in_(language)}', fg=colour)}{number}")
    for one in line.slices:
        grams = say(f"第 {one.start_g:,} 至 {one.stop_g:,} 克", f"grams {one.start_g:,} to {one.stop_g:,}")
        output.line(f"      {one.lot}  {grams}")
        detail(one.serial, at=6)
    if line.certificate_number is not None and line.verify_code is not None:
        output.line(f"    {line.certificate_number}  {say('验真', 'verify')} {grouped(line.verify_code)}")
        output.line(f"      {click.style(f'{public_url}{line.verify_url}', fg='yellow')}")


def _print_reach(emission_g: int, told: str, language: Language) -> None:
    """What is emitted and how much of it the line covers; the mass stands above."""
    emitted = say_in(language)("排放", "emitted") + f" {mass.exact_t(emission_g)} t · " if emission_g else ""
    detail(emitted + told)


def _quoted_json(looked: Looked) -> dict[str, Any]:
    quotation = looked.quotation
    return {
        "key": looked.key,
        "placed": public("ord", looked.placed.id) if looked.placed else None,
        "can_be_placed": quotation.can_be_placed,
        "grams": quotation.mass_g,
        "amount_minor": quotation.amount_minor,
        "currency": looked.asked.currency.value,
        "missing_grams": {programme.value: grams for programme, grams in quotation.missing.items()},
        "unpriced": [programme.value for programme in quotation.unpriced],
        "lines": [
            _quoted_line(no, line) | {"prices": prices_json(prices, looked.asked.currency)}
            for no, (line, prices) in enumerate(zip(looked.asked.lines, quotation.lines, strict=True), start=1)
        ],
    }


def _quoted_line(no: int, line: NewLine) -> dict[str, Any]:
    scheme = line.accepting.code if line.accepting else None
    told = {"no": no, "grams": line.mass_g, "scheme": scheme}
    if isinstance(line, NewRetireLine):
        beneficiary = public("org", line.claim.beneficiary_id)
        return {"fulfil": "retire", **told, "beneficiary": beneficiary, "profile": line.claim.profile}
    return {"fulfil": "hold", **told, "account": public("acc", line.account_id)}


def _shown_json(shown: Shown, language: Language) -> dict[str, Any]:
    """The order as the API tells it, and of each line what its statement says."""
    told: dict[str, Any] = msgspec.to_builtins(order_view(shown.progress, language))
    for one, line in zip(told["lines"], shown.lines.items, strict=True):
        one["state"] = line.state.value
        if not isinstance(line, RetireLineShown):
            continue
        one["certificate_number"] = line.certificate_number
        one["verify_url"] = f"{shown.public_url}{line.verify_url}" if line.verify_url else None
        one["slices"] = [
            {"lot": cut.lot, "serial": cut.serial, "start_g": cut.start_g, "stop_g": cut.stop_g} for cut in line.slices
        ]
    return told


def _name(looked: Looked, party_id: UUID, language: Language) -> str:
    name = looked.parties[party_id].name
    return name.in_(language) if name else "–"
