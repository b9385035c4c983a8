"""Bills by day and channel, and one day: from what the room knows to what the pages show."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from app.commerce import bills
from app.commerce.bills import BillFacts, BillState, Side, SignedDay, Sums
from app.foundation import approvals
from app.foundation.identity import Role
from app.kernel import money
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.kernel.text import Text
from app.views import bills as words
from app.views import listing
from app.views.console import Tone, age
from app.views.page import Amount
from app.web.kit.desk import Desk
from app.web.operator import inbox_mapping
from app.web.operator.bills.differences import HERE, day_url, names_of, row_of
from app.web.operator.bills.views import (
    BillDayPage,
    BillRow,
    BillsPage,
    DayDot,
    DotTone,
    Seat,
    SumShown,
    ThreeWays,
)

_MISSING: Final = timedelta(hours=18)
"""A bill that is not there so long after its day is late; so says the alert."""
_TONES: Final[dict[BillState, Tone]] = {
    BillState.EXPECTED: "wait",
    BillState.NONE: "void",
    BillState.READ: "done",
    BillState.UNFIT: "todo",
}
_STATES: Final = {"all": Text(zh="全部", en="All"), **{one.value: text for one, text in words.BILL_STATES.items()}}
_ALL: Final = Text(zh="全部渠道", en="All services")


async def every_bill(desk: Desk) -> BillsPage:
    """Bills by day and channel, the latest first."""
    counts = await bills.count_bills()
    names = sorted({one.channel for one in await bills.gauges()})
    asked = listing.read(HERE, desk.request.query_params, {"state": tuple(_STATES), "channel": ("all", *names)})
    state, channel = asked.chosen["state"], asked.chosen["channel"]
    channel_counts = counts if channel == "all" else await bills.count_bills(channel=channel)
    found = await bills.list_bills(
        channel=None if channel == "all" else channel, state=None if state == "all" else BillState(state),
        limit=listing.PIECE, offset=asked.offset,
    )  # fmt: skip
    signed = await bills.list_signed([one.day for one in found])

    def count(name: str) -> int:
        return sum(channel_counts.values()) if name == "all" else channel_counts.get(BillState(name), 0)

    return BillsPage(
        **desk.frame(asked.here),
        roles=(),
        filters=tuple(asked.filter("state", one, text.in_(desk.language), count(one)) for one, text in _STATES.items()),
        channels=(
            asked.filter("channel", "all", _ALL.in_(desk.language)),
            *(asked.filter("channel", one, words.name_of(one).in_(desk.language)) for one in names),
        ),
        rows=tuple(_bill(one, signed, desk) for one in found),
        paging=asked.paging(count(state)),
        open=await bills.count_differences(is_open=True),
    )


async def one_day(day: date, desk: Desk, fact: DomainError | None = None) -> BillDayPage:
    """A day: three ways, what differs, who signs.

    Raises:
        BillUnknown: no bill is expected for it.
    """
    found = await bills.list_day(day)
    if not found:
        raise bills.BillUnknown
    differences = await bills.list_differences(day=day, limit=listing.PIECE)
    signed = (await bills.list_signed([day])).get(day)
    waits = await approvals.find_open(bills.BILL_DAY, day.isoformat())
    may_act = Role.FINANCE in await desk.roles()
    names = await names_of(
        [*(one.owner_id for one in differences), *_signers(signed), waits.maker_id if waits else None], desk
    )
    opened = await bills.count_differences(day=day, is_open=True)
    is_ready = opened == 0 and all(one.state in {BillState.READ, BillState.NONE} for one in found)
    rows = [row for one in found for row in _three_ways(one, desk)]
    maker_id = signed.maker_id if signed else waits.maker_id if waits else None
    return BillDayPage(
        **desk.frame(day_url(day), fact),
        section=HERE,
        roles=(),
        day=day,
        dots=await _dots(day, desk),
        channels=tuple(rows),
        totals=_totals(found),
        differences=tuple(row_of(one, names, desk, may_act=may_act) for one in differences),
        open=opened,
        fetch_url=f"{day_url(day)}/fetch" if may_act and signed is None else None,
        fetch_from=tuple((one.channel, words.name_of(one.channel).in_(desk.language)) for one in found),
        maker=Seat(
            name=names[maker_id] if maker_id else None,
            at=signed.proposed_at if signed else waits.proposed_at if waits else None,
            text=_seat(signed, is_ready=is_ready).in_(desk.language),
        ),
        decider=Seat(
            name=names[signed.decider_id] if signed else None,
            at=signed.signed_at if signed else None,
            text=_SECOND.in_(desk.language),
        ),
        sha256=signed.sha256 if signed else waits.sha256 if waits else None,
        propose_url=f"{day_url(day)}/propose" if may_act and signed is None and waits is None else None,
        is_ready=is_ready,
        inbox_url=inbox_mapping.url(waits.id) if waits else None,
    )


def _bill(one: BillFacts, signed: Mapping[date, SignedDay], desk: Desk) -> BillRow:
    over_at = _over_at(one.day)
    is_there = one.state in {BillState.READ, BillState.NONE}
    return BillRow(
        day=one.day,
        url=day_url(one.day),
        channel=words.name_of(one.channel).in_(desk.language),
        state=words.BILL_STATES[one.state].in_(desk.language),
        tone=_TONES[one.state],
        age=age(over_at, desk.now),
        is_late=not is_there and desk.now - over_at > _MISSING,
        answered_at=one.answered_at,
        bill=_sum_text(one.sums, "bill"),
        ours=_sum_text(one.sums, "ours"),
        lines=one.lines if one.state is BillState.READ else 0,
        open=one.open,
        is_signed=one.day in signed,
    )


def _sum_text(sums: Iterable[Sums], side: str) -> str:
    return " ".join(money.text(getattr(one, side).net_minor, one.currency) for one in sums) or "—"


def _over_at(day: date) -> datetime:
    return datetime.fromisoformat(f"{day + timedelta(1)}T00:00:00+08:00")


def _three_ways(one: BillFacts, desk: Desk) -> Iterable[ThreeWays]:
    is_there = one.state in {BillState.READ, BillState.NONE}
    word = one.last_word
    if one.unfit and not is_there:
        word = f"{one.unfit} · {one.unfit_line}"
    base = ThreeWays(
        channel=words.name_of(one.channel).in_(desk.language),
        state=words.BILL_STATES[one.state].in_(desk.language),
        tone=_TONES[one.state],
        word=None if is_there else word,
    )
    if not one.sums:
        yield base
    for sums in one.sums:
        yield _with_sums(base, sums)


def _with_sums(base: ThreeWays, sums: Sums) -> ThreeWays:
    apart = _apart(sums)
    return ThreeWays(
        channel=base.channel, state=base.state, tone=base.tone, word=base.word,
        bill=_side(sums.bill, sums.currency), ours=_side(sums.ours, sums.currency),
        posted=_side(sums.posted, sums.currency),
        apart=None if apart is None else Amount(minor=apart, currency=sums.currency),
        fee=None if sums.fee_minor is None else Amount(minor=sums.fee_minor, currency=sums.currency),
    )  # fmt: skip


def _apart(sums: Sums) -> int | None:
    """What the bill has more than ours; where these agree, what we have more than the ledger."""
    if sums.is_equal:
        return None
    return (sums.bill.net_minor - sums.ours.net_minor) or (sums.ours.net_minor - sums.posted.net_minor)


def _side(side: Side, currency: Currency) -> SumShown:
    return SumShown(
        amount=Amount(minor=side.net_minor, currency=currency), rows=side.rows, refunds=side.refunds,
        back=Amount(minor=side.refunds_minor, currency=currency),
    )  # fmt: skip


def _totals(found: Sequence[BillFacts]) -> tuple[ThreeWays, ...]:
    """Of each currency that several channels have."""
    by_currency: dict[Currency, list[Sums]] = {}
    for one in found:
        for sums in one.sums:
            by_currency.setdefault(sums.currency, []).append(sums)
    total = ThreeWays(channel="", state="", tone="done", word=None)
    return tuple(
        _with_sums(
            total,
            Sums(
                currency=currency, bill=_added(one.bill for one in sums), ours=_added(one.ours for one in sums),
                posted=_added(one.posted for one in sums), fee_minor=None,
            ),
        )
        for currency, sums in sorted(by_currency.items())
        if len(sums) > 1
    )  # fmt: skip


def _added(sides: Iterable[Side]) -> Side:
    many = list(sides)
    return Side(
        payments=sum(one.payments for one in many), payments_minor=sum(one.payments_minor for one in many),
        refunds=sum(one.refunds for one in many), refunds_minor=sum(one.refunds_minor for one in many),
    )  # fmt: skip


async def _dots(day: date, desk: Desk) -> tuple[DayDot, ...]:
    """Seven days: this one, and what is around it as far as it is over."""
    last = max(day, min(day + timedelta(3), beijing_day(desk.now) - timedelta(1)))
    shown = [last - timedelta(back) for back in range(6, -1, -1)]
    signed, stands = await bills.list_signed(shown), await bills.list_days(shown)

    def tone(one: date) -> DotTone:
        if one in signed:
            return "signed"
        known = stands.get(one)
        return "none" if known is None else "ready" if known.is_ready else "open"

    return tuple(
        DayDot(
            day=one, url=day_url(one), tone=tone(one), label=_DOTS[tone(one)].in_(desk.language), is_here=one == day
        )
        for one in shown
    )  # fmt: skip


def _signers(signed: SignedDay | None) -> list[UUID | None]:
    return [signed.maker_id, signed.decider_id] if signed else []


def _seat(signed: SignedDay | None, *, is_ready: bool) -> Text:
    return _FIRST if signed is None and is_ready else _NOT_YET


_FIRST: Final = Text(zh="没有未了结的差异，可以签", en="Nothing is open; it can be signed")
_NOT_YET: Final = Text(zh="账单到齐、差异都了结之后可签", en="Once every bill is there and nothing is open")
_SECOND: Final = Text(zh="另一个人，看到同一个摘要", en="Somebody else, who sees the same digest")
_DOTS: Final[dict[DotTone, Text]] = {
    "signed": Text(zh="已签认", en="signed"),
    "ready": Text(zh="可以签", en="to be signed"),
    "open": Text(zh="有未了结", en="open"),
    "none": Text(zh="没有账单", en="no bill"),
}
