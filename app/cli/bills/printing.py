"""Bills and what differs, as lines or as one JSON document."""

import json
from typing import Any

import click

from app.cli.bills.acting import Day
from app.cli.listing import Listed, print_cut
from app.cli.output import line, read_language, say
from app.commerce.bills import BillFacts, Difference, Side, Sums
from app.kernel import money
from app.kernel.clock import rfc3339
from app.kernel.text import Text
from app.views import bills as words


def print_bills(found: Listed[BillFacts], *, as_json: bool) -> None:
    """Each with its day, channel, state, its sums and what is open."""
    if as_json:
        _dump([_bill(one) for one in found.rows])
    else:
        for one in found.rows:
            _print_bill(one)
        if not found.rows:
            line(say("还没有账单", "no bill yet"))
    print_cut(found, as_json=as_json)


def print_day(day: Day, *, as_json: bool) -> None:
    """Three ways, what differs, who signed."""
    if as_json:
        _dump(
            {
                "day": day.day.isoformat(),
                "bills": [_bill(one) for one in day.found],
                "differences": [_difference(one) for one in day.differences.rows],
                "signed_at": rfc3339(day.signed.signed_at) if day.signed else None,
                "sha256": day.signed.sha256 if day.signed else None,
            }
        )
        print_cut(day.differences, as_json=True)
        return
    for one in day.found:
        _print_bill(one)
    print_differences(day.differences, as_json=False)
    if day.signed is not None:
        at = rfc3339(day.signed.signed_at)
        line(say(f"已由两人签认，{at}", f"signed by two, {at}"))
        line(f"SHA-256 {day.signed.sha256}", hang=4)
    else:
        line(say("还没有签认", "not signed"))


def print_differences(found: Listed[Difference], *, as_json: bool) -> None:
    """Each with its number, what is the matter, how much, and what to do next."""
    if as_json:
        _dump([_difference(one) for one in found.rows])
    else:
        for one in found.rows:
            _print_difference(one)
        if not found.rows:
            line(say("没有差异", "nothing differs"))
    print_cut(found, as_json=as_json)


def print_asked(asked: tuple[str, Difference]) -> None:
    """The channel's word, and how the difference stands."""
    word, one = asked
    line(say(f"渠道答复：{word}", f"the service says: {word}"))
    _print_difference(one)


def _print_bill(one: BillFacts) -> None:
    name, state = _say(words.name_of(one.channel)), _say(words.BILL_STATES[one.state])
    line(f"{one.day}  {name}  {state}", hang=4)
    for sums in one.sums:
        bill, ours, posted = (_net(side, sums) for side in (sums.bill, sums.ours, sums.posted))
        equal = say("一致", "equal") if sums.is_equal else say("不一致", "NOT equal")
        rows = sums.bill.rows
        line(
            "  " + say(
                f"账单 {bill}（{rows:,} 笔）· 支付 {ours} · 账本 {posted}：{equal}",
                f"bill {bill} ({rows:,}) · payments {ours} · ledger {posted}: {equal}",
            ),
            hang=4,
        )  # fmt: skip
    if one.unfit is not None:
        line("  " + say(f"读不了：{one.unfit}，第 {one.unfit_line} 行", f"unfit: {one.unfit}, line {one.unfit_line}"))
    elif one.last_word is not None and not one.lines:
        line("  " + say(f"渠道答复：{one.last_word}", f"the service says: {one.last_word}"), hang=4)
    if one.open:
        line("  " + say(f"未了结差异 {one.open} 件", f"open differences: {one.open}"))


def _print_difference(one: Difference) -> None:
    amount = money.text(one.amount_minor, one.currency)
    line(f"{words.number_of(one.id)}  {amount}  {_say(words.DIFFERENCE_STATES[one.state])}", hang=4)
    line(f"  {one.day}  {_say(words.title_of(one))}", hang=4)
    line(f"  {one.transaction_id}", hang=4)
    if one.step is not None:
        line("  " + say(f"下一步：{_say(words.STEPS[one.step])}", f"next: {_say(words.STEPS[one.step])}"))
    if one.reason is not None:
        line("  " + say(f"原因：{one.reason}", f"because: {one.reason}"), hang=4)


def _say(text: Text) -> str:
    return text.in_(read_language())


def _net(side: Side, sums: Sums) -> str:
    return money.text(side.net_minor, sums.currency)


def _bill(one: BillFacts) -> dict[str, Any]:
    return {
        "day": one.day.isoformat(),
        "channel": one.channel,
        "state": one.state.value,
        "digest": one.digest,
        "lines": one.lines,
        "unfit": one.unfit,
        "unfit_line": one.unfit_line,
        "last_word": one.last_word,
        "answered_at": rfc3339(one.answered_at) if one.answered_at else None,
        "open_differences": one.open,
        "sums": [
            {
                "currency": sums.currency.value,
                "bill": _side(sums.bill),
                "ours": _side(sums.ours),
                "ledger": _side(sums.posted),
                "fee_minor": sums.fee_minor,
                "equal": sums.is_equal,
            }
            for sums in one.sums
        ],
    }


def _side(side: Side) -> dict[str, int]:
    return {
        "payments": side.payments,
        "payments_minor": side.payments_minor,
        "refunds": side.refunds,
        "refunds_minor": side.refunds_minor,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "id": words.number_of(one.id),
        "day": one.day.isoformat(),
        "channel": one.channel,
        "nature": one.nature.value,
        "moved": one.moved,
        "state": one.state.value,
        "theirs_minor": one.theirs_minor,
        "ours_minor": one.ours_minor,
        "currency": one.currency.value,
        "at": rfc3339(one.at),
        "reference": one.reference,
        "transaction_id": one.transaction_id,
        "refund_reference": one.refund_reference or None,
        "found_at": rfc3339(one.found_at),
        "last_word": one.last_word,
        "next": one.step.value if one.step else None,
        "reason": one.reason,
        "evidence": one.evidence,
    }


def _dump(document: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
